from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    POLICIES,
    Completed,
    Done,
    Failed,
    Heartbeat,
    Hello,
    Hive,
    LatencyModel,
    Model,
    ModelInfo,
    Patience,
    Request,
    Token,
    Usage,
    WorkerOutput,
    WorkerSpec,
    WorkerState,
    WorkerStatus,
)
from actors.generation import Generation

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Peer

MODEL = Model("llama", latency=LatencyModel(seconds_per_token=0.02))


def start_hive(
    queen: Peer,
    *,
    workers: int = 2,
    slots: int = 2,
    max_waiting: int = 64,
    placement: str = "least_loaded",
    patience: Patience | None = None,
) -> ActorRef[Hive]:
    specs = [
        WorkerSpec(
            name=f"worker-{number}",
            model=MODEL,
            device="gpu-0",
            max_num_seqs=slots,
            max_waiting=max_waiting,
        )
        for number in range(1, workers + 1)
    ]
    return Hive.start(
        name="hive-1",
        queen=queen.ref,
        workers=specs,
        placement=placement,
        patience=patience or Patience(),
    )


def idle(name: str) -> WorkerState:
    return WorkerState(name, "llama", 0, 0, 2, 0, 2, 64, 0, 0)


def worker_of(hive: ActorRef[Hive], name: str) -> ActorRef[Any]:
    actor = hive._actor_weakref()
    assert actor is not None
    return actor.dispatch.nodes[name].ref


def placements(client: Peer) -> list[str]:
    """Return where the jobs went, in order."""
    tokens = [message.token for _, message in client.heard if hasattr(message, "token")]
    return [token.text for token in tokens if isinstance(token, WorkerStatus)]


def test_a_hive_says_hello_with_its_workers_before_they_have_said_a_word(client: Peer) -> None:
    hive = start_hive(client)
    client.pause()
    assert client.of(Hello) == [Hello("hive-1", hive, (idle("worker-1"), idle("worker-2")))]


def test_each_heartbeat_says_how_the_workers_are(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    hive = start_hive(client)
    client.pause()
    client.start(hive, ask(1, 1000))
    sim.run(until=2.5)
    busy = WorkerState("worker-1", "llama", 1, 0, 1, 0, 2, 64, 0, 0)
    assert client.of(Heartbeat)[-1] == Heartbeat("hive-1", hive, (busy, idle("worker-2")))


def test_a_stream_says_where_the_job_runs_and_wraps_what_the_worker_says(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    hive = start_hive(client)
    client.pause()
    job = client.start(hive, ask(1, 2))
    sim.run(until=1.0)
    generation = Generation("llama", "prompt 1", 0)
    assert client.items(job) == [
        (0, WorkerStatus("placed on worker-1")),
        (1, ModelInfo("llama on gpu-0")),
        (2, WorkerOutput(Token(generation.token(0)))),
        (3, WorkerOutput(Token(generation.token(1)))),
        (4, WorkerOutput(Done("length", Usage(10, 2)))),
    ]
    assert client.outcomes(job) == [Completed()]


@pytest.mark.parametrize("placement", POLICIES)
def test_every_policy_fills_all_slots_first_and_then_the_workers_own_queues(
    sim: Simulation, client: Peer, ask: Callable[..., Request], placement: str
) -> None:
    hive = start_hive(client, placement=placement, max_waiting=1)
    client.pause()
    for number in range(1, 5):
        client.start(hive, ask(number, 1000))
    assert sorted(placements(client)) == ["placed on worker-1"] * 2 + ["placed on worker-2"] * 2
    for number in range(5, 9):
        client.start(hive, ask(number, 1000))
    assert sorted(placements(client)) == ["placed on worker-1"] * 3 + ["placed on worker-2"] * 3
    sim.run(until=2.5)
    held = [(state.running, state.waiting) for state in client.of(Heartbeat)[-1].workers]
    assert held == [(2, 1), (2, 1)]
    sim.run(until=100.0)
    assert len(placements(client)) == 8


@pytest.mark.parametrize("placement", POLICIES)
def test_an_idle_worker_is_given_a_job_before_one_where_it_would_wait(
    client: Peer, ask: Callable[..., Request], placement: str
) -> None:
    hive = start_hive(client, placement=placement, workers=3, slots=1)
    client.pause()
    for number in (1, 2, 3):
        client.start(hive, ask(number, 1000))
    expected = ["placed on worker-1", "placed on worker-2", "placed on worker-3"]
    assert sorted(placements(client)) == expected


def test_a_worker_that_another_client_has_filled_rejects_and_the_next_one_gets_the_job(
    sim: Simulation, client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    hive = start_hive(client, slots=1, max_waiting=0)
    client.pause()
    stranger = peer("stranger")
    stranger.start(worker_of(hive, "worker-1"), ask(9, 50))  # it is there until 1 s
    jobs = [client.start(hive, ask(number, 10)) for number in (1, 2)]
    assert placements(client) == ["placed on worker-2"]
    sim.run(until=0.5)
    # The second has been rejected by worker-1 too, and came to worker-2 when the first had ended.
    assert placements(client) == ["placed on worker-2"] * 2
    assert [client.outcomes(job) for job in jobs] == [[Completed()]] * 2


def test_least_loaded_spreads_jobs_evenly(client: Peer, ask: Callable[..., Request]) -> None:
    hive = start_hive(client)
    client.pause()
    for number in (1, 2, 3):
        client.start(hive, ask(number))
    expected = ["placed on worker-1", "placed on worker-2", "placed on worker-1"]
    assert placements(client) == expected


def test_the_jobs_of_a_crashed_worker_fail_once_and_say_why(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    hive = start_hive(client, patience=Patience(heartbeat_seconds=1.0, silence_seconds=3.5))
    client.pause()
    lost, kept = client.start(hive, ask(1, 10_000)), client.start(hive, ask(2, 100))
    sim.run(until=1.51)
    sim.crash(worker_of(hive, "worker-1"))
    sim.run(until=20.0)
    # It was heard at 1 s; the hive looks at its own beats, and 3.5 s are over at 5 s.
    silent = "worker-1 has been silent for 4 s; it had worker-1/job-1"
    assert client.outcomes(lost) == [Failed(silent)]
    assert len(client.items(lost)) == 2 + 75  # where it runs, and the tokens of 1.5 s
    assert client.outcomes(kept) == [Completed()]
    client.start(hive, ask(3))
    assert placements(client)[-1] == "placed on worker-2"
    assert client.of(Heartbeat)[-1].workers == (idle("worker-2"),)


def test_a_hive_that_is_stopped_leaves_no_worker_behind(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    hive = start_hive(client)
    client.pause()
    workers = [worker_of(hive, name) for name in ("worker-1", "worker-2")]
    job = client.start(hive, ask(1, 1000))
    hive.stop(block=False)
    sim.run(until=1.0)
    reason = "hive-1 was stopped before hive-1/job-1 had ended"
    assert client.outcomes(job) == [Failed(reason)]
    assert not any(worker.is_alive() for worker in workers)
