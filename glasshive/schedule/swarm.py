"""Swarm: each run slows some messages down, and has some of the faults."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from glasshive.schedule.strikes import Strikes
from glasshive.schedule.survey import Surveyed, patience

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Option

__all__ = ["Swarm", "SwarmSearch"]

Kind: TypeAlias = tuple[str, str, str]
"""What is slow or not, all of it alike: a message from its sender to its receiver."""

SLOW_AT_MOST = 0.5
"""The share of messages and of channels that is slow in a run goes up to this."""


class Swarm:
    """Lets what is slow in this run go only when nothing else can.

    Some kinds of messages and some channels, drawn for the whole run, are slow. Among the others
    the oldest is next in one half of the runs, and any of them in the other half. Of the kinds of
    faults each is on or off for the whole run: one that is off does not even strike where rates
    have drawn it.

    Good at bugs that want one kind of message late all the time, or one kind of fault without
    the others that would hide what it does: heartbeats behind everything, losses but no crash.
    It promises nothing about bugs that want a message late once and early once.

    That is the swarm testing of Groce, Zhang, Eide, Chen and Regehr (ISSTA 2012), whose features
    that a run leaves out are here punctual messages and kinds of faults.

    Args:
        seed: any integer or text; equal seeds make equal choices.
        turns: how many turns the run will have, such as a first run had; 0 if unknown. Far
            beyond them it takes the oldest, so that nobody waits for ever.
        strikes: where faults strike that are on; None for where rates have drawn them.
    """

    def __init__(self, seed: int | str, turns: int = 0, strikes: Strikes | None = None) -> None:
        self._random = random = Random(f"{seed}/schedule")
        self._strikes = strikes
        self._left = patience(turns)
        self._mixed = random.random() < 0.5  # noqa: PLR2004  half of the runs
        self._shares = random.random() * SLOW_AT_MOST, random.random() * SLOW_AT_MOST
        self._features: dict[tuple[str, ...], bool] = {}
        self._slow: dict[Kind, bool] = {}

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return an option that is not slow, if there is one."""
        if kind != "next":
            index = self._strikes.choose(kind, options, drawn) if self._strikes else drawn
            return index if index and self._has(("fault", options[index].does), 0.5) else 0
        if self._left <= 0:
            return 0
        self._left -= 1
        free = [index for index, option in enumerate(options) if not self._is_slow(option)]
        if self._mixed:
            return self._random.choice(free or range(len(options)))
        return free[0] if free else 0

    def _is_slow(self, option: Option) -> bool:
        _, receiver, sender, message, _ = option
        kind = sender, receiver, message
        slow = self._slow.get(kind)
        if slow is None:
            kinds, channels = self._shares
            # Both are drawn, so that neither's draw depends on what the other came to.
            of_kind = self._has(("message", message), kinds)
            of_channel = self._has(("channel", sender, receiver), channels)
            slow = self._slow[kind] = of_kind or of_channel
        return slow

    def _has(self, feature: tuple[str, ...], share: float) -> bool:
        """Return whether this run has a feature, which is drawn when it is first asked for."""
        has = self._features.get(feature)
        if has is None:
            has = self._features[feature] = self._random.random() < share
        return has


@dataclass
class SwarmSearch(Surveyed):
    """Runs with `Swarm`.

    Args:
        seed: any integer; equal seeds make equal searches.
        survey: what the first run has shown.
    """

    label: ClassVar[str] = "swarm"

    def drawn(self, seed: str) -> Swarm:
        """Return what decides in a run."""
        return Swarm(seed, self.survey.turns, Strikes(seed, self.survey.strikes))
