from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from actors import (
    Completed,
    Failed,
    LatencyModel,
    Model,
    Patience,
    Request,
    Usage,
    Worker,
    WorkerSpec,
)
from actors.generation import Generation
from actors.messages import (
    Accepted,
    Heartbeat,
    Hello,
    Rejected,
    StreamEnd,
    StreamItem,
    Submit,
    WorkerState,
)
from actors.tokens import Done, Error, Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Peer

STEP = 0.02


def start_worker(
    *,
    max_num_seqs: int = 4,
    max_waiting: int = 4,
    vram_bytes: int = 0,
    model_bytes: int = 0,
    kv_bytes_per_token: int = 0,
    latency: LatencyModel | None = None,
    patience: Patience | None = None,
    hive: ActorRef[Any] | None = None,
) -> ActorRef[Worker]:
    model = Model(
        "llama",
        size_bytes=model_bytes,
        kv_bytes_per_token=kv_bytes_per_token,
        latency=latency or LatencyModel(seconds_per_token=STEP),
    )
    spec = WorkerSpec(
        name="worker-1",
        model=model,
        vram_bytes=vram_bytes,
        max_num_seqs=max_num_seqs,
        max_waiting=max_waiting,
    )
    return Worker.start(spec=spec, hive=hive, patience=patience or Patience())


def text(request: Request) -> list[Token]:
    generation = Generation(request.model, request.prompt, request.seed)
    length = generation.length(request.max_tokens, ignore_eos=request.ignore_eos)
    return [Token(generation.token(index)) for index in range(length)]


def refused(client: Peer, worker: ActorRef[Any], request: Request) -> Rejected:
    worker.tell(Submit(request, client.ref))
    client.pause()
    (rejected,) = client.of(Rejected)
    return rejected


# -- one job --------------------------------------------------------------------------------


