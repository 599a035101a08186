"""POS: a priority for each thing, drawn anew among those that race."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, ClassVar

from glasshive.schedule.strikes import Strikes
from glasshive.schedule.survey import Surveyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Birth, Option

__all__ = ["Pos", "PosSearch"]


class Pos:
    """Lets the thing of the highest priority go, and draws those that it raced with anew.

    Each message, timer and wake-up gets a priority at random when it could first be next. Two of
    them race when they have the same receiver: in whichever order others come, nobody can tell.
    So when one goes, those to its receiver get new priorities and all others keep theirs.

    Good where many actors work beside each other: a uniform choice at each turn spends itself on
    orders that no receiver can tell apart, while this one draws among those that differ. It wants
    no depth and no number of turns. It promises nothing about an order that wants one channel far
    ahead of another: that asks for one lucky draw after another, as with `Uniform`.

    That is the partial order sampling of Yuan, Yang and Gu (CAV 2018), with mailboxes for its
    shared variables.

    Args:
        seed: any integer or text; equal seeds make equal choices.
        strikes: where faults strike; None for where rates have drawn them.
    """

    def __init__(self, seed: int | str, strikes: Strikes | None = None) -> None:
        self._random = Random(f"{seed}/schedule")
        self._strikes = strikes
        self._priorities: dict[Birth, float] = {}

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return the option of the highest priority."""
        if kind != "next":
            return self._strikes.choose(kind, options, drawn) if self._strikes else drawn
        priorities = self._priorities
        at, highest = 0, -1.0
        for index, option in enumerate(options):
            priority = priorities.get(option.birth)
            if priority is None:
                priority = priorities[option.birth] = self._random.random()
            if priority > highest:
                at, highest = index, priority
        receiver = options[at].receiver
        for option in options:
            if option.receiver == receiver:
                del priorities[option.birth]
        return at


@dataclass
class PosSearch(Surveyed):
    """Runs with `Pos`.

    Args:
        seed: any integer; equal seeds make equal searches.
        survey: what the first run has shown.
    """

    label: ClassVar[str] = "pos"

    def drawn(self, seed: str) -> Pos:
        """Return what decides in a run."""
        return Pos(seed, Strikes(seed, self.survey.strikes))
