"""PCT: priorities, and a few moments at which they change."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from glasshive.schedule.strikes import Strikes
from glasshive.schedule.survey import Surveyed, patience

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Option
    from glasshive.schedule.survey import Survey

__all__ = ["Pct", "PctSearch", "proven_rate"]

Channel: TypeAlias = tuple[str, str]
"""A sender and its receiver; for whatever is no delivery, nobody and the task that it is for."""


def proven_rate(survey: Survey, depth: int) -> float:
    """Return the probability with which a run of `Pct` finds a bug of its depth, at least.

    Args:
        survey: of a run that is as long as the one with the bug, and has its channels.
        depth: how many constraints are enough for the bug.

    Raises:
        ValueError: when the run had no turn.
    """
    if not survey.turns:
        raise ValueError("a run without a turn proves no rate")
    return 1.0 / (survey.channels * float(survey.turns) ** (depth - 1))


class Pct:
    """Lets the channel of the highest priority go, and lowers one at a few drawn moments.

    A channel is what one sender tells one receiver; all else that happens to one task, its timers,
    answers and wake-ups, is one too. Each gets a priority at random when it is first seen. At
    `depth - 1` turns, drawn from all alike, the channel that would be next becomes the last.

    Good at deep bugs in long runs: those that want one channel to go far ahead of another, a few
    times. A bug that a certain `depth` of constraints "this before that" is enough for is found by
    a run with a probability of at least `1 / (n * k ** (depth - 1))`, with `n` channels and `k`
    turns. It promises nothing about bugs that want more constraints than its depth, nor about
    turns beyond the `k` it was told: there is no change among them, and far beyond them it takes
    the oldest, so that nobody waits for ever.

    That is the probabilistic concurrency testing of Burckhardt, Kothari, Musuvathi and Nagarakatte
    (ASPLOS 2010), with channels for its threads.

    Args:
        seed: any integer or text; equal seeds make equal choices.
        depth: 1 for no change of the priorities.
        turns: how many turns the run will have, such as a first run had; 0 if unknown, and then
            there is no change either.
        strikes: where faults strike; None for where rates have drawn them.
    """

    def __init__(
        self, seed: int | str, depth: int, turns: int, strikes: Strikes | None = None
    ) -> None:
        self._random = random = Random(f"{seed}/schedule")
        self._strikes = strikes
        self._priorities: dict[Channel, float] = {}
        self._turn = 0
        self._last = patience(turns)
        self._changes: dict[int, list[int]] = {}
        # All below the first ones, which are from 0 to 1. Which of two changes lowers further is
        # drawn too, since their moments are in no order.
        for lower in range(1, depth if turns else 1):
            self._changes.setdefault(random.randrange(turns), []).append(-lower)

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return the option of the highest priority, the oldest of its channel."""
        if kind != "next":
            return self._strikes.choose(kind, options, drawn) if self._strikes else drawn
        if self._turn >= self._last:
            return 0
        priorities = self._priorities
        # As text and not by a function: this is what a run's time goes into.
        channels = [
            (option.sender if option.does == "deliver" else "", option.receiver)
            for option in options
        ]
        for channel in channels:
            if channel not in priorities:
                priorities[channel] = self._random.random()
        found = [priorities[channel] for channel in channels]
        at = found.index(max(found))
        for lowered in self._changes.pop(self._turn, ()):
            priorities[channels[at]] = lowered
            found = [priorities[channel] for channel in channels]
            at = found.index(max(found))
        return at

    def took(self, option: Option, options: Sequence[Option]) -> None:  # noqa: ARG002  Attentive's form
        """Count a turn, and lower also who was next without a choice."""
        if option.does == "rest":
            return
        for lowered in self._changes.pop(self._turn, ()):
            sender = option.sender if option.does == "deliver" else ""
            self._priorities[sender, option.receiver] = lowered
        self._turn += 1


@dataclass
class PctSearch(Surveyed):
    """Runs with `Pct`, whose number of turns is learned from the first.

    Args:
        seed: any integer; equal seeds make equal searches.
        depth: of the bugs that it looks for, at least 1.
        survey: what the first run has shown.
    """

    depth: int = 3

    @property
    def label(self) -> str:
        """What it is, as a report calls it."""
        return f"pct depth {self.depth}"

    def drawn(self, seed: str) -> Pct:
        """Return what decides in a run."""
        strikes = Strikes(seed, self.survey.strikes)
        return Pct(seed, self.depth, self.survey.turns, strikes)
