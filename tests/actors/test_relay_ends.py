"""How jobs end early at hive and queen, shown on a queen whose hives are the test itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import (
    Cancel,
    Cancelled,
    Completed,
    Failed,
    OpenStream,
    Queen,
    Rejected,
    Request,
    StreamEnd,
    Submit,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Below, Peer


# -- cancelling -----------------------------------------------------------------------------


def test_a_job_that_waits_is_cancelled_here_and_now(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3, 4)]
    client.cancel(jobs[2])
    client.pause()
    assert client.outcomes(jobs[2]) == [Cancelled()]
    hive.accept(1)
    hive.done(0, number=1)
    assert hive.asked() == ["request-1", "request-2", "request-4"]


def test_cancelling_a_job_that_was_refused_lets_those_behind_it_go(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    hive.reject(1, retry_after=5.0)
    assert hive.asked() == ["request-1", "request-2"]  # the third is behind the first
    client.cancel(jobs[0])
    client.pause()
    assert hive.asked() == ["request-1", "request-2", "request-3"]


def test_a_job_that_was_never_opened_is_cancelled_here_and_now(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.submit(queen, ask())
    client.cancel(job)
    client.pause()
    assert client.outcomes(job) == [Cancelled()]
    assert hive.peer.of(Cancel) == []


def test_a_cancel_goes_below_and_the_outcome_comes_back_up(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    client.cancel(job)
    client.pause()
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    assert client.outcomes(job) == []
    hive.end(0, Cancelled())
    assert client.outcomes(job) == [Cancelled()]


def test_a_cancel_that_crosses_the_end_gives_one_end(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    client.cancel(job)
    client.pause()
    hive.done(1)
    client.cancel(job)
    client.pause()
    assert client.outcomes(job) == [Completed("stop", Usage(10, 1))]


def test_a_cancel_before_the_acceptance_goes_below_instead_of_the_opening(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    client.cancel(job)
    client.pause()
    hive.accept()
    assert hive.peer.of(OpenStream) == []
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    hive.end(0, Cancelled())
    assert client.outcomes(job) == [Cancelled()]


def test_a_cancel_before_a_rejection_ends_the_job(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask())
    client.cancel(job)
    client.pause()
    hive.reject(1, retry_after=1.0)
    assert client.outcomes(job) == [Cancelled()]


# -- losing a node --------------------------------------------------------------------------


def test_the_jobs_of_a_node_that_falls_silent_fail_once_and_it_gets_no_more(
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    accepted, submitted, waiting = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    hive.accept(1)
    hive.word(0, " bee")
    sim.run(until=4.5)  # its hello was at 0 s, and 3.5 s without a word are too long at 4 s
    silent = "hive-1 has been silent for 4 s"
    assert client.outcomes(accepted) == [Failed(f"{silent}; it had hive-1/job-1")]
    assert client.outcomes(submitted) == [Failed(f"{silent}; it had submission of request-2")]
    assert client.outcomes(waiting) == [Failed("nobody at queen serves 'llama' any more")]
    queen.tell(Submit(ask(4), client.ref))
    sim.run(until=20.0)
    assert len(client.of(Rejected)) == 1
    assert hive.asked() == ["request-1", "request-2"]
    assert len(client.of(StreamEnd)) == 3


def test_a_node_that_comes_back_is_told_to_drop_the_jobs_that_ended_without_it(
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    job = client.start(queen, ask(1))
    unaccepted = client.start(queen, ask(2))
    hive.accept(1)
    sim.run(until=4.5)
    hive.beat()
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    hive.accept(2)  # it was on its way all the time
    assert hive.peer.of(Cancel)[1:] == [Cancel("hive-1/job-2", queen)]
    hive.word(0, " late")
    assert client.tokens(job) == []
    assert len(client.outcomes(job)) == len(client.outcomes(unaccepted)) == 1
    client.start(queen, ask(3))
    assert hive.asked()[-1] == "request-3"
    sim.run(until=20.0)
    hive.beat()
    assert len(hive.peer.of(Cancel)) == 2  # each was told once


def test_a_cancelled_job_of_a_node_that_falls_silent_is_cancelled(
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    client.cancel(job)
    sim.run(until=4.5)
    assert client.outcomes(job) == [Cancelled()]


def test_the_jobs_of_a_node_that_was_stopped_fail_when_it_is_found_so(
    client: Peer,
    start_hive: Callable[[str], Below],
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    job = client.start(queen, ask(1))
    hive.accept()
    other = start_hive("hive-2")
    hive.peer.ref.stop(block=False)
    client.pause()
    # hive-2 has no job and gets the second; then both have one, and the third finds hive-1 stopped.
    for number in (2, 3):
        client.start(queen, ask(number))
    assert client.outcomes(job) == [Failed("hive-1 was stopped; it had hive-1/job-1")]
    assert other.asked() == ["request-2", "request-3"]


def test_the_jobs_of_a_node_that_was_started_anew_fail(
    client: Peer,
    start_hive: Callable[[str], Below],
    queen: ActorRef[Queen],
    hive: Below,
    ask: Callable[..., Request],
) -> None:
    job = client.start(queen, ask(1))
    hive.accept()
    again = start_hive("hive-1")
    assert client.outcomes(job) == [Failed("hive-1 was started anew; it had hive-1/job-1")]
    client.start(queen, ask(2))
    assert again.asked() == ["request-2"]
    assert again.peer.of(Cancel) == []  # the old one's job went with it


def test_a_relay_that_is_stopped_ends_its_jobs_and_cancels_them_below(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Callable[..., Request]
) -> None:
    job = client.start(queen, ask(1))
    hive.accept()
    queen.stop(block=False)
    client.pause()
    assert client.outcomes(job) == [Failed("queen was stopped before queen/job-1 had ended")]
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
