"""What a terminal shows while a program is explored."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from glasshive.cli.linebar import LineBar
from glasshive.explore.story import smaller
from glasshive.units import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from glasshive.explore.explorer import Exploration
    from glasshive.explore.shrink import Shrunk

__all__ = ["ExploreBar", "explore_line", "shrink_line"]


class ExploreBar(LineBar):
    """Shows how far the search is, and then how small the failure is.

    Args:
        stream: the terminal it is drawn on.
        runs: how many runs there are to be at most; None for no limit.
        seconds: wall seconds that there are for them; None for no limit.
        clock: real seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        runs: int | None,
        seconds: float | None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._runs = runs
        self._seconds = seconds
        super().__init__(stream, clock, text=f"0{_of(runs)} runs", total=self._total)

    @property
    def _total(self) -> float | None:
        return self._runs if self._seconds is None else self._seconds

    def update(self, exploration: Exploration) -> None:
        """Show how far the search is.

        Args:
            exploration: what is known so far.
        """
        elapsed = self.elapsed
        done = exploration.runs if self._seconds is None else min(elapsed, self._seconds)
        self.draw(lambda: explore_line(exploration, self._runs, elapsed), self._total, done)

    def shrinking(self, shrunk: Shrunk) -> None:
        """Show how small the failure is.

        Args:
            shrunk: what is known so far.
        """
        self.draw(lambda: shrink_line(shrunk), None, 0.0)


def explore_line(exploration: Exploration, runs: int | None, wall_seconds: float) -> str:
    """Return what stands beside the bar during the search.

    Args:
        exploration: what is known so far.
        runs: how many runs there are to be at most; None for no limit.
        wall_seconds: real seconds since it began.
    """
    parts = [f"{exploration.runs:,}{_of(runs)} runs"]
    if exploration.runs and wall_seconds > 0:
        parts.append(f"{exploration.runs / wall_seconds:,.1f} runs/s")
    parts.append(counted(exploration.orders, "order"))
    if known := exploration.situations:
        reached = sum(each.runs > 0 for each in known)
        parts.append(f"{reached:,}/{counted(len(known), 'situation')}")
    if exploration.found is not None and (breach := exploration.found.attempt.breach) is not None:
        parts.append(f"{breach.name} in run {exploration.found.run:,}")
    return " · ".join(parts)


def shrink_line(shrunk: Shrunk) -> str:
    """Return what stands beside the bar while a failure becomes smaller.

    Args:
        shrunk: what is known so far.
    """
    assert shrunk.first.breach is not None
    parts = [f"shrinking {shrunk.first.breach.name}", counted(shrunk.tries, "run")]
    if became := smaller(shrunk):
        parts.append(became)
    return " · ".join(parts)


def _of(runs: int | None) -> str:
    return "" if runs is None else f"/{runs:,}"
