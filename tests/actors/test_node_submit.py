"""What worker, hive and queen answer to a submission, told once or again. Shown on a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from actors import Accepted, Cancelled, Completed, Patience, Rejected, StreamEnd

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Peer, Peers, Workers


def test_a_submission_is_accepted_in_its_turn(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    client.offer(worker, ask(), (2, 7))
    assert client.of(Accepted) == [Accepted("request-1", "worker-1/job-1", worker, (2, 7))]


def test_a_request_submitted_again_in_the_same_turn_gets_the_same_job(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    first = client.submit(worker, ask(), (0, 3))
    assert client.submit(worker, ask(), (0, 3)) == first
    assert client.of(StreamEnd) == []


def test_a_request_submitted_again_in_the_same_turn_gets_the_same_job_though_it_has_ended(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.start(worker, ask())
    sim.run(until=1.0)
    assert client.submit(worker, ask()).job_id == job.job_id


@pytest.mark.parametrize("later", [(0, 4), (1, 1)])
def test_in_a_later_turn_it_gets_another_job_and_the_one_before_is_cancelled(
    *, sim: Simulation, client: Peer, start_worker: Workers, ask: Asks, later: tuple[int, int]
) -> None:
    worker = start_worker()
    lost = client.start(worker, ask(1, 100), (0, 3))
    sim.run(until=0.03)
    again = client.submit(worker, ask(1, 100), later)
    assert again == Accepted("request-1", "worker-1/job-2", worker, later)
    assert client.ended(lost) == [(0.03, Cancelled())]
    assert sim.situations["a client that lost its job gets another one where it was"] == 1
    assert client.submit(worker, ask(1, 100), later) == again


@pytest.mark.parametrize("earlier", [(1, 4), (0, 9)])
def test_in_an_earlier_turn_it_was_overtaken_and_is_left_out(
    client: Peer, start_worker: Workers, ask: Asks, earlier: tuple[int, int]
) -> None:
    worker = start_worker()
    client.start(worker, ask(1, 100), (1, 5))
    before = list(client.heard)
    client.offer(worker, ask(1, 100), earlier)
    assert client.heard == before
    assert client.submit(worker, ask(2)).job_id == "worker-1/job-2"


def test_a_job_that_has_ended_is_not_ended_again_by_a_later_turn(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.start(worker, ask(), (0, 1))
    sim.run(until=1.0)
    client.start(worker, ask(), (0, 2))
    assert client.outcomes(job) == [Completed()]
    assert "a client that lost its job gets another one where it was" not in sim.situations


def test_a_later_turn_that_is_rejected_leaves_the_job_before_as_it_is(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1, max_waiting=0)
    job = client.start(worker, ask(), (0, 1))
    client.offer(worker, ask(), (0, 2))
    (rejected,) = client.of(Rejected)
    assert rejected.turn == (0, 2)
    sim.run(until=1.0)
    assert client.outcomes(job) == [Completed()]


def test_forgetting_the_job_before_does_not_forget_the_later_one(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(keep_seconds=3.0))
    client.submit(worker, ask(), (0, 1))
    again = client.submit(worker, ask(), (0, 2))
    sim.run(until=5.0)  # the first was cancelled at 0 s, and is gone
    assert client.submit(worker, ask(), (0, 2)) == again


def test_a_client_that_was_started_again_is_the_same_client(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    lost = client.submit(worker, ask(), (0, 1))
    client.revive()
    assert client.submit(worker, ask(), (1, 1)).job_id == "worker-1/job-2"
    client.open(lost)
    client.pause()
    assert client.outcomes(lost) == [Cancelled()]


def test_each_answer_to_a_request_is_a_job_of_its_own(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    jobs = [client.submit(worker, ask(branch=branch)) for branch in (0, 1, 0, 1)]
    assert [job.job_id[-1] for job in jobs] == ["1", "2", "1", "2"]


def test_a_request_id_that_another_client_uses_is_rejected(
    client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    peer("other").submit(worker, ask(), (0, 1))
    client.offer(worker, ask(), (0, 2))
    reason = "worker-1 has a request 'request-1' from another client"
    assert client.of(Rejected) == [Rejected("request-1", reason, None, (0, 2))]


def test_a_request_id_that_another_client_used_is_free_when_its_job_is_forgotten(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(keep_seconds=3.0))
    other = peer("other")
    other.cancel(other.submit(worker, ask()))
    sim.run(until=3.5)
    assert client.submit(worker, ask()).job_id == "worker-1/job-2"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"max_tokens": 0}, "max_tokens is at least 1, not 0"),
        ({"prompt_tokens": -1}, "prompt_tokens is at least 0, not -1"),
        ({"copies": 0}, "copies is at least 1, not 0"),
    ],
)
def test_a_request_of_impossible_numbers_is_rejected_for_good(
    client: Peer, start_worker: Workers, ask: Asks, changes: dict[str, int], reason: str
) -> None:
    client.offer(start_worker(), msgspec.structs.replace(ask(), **changes), (0, 5))
    assert client.of(Rejected) == [Rejected("request-1", reason, None, (0, 5))]


def test_a_request_of_the_least_possible_numbers_is_accepted(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    client.submit(start_worker(), ask(1, 1, prompt_tokens=0))


def test_a_full_node_rejects_and_says_when_to_come_again(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1, max_waiting=2, patience=Patience(retry_seconds=0.25))
    for number in (1, 2, 3):
        client.start(worker, ask(number, 3))
    client.offer(worker, ask(4), (0, 9))
    reason = "worker-1 is full: it has 3 unfinished jobs"
    assert client.of(Rejected) == [Rejected("request-4", reason, 0.25, (0, 9))]
    sim.run(until=0.06)  # three steps
    assert client.submit(worker, ask(4)).job_id == "worker-1/job-4"
