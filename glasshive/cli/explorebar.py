"""What a terminal shows while a program is explored."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from glasshive.explore.story import smaller
from glasshive.units import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

    from glasshive.explore.explorer import Exploration
    from glasshive.explore.shrink import Shrunk

__all__ = ["ExploreBar", "explore_line", "shrink_line"]

_REFRESH_SECONDS = 0.1


class ExploreBar:
    """Shows how far the search is, and then how small the failure is, until the context is left.

    It starts no thread and draws when it is told something, at most ten times a second.

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
        self._clock = clock
        self._bar = Progress(
            BarColumn(bar_width=20),
            TextColumn("{task.fields[text]}"),
            console=Console(file=stream, get_time=clock),
            auto_refresh=False,
            transient=True,
            # Nothing is printed meanwhile, and runs have other streams put in place.
            redirect_stdout=False,
            redirect_stderr=False,
            get_time=clock,
        )
        self._task = self._bar.add_task("", total=self._total, text=f"0{_of(runs)} runs")
        self._began = clock()
        self._drawn = float("-inf")

    @property
    def _total(self) -> float | None:
        return self._runs if self._seconds is None else self._seconds

    def __enter__(self) -> Self:
        self._began = self._clock()
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def update(self, exploration: Exploration) -> None:
        """Show how far the search is.

        Args:
            exploration: what is known so far.
        """
        elapsed = self._clock() - self._began
        done = exploration.runs if self._seconds is None else min(elapsed, self._seconds)
        self._draw(explore_line(exploration, self._runs, elapsed), self._total, done)

    def shrinking(self, shrunk: Shrunk) -> None:
        """Show how small the failure is.

        Args:
            shrunk: what is known so far.
        """
        self._draw(shrink_line(shrunk), None, 0.0)

    def say(self, text: str) -> None:
        """Show a line above the bar.

        Args:
            text: the line.
        """
        self._bar.console.print(Text(text), soft_wrap=True)

    def _draw(self, text: str, total: float | None, done: float) -> None:
        now = self._clock()
        if now - self._drawn < _REFRESH_SECONDS:
            return
        self._drawn = now
        self._bar.update(self._task, total=total, completed=done, text=text, refresh=True)


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
