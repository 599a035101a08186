"""Tokens come whole and in order, they are the model's, and none appears or vanishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from actors import (
    Generation,
    Job,
    Keeper,
    Queen,
    QueenToken,
    Request,
    StreamItem,
    TokenResponse,
    Worker,
)
from glasshive import Simulation
from glasshive.fault import Cut, Relink
from topology import Blueprint, Cast, Colony
from topology.invariants import Conservation, GaplessTokens, SameText

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from actors import Outcome
    from actors.batch import Sequence

    Broken: TypeAlias = Callable[..., dict[str, tuple[str, ...]]]

GRID = Blueprint.grid(hives=1, workers_per_hive=2, max_num_seqs=2)
MODEL = GRID.models[0].name
GAPLESS, SAME, CONSERVED = GaplessTokens.name, SameText.name, Conservation.name
DISTURBED = pytest.mark.parametrize("disturbed", [False, True])


def text(index: int, seed: int = 0) -> str:
    return Generation(MODEL, "hum", seed).token(index)


def crash_after(tokens: int) -> Callable[[Colony], None]:
    """Have the worker crash when so many of ten tokens have come."""

    def act(colony: Colony) -> None:
        job = colony.submit("hum", max_tokens=10, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= tokens)
        colony.crash("worker-1")

    return act


# -- gapless-tokens -------------------------------------------------------------------------


class TakesAll(Keeper):
    """Takes every item that comes, be it the next one or not."""

    def on_stream_item(self, message: StreamItem[QueenToken]) -> None:
        reading = self.readings.get(message.job_id)
        if reading is not None:
            reading.expected = message.index + 1
            self.take(reading, message)


def linked(**like: float) -> Callable[[Colony], None]:
    """Have one job of three tokens with a keeper whose link from the queen is like that."""

    def act(colony: Colony) -> None:
        assert isinstance(colony.runtime, Simulation)
        job = colony.submit("hum", max_tokens=3, ignore_eos=True)
        colony.run_some(0.01)
        link = Relink("queen", "keeper-1", one_way=True, **{"latency": 0.001, **like})
        link.strike(colony.runtime)
        colony.run_some(0.03)
        Relink("queen", "keeper-1", latency=0.001).strike(colony.runtime)
        job.wait()

    return act


@pytest.mark.parametrize(
    ("like", "found"),
    [
        ({"duplicate": 1.0}, "index 0 where 1"),
        ({"loss": 1.0}, "index 2 where 0"),
    ],
    ids=["repeat", "gap"],
)
def test_a_keeper_that_takes_whatever_comes_breaks_the_order_of_tokens(
    broken: Broken, like: dict[str, float], found: str
) -> None:
    assert broken(Cast(keeper=TakesAll), linked(**like))[GAPLESS] == (
        f"request-1 got {found} was next",
    )


@pytest.mark.parametrize("like", [{"duplicate": 1.0}, {"loss": 1.0}], ids=["repeat", "gap"])
def test_a_right_keeper_keeps_the_order_of_tokens_on_such_links(
    broken: Broken, like: dict[str, float]
) -> None:
    assert broken(act=linked(**like)) == {}


class Swaps(Keeper):
    """Files its second token before its first."""

    def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
        pending.indices[0], pending.indices[1] = pending.indices[1], pending.indices[0]
        super()._give_receipt(pending, outcome)


@DISTURBED
def test_a_swap_breaks_the_order_of_tokens_whatever_has_happened(
    broken: Broken, disturbed: bool
) -> None:
    assert broken(Cast(keeper=Swaps), disturbed=disturbed) == {
        GAPLESS: ("request-1 got index 1 where 0 was next",)
    }


# -- same-text ------------------------------------------------------------------------------


class Drifts(Worker):
    """Gives the text of another seed."""

    def begin(self, job: Job[TokenResponse], request: Request) -> None:
        super().begin(job, replace(request, seed=request.seed + 1))


@DISTURBED
def test_the_text_of_another_seed_is_another_text(broken: Broken, disturbed: bool) -> None:
    assert broken(Cast(worker=Drifts), disturbed=disturbed) == {
        SAME: (f"request-1: token 0 is {text(0, 1)!r} instead of {text(0)!r}",)
    }


class CutsShort(Worker):
    """Leaves the last token out."""

    def begin(self, job: Job[TokenResponse], request: Request) -> None:
        super().begin(job, replace(request, max_tokens=request.max_tokens - 1))


@DISTURBED
def test_a_text_that_is_complete_before_its_end_is_another_text(
    broken: Broken, disturbed: bool
) -> None:
    assert broken(Cast(worker=CutsShort), disturbed=disturbed) == {
        SAME: ("request-1 is complete with 4 tokens instead of 5",)
    }


class BeginsAgain(Worker):
    """Gives the whole text, however much of it there is already."""

    def begin(self, job: Job[TokenResponse], request: Request) -> None:
        job.generated = 0
        super().begin(job, request)


def test_a_text_that_begins_again_on_another_worker_is_another_text(broken: Broken) -> None:
    told = broken(Cast(worker=BeginsAgain), crash_after(3), blueprint=GRID)[SAME]
    assert told[0] == "request-1 is complete with 13 tokens instead of 10"
    assert told[1].startswith(f"request-1: token 3 is {text(0)!r} instead of {text(3)!r}")


class SaysTheSame(Queen):
    """Asks for several answers with one seed."""

    def answers(self, request: Request) -> list[Request]:
        return [replace(each, seed=request.seed) for each in super().answers(request)]


def test_each_answer_is_held_against_the_text_of_its_own_seed(broken: Broken) -> None:
    def act(colony: Colony) -> None:
        colony.submit("hum", max_tokens=5, ignore_eos=True, copies=3)

    assert broken(Cast(queen=SaysTheSame), act)[SAME] == tuple(
        f"answer {copy} to request-1: token 0 is {text(0)!r} instead of {text(0, copy)!r}"
        for copy in (1, 2)
    )


def withdrawn(colony: Colony) -> None:
    """Withdraw a job of a hundred tokens after ten."""
    job = colony.submit("hum", max_tokens=100, ignore_eos=True)
    colony.run_until(lambda: colony.tokens_of(job) >= 10)
    job.cancel()
    assert 10 <= len(job.wait().indices) < 20


def test_the_beginning_of_a_text_that_was_cut_is_the_same_text(broken: Broken) -> None:
    assert broken(act=withdrawn) == {}


def test_the_beginning_of_another_text_is_another_text(broken: Broken) -> None:
    told = broken(Cast(worker=Drifts), withdrawn)
    assert told == {SAME: (f"request-1: token 0 is {text(0, 1)!r} instead of {text(0)!r}",)}


# -- conservation ---------------------------------------------------------------------------


class LosesOne(Keeper):
    """Gives a receipt without the last token."""

    def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
        pending.answers[0].pop()
        super()._give_receipt(pending, outcome)


class InventsOne(Keeper):
    """Gives a receipt with a token of its own at the end."""

    def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
        pending.answers[0].append(text(len(pending.answers[0])))
        super()._give_receipt(pending, outcome)


@DISTURBED
@pytest.mark.parametrize(("keeper", "more"), [(LosesOne, "fewer"), (InventsOne, "more")])
def test_a_token_too_few_or_too_many_is_not_accounted_for(
    broken: Broken, keeper: type[Keeper], more: str, disturbed: bool
) -> None:
    told = broken(Cast(keeper=keeper), disturbed=disturbed)[CONSERVED]
    assert set(told) == {f"request-1: keepers got 1 tokens {more} than workers generated"}


def test_a_token_too_many_of_a_text_that_took_two_workers_is_not_accounted_for(
    broken: Broken,
) -> None:
    assert broken(Cast(keeper=InventsOne), crash_after(3), blueprint=GRID)[CONSERVED] == (
        "request-1: keepers got 1 tokens more than workers generated",
    )


class SkipsTheFirst(Worker):
    """Leaves the first token of every text out."""

    def begin(self, job: Job[TokenResponse], request: Request) -> None:
        job.generated = max(1, job.generated)
        super().begin(job, request)


def test_as_many_tokens_as_were_generated_at_other_places_are_not_accounted_for(
    broken: Broken,
) -> None:
    assert broken(Cast(worker=SkipsTheFirst))[CONSERVED] == (
        "request-1: keepers got 4 tokens more than workers generated",
    )


def test_a_token_too_many_of_a_text_that_was_cut_is_not_accounted_for(broken: Broken) -> None:
    class InventsMany(Keeper):
        def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
            count = len(pending.answers[0])
            pending.answers[0] += [text(index) for index in range(count, 90)]
            super()._give_receipt(pending, outcome)

    (told,) = broken(Cast(keeper=InventsMany), withdrawn)[CONSERVED]
    assert told.endswith(" more than workers generated")


class SkipsOne(Worker):
    """Goes on with a text one token too late."""

    def begin(self, job: Job[TokenResponse], request: Request) -> None:
        job.generated += bool(job.generated)
        super().begin(job, request)


def test_a_token_that_nobody_generated_at_its_place_is_not_accounted_for(broken: Broken) -> None:
    told = broken(Cast(worker=SkipsOne), crash_after(3), blueprint=GRID)
    assert len(told[CONSERVED]) == 1
    assert told[CONSERVED][0].startswith("request-1: keepers got ")
    assert told[CONSERVED][0].endswith(" more than workers generated")


def test_tokens_that_two_workers_generated_are_dropped_once_and_accounted_for(
    broken: Broken,
) -> None:
    accounts: list[Conservation] = []
    sequences: list[Sequence] = []

    def act(colony: Colony) -> None:
        assert isinstance(colony.runtime, Simulation)
        colony.submit("hum", max_tokens=1500, ignore_eos=True)
        colony.run_some(1.0)
        Cut(("hive-1",), ("queen",)).strike(colony.runtime)
        colony.run_until(lambda: len(colony.bees.running("request-1")) == 2)
        sequences.extend(sequence for _, sequence in colony.bees.running("request-1"))
        accounts.extend(each for each in colony.invariants if isinstance(each, Conservation))

    assert broken(act=act, blueprint=Blueprint.grid(hives=2, workers_per_hive=1)) == {}
    (account,), (first, second) = accounts, sequences
    assert account.delivered == second.generated == 1500
    assert account.dropped == first.generated - second.job.generated > 200
    assert account.generated == account.delivered + account.dropped


def test_tokens_of_a_request_that_was_cut_are_dropped_and_accounted_for(broken: Broken) -> None:
    accounts: list[Conservation] = []

    def act(colony: Colony) -> None:
        withdrawn(colony)
        accounts.extend(each for each in colony.invariants if isinstance(each, Conservation))

    assert broken(act=act) == {}
    (account,) = accounts
    assert account.generated == account.delivered + account.dropped
    assert account.delivered >= 10


def test_of_a_request_that_its_keeper_has_forgotten_every_token_is_dropped(
    broken: Broken,
) -> None:
    accounts: list[Conservation] = []

    def act(colony: Colony) -> None:
        job = colony.submit("hum", max_tokens=10, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 4)
        colony.crash("keeper-1")
        colony.restart("keeper-1")
        accounts.extend(each for each in colony.invariants if isinstance(each, Conservation))

    assert broken(act=act) == {}
    (account,) = accounts
    assert (account.generated, account.delivered, account.dropped) == (10, 0, 10)
