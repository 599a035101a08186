"""How hive and queen end a job early, shown on a queen whose hives are the test itself.

What was opened at one second has surely stopped two hops below 29 s later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import (
    Cancel,
    Cancelled,
    Completed,
    Failed,
    OpenStream,
    Patience,
    Queen,
    StreamEnd,
    Submit,
    Usage,
)

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Asks, Below, Hives, Peer

UNKNOWN = Failed("hive-1 has no job", "unknown-job")
WAITED = "a cancel waits for a job that was lost below to have stopped"


# -- nobody below has begun it --------------------------------------------------------------


def test_a_job_that_waits_is_cancelled_here_and_now(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3, 4)]
    client.cancel(jobs[2])
    assert sim.situations["a cancel comes while the job waits for a place"] == 1
    assert client.ended(jobs[2]) == [(0.0, Cancelled())]
    hive.accept(1)
    hive.done(0, job=1)
    assert hive.asked() == ["request-1", "request-2", "request-4"]


def test_cancelling_a_job_that_was_refused_lets_those_behind_it_go(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    hive.reject(1, retry_after=5.0)
    assert hive.asked() == ["request-1", "request-2"]  # the third is behind the first
    client.cancel(jobs[0])
    assert hive.asked() == ["request-1", "request-2", "request-3"]


def test_a_job_that_was_never_opened_is_cancelled_here_and_now(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.submit(queen, ask())
    client.cancel(job)
    assert client.outcomes(job) == [Cancelled()]
    assert hive.peer.of(Cancel) == []


def test_a_job_that_is_not_accepted_below_is_cancelled_here_and_now(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    client.cancel(jobs[0])
    assert client.ended(jobs[0]) == [(0.0, Cancelled())]
    assert hive.asked()[2:] == ["request-3"]  # it has the place of the first
    assert hive.peer.of(Cancel) == []
    assert WAITED not in sim.situations
    assert "a cancel comes while the job waits for a place" not in sim.situations


def test_what_is_accepted_below_after_its_cancel_is_cancelled_there_and_not_opened(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.cancel(client.start(queen, ask()))
    hive.accept()
    assert hive.peer.of(OpenStream) == []
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    assert len(client.of(StreamEnd)) == 1


def test_a_rejection_after_the_cancel_changes_nothing(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.cancel(client.start(queen, ask()))
    hive.reject(1, retry_after=0.1)
    sim.run(until=3.0)
    assert hive.asked() == ["request-1"]
    assert len(client.of(StreamEnd)) == 1


# -- somebody below may run it --------------------------------------------------------------


def test_a_cancel_goes_below_and_the_outcome_comes_back_up(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    client.cancel(job)
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    assert client.outcomes(job) == []
    hive.end(0, Cancelled())
    assert client.outcomes(job) == [Cancelled()]


def test_a_cancelled_job_gives_its_place_to_who_waits(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    hive.accept(1)
    client.cancel(jobs[0])
    assert hive.asked() == ["request-1", "request-2"]
    hive.end(0, Cancelled())
    assert hive.asked()[2:] == ["request-3"]


def test_a_cancel_that_crosses_the_end_gives_that_end_each_time(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    client.cancel(job)
    hive.done(1)
    client.cancel(job)
    assert client.outcomes(job) == [Completed("stop", Usage(10, 1))] * 2


def test_a_cancel_that_crosses_a_failure_below_ends_with_that_failure(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    client.cancel(job)
    hive.end(0, Failed("worker-1 was stopped", "stopped"))
    assert client.outcomes(job) == [Failed("worker-1 was stopped", "stopped")]
    assert hive.asked() == ["request-1"]


def test_a_cancel_is_told_below_at_each_heartbeat_until_it_is_answered(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.live(1.2, client)
    client.cancel(job)
    client.cancel(job)
    hive.live(4.2, client)
    assert hive.peer.when(Cancel) == [1.2, 2.0, 3.0, 4.0]
    hive.end(0, Cancelled())
    hive.live(9.0, client)
    assert len(hive.peer.of(Cancel)) == 4
    assert hive.peer.when(OpenStream) == [0.0]  # nobody shows any more that it is read


def test_a_cancel_that_nobody_answers_is_acknowledged_when_the_job_has_surely_stopped(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.live(4.2, client)  # it was opened last at 3 s
    client.cancel(job)
    hive.live(40.0)
    assert client.ended(job) == [(32.0, Cancelled())]


def test_a_cancel_of_what_the_node_below_has_forgotten_waits_for_those_further_below(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.live(1.2, client)
    client.cancel(job)
    hive.end(0, UNKNOWN)
    hive.live(40.0)
    assert client.ended(job) == [(29.0, Cancelled())]
    assert hive.peer.when(Cancel) == [1.2]  # there is nobody to be told
    assert WAITED not in sim.situations


@pytest.mark.parametrize("client_reads", [True, False])
def test_a_job_that_its_client_reads_no_more_is_cancelled_below(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, client_reads: bool
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    if client_reads:
        hive.live(15.0, client)
        assert hive.peer.of(Cancel) == []
    else:
        hive.live(10.5)
        assert hive.peer.when(Cancel)[0] == 10.0
        hive.end(0, Cancelled())
        assert client.ended(job) == [(10.5, Cancelled())]


def test_a_job_that_nobody_reads_here_is_not_shown_below_to_be_read(
    client: Peer, start_hive: Hives, ask: Asks
) -> None:
    queen = Queen.start(patience=Patience(lease_seconds=9.0))
    hive = start_hive("hive-1", queen)
    client.start(queen, ask())
    hive.accept()
    hive.live(12.0)
    assert hive.peer.when(OpenStream) == [0.0, 3.0, 6.0]
    assert hive.peer.when(Cancel)[0] == 9.0


# -- it was lost below before ---------------------------------------------------------------


def lost_at_4(client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks) -> None:
    """Have a job's hive fall silent, where it was opened last at 3 s, and be missed at 4 s."""
    client.start(queen, ask())
    hive.accept()
    client.live(4.2)


