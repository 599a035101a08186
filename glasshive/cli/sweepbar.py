"""The bar that shows how far a sweep is."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

    from glasshive.scenario.sweep import Sweep

__all__ = ["SweepBar", "sweep_line"]

_REFRESH_SECONDS = 0.1


class SweepBar:
    """Shows runs done, how many of them did not hold, and their rate, until the context is left.

    It starts no thread and draws when it is told something, at most ten times a second.

    Args:
        stream: the terminal it is drawn on.
        clock: real seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._bar = Progress(
            BarColumn(bar_width=30),
            TextColumn("{task.fields[runs]}"),
            console=Console(file=stream, get_time=clock),
            auto_refresh=False,
            transient=True,
            # A sweep prints nothing meanwhile, and its runs have other streams put in place.
            redirect_stdout=False,
            redirect_stderr=False,
            get_time=clock,
        )
        self._task = self._bar.add_task("", runs="")
        self._began = clock()
        self._drawn = float("-inf")

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

    def update(self, sweep: Sweep) -> None:
        """Show how far a sweep is.

        Args:
            sweep: what is known so far.
        """
        now = self._clock()
        if now - self._drawn < _REFRESH_SECONDS:
            return
        self._drawn = now
        self._bar.update(
            self._task,
            total=len(sweep.seeds),
            completed=sweep.runs,
            runs=sweep_line(sweep, now - self._began),
            refresh=True,
        )


def sweep_line(sweep: Sweep, wall_seconds: float) -> str:
    """Return what stands beside the bar: runs, those that did not hold, and their rate.

    Args:
        sweep: what is known so far.
        wall_seconds: real seconds since it began.
    """
    parts = [f"{sweep.runs:,}/{len(sweep.seeds):,} runs"]
    if sweep.held < sweep.runs:
        parts.append(f"{sweep.runs - sweep.held:,} did not hold")
    if sweep.runs and wall_seconds > 0:
        parts.append(f"{sweep.runs / wall_seconds:,.1f} runs/s")
    return " · ".join(parts)