def test_nothing_runs_before_the_stream_is_opened(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker()
    job = client.submit(worker, ask())
    sim.run(until=1.0)
    assert [message for _, message in client.heard] == [job]
    client.open(job)
    sim.run(until=2.0)
    assert client.times(job)[0] == 1.0 + STEP


def test_a_stream_is_the_models_text_then_done_then_one_end(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    request = ask()
    job = client.start(start_worker(), request)
    sim.run(until=1.0)
    done = Done("length", Usage(prompt_tokens=10, completion_tokens=3))
    assert client.items(job) == list(enumerate([*text(request), done]))
    assert client.of(StreamEnd) == [StreamEnd("worker-1/job-1", 4, Completed())]
    assert client.heard[-1][1] == StreamEnd("worker-1/job-1", 4, Completed())


def test_a_text_that_comes_to_its_end_stops_there(sim: Simulation, client: Peer) -> None:
    request = Request("request-1", "llama", "prompt 1", 10, max_tokens=5000)
    length = Generation("llama", "prompt 1", 0).natural_length()
    job = client.start(start_worker(), request)
    sim.run(until=100.0)
    assert client.tokens(job) == [*text(request), Done("stop", Usage(10, length))]


def test_the_first_step_prefills_the_prompt_and_each_step_takes_its_time(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    latency = LatencyModel(prefill_seconds_per_token=0.001, seconds_per_token=0.02)
    job = client.start(start_worker(latency=latency), ask(max_tokens=3, prompt_tokens=10))
    sim.run(until=1.0)
    # 10 prompt tokens of 1 ms and a step of 20 ms, then 20 ms each; Done comes with the last.
    assert client.times(job) == [0.03, 0.05, 0.07, 0.07]


# -- continuous batching --------------------------------------------------------------------


def test_sequences_join_at_the_next_step_and_share_it(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    latency = LatencyModel(prefill_seconds_per_token=0.001, seconds_per_token=0.02, load_factor=0.5)
    worker = start_worker(latency=latency)
    first = client.start(worker, ask(1, 3, prompt_tokens=10))
    others = [client.start(worker, ask(number, 2, prompt_tokens=5)) for number in (2, 3)]
    sim.run(until=1.0)
    # Alone: 20 + 10 = 30 ms. Three, with two prompts of 5: 20 (1 + 2 x 0.5) + 10 = 50 ms.
    # Three: 40 ms, which is the last for all of them.
    expected = [0.03, 0.08, 0.12]
    assert client.times(first) == pytest.approx([*expected, expected[-1]])
    for job in others:
        assert client.times(job) == client.times(first)[1:]


def test_no_more_than_max_num_seqs_run_and_the_rest_wait_in_order(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker(max_num_seqs=2)
    jobs = [client.start(worker, ask(number, 2)) for number in range(1, 5)]
    sim.run(until=1.0)
    starts = [round(client.times(job)[0] / STEP) for job in jobs]
    # 1 runs in steps 1 and 2, 2 joins at step 2 for 2 and 3, 3 takes the slot of 1, 4 that of 2.
    assert starts == [1, 2, 3, 4]
    assert [client.outcomes(job) for job in jobs] == [[Completed()]] * 4


def test_a_sequence_waits_until_its_kv_cache_fits(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    # 100 bytes beside the weights; each sequence takes (10 + 2) x 4 = 48, so two fit.
    worker = start_worker(vram_bytes=120, model_bytes=20, kv_bytes_per_token=4)
    jobs = [client.start(worker, ask(number, 2)) for number in (1, 2, 3)]
    sim.run(until=1.0)
    assert [round(client.times(job)[0] / STEP) for job in jobs] == [1, 2, 3]


# -- refusals -------------------------------------------------------------------------------


def test_a_request_for_another_model_is_rejected_for_good(
    client: Peer, ask: Callable[..., Request]
) -> None:
    request = msgspec.structs.replace(ask(), model="mistral")
    rejected = refused(client, start_worker(), request)
    assert rejected == Rejected("request-1", "worker-1 serves 'llama', not 'mistral'", None)


def test_a_request_that_can_never_fit_is_rejected_for_good(
    client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker(vram_bytes=120, model_bytes=20, kv_bytes_per_token=4)
    rejected = refused(client, worker, ask(max_tokens=16, prompt_tokens=10))
    assert rejected.retry_after is None
    assert rejected.reason == (
        "worker-1 has 100 bytes of VRAM beside its model, and 10 + 16 tokens need 104"
    )


@pytest.mark.parametrize(
    ("max_tokens", "prompt_tokens", "reason"),
    [
        (0, 10, "max_tokens is at least 1, not 0"),
        (1, -1, "prompt_tokens is at least 0, not -1"),
    ],
)
def test_a_request_of_impossible_lengths_is_rejected_for_good(
    client: Peer, ask: Callable[..., Request], max_tokens: int, prompt_tokens: int, reason: str
) -> None:
    request = ask(max_tokens=max_tokens, prompt_tokens=prompt_tokens)
    assert refused(client, start_worker(), request) == Rejected("request-1", reason, None)


def test_a_full_worker_rejects_and_says_when_to_come_again(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker(max_num_seqs=1, max_waiting=2, patience=Patience(retry_seconds=0.25))
    for number in (1, 2, 3):
        client.start(worker, ask(number, 3))
    rejected = refused(client, worker, ask(4))
    assert rejected == Rejected("request-4", "worker-1 is full: it has 3 unfinished jobs", 0.25)
    sim.run(until=3 * STEP)
    assert client.submit(worker, ask(4)).job_id == "worker-1/job-4"


# -- signs of life, and of its end ----------------------------------------------------------


def test_a_stopped_worker_says_in_each_stream_that_the_text_was_cut(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker()
    running = client.start(worker, ask(1, 100))
    unopened = client.submit(worker, ask(2))
    sim.run(until=0.03)
    worker.stop()
    sim.run(until=1.0)
    assert client.tokens(running)[1:] == [Error("stopped", "worker-1 was stopped")]
    reason = "worker-1 was stopped before worker-1/job-1 had ended"
    assert client.outcomes(running) == [Failed(reason)]
    assert client.outcomes(unopened) == []


def test_a_worker_says_hello_and_then_how_it_is_at_each_heartbeat(
    sim: Simulation, client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    hive = peer("hive")
    worker = start_worker(
        hive=hive.ref, max_num_seqs=3, vram_bytes=10_100, model_bytes=100, kv_bytes_per_token=2
    )
    client.start(worker, ask(1, 200))
    client.submit(worker, ask(2))
    sim.run(until=1.5)
    idle = WorkerState("worker-1", "llama", 0, 0, 3, 10_000, 3, 4, 10_000, 2)
    # One runs and takes (10 + 200) x 2 bytes; one was never opened.
    busy = WorkerState("worker-1", "llama", 1, 1, 1, 9_580, 3, 4, 10_000, 2)
    assert hive.heard == [
        (0.0, Hello("worker-1", worker, (idle,))),
        (1.0, Heartbeat("worker-1", worker, (busy,))),
    ]


def test_messages_of_a_stream_come_in_the_order_of_the_dual_call(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    client.start(start_worker(), ask(max_tokens=1))
    sim.run(until=1.0)
    kinds = [type(message) for _, message in client.heard]
    assert kinds == [Accepted, StreamItem, StreamItem, StreamEnd]