def test_a_cancelled_job_of_a_node_that_falls_silent_is_fenced(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    client.cancel(job)
    client.live(40.0)
    assert client.ended(job) == [(29.0, Cancelled())]


def test_a_cancel_of_a_job_that_was_lost_waits_until_it_has_surely_stopped_where_it_was(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    lost_at_4(client, queen, hive, ask)
    (job,) = client.reads
    client.cancel(job)
    hive.live(40.0)
    assert client.ended(job) == [(32.0, Cancelled())]
    assert hive.asked() == ["request-1"]  # it is not placed again, though there is room
    assert sim.situations[WAITED] == 1


def test_that_it_has_stopped_where_it_is_now_does_not_shorten_the_wait(
    *,
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    start_hive: Hives,
    ask: Asks,
) -> None:
    lost_at_4(client, queen, hive, ask)
    (job,) = client.reads
    other = start_hive("hive-2")
    other.accept()
    client.cancel(job)
    other.end(0, Cancelled())
    other.live(40.0)
    assert client.ended(job) == [(32.0, Cancelled())]
    assert other.peer.when(Cancel) == [4.2]
    assert sim.situations[WAITED] == 1


def test_there_is_nothing_to_wait_for_at_the_moment_at_which_it_has_surely_stopped(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    lost_at_4(client, queen, hive, ask)
    (job,) = client.reads
    other = start_hive("hive-2")
    other.accept()
    client.cancel(job)
    other.live(32.0)
    other.end(0, Cancelled())
    assert client.ended(job) == [(32.0, Cancelled())]
    assert WAITED not in client.sim.situations


def test_that_it_may_run_where_it_is_now_lengthens_the_wait(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    lost_at_4(client, queen, hive, ask)
    (job,) = client.reads
    other = start_hive("hive-2")
    other.accept()
    client.cancel(job)
    client.live(40.0)
    assert client.ended(job) == [(34.0, Cancelled())]  # 29 s after 4.2 s


def test_a_cancel_of_what_was_lost_and_has_been_submitted_again_waits_as_well(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    lost_at_4(client, queen, hive, ask)
    (job,) = client.reads
    other = start_hive("hive-2")
    client.cancel(job)
    other.live(6.2)
    other.accept()
    assert other.peer.of(OpenStream) == []
    assert other.peer.when(Cancel) == [6.2]
    other.end(0, Cancelled())
    other.live(40.0)
    assert client.ended(job) == [(32.0, Cancelled())]
    assert len(other.peer.of(Submit)) == 1


def test_a_rejection_does_not_shorten_the_wait_either(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    lost_at_4(client, queen, hive, ask)
    (job,) = client.reads
    other = start_hive("hive-2")
    client.cancel(job)
    other.reject(1, retry_after=0.1)
    other.live(40.0)
    assert client.ended(job) == [(32.0, Cancelled())]
    assert len(other.peer.of(Submit)) == 1


def test_a_job_whose_submission_was_lost_never_ran_and_is_cancelled_at_once(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    client.live(4.2)
    client.cancel(job)
    assert hive.asked() == ["request-1"] * 4  # told again, until it was missed
    assert client.ended(job) == [(4.2, Cancelled())]


# -- another life of the relay may have had it ----------------------------------------------


def anew(sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks) -> None:
    """Have a queen forget at 1.5 s the job that she has opened below at 0 s."""
    client.start(queen, ask(), (0, 1))
    hive.accept()
    sim.run(until=1.5)
    sim.crash(queen)
    sim.restart(queen)
    client.reads.clear()


def test_a_relay_that_begins_anew_fences_what_its_earlier_life_may_have_had_below(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    anew(sim, client, queen, hive, ask)
    hive.beat()
    job = client.start(queen, ask(), (0, 2))
    client.cancel(job)
    hive.live(40.0)
    assert client.ended(job) == [(30.5, Cancelled())]
    assert sim.situations[WAITED] == 1


def test_when_an_earlier_life_is_over_long_enough_a_cancel_is_acknowledged_at_once(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    anew(sim, client, queen, hive, ask)
    hive.live(30.5)
    job = client.start(queen, ask(), (0, 2))
    client.cancel(job)
    assert client.ended(job) == [(30.5, Cancelled())]


def test_a_relay_that_begins_anew_fences_what_it_has_opened_elsewhere_too(
    *,
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    start_hive: Hives,
    ask: Asks,
) -> None:
    anew(sim, client, queen, hive, ask)
    other = start_hive("hive-2")
    job = client.start(queen, ask(), (0, 2))
    other.accept()
    client.cancel(job)
    other.end(0, Cancelled())
    other.live(40.0)
    assert client.ended(job) == [(30.5, Cancelled())]
