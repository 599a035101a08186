"""What worker, hive and queen have in common, shown on a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import (
    Cancel,
    Cancelled,
    Completed,
    Failed,
    LatencyModel,
    Model,
    OpenStream,
    Patience,
    Rejected,
    StreamEnd,
    Submit,
    Worker,
    WorkerSpec,
)
from actors.node import Deserted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from actors import Request
    from glasshive import Simulation
    from tests.actors.conftest import Peer


def start_worker(
    *, max_num_seqs: int = 4, max_waiting: int = 4, patience: Patience | None = None
) -> ActorRef[Worker]:
    """Start a worker whose steps take 20 ms."""
    spec = WorkerSpec(
        name="worker-1",
        model=Model("llama", latency=LatencyModel(seconds_per_token=0.02)),
        max_num_seqs=max_num_seqs,
        max_waiting=max_waiting,
    )
    return Worker.start(spec=spec, hive=None, patience=patience or Patience())


# -- the same thing twice -------------------------------------------------------------------


def test_a_request_submitted_again_by_its_client_gets_the_same_job(
    client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker()
    assert client.submit(worker, ask()) == client.submit(worker, ask())


def test_a_request_id_that_another_client_uses_is_rejected(
    client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    worker = start_worker()
    peer("other").submit(worker, ask())
    reason = "worker-1 has a request 'request-1' from another client"
    worker.tell(Submit(ask(), client.ref))
    client.pause()
    assert client.of(Rejected) == [Rejected("request-1", reason, None)]


@pytest.mark.parametrize("after", range(-1, 4))
def test_an_ended_stream_opened_again_is_sent_again_from_there(
    sim: Simulation,
    client: Peer,
    peer: Callable[[str], Peer],
    ask: Callable[..., Request],
    after: int,
) -> None:
    job = client.start(start_worker(), ask(max_tokens=3))
    sim.run(until=1.0)
    again = peer("again")
    again.open(job, after)
    again.pause()
    assert again.items(job) == client.items(job)[after + 1 :]
    assert again.of(StreamEnd) == client.of(StreamEnd)


def test_an_index_before_the_first_sends_everything_once(
    sim: Simulation, client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    job = client.start(start_worker(), ask())
    sim.run(until=1.0)
    again = peer("again")
    again.open(job, after=-3)
    again.pause()
    assert again.items(job) == client.items(job)


@pytest.mark.parametrize("after", [-1, 0, 1])
def test_a_running_stream_opened_again_repeats_what_was_asked_and_nothing_live(
    sim: Simulation, client: Peer, ask: Callable[..., Request], after: int
) -> None:
    job = client.start(start_worker(), ask(max_tokens=3))
    sim.run(until=0.05)
    client.open(job, after)
    sim.run(until=1.0)
    # Two tokens were there at 0.05 s; what is repeated of them comes in between.
    assert [index for index, _ in client.items(job)] == [0, 1, *range(after + 1, 2), 2, 3]
    assert client.outcomes(job) == [Completed()]


def test_two_subscribers_both_get_everything(
    sim: Simulation, client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    job = client.start(start_worker(), ask(max_tokens=3))
    sim.run(until=0.05)
    second = peer("second")
    second.open(job)
    sim.run(until=1.0)
    assert second.items(job) == client.items(job)
    assert second.of(StreamEnd) == client.of(StreamEnd)
    assert len(client.of(StreamEnd)) == 1


# -- cancelling -----------------------------------------------------------------------------


def test_a_cancelled_job_leaves_before_the_next_step(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker(max_num_seqs=1)
    job = client.start(worker, ask(1, 100))
    waiting = client.start(worker, ask(2, 1))
    sim.run(until=0.05)
    client.cancel(job)
    sim.run(until=1.0)
    assert client.times(job) == [0.02, 0.04]
    assert client.of(StreamEnd)[0] == StreamEnd(job.job_id, 2, Cancelled())
    # The step under way ends at 0.06 s; the next one carries who waited.
    assert client.times(waiting)[0] == 0.08


def test_a_cancelled_job_that_waits_ends_at_once_and_never_runs(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker(max_num_seqs=1)
    client.start(worker, ask(1, 5))
    job = client.start(worker, ask(2, 5))
    client.cancel(job)
    client.pause()
    assert client.heard[-1] == (0.0, StreamEnd(job.job_id, 0, Cancelled()))
    sim.run(until=1.0)
    assert client.tokens(job) == []


def test_cancelling_a_job_that_was_never_opened_tells_the_canceller(
    client: Peer, ask: Callable[..., Request]
) -> None:
    job = client.submit(start_worker(), ask())
    client.cancel(job)
    client.pause()
    assert client.outcomes(job) == [Cancelled()]


def test_a_cancel_that_crosses_the_end_adds_nothing(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    job = client.start(start_worker(), ask())
    sim.run(until=1.0)
    client.cancel(job)
    client.pause()
    assert client.outcomes(job) == [Completed()]


def test_a_stranger_who_cancels_an_ended_job_is_told_its_end(
    sim: Simulation, client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    job = client.start(start_worker(), ask())
    sim.run(until=1.0)
    stranger = peer("stranger")
    stranger.cancel(job)
    stranger.pause()
    assert stranger.of(StreamEnd) == client.of(StreamEnd)


def test_opening_or_cancelling_an_unknown_job_is_answered(client: Peer) -> None:
    worker = start_worker()
    worker.tell(OpenStream("worker-1/job-9", 4, client.ref))
    worker.tell(Cancel("worker-1/job-9", client.ref))
    client.pause()
    unknown = Failed("worker-1 has no job 'worker-1/job-9': it never was, or it ended and expired")
    assert client.of(StreamEnd) == [
        StreamEnd("worker-1/job-9", 5, unknown),
        StreamEnd("worker-1/job-9", 0, unknown),
    ]


# -- forgetting -----------------------------------------------------------------------------


def test_a_job_that_nobody_opens_expires_and_gives_its_place_back(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    patience = Patience(open_seconds=5.0)
    worker = start_worker(max_num_seqs=1, max_waiting=0, patience=patience)
    job = client.submit(worker, ask(1))
    sim.run(until=6.0)
    client.open(job)
    client.pause()
    expired = Failed("nobody opened worker-1/job-1 in the 5 s that it had")
    assert client.outcomes(job) == [expired]
    client.submit(worker, ask(2))


def test_an_ended_job_is_forgotten_when_its_time_is_up(
    sim: Simulation, client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    job = client.start(start_worker(patience=Patience(keep_seconds=5.0)), ask())
    before, later = peer("before"), peer("later")
    sim.run(until=4.9)
    before.open(job)
    sim.run(until=6.1)
    later.open(job)
    later.pause()
    assert before.outcomes(job) == [Completed()]
    assert later.items(job) == []
    assert isinstance(later.outcomes(job)[0], Failed)


def test_a_job_whose_last_reader_was_stopped_is_dropped(
    sim: Simulation, client: Peer, peer: Callable[[str], Peer], ask: Callable[..., Request]
) -> None:
    worker = start_worker(max_num_seqs=1, max_waiting=1)
    reader = peer("reader")
    job = reader.start(worker, ask(1, 1000))
    waiting = client.start(worker, ask(2, 1))
    sim.run(until=0.05)
    reader.ref.stop()
    sim.run(until=1.0)
    assert [index for index, _ in reader.items(job)] == [0, 1]
    # The token of 0.06 s finds nobody; the step that it began with is the last.
    assert client.times(waiting)[0] == pytest.approx(0.1)


def test_a_job_that_somebody_reads_again_by_then_goes_on(
    sim: Simulation, client: Peer, ask: Callable[..., Request]
) -> None:
    worker = start_worker()
    job = client.start(worker, ask())
    worker.tell(Deserted(job.job_id))
    sim.run(until=1.0)
    assert client.outcomes(job) == [Completed()]
