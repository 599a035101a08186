"""Plans drawn in swarm style: each run turns on a random few kinds of fault."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, TypeVar

from glasshive.errors import Complaint, InputError, nearest
from topology.faults.condition import At
from topology.faults.magnitudes import KINDS, strikes_of
from topology.faults.plan import FaultPlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topology.blueprint import Blueprint
    from topology.faults.plan import Strike

__all__ = ["RandomPicks", "checked", "swarm_plan"]

T = TypeVar("T")


class RandomPicks:
    """Decides at random.

    Args:
        random: what everything is drawn from.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def whole(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        return self._random.randint(least, most)

    def one(self, options: Sequence[T]) -> T:
        """Return one of some options."""
        return self._random.choice(options)


def swarm_plan(
    blueprint: Blueprint,
    seed: int,
    *,
    seconds: float,
    among: Sequence[str] = tuple(KINDS),
    kinds: int = 4,
    each: int = 3,
) -> FaultPlan:
    """Draw a plan that turns a random few kinds of fault on, and heals at its end.

    With few kinds at a time, faults of one kind are not drowned by those of all others (Groce et
    al., "Swarm Testing", ISSTA 2012).

    Args:
        blueprint: whose bees and hosts are struck.
        seed: any integer; equal seeds draw equal plans.
        seconds: seconds after which nothing strikes any more and everything is put right.
        among: the kinds to choose from, by their names in `magnitudes.KINDS`.
        kinds: kinds that are turned on at most, at least one.
        each: faults of each kind at most, at least one.

    Raises:
        InputError: for an unknown kind, and for a number that is too small.
    """
    checked(among, seconds)
    for name, count in (("kinds", kinds), ("each", each)):
        if count < 1:
            raise InputError(Complaint(f"swarm plan, {name}", f"it is {count}", "give 1 or more"))
    random = Random(f"{seed}/swarm")
    picks = RandomPicks(random)
    chosen = random.sample(list(among), picks.whole(1, min(kinds, len(among))))
    strikes: list[Strike] = []
    for kind in chosen:
        for _ in range(picks.whole(1, each)):
            strikes += strikes_of(kind, picks, blueprint, seconds)
    strikes.sort(key=_time)
    return FaultPlan(tuple(strikes), heal_at=seconds)


def checked(among: Sequence[str], seconds: float) -> None:
    """Make sure that plans can be drawn from some kinds of fault, inside some time.

    Raises:
        InputError: for no kind, an unknown one, or a time that is not one.
    """
    for name in among or ("",):
        if name not in KINDS:
            raise InputError(
                Complaint("kinds of fault", f"there is none {name!r}", nearest(name, KINDS))
            )
    if not 0 < seconds < math.inf:
        raise InputError(
            Complaint("a plan of faults", f"it lasts {seconds} s", "give a finite time above 0")
        )


def _time(strike: Strike) -> float:
    """Return when it strikes, last of all if nobody can know."""
    return strike.when.seconds if isinstance(strike.when, At) else math.inf
