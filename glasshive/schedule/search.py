"""A search: one run's strategy after another's, and what it learns from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from glasshive.schedule.schedule import Strategy

__all__ = ["Search"]


class Search(Protocol):
    """Makes the strategies of many runs of one program."""

    @property
    def label(self) -> str:
        """What it is, as a report calls it, such as "pct depth 3"."""

    @property
    def alone(self) -> bool:
        """Whether it must hear of each run before it makes the next, so that one process has it.

        Otherwise it learns from the first run only, and several processes may share the others:
        it is a plain value that can be pickled.
        """

    @property
    def verdict(self) -> str:
        """How far it came: "complete", or the bound that it hit; empty where it has no end."""

    def strategy(self, run: int) -> Strategy | None:
        """Return what decides in a run, or None when nothing is left to try.

        Args:
            run: the number of the run, from 0.
        """

    def learn(self, strategy: Strategy, *, failed: bool) -> None:
        """Hear how a run has gone.

        Args:
            strategy: what decided in it, as `strategy` returned it.
            failed: whether something did not hold.
        """
