"""A hive and its workers: who gets a job, and what its stream says. The queen is the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import (
    POLICIES,
    Cancelled,
    Completed,
    Done,
    Drain,
    Drained,
    Error,
    Failed,
    Hang,
    Heartbeat,
    Hello,
    ModelInfo,
    OutOfMemory,
    Patience,
    Token,
    Usage,
    Worker,
    WorkerOutput,
    WorkerState,
    WorkerStatus,
)

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Logged, Peer, Peers, Words
    from tests.actors.hive.conftest import Founds


def idle(name: str) -> WorkerState:
    return WorkerState(name, "llama", 0, 0, 2, 0, 2, 64, 0, 0)


# -- signs of life --------------------------------------------------------------------------


def test_a_hive_says_hello_with_its_workers_before_they_have_said_a_word(
    client: Peer, found: Founds
) -> None:
    hive = found()
    hello = Hello("hive-1", hive.ref, (idle("worker-1"), idle("worker-2")), "", (0, 1))
    assert client.of(Hello) == [hello]


def test_each_heartbeat_says_how_the_workers_are(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found()
    hive.start(ask(1, 1000))
    sim.run(until=2.5)
    busy = WorkerState("worker-1", "llama", 1, 0, 1, 0, 2, 64, 0, 0)
    last = Heartbeat("hive-1", hive.ref, (busy, idle("worker-2")), "", (0, 3))
    assert client.of(Heartbeat)[-1] == last


def test_workers_have_their_hives_patience(sim: Simulation, found: Founds) -> None:
    patience = Patience(lease_seconds=7.0)
    found(patience=patience)
    workers = [actor for actor in sim.actors() if isinstance(actor, Worker)]
    assert [worker.patience for worker in workers] == [patience, patience]


# -- relaying -------------------------------------------------------------------------------


def test_a_stream_says_where_the_job_runs_and_wraps_what_the_worker_says(
    sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    (job,) = found().start(ask(1, 2))
    sim.run(until=1.0)
    assert client.items(job) == [
        (0, WorkerStatus("placed on worker-1")),
        (1, ModelInfo("llama on gpu-0")),
        *((2 + n, WorkerOutput(Token(text))) for n, text in enumerate(words(ask(1, 2)))),
        (4, WorkerOutput(Done("length", Usage(10, 2)))),
    ]
    assert client.outcomes(job) == [Completed()]


def test_a_job_goes_on_after_what_its_client_has(
    sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found()
    job = client.start(hive.ref, ask(1, 5), generated=2)
    sim.run(until=1.0)
    assert hive.words(job) == words(ask(1, 5))[2:]
    assert client.outcomes(job) == [Completed()]


def test_a_worker_that_had_no_more_time_says_so_in_the_stream(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found()
    # The hive keeps 3 s for itself, and the worker ends it 2 s after it came.
    job = client.start(hive.ref, ask(1, 1000), seconds=5.0)
    client.live(9.0)
    error = Error("timeout", "worker-1 had no more time for worker-1/job-1")
    assert client.tokens(job)[-1] == WorkerOutput(error)
    reason = "worker-1/job-1 has not ended in the time that it had"
    assert client.ended(job) == [(2.0, Failed(reason, "timeout"))]


@pytest.mark.parametrize("how", ["stopped", "out of memory"])
def test_an_end_that_is_not_the_jobs_own_stays_below_and_it_goes_on_elsewhere(
    *, sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words, how: str
) -> None:
    hive = found()
    (job,) = hive.start(ask(1, 50))
    sim.run(until=0.5)
    worker = hive.worker("worker-1")
    if how == "stopped":
        worker.stop(block=False)
        reason = "worker-1 was stopped before worker-1/job-1 had ended"
    else:
        worker.tell(OutOfMemory())
        reason = "worker-1 was refused VRAM after 24 tokens"
    sim.run(until=3.0)
    assert hive.words(job) == words(ask(1, 50))
    assert client.outcomes(job) == [Completed()]
    errors = [t for t in client.tokens(job) if isinstance(t, WorkerOutput)]
    assert not any(isinstance(output.token, Error) for output in errors)
    assert hive.said(job) == [
        (0.0, "placed on worker-1"),
        (0.0, "llama on gpu-0"),
        (0.5, f"to be placed again: worker-1 gave up worker-1/job-1: {reason}"),
        (0.5, "placed on worker-2"),
        (0.5, "llama on gpu-0"),
    ]


# -- placing --------------------------------------------------------------------------------


@pytest.mark.parametrize("placement", POLICIES)
def test_every_policy_fills_all_slots_first_and_then_the_workers_own_queues(
    client: Peer, found: Founds, ask: Asks, placement: str
) -> None:
    hive = found(placement=placement, max_waiting=1)
    hive.start(*(ask(number, 1000) for number in range(1, 5)))
    assert sorted(hive.placements()) == ["worker-1"] * 2 + ["worker-2"] * 2
    hive.start(*(ask(number, 1000) for number in range(5, 9)))
    assert sorted(hive.placements()) == ["worker-1"] * 3 + ["worker-2"] * 3
    client.live(2.2)
    assert hive.told() == {"worker-1": ("ready", 2, 1), "worker-2": ("ready", 2, 1)}
    client.live(70.0)
    assert len(hive.placements()) == 8


@pytest.mark.parametrize("placement", POLICIES)
def test_an_idle_worker_is_given_a_job_before_one_where_it_would_wait(
    found: Founds, ask: Asks, placement: str
) -> None:
    hive = found(placement=placement, workers=3, slots=1)
    hive.start(*(ask(number, 1000) for number in (1, 2, 3)))
    assert sorted(hive.placements()) == ["worker-1", "worker-2", "worker-3"]


def test_least_loaded_is_how_jobs_are_spread_if_nothing_else_is_said(
    found: Founds, ask: Asks
) -> None:
    hive = found()
    hive.start(*(ask(number) for number in (1, 2, 3)))
    assert hive.placements() == ["worker-1", "worker-2", "worker-1"]


def test_a_worker_that_another_client_has_filled_rejects_and_the_next_one_gets_the_job(
    sim: Simulation, client: Peer, peer: Peers, found: Founds, ask: Asks
) -> None:
    hive = found(slots=1, max_waiting=0)
    stranger = peer("stranger")
    stranger.start(hive.worker("worker-1"), ask(9, 40))
    jobs = hive.start(ask(1, 10), ask(2, 10))
    assert hive.placements() == ["worker-2"]
    sim.run(until=0.7)
    # The second has been rejected by worker-1 too, and came to worker-2 when the first had ended.
    assert hive.placements() == ["worker-2"] * 2
    assert [client.outcomes(job) for job in jobs] == [[Completed()]] * 2


def test_a_hive_holds_512_jobs_if_nothing_else_is_said(found: Founds) -> None:
    assert found().actor.max_jobs == 512


def test_a_job_that_was_never_opened_is_cancelled_here_and_now(
    client: Peer, found: Founds, ask: Asks
) -> None:
    job = client.submit(found().ref, ask())
    client.cancel(job)
    assert client.outcomes(job) == [Cancelled()]
    assert "a cancel comes while the model loads" not in client.sim.situations


# -- the end --------------------------------------------------------------------------------


def test_a_hive_that_is_stopped_leaves_no_worker_behind(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found()
    workers = [hive.worker(name) for name in ("worker-1", "worker-2")]
    (job,) = hive.start(ask(1, 1000))
    hive.ref.stop(block=False)
    sim.run(until=1.0)
    reason = "hive-1 was stopped before hive-1/job-1 had ended"
    assert client.outcomes(job) == [Failed(reason, "stopped")]
    assert not any(worker.is_alive() for worker in workers)


def test_a_hive_that_is_stopped_waits_for_no_worker(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found()
    workers = [hive.worker(name) for name in ("worker-1", "worker-2")]
    workers[0].tell(Hang(60.0))
    sim.run(until=0.5)
    hive.ref.stop(block=False)
    client.pause()
    assert [worker.is_alive() for worker in workers] == [True, False]


def test_a_hive_that_has_nobody_to_wait_for_closes_down_in_the_moment_in_which_it_is_told_to(
    client: Peer, found: Founds
) -> None:
    found(workers=0).ref.tell(Drain(client.ref))
    client.pause()
    assert client.when(Drained) == [0.0]


def test_a_hive_that_closes_down_has_its_workers_close_down_when_its_jobs_have_ended(
    sim: Simulation, client: Peer, found: Founds, ask: Asks, logged: Logged
) -> None:
    hive = found()
    workers = [hive.worker(name) for name in ("worker-1", "worker-2")]
    (job,) = hive.start(ask(1, 50))
    hive.ref.tell(Drain(client.ref))
    sim.run(until=0.9)
    assert all(worker.is_alive() for worker in workers)
    sim.run(until=1.5)
    assert client.outcomes(job) == [Completed()]
    assert client.when(Drained) == pytest.approx([1.0])
    assert not any(worker.is_alive() for worker in (*workers, hive.ref))
    assert [line["node"] for line in logged("closing down")] == ["hive-1", "worker-1", "worker-2"]
    assert logged("node is down") == []


def test_a_hive_that_closes_down_brings_no_worker_up(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found(patience=Patience(retry_seconds=0.1))
    sim.crash(hive.worker("worker-2"))  # and is waited for until it is missed at 4 s
    hive.ref.tell(Drain(client.ref))
    sim.run(until=3.5)
    assert hive.actor.nursery.places["worker-1"].born == 1
