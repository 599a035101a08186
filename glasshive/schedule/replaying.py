"""Replay: a run that is written down, once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from glasshive.schedule.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glasshive.schedule.schedule import Strategy

__all__ = ["ReplaySearch"]


@dataclass(frozen=True)
class ReplaySearch:
    """Runs with `Schedule`, of which there is one.

    Good for seeing a known run again with all that an exploration tells. It is the same run only
    with the program, the parameters, the seed and the order that it was recorded with, and it
    finds nothing new.

    Args:
        choices: option by number of the decision, counted from 0.
    """

    choices: Mapping[int, int]

    label: ClassVar[str] = "replay"
    alone: ClassVar[bool] = True
    """A search that comes to an end is not shared."""
    verdict: ClassVar[str] = "one run, the recorded one"

    def strategy(self, run: int) -> Strategy | None:
        """Return what decides in a run."""
        return None if run else Schedule(self.choices)

    def learn(self, strategy: Strategy, *, failed: bool) -> None:
        """Learn nothing."""
