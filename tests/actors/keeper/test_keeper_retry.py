"""How a keeper submits again what was refused, lost or forgotten. Its queen is the test itself."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from actors import (
    Accepted,
    Cancelled,
    Completed,
    Failed,
    OpenStream,
    Patience,
    Rejected,
    Submit,
    Usage,
)
from actors.keeper import MAX_ATTEMPTS, Retry

if TYPE_CHECKING:
    from actors import Outcome
    from tests.actors.conftest import Asks
    from tests.actors.keeper.conftest import Court, Courts

DONE = Completed("length", Usage(10, 3))
UNKNOWN = Failed("queen has no job", "unknown-job")


def wait_for_another(court: Court) -> float:
    """Wait until there is one more submission, and return for how long that was."""
    before, count = court.peer.sim.now(), len(court.submits)
    assert court.peer.sim.run(until=before + 200.0, condition=lambda: len(court.submits) > count)
    return court.peer.sim.now() - before


# -- not answered ---------------------------------------------------------------------------


def test_a_submission_that_is_not_answered_is_told_again_in_the_same_turn(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.run(until=2.5)
    assert court.submits == [
        Submit(ask(), court.keeper, (0, 1), 0, seconds) for seconds in (597.0, 596.0, 595.0)
    ]
    court.accept()
    court.run(until=9.0)
    assert len(court.submits) == 3
    court.end(0, DONE)
    assert court.receipts[0].attempts == 1


def test_how_soon_it_is_told_again_follows_patience(courts: Courts, ask: Asks) -> None:
    court = courts(Patience(reply_seconds=2.0))
    court.ask(ask())
    court.run(until=5.5)
    assert court.peer.when(Submit) == [0.0, 2.0, 4.0]


# -- rejected -------------------------------------------------------------------------------


def test_a_rejected_request_is_submitted_again_later_each_time_and_not_for_ever(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    waits = []
    for _ in range(1, MAX_ATTEMPTS):
        court.reject(0.5)
        waits.append(wait_for_another(court))
    for attempt, wait in enumerate(waits):
        assert min(16.0, 0.5 * 2**attempt) <= wait <= min(32.0, 2**attempt)
    assert court.receipts == []
    court.reject(0.5)
    (receipt,) = court.receipts
    assert receipt.outcome == Failed("rejected 8 times: queen is full")
    assert (receipt.attempts, receipt.accepted_at) == (8, None)
    assert [submit.turn for submit in court.submits] == [(0, n) for n in range(1, 9)]


def test_what_the_queen_asks_for_is_waited_and_no_more_than_twice_that(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.reject(30.0)
    assert 30.0 <= wait_for_another(court) <= 60.0


def test_the_longest_wait_follows_patience(courts: Courts, ask: Asks) -> None:
    court = courts(Patience(retry_most_seconds=1.0))
    court.ask(ask())
    for _ in range(1, MAX_ATTEMPTS):
        court.reject(0.5)
        assert wait_for_another(court) <= 2.0


def test_keepers_that_were_rejected_together_do_not_come_back_together(
    court: Court, ask: Asks
) -> None:
    court.ask(*(ask(number) for number in range(20)))
    for number in range(20):
        court.reject(0.5, number)
    court.run(until=2.0)
    times = court.peer.when(Submit)[20:]
    assert len(times) == len(set(times)) == 20


def test_how_long_a_keeper_waits_follows_the_random_numbers_of_its_program(
    courts: Courts, ask: Asks
) -> None:
    random.seed(5)
    own = random.Random(random.Random(5).getrandbits(64))
    court = courts()
    court.ask(ask())
    court.reject(0.5)
    assert wait_for_another(court) == 0.5 * own.uniform(1.0, 2.0)


def test_a_request_that_is_rejected_for_good_fails_at_once(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.reject(None)
    assert court.ends == [(0.0, Failed("rejected once: queen is full"))]


def test_only_rejections_in_a_row_count(court: Court, ask: Asks) -> None:
    court.ask(ask())
    for job in range(1, 9):
        court.reject(0.1)
        wait_for_another(court)
        court.accept(1, job=job)
        court.end(0, UNKNOWN, job=job)
    court.reject(0.1)
    assert wait_for_another(court) <= 0.2
    court.reject(None)
    assert court.receipts[0].outcome == Failed("rejected 2 times: queen is full")
    assert court.receipts[0].attempts == 18


def test_a_stopped_queen_fails_the_request_after_every_attempt(court: Court, ask: Asks) -> None:
    court.peer.ref.stop()
    court.ask(ask())
    court.run(until=200.0)
    assert [receipt.outcome for receipt in court.receipts] == [
        Failed("rejected 8 times: the queen was stopped")
    ]


def test_a_rejection_after_the_acceptance_changes_nothing(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.reject(0.5)
    court.run(until=10.0)
    assert len(court.submits) == 1
    court.end(0, DONE)
    assert [receipt.outcome for receipt in court.receipts] == [DONE]


def test_a_rejection_that_is_told_twice_counts_once(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.reject(0.5)
    court.reject(0.5)
    court.reject(None)
    wait_for_another(court)
    court.run(until=court.peer.sim.now() + 0.5)
    assert len(court.submits) == 2
    court.reject(None)
    assert court.receipts[0].outcome == Failed("rejected 2 times: queen is full")


def test_a_rejection_of_an_earlier_turn_changes_nothing(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.reject(0.5)
    wait_for_another(court)
    court.say(Rejected("request-1", "queen is full", None, (0, 1)))
    assert court.receipts == []


def test_a_rejection_of_what_was_never_asked_changes_nothing(court: Court, ask: Asks) -> None:
    court.say(Rejected("request-9", "queen is full", None, (0, 1)))
    court.ask(ask())
    assert len(court.submits) == 1
    assert court.receipts == []


# -- accepted late or again -----------------------------------------------------------------


def test_an_acceptance_of_an_earlier_turn_is_cancelled(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.reject(0.5)
    wait_for_another(court)
    court.say(Accepted("request-1", "queen/job-9", court.peer.ref, (0, 1)))
    assert court.cancelled == ["queen/job-9"]
    assert court.opened == []
    court.accept()
    assert [opened.job_id for opened in court.opened] == ["queen/job-1"]


def test_an_acceptance_that_comes_after_the_end_is_cancelled(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.reject(None)
    court.accept()
    assert court.cancelled == ["queen/job-1"]


def test_a_second_job_in_the_same_turn_is_not_opened(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.accept(1, job=2)
    assert [opened.job_id for opened in court.opened] == ["queen/job-1"]


def test_a_retry_that_comes_after_the_end_submits_nothing(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.reject(0.5)
    court.withdraw()
    court.say(Retry("request-1"))
    court.run(until=10.0)
    assert len(court.submits) == len(court.receipts) == 1


def test_a_retry_of_a_request_that_has_ended_is_none_of_another_of_its_name(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.reject(5.0)
    court.withdraw()
    court.ask(ask())
    court.reject(60.0)
    court.run(until=59.0)
    assert len(court.submits) == 2


def test_a_retry_that_comes_after_another_submits_nothing(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.say(Retry("request-1"))
    assert len(court.submits) == 1


# -- forgotten by the queen -----------------------------------------------------------------


@pytest.mark.parametrize("lost", [UNKNOWN, Failed("nobody opened it", "unopened"), Cancelled()])
def test_a_job_that_the_queen_has_lost_is_submitted_again_at_once_and_goes_on(
    court: Court, ask: Asks, lost: Outcome
) -> None:
    court.ask(ask())
    court.accept()
    court.word(0, " bee")
    court.run(until=1.5)
    court.end(1, lost)
    assert court.submits[1:] == [Submit(ask(), court.keeper, (0, 2), 1, 595.5)]
    court.accept(1, job=2)
    assert court.opened[1:] == [OpenStream("queen/job-2", -1, court.keeper)]
    court.word(0, " hum", job=2)
    court.word(1, " dew", job=2)
    court.end(2, DONE, job=2)
    (receipt,) = court.receipts
    assert receipt.texts == [" bee", " hum", " dew"]
    assert list(receipt.indices) == [0, 1, 2]
    assert (receipt.attempts, receipt.accepted_at, receipt.outcome) == (2, 0.0, DONE)
    assert court.peer.sim.situations["a keeper submits again what its queen has lost"] == 1


@pytest.mark.parametrize("code", [None, "timeout", "lost", "no-worker", "stopped", "other"])
def test_any_other_failure_is_the_end(court: Court, ask: Asks, code: str | None) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, Failed("no", code))
    assert [receipt.outcome for receipt in court.receipts] == [Failed("no", code)]
    assert len(court.submits) == 1


def test_what_comes_of_a_job_that_was_left_is_let_pass(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, UNKNOWN)
    court.accept(1, job=2)
    court.word(0, " late")
    court.end(1, DONE)
    assert court.receipts == []
    court.word(0, " bee", job=2)
    court.end(1, DONE, job=2)
    assert court.receipts[0].texts == [" bee"]


def test_a_gap_in_the_next_stream_is_asked_for_by_itself(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.word(1, " hum")
    court.end(0, UNKNOWN)
    court.accept(1, job=2)
    court.word(1, " hum", job=2)
    assert [(opened.job_id[-1], opened.after) for opened in court.opened] == [
        *(("1", -1), ("1", -1)),
        *(("2", -1), ("2", -1)),
    ]


# -- crashes of the keeper itself -----------------------------------------------------------


def test_a_keeper_that_comes_back_knowing_all_goes_on_reading(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.word(0, " bee")
    sim = court.peer.sim
    court.run(until=4.5)
    sim.crash(court.keeper)
    court.run(until=9.2)
    sim.restart(court.keeper, state=True)
    court.run(until=10.3)
    assert [opened.after for opened in court.opened] == [-1, 0, 0]
    assert court.peer.when(OpenStream) == pytest.approx([0.0, 3.0, 10.2])
    court.word(1, " hum")
    court.end(2, DONE)
    assert court.receipts[0].texts == [" bee", " hum"]


def test_a_keeper_that_comes_back_knowing_all_submits_what_had_waited(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.reject(5.0)
    sim = court.peer.sim
    court.run(until=1.5)
    sim.crash(court.keeper)
    court.run(until=20.0)
    sim.restart(court.keeper, state=True)
    court.run(until=25.0)
    assert court.peer.when(Submit)[:2] == [0.0, 20.5]
    assert court.submits[1].turn == (0, 2)


def test_a_keeper_that_begins_anew_knows_nothing_and_counts_its_turns_in_its_next_life(
    court: Court, ask: Asks
) -> None:
    court.ask(ask(1))
    sim = court.peer.sim
    sim.crash(court.keeper)
    sim.restart(court.keeper)
    court.accept(1)
    assert court.peer.of(OpenStream) == []
    court.ask(ask(2))
    assert court.submits[-1].turn == (1, 1)
    assert list(court.actor.requests) == ["request-2"]
