"""How a keeper gives a request up, for somebody or by itself. Its queen is the test itself.

What was opened at one second has surely stopped three hops below 43.5 s later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Cancel, Cancelled, Completed, Failed, OpenStream, Patience, Usage

if TYPE_CHECKING:
    from tests.actors.conftest import Asks, Logged
    from tests.actors.keeper.conftest import Court, Courts

DONE = Completed("length", Usage(10, 3))
UNKNOWN = Failed("queen has no job", "unknown-job")


# -- nothing was opened ---------------------------------------------------------------------


def test_withdrawing_before_the_acceptance_ends_the_request_at_once(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.withdraw()
    assert court.ends == [(0.0, Cancelled())]
    court.accept()
    assert court.opened == []
    assert court.cancelled == ["queen/job-1"]


def test_withdrawing_before_a_rejection_ends_the_request(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.withdraw()
    court.reject(0.5)
    court.run(until=10.0)
    assert court.ends == [(0.0, Cancelled())]
    assert len(court.submits) == 1


def test_withdrawing_between_two_attempts_ends_the_request_at_once(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.reject(0.5)
    court.withdraw()
    assert court.ends == [(0.0, Cancelled())]
    court.run(until=10.0)
    assert len(court.submits) == 1


def test_withdrawing_what_is_not_asked_is_too_late(court: Court, ask: Asks, logged: Logged) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, DONE)
    court.withdraw()
    assert court.ends == [(0.0, DONE)]
    assert court.cancelled == []
    (line,) = logged("too late to withdraw")
    assert (line["keeper"], line["request"]) == ("keeper", "request-1")


# -- an open stream -------------------------------------------------------------------------


def test_withdrawing_an_open_stream_cancels_it_and_waits_for_the_end(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.word(0, " bee")
    court.withdraw()
    assert court.peer.of(Cancel) == [Cancel("queen/job-1", court.keeper)]
    assert court.receipts == []
    court.end(1, Cancelled())
    assert [(receipt.outcome, receipt.texts) for receipt in court.receipts] == [
        (Cancelled(), [" bee"])
    ]


def test_a_withdrawal_that_crosses_the_end_gives_one_receipt(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.withdraw()
    court.end(0, DONE)
    court.withdraw()
    assert court.ends == [(0.0, DONE)]


def test_a_withdrawal_that_crosses_a_failure_ends_with_it(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.withdraw()
    court.end(0, Failed("lost 5 times", "lost"))
    assert court.ends == [(0.0, Failed("lost 5 times", "lost"))]
    assert len(court.submits) == 1


def test_a_second_withdrawal_changes_nothing(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.withdraw()
    court.withdraw()
    assert court.cancelled == ["queen/job-1"]


def test_a_cancel_is_told_at_each_heartbeat_until_it_is_answered(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.run(until=1.5)
    court.withdraw()
    court.run(until=4.5)
    assert court.peer.when(Cancel) == [1.5, 2.0, 3.0, 4.0]
    assert court.cancelled == ["queen/job-1"] * 4
    court.end(0, Cancelled())
    court.run(until=9.0)
    assert len(court.cancelled) == 4
    assert court.peer.when(OpenStream) == [0.0]  # it is not shown any more to be read


def test_a_cancel_that_nobody_answers_is_taken_for_done_when_all_has_surely_stopped(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.run(until=4.5)
    court.withdraw()
    court.run(until=60.0)
    # The stream was opened last at 3 s, and the heart beats at 47 s.
    assert court.ends == [(47.0, Cancelled())]


def test_it_is_taken_for_done_at_the_very_heartbeat_at_which_all_has_stopped(
    courts: Courts, ask: Asks
) -> None:
    court = courts(Patience(lease_seconds=8.0))  # which makes it 36 s
    court.ask(ask())
    court.accept()
    court.withdraw()
    court.run(until=60.0)
    assert court.ends == [(36.0, Cancelled())]


def test_a_cancel_of_what_the_queen_has_forgotten_waits_for_those_below(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.word(0, " bee")
    court.withdraw()
    court.end(1, UNKNOWN)
    court.run(until=60.0)
    assert court.ends == [(44.0, Cancelled())]
    assert len(court.cancelled) == len(court.submits) == 1


def test_a_withdrawn_stream_whose_queen_was_stopped_fails(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.word(0, " bee")
    court.peer.ref.stop()
    court.withdraw()
    assert court.ends == [(0.0, Failed("whoever had queen/job-1 was stopped"))]


def test_a_stream_whose_queen_was_stopped_fails_when_it_is_found_so(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.peer.ref.stop()
    court.run(until=9.0)
    assert court.ends == [(3.0, Failed("whoever had queen/job-1 was stopped"))]


# -- between two jobs, the first of which may still run --------------------------------------


def test_withdrawing_what_the_queen_has_lost_waits_until_it_has_surely_stopped(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, UNKNOWN)
    court.withdraw()
    assert court.receipts == []
    court.run(until=60.0)
    assert court.ends == [(44.0, Cancelled())]


def test_that_the_next_job_is_cancelled_does_not_mean_that_the_lost_one_has_stopped(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, UNKNOWN)
    court.withdraw()
    court.accept(1, job=2)
    assert court.cancelled == ["queen/job-2"]
    assert len(court.opened) == 1
    court.end(0, Cancelled(), job=2)
    court.run(until=60.0)
    assert court.ends == [(44.0, Cancelled())]


def test_what_the_next_job_ends_with_counts_from_the_moment_at_which_the_lost_one_has_stopped(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, UNKNOWN)
    court.run(until=2.5)
    court.accept(1, job=2)
    court.withdraw()
    court.run(until=43.5)
    court.end(0, Cancelled(), job=2)
    assert court.ends == [(43.5, Cancelled())]


def test_a_withdrawn_request_is_not_submitted_again_when_it_was_rejected(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, UNKNOWN)
    court.reject(0.5)
    court.withdraw()
    court.run(until=60.0)
    assert len(court.submits) == 2
    assert court.ends == [(44.0, Cancelled())]


def test_a_rejection_does_not_fail_what_was_withdrawn(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, UNKNOWN)
    court.withdraw()
    court.reject(None)
    court.run(until=60.0)
    assert court.ends == [(44.0, Cancelled())]


# -- out of time ----------------------------------------------------------------------------


def test_a_request_that_has_not_ended_in_its_time_is_cancelled_and_fails(
    courts: Courts, ask: Asks
) -> None:
    court = courts(Patience(answer_seconds=20.0))
    court.ask(ask())
    assert court.submits[0].seconds == 17.0
    court.accept()
    court.word(0, " bee")
    court.run(until=30.0)
    reason = "keeper has waited 20 s for the end"
    assert court.ends == [(20.0, Failed(reason, "timeout"))]
    assert court.receipts[0].texts == [" bee"]
    assert court.peer.when(Cancel) == [20.0]
    assert court.cancelled == ["queen/job-1"]


def test_a_request_that_is_not_accepted_in_its_time_fails(courts: Courts, ask: Asks) -> None:
    court = courts(Patience(answer_seconds=5.0))
    court.ask(ask())
    court.run(until=9.0)
    assert [(time, outcome) for time, outcome in court.ends] == [
        (5.0, Failed("keeper has waited 5 s for the end", "timeout"))
    ]
    assert court.cancelled == []
    assert [submit.seconds for submit in court.submits] == [2.0, 1.0, 0.0, 0.0, 0.0]


def test_a_request_that_waits_for_another_try_ends_with_its_time_all_the_same(
    courts: Courts, ask: Asks
) -> None:
    court = courts(Patience(answer_seconds=5.0))
    court.ask(ask())
    court.reject(30.0)
    court.run(until=90.0)
    assert [time for time, _ in court.ends] == [5.0]
    assert len(court.submits) == 1


def test_a_withdrawn_request_is_cancelled_though_its_time_is_over(
    courts: Courts, ask: Asks
) -> None:
    court = courts(Patience(answer_seconds=20.0))
    court.ask(ask())
    court.accept()
    court.run(until=4.5)
    court.withdraw()
    court.run(until=60.0)
    assert court.ends == [(47.0, Cancelled())]
