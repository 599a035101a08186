"""One end per stream, and nothing after it: in peace to the letter, else as far as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Completed,
    Failed,
    Job,
    Keeper,
    Queen,
    QueenToken,
    StreamEnd,
    StreamItem,
    TokenResponse,
    Worker,
    WorkerResponse,
)
from actors.tokens import UNKNOWN
from glasshive import Run, Simulation
from glasshive.trace import Event
from topology import Blueprint, Cast, Colony
from topology.invariants import OneEndPerStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from actors import Outcome, Receipt
    from actors.batch import Sequence

    Broken: TypeAlias = Callable[..., dict[str, tuple[str, ...]]]

RULE = OneEndPerStream.name
AT_QUEEN = Event(index=0, time=1.0, kind="deliver", actor="queen", peer="keeper-1")
AT_KEEPER = Event(index=0, time=2.5, kind="deliver", actor="keeper-1")
END = StreamEnd("queen/job-1", 2, Completed())


@pytest.fixture
def rule() -> Iterator[OneEndPerStream]:
    """Return the rule of a colony that does nothing itself."""
    with Simulation() as simulation:
        yield OneEndPerStream(Colony(Blueprint.grid(), Run(simulation)).bees)


# -- a colony with one wrong bee ----------------------------------------------------------------


class SaysItTwice(Worker):
    """Tells the end of each job a second time."""

    def end(self, job: Job[TokenResponse], outcome: Outcome) -> None:
        super().end(job, outcome)
        for reader in job.token_senders:
            reader.tell(StreamEnd(job.job_id, len(job.tokens), outcome))


def test_an_end_that_is_told_twice_breaks_the_rule_in_peace(broken: Broken) -> None:
    (told,) = broken(Cast(worker=SaysItTwice))[RULE]
    assert told.startswith("hive-1 got a second end of worker-1/job-1 at 1.")


def test_an_end_that_is_told_twice_is_no_other_end_where_links_may_have_repeated_it(
    broken: Broken,
) -> None:
    assert broken(Cast(worker=SaysItTwice), disturbed=True) == {}


class TakesItBack(Queen):
    """Says that a job has failed which she has just said to be complete."""

    def end(self, job: Job[QueenToken], outcome: Outcome) -> None:
        super().end(job, outcome)
        for reader in job.token_senders:
            reader.tell(StreamEnd(job.job_id, len(job.tokens), Failed("on second thoughts")))


class Miscounts(Queen):
    """Gives another place of the end when she tells it again."""

    def end(self, job: Job[QueenToken], outcome: Outcome) -> None:
        super().end(job, outcome)
        for reader in job.token_senders:
            reader.tell(StreamEnd(job.job_id, len(job.tokens) + 1, outcome))


@pytest.mark.parametrize("disturbed", [False, True])
@pytest.mark.parametrize(
    ("queen", "told"),
    [
        (TakesItBack, "queen/job-1 ended twice for keeper-1: Completed at 5, then Failed at 5"),
        (Miscounts, "queen/job-1 ended twice for keeper-1: Completed at 5, then Completed at 6"),
    ],
)
def test_another_end_than_the_one_before_breaks_the_rule_whatever_has_happened(
    broken: Broken, queen: type[Queen], told: str, disturbed: bool
) -> None:
    assert broken(Cast(queen=queen), disturbed=disturbed) == {RULE: (told,)}


class Babbles(Queen):
    """Goes on after the end."""

    def end(self, job: Job[QueenToken], outcome: Outcome) -> None:
        super().end(job, outcome)
        for reader in job.token_senders:
            reader.tell(StreamItem(job.job_id, len(job.tokens), WorkerResponse(" buzz")))


@pytest.mark.parametrize("disturbed", [False, True])
def test_a_token_past_the_end_breaks_the_rule_whatever_has_happened(
    broken: Broken, disturbed: bool
) -> None:
    assert broken(Cast(queen=Babbles), disturbed=disturbed) == {
        RULE: ("keeper-1 got token 5 of queen/job-1, which ended at 5",)
    }


class Echoes(Queen):
    """Sends the last token once more, after the end."""

    def end(self, job: Job[QueenToken], outcome: Outcome) -> None:
        super().end(job, outcome)
        for reader in job.token_senders:
            last = len(job.tokens) - 1
            reader.tell(StreamItem(job.job_id, last, job.tokens[last]))


def test_a_token_that_comes_again_after_the_end_breaks_the_rule_in_peace(broken: Broken) -> None:
    (told,) = broken(Cast(queen=Echoes))[RULE]
    assert told.startswith("keeper-1 got a token of queen/job-1 after its end, 1.")


def test_a_token_that_comes_again_after_the_end_may_have_been_overtaken_by_it(
    broken: Broken,
) -> None:
    assert broken(Cast(queen=Echoes), disturbed=True) == {}


class Forgets(Worker):
    """Never says that a text is whole."""

    def _complete(self, sequence: Sequence) -> None:
        pass


def test_a_stream_that_never_ends_breaks_the_rule_at_every_hop_in_peace(broken: Broken) -> None:
    assert broken(Cast(worker=Forgets), promise=20.0)[RULE] == (
        "the stream of queen/job-1 was opened by keeper-1 and never ended",
        "the stream of hive-1/job-1 was opened by queen and never ended",
        "the stream of worker-1/job-1 was opened by hive-1 and never ended",
    )


def test_a_stream_that_never_ends_is_told_by_its_request_once_a_fault_has_struck(
    broken: Broken,
) -> None:
    told = broken(Cast(worker=Forgets), disturbed=True, promise=20.0)
    assert RULE not in told
    assert "every-job-ends" in told


class GivesTwo(Keeper):
    """Gives its receipt twice."""

    def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
        for _ in range(2):
            super()._give_receipt(pending, outcome)


@pytest.mark.parametrize("disturbed", [False, True])
def test_a_second_receipt_breaks_the_rule_whatever_has_happened(
    broken: Broken, disturbed: bool
) -> None:
    told = broken(Cast(keeper=GivesTwo), disturbed=disturbed)
    assert told[RULE] == ("request-1 ended twice for its keeper",)


# -- what is no mistake -------------------------------------------------------------------------


class OpensAgain(Keeper):
    """Opens its stream again at every token, and once more when it has ended."""

    def take(self, reading: Any, item: StreamItem[QueenToken]) -> None:
        super().take(reading, item)
        self.open_stream(reading)

    def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
        super()._give_receipt(pending, outcome)
        self.open_stream(pending)


def test_whoever_opens_a_stream_again_is_told_its_tokens_and_its_end_again(
    broken: Broken,
) -> None:
    assert broken(Cast(keeper=OpensAgain)) == {}


def test_a_cancel_that_crosses_the_end_is_answered_with_the_end_again(broken: Broken) -> None:
    ends: list[Receipt] = []

    def act(colony: Colony) -> None:
        for number in range(25):
            job = colony.submit("hum", max_tokens=3, ignore_eos=True)
            colony.run_until(lambda job=job: colony.tokens_of(job) >= 2)  # type: ignore[misc]
            colony.run_some(number * 0.001)
            job.cancel()
            ends.append(job.wait())

    assert broken(act=act) == {}
    assert {type(each.outcome).__name__ for each in ends} == {"Completed", "Cancelled"}


# -- what it is told ------------------------------------------------------------------------


def test_an_end_is_due_once_for_each_reader(rule: OneEndPerStream) -> None:
    other = Event(index=0, time=1.0, kind="deliver", actor="queen", peer="keeper-2")
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.opened(other, "queen/job-1")
    rule.ended(AT_KEEPER, END)
    rule.ended(Event(index=0, time=2.5, kind="deliver", actor="keeper-2"), END)
    rule.at_rest()
    assert rule.violations == []
    rule.ended(AT_KEEPER, END)
    assert rule.violations == ["keeper-1 got a second end of queen/job-1 at 2.500000 s"]


@pytest.mark.parametrize("hook", ["opened", "cancelled"])
def test_whoever_asks_when_it_is_over_is_owed_the_end_once_more(
    rule: OneEndPerStream, hook: str
) -> None:
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.changed("queen/job-1", "Running", "Completed")
    rule.ended(AT_KEEPER, END)
    getattr(rule, hook)(AT_QUEEN, "queen/job-1")
    rule.item(AT_KEEPER, "queen/job-1", 1)
    rule.ended(AT_KEEPER, END)
    assert rule.violations == []
    rule.ended(AT_KEEPER, END)
    assert len(rule.violations) == 1


def test_word_that_a_job_is_not_known_is_not_its_end(rule: OneEndPerStream) -> None:
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.ended(AT_KEEPER, StreamEnd("queen/job-1", 0, Failed("unheard of", UNKNOWN)))
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.ended(AT_KEEPER, END)
    assert rule.violations == []


def test_tokens_before_the_end_are_no_violation(rule: OneEndPerStream) -> None:
    rule.opened(AT_QUEEN, "queen/job-1")
    for index in (0, 1, 1, 0):
        rule.item(AT_KEEPER, "queen/job-1", index)
    rule.ended(AT_KEEPER, END)
    assert rule.violations == []


def test_a_job_that_its_registry_has_forgotten_is_forgotten_here_too(
    rule: OneEndPerStream,
) -> None:
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.changed("queen/job-1", "Running", "Completed")
    rule.ended(AT_KEEPER, END)
    rule.changed("queen/job-1", "Completed", None)
    assert (len(rule._ends), len(rule._over), len(rule._due)) == (0, 0, 0)
