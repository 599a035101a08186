"""A worker at work: steps, batching, refusals, and going on where another stopped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from actors import (
    Accepted,
    Completed,
    Device,
    Done,
    LatencyModel,
    Model,
    OpenStream,
    Rejected,
    Request,
    StreamEnd,
    StreamItem,
    Submit,
    Token,
    Usage,
    Worker,
    WorkerSpec,
)
from actors.generation import Generation
from glasshive import Live
from tests.actors.conftest import Ear

if TYPE_CHECKING:
    from actors import Job, TokenResponse
    from glasshive import Simulation
    from glasshive.trace import Event
    from tests.actors.conftest import Asks, Peer, Workers

STEP = 0.02


def text(request: Request) -> list[Token]:
    generation = Generation(request.model, request.prompt, request.seed)
    length = generation.length(request.max_tokens, ignore_eos=request.ignore_eos)
    return [Token(generation.token(index)) for index in range(length)]


# -- one job --------------------------------------------------------------------------------


def test_nothing_runs_before_the_stream_is_opened(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.submit(worker, ask())
    sim.run(until=1.0)
    assert [message for _, message in client.heard] == [job]
    client.open(job)
    sim.run(until=2.0)
    assert client.times(job)[0] == 1.0 + STEP


def test_a_stream_is_the_models_text_then_done_then_one_end(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    request = ask()
    job = client.start(start_worker(), request)
    sim.run(until=1.0)
    done = Done("length", Usage(prompt_tokens=10, completion_tokens=3))
    assert client.items(job) == list(enumerate([*text(request), done]))
    assert client.of(StreamEnd) == [StreamEnd("worker-1/job-1", 4, Completed())]
    assert client.heard[-1][1] == StreamEnd("worker-1/job-1", 4, Completed())


def test_messages_of_a_stream_come_in_the_order_of_the_dual_call(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    client.start(start_worker(), ask(max_tokens=1))
    sim.run(until=1.0)
    kinds = [type(message) for _, message in client.heard]
    assert kinds == [Accepted, StreamItem, StreamItem, StreamEnd]


def test_another_seed_gives_another_text(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    request = ask(1, 20, seed=7)
    job = client.start(start_worker(), request)
    sim.run(until=1.0)
    assert client.tokens(job)[:-1] == text(request)
    assert client.tokens(job)[:-1] != text(ask(1, 20))


def test_a_text_that_comes_to_its_end_stops_there(client: Peer, start_worker: Workers) -> None:
    request = Request("request-1", "llama", "prompt 1", 10, max_tokens=5000)
    length = Generation("llama", "prompt 1", 0).natural_length()
    job = client.start(start_worker(), request)
    client.live(30.0)
    assert client.tokens(job) == [*text(request), Done("stop", Usage(10, length))]


def test_the_first_step_prefills_the_prompt_and_each_step_takes_its_time(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    latency = LatencyModel(prefill_seconds_per_token=0.001, seconds_per_token=0.02)
    job = client.start(start_worker(latency=latency), ask(max_tokens=3, prompt_tokens=10))
    sim.run(until=1.0)
    # 10 prompt tokens of 1 ms and a step of 20 ms, then 20 ms each; Done comes with the last.
    assert client.times(job) == [0.03, 0.05, 0.07, 0.07]


class Slow(Worker):
    """A worker on threads that takes 5 ms to send a token."""

    def emit(self, job: Job[TokenResponse], token: TokenResponse) -> None:
        """Send a token, slowly."""
        time.sleep(0.005)
        super().emit(job, token)


def test_on_threads_a_device_does_not_wait_until_its_text_is_sent(ask: Asks) -> None:
    times: list[tuple[float, object]] = []
    model = Model("llama", 0, 1, LatencyModel(seconds_per_token=0.05))
    with Live() as live:
        ear = Ear.start("ear", times)
        spec = WorkerSpec("worker-1", model, vram_bytes=10**9, max_num_seqs=6)
        worker = Slow.start(spec=spec, hive=None)
        for number in range(6):
            worker.tell(Submit(ask(number, 12), ear))
            worker.tell(OpenStream(f"worker-1/job-{number + 1}", -1, ear))
        assert live.run(
            until=10.0,
            condition=lambda: sum(isinstance(each, StreamEnd) for _, each in times) == 6,
        )
    came = [at for at, each in times if isinstance(each, StreamItem) and each.index == 0]
    last = [at for at, each in times if isinstance(each, StreamItem) and each.index == 11]
    # 11 steps of 50 ms, in each of which 30 ms are spent sending: one after the other, 0.88 s.
    assert max(last) - max(came) < 11 * 0.08 - 0.05


def test_a_job_runs_from_the_step_that_carries_it_on(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    states: list[tuple[float, str, str | None]] = []

    def note(event: Event, _: object) -> None:
        states.append((event.time, event.data["subject"][-1], event.data["after"]))

    sim.watch(note, kinds=["state"])
    worker = start_worker(max_num_seqs=1)
    for number in (1, 2):
        client.start(worker, ask(number, 1))
    sim.run(until=1.0)
    assert states == [
        (0.0, "1", "Queued"),
        (0.0, "1", "Running"),
        (0.0, "2", "Queued"),
        (0.02, "1", "Completed"),
        (0.02, "2", "Running"),
        (0.04, "2", "Completed"),
    ]


@pytest.mark.parametrize(("speed", "first"), [(2.0, 0.015), (0.5, 0.06)])
def test_on_a_faster_device_every_step_is_shorter(
    *, sim: Simulation, client: Peer, start_worker: Workers, ask: Asks, speed: float, first: float
) -> None:
    latency = LatencyModel(prefill_seconds_per_token=0.001, seconds_per_token=0.02)
    worker = start_worker(latency=latency, device=Device("gpu-0", 0, speed=speed))
    job = client.start(worker, ask(max_tokens=2, prompt_tokens=10))
    sim.run(until=1.0)
    assert client.times(job)[:2] == pytest.approx([first, first + 0.02 / speed])


# -- continuous batching --------------------------------------------------------------------


def test_sequences_join_at_the_next_step_and_share_it(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
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
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=2)
    jobs = [client.start(worker, ask(number, 2)) for number in range(1, 5)]
    sim.run(until=1.0)
    starts = [round(client.times(job)[0] / STEP) for job in jobs]
    # 1 runs in steps 1 and 2, 2 joins at step 2 for 2 and 3, 3 takes the slot of 1, 4 that of 2.
    assert starts == [1, 2, 3, 4]
    assert [client.outcomes(job) for job in jobs] == [[Completed()]] * 4


def test_one_of_a_higher_priority_is_carried_first(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1)
    jobs = [client.start(worker, ask(n, 1, priority=p)) for n, p in ((1, 0), (2, 0), (3, 1))]
    sim.run(until=1.0)
    assert [round(client.times(job)[0] / STEP) for job in jobs] == [1, 3, 2]


def test_a_sequence_waits_until_its_kv_cache_fits(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    # 100 bytes beside the weights; each sequence takes (10 + 2) x 4 = 48, so two fit.
    worker = start_worker(vram_bytes=120, model_bytes=20, kv_bytes_per_token=4)
    jobs = [client.start(worker, ask(number, 2)) for number in (1, 2, 3)]
    sim.run(until=1.0)
    assert [round(client.times(job)[0] / STEP) for job in jobs] == [1, 2, 3]


# -- going on where another stopped ---------------------------------------------------------


def test_a_job_goes_on_after_the_tokens_that_its_client_has(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    request = ask(max_tokens=5)
    job = client.start(start_worker(), request, generated=2)
    sim.run(until=1.0)
    done = Done("length", Usage(10, 5))
    assert client.items(job) == list(enumerate([*text(request)[2:], done]))
    assert client.outcomes(job) == [Completed()]


def test_what_was_generated_before_is_read_with_the_prompt(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    latency = LatencyModel(prefill_seconds_per_token=0.001, seconds_per_token=0.02)
    job = client.start(start_worker(latency=latency), ask(1, 6, prompt_tokens=10), generated=4)
    sim.run(until=1.0)
    assert client.times(job) == pytest.approx([0.034, 0.054, 0.054])


@pytest.mark.parametrize("generated", [5, 6])
def test_a_client_that_has_the_whole_text_is_told_so_without_a_step(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks, generated: int
) -> None:
    states: list[str | None] = []
    sim.watch(lambda event, _: states.append(event.data["after"]), kinds=["state"])
    job = client.start(start_worker(), ask(max_tokens=5), generated=generated)
    assert client.items(job) == [(0, Done("length", Usage(10, 5)))]
    assert client.ended(job) == [(0.0, Completed())]
    assert states == ["Queued", "Running", "Completed"]


def test_a_client_that_lacks_the_last_token_gets_it_with_one_step(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    request = ask(max_tokens=5)
    job = client.start(start_worker(), request, generated=4)
    sim.run(until=1.0)
    assert client.tokens(job) == [text(request)[4], Done("length", Usage(10, 5))]
    assert client.times(job) == [STEP, STEP]


# -- refusals -------------------------------------------------------------------------------


def test_a_request_for_another_model_is_rejected_for_good(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    client.offer(start_worker(), msgspec.structs.replace(ask(), model="mistral"))
    reason = "worker-1 serves 'llama', not 'mistral'"
    assert client.of(Rejected) == [Rejected("request-1", reason, None)]


def test_a_request_that_can_never_fit_is_rejected_for_good(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(vram_bytes=120, model_bytes=20, kv_bytes_per_token=4)
    client.offer(worker, ask(max_tokens=16, prompt_tokens=10))
    reason = "worker-1 has 100 bytes of VRAM beside its model, and 10 + 16 tokens need 104"
    assert client.of(Rejected) == [Rejected("request-1", reason, None)]


def test_a_request_that_takes_all_the_vram_is_accepted(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(vram_bytes=120, model_bytes=20, kv_bytes_per_token=4)
    client.submit(worker, ask(max_tokens=15, prompt_tokens=10))
