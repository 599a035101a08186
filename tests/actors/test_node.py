"""What worker, hive and queen have in common: a job's stream. Shown on a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import (
    Cancel,
    Cancelled,
    Completed,
    Done,
    Failed,
    Model,
    OpenStream,
    Request,
    StreamEnd,
    Token,
    Usage,
    Worker,
    WorkerSpec,
)
from actors.generation import Generation
from actors.server import Deserted
from glasshive import Simulation

if TYPE_CHECKING:
    from tests.actors.conftest import Asks, Logged, Peer, Peers, PeersIn, Workers


# -- opening --------------------------------------------------------------------------------


@pytest.mark.parametrize("after", range(-1, 4))
def test_an_ended_stream_opened_again_is_sent_again_from_there(
    *, sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks, after: int
) -> None:
    job = client.start(start_worker(), ask(max_tokens=3))
    sim.run(until=1.0)
    again = peer("again")
    again.open(job, after)
    again.pause()
    assert again.items(job) == client.items(job)[after + 1 :]
    assert again.of(StreamEnd) == client.of(StreamEnd)


def test_an_index_before_the_first_sends_everything_once(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(), ask())
    sim.run(until=1.0)
    again = peer("again")
    again.open(job, after=-3)
    again.pause()
    assert again.items(job) == client.items(job)


@pytest.mark.parametrize("after", [-1, 0, 1])
def test_a_running_stream_opened_again_repeats_what_was_asked_and_nothing_live(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks, after: int
) -> None:
    job = client.start(start_worker(), ask(max_tokens=3))
    sim.run(until=0.05)
    client.open(job, after)
    sim.run(until=1.0)
    # Two tokens were there at 0.05 s; what is repeated of them comes in between.
    assert [index for index, _ in client.items(job)] == [0, 1, *range(after + 1, 2), 2, 3]
    assert client.outcomes(job) == [Completed()]


def test_two_subscribers_both_get_everything(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(), ask(max_tokens=3))
    sim.run(until=0.05)
    second = peer("second")
    second.open(job)
    sim.run(until=1.0)
    assert second.items(job) == client.items(job)
    assert second.of(StreamEnd) == client.of(StreamEnd)
    assert len(client.of(StreamEnd)) == 1


@settings(max_examples=50, deadline=None)
@given(
    opens=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 140), st.integers(-2, 8)), max_size=12
    )
)
def test_however_often_and_from_wherever_a_stream_is_opened_what_was_asked_for_is_sent(
    peer_in: PeersIn, opens: list[tuple[int, int, int]]
) -> None:
    with structlog.testing.capture_logs(), Simulation(seed=1) as sim:
        client = peer_in(sim, "client")
        worker = Worker.start(spec=WorkerSpec("worker-1", Model("llama")), hive=None)
        job = client.start(worker, Request("request-1", "llama", "", 1, 5, ignore_eos=True))
        peers = [peer_in(sim, str(number)) for number in range(3)]
        expected: list[set[int]] = [set(), set(), set()]
        for number, milliseconds, after in sorted(opens, key=lambda each: each[1]):
            sim.run(until=milliseconds / 1000 + 0.001)
            peers[number].open(job, after)
            peers[number].pause()
            sent = len(client.items(job))
            expected[number] |= {*range(max(0, after + 1), sent), *range(sent, 6)}
        sim.run(until=1.0)
        items = dict(client.items(job))
        for number in {number for number, _, _ in opens}:
            assert dict(peers[number].items(job)) == {i: items[i] for i in expected[number]}
            assert set(peers[number].outcomes(job)) == {Completed()}


def test_opening_or_cancelling_an_unknown_job_is_answered(
    client: Peer, start_worker: Workers
) -> None:
    worker = start_worker()
    worker.tell(OpenStream("worker-1/job-9", 4, client.ref))
    worker.tell(Cancel("worker-1/job-9", client.ref))
    client.pause()
    unknown = Failed(
        "worker-1 has no job 'worker-1/job-9': it never was, or it ended and expired",
        "unknown-job",
    )
    assert client.of(StreamEnd) == [
        StreamEnd("worker-1/job-9", 5, unknown),
        StreamEnd("worker-1/job-9", 0, unknown),
    ]


# -- cancelling -----------------------------------------------------------------------------


def test_a_cancelled_job_leaves_before_the_next_step(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
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
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1)
    client.start(worker, ask(1, 5))
    job = client.start(worker, ask(2, 5))
    client.cancel(job)
    assert client.heard[-1] == (0.0, StreamEnd(job.job_id, 0, Cancelled()))
    sim.run(until=1.0)
    assert client.tokens(job) == []


def test_cancelling_a_job_that_was_never_opened_tells_the_canceller(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    job = client.submit(start_worker(), ask())
    client.cancel(job)
    assert client.outcomes(job) == [Cancelled()]


def test_a_cancelled_job_that_is_opened_after_that_does_not_run(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    job = client.submit(start_worker(), ask())
    client.cancel(job)
    client.open(job)
    sim.run(until=1.0)
    assert client.tokens(job) == []
    assert client.outcomes(job) == [Cancelled()] * 2


def test_a_cancel_is_answered_with_the_end_each_time_that_it_is_told(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(), ask())
    sim.run(until=1.0)
    client.cancel(job)
    client.cancel(job)
    assert client.outcomes(job) == [Completed()] * 3
    assert client.of(StreamEnd) == [StreamEnd(job.job_id, 4, Completed())] * 3
    assert sim.situations["a cancel crosses the end"] == 2


def test_a_stranger_who_cancels_an_ended_job_is_told_its_end_alone(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(), ask())
    sim.run(until=1.0)
    stranger = peer("stranger")
    stranger.cancel(job)
    assert [message for _, message in stranger.heard] == client.of(StreamEnd)


def test_a_stranger_who_cancels_a_running_job_is_told_its_end_and_so_is_its_reader(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(), ask(1, 100))
    sim.run(until=0.03)
    stranger = peer("stranger")
    stranger.cancel(job)
    assert stranger.of(StreamEnd) == client.of(StreamEnd) == [StreamEnd(job.job_id, 1, Cancelled())]


# -- readers that are gone ------------------------------------------------------------------


def test_a_job_whose_last_reader_was_stopped_is_dropped(
    *,
    sim: Simulation,
    client: Peer,
    peer: Peers,
    start_worker: Workers,
    ask: Asks,
    logged: Logged,
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
    (line,) = logged("nobody reads the job any more")
    assert (line["node"], line["job"]) == ("worker-1", job.job_id)


def test_a_job_goes_on_for_the_readers_that_are_left(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(), ask(1, 5))
    second = peer("second")
    second.open(job)
    sim.run(until=0.03)
    client.ref.stop()
    sim.run(until=1.0)
    assert [index for index, _ in second.items(job)] == list(range(6))
    assert second.outcomes(job) == [Completed()]


def test_a_job_that_somebody_reads_again_by_then_goes_on(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.start(worker, ask())
    worker.tell(Deserted(job.job_id))
    sim.run(until=1.0)
    assert client.outcomes(job) == [Completed()]


def test_a_job_that_has_ended_or_gone_by_then_is_not_ended_again(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.submit(worker, ask())
    client.cancel(job)
    worker.tell(Deserted(job.job_id))
    worker.tell(Deserted("worker-1/job-9"))
    sim.run(until=1.0)
    assert sim.casualties == []
    assert client.outcomes(job) == [Cancelled()]


# -- a node that ends -----------------------------------------------------------------------


def test_a_stopped_node_ends_what_has_not_ended_and_nothing_else(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks, logged: Logged
) -> None:
    worker = start_worker()
    ended = client.start(worker, ask(1, 1))
    sim.run(until=0.03)
    running = client.start(worker, ask(2, 100))
    worker.stop()
    sim.run(until=1.0)
    reason = "worker-1 was stopped before worker-1/job-2 had ended"
    assert client.outcomes(running) == [Failed(reason, "stopped")]
    assert client.outcomes(ended) == [Completed()]
    assert logged("job failed") == [
        {
            "event": "job failed",
            "log_level": "warning",
            "node": "worker-1",
            "job": "worker-1/job-2",
            "reason": reason,
        }
    ]


def test_a_node_that_crashed_and_begins_anew_knows_no_job_and_gives_other_ids(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    lost = client.start(worker, ask(1))
    sim.crash(worker)
    sim.restart(worker)
    client.open(lost)
    client.pause()
    assert [outcome.code for outcome in client.outcomes(lost)] == ["unknown-job"]
    assert client.submit(worker, ask(1)).job_id == "worker-1/life-r1/job-1"


def test_a_node_that_crashed_and_knows_all_goes_on_with_its_jobs(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.start(worker, ask(1, 3))
    sim.run(until=0.03)
    sim.crash(worker)
    sim.run(until=0.5)
    sim.restart(worker, state=True)
    sim.run(until=1.0)
    generation = Generation("llama", "prompt 1", 0)
    text = [Token(generation.token(index)) for index in range(3)]
    assert client.tokens(job) == [*text, Done("length", Usage(10, 3))]
    assert client.times(job) == pytest.approx([0.02, 0.52, 0.54, 0.54])
    assert client.submit(worker, ask(2)).job_id == "worker-1/job-2"
