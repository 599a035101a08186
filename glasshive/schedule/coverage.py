"""Coverage: what has shown something new is varied, and the newer the more often."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from glasshive.schedule.strikes import Strikes, any_other

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.schedule.option import Option
    from glasshive.schedule.schedule import Strategy

__all__ = ["CoverageSearch", "Guided"]

Turn: TypeAlias = tuple[str, str, str]
"""What a receiver's turn was: the verb, the sender and the message."""

FRESH = 0.25
"""The share of runs that vary no other run."""
STEPS_AT_MOST = 4
"""Changes that make one run out of another, at most."""


class Guided:
    """Follows written decisions and may go on at random, and keeps what came of it.

    Args:
        seed: any integer or text; equal seeds make equal choices.
        choices: option by number of the decision; None for any but what the rates have drawn.
        tail: the decision from which on turns are taken at random; None for plain ones.
        strikes: where faults strike that are not written; None for where rates have drawn them.
    """

    def __init__(
        self,
        seed: int | str,
        choices: Mapping[int, int | None],
        tail: int | None = None,
        strikes: Strikes | None = None,
    ) -> None:
        self._random = Random(f"{seed}/schedule")
        self._written = choices
        self._tail = tail
        self._strikes = strikes
        self._last: dict[str, Turn] = {}
        self.decisions = 0
        """How many decisions there were so far."""
        self.choices: dict[int, int] = {}
        """Those of them that are neither plain nor as rates have drawn them."""
        self.faults: dict[str, list[int]] = {}
        """The numbers of those that were about no turn, by their kind."""
        self.pairs: dict[tuple[str, Turn, Turn], None] = {}
        """Each receiver with two turns that it had one after the other."""

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return what is written, or else the plain option, or one at random."""
        number = self.decisions
        self.decisions = number + 1
        if kind != "next":
            self.faults.setdefault(kind, []).append(number)
        if number in self._written:
            index = self._written[number]
            if index is None:
                index = any_other(self._random, len(options), drawn)
            index = min(index, len(options) - 1)
        elif kind != "next":
            index = self._strikes.choose(kind, options, drawn) if self._strikes else drawn
        elif self._tail is not None and number >= self._tail:
            index = self._random.randrange(len(options))
        else:
            index = drawn
        if index != drawn:
            self.choices[number] = index
        return index

    def took(self, option: Option, options: Sequence[Option]) -> None:  # noqa: ARG002  Attentive's form
        """Keep which turn of a receiver followed which."""
        does, receiver, sender, message, _ = option
        turn = does, sender, message
        last = self._last.get(receiver)
        self._last[receiver] = turn
        if last is not None:
            self.pairs[receiver, last, turn] = None


@dataclass(slots=True)
class _Kept:
    """A run that has shown something new."""

    choices: Mapping[int, int]
    decisions: int
    faults: Mapping[str, Sequence[int]]
    novelty: int
    """How many pairs it was the first to show."""
    varied: int = 0
    """How often it was varied since."""

    @property
    def weight(self) -> float:
        return self.novelty / (1 + self.varied)


@dataclass
class CoverageSearch:
    """Varies the runs that have shown new pairs of turns.

    A pair is two turns that one receiver had one after the other, each known by who sent what. A
    run that shows a pair for the first time is kept. The more new pairs it has shown, the likelier
    it is to be varied, and the less likely the more often it was: one to four times a decision is
    made otherwise, or as the plain order has it, or the run is cut and goes on at random. A
    quarter of the runs vary no other and are random throughout, with a few faults.

    Good at bugs behind several unusual meetings, each of which makes the next possible, when they
    can be told from the messages: it keeps what it has reached. It promises no probability, and
    learns nothing from what is the same to each receiver's eyes but differs in their states.

    That is what fuzzers do with a program's branches (Zalewski's AFL; Böhme, Pham and
    Roychoudhury, CCS 2016, for how often to vary which), with pairs of turns for the branches.

    Args:
        seed: any integer; equal seeds make equal searches.
    """

    seed: int
    _kept: list[_Kept] = field(default_factory=list)
    _seen: set[tuple[str, Turn, Turn]] = field(default_factory=set)
    _known: dict[str, int] = field(default_factory=dict)

    label: ClassVar[str] = "coverage"
    alone: ClassVar[bool] = True
    verdict: ClassVar[str] = ""

    @property
    def pairs(self) -> int:
        """How many different pairs of turns all runs together have shown."""
        return len(self._seen)

    def strategy(self, run: int) -> Strategy | None:
        """Return what decides in a run."""
        seed = f"{self.seed}/{run}"
        if run == 0:
            return Guided(seed, {})
        random = Random(f"{seed}/coverage")
        if not self._kept or random.random() < FRESH:
            return Guided(seed, {}, 0, Strikes(seed, self._known))
        (chosen,) = random.choices(self._kept, [each.weight for each in self._kept])
        chosen.varied += 1
        return Guided(seed, *_varied(random, chosen))

    def learn(self, strategy: Strategy, *, failed: bool) -> None:  # noqa: ARG002  Search's form
        """Keep a run that has shown something new."""
        if not isinstance(strategy, Guided):
            return
        if not self._known:
            self._known = {kind: len(numbers) for kind, numbers in strategy.faults.items()}
        novelty = len(strategy.pairs.keys() - self._seen)
        if novelty:
            self._seen.update(strategy.pairs)
            if strategy.decisions:
                kept = _Kept(strategy.choices, strategy.decisions, strategy.faults, novelty)
                self._kept.append(kept)


def _varied(random: Random, kept: _Kept) -> tuple[dict[int, int | None], int | None]:
    """Return other decisions out of those of a run, and from where on to go on at random."""
    choices: dict[int, int | None] = dict(kept.choices)
    kinds = [numbers for numbers in kept.faults.values() if numbers]
    tail = None
    for _ in range(random.randint(1, STEPS_AT_MOST)):
        match random.choice(("add", "change", "remove", "cut")):
            case "add":
                # Half of what is added is about faults, which turns would else crowd out.
                about_faults = kinds and random.random() < 0.5  # noqa: PLR2004  half
                places = random.choice(kinds) if about_faults else range(kept.decisions)
                choices[random.choice(places)] = None
            case "change" if choices:
                choices[random.choice(list(choices))] = None
            case "remove" if choices:
                del choices[random.choice(list(choices))]
            case "cut" if tail is None:
                tail = random.randrange(kept.decisions)
                choices = {number: choice for number, choice in choices.items() if number < tail}
            case _:
                pass
    return choices, tail
