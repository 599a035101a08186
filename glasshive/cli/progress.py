"""The bar that shows how far a long run is."""

from __future__ import annotations

import sys

# Inside of a simulation an attribute of the time module is virtual: this name stays real.
from time import perf_counter
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from glasshive.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

__all__ = ["ProgressBar"]

_REFRESH_SECONDS = 0.1


class ProgressBar:
    """Shows virtual time, requests done, their rate, and the speed against real time.

    The bar appears with the first report and vanishes when the context is left. It starts no
    thread, so that it can be drawn from within a simulation: it draws when it is told something,
    at most ten times a second.

    Args:
        stream: the terminal it is drawn on.
        clock: real seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._bar = Progress(
            TextColumn("{task.fields[at]}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[requests]}"),
            console=Console(file=stream, get_time=clock),
            auto_refresh=False,
            transient=True,
            # What is printed meanwhile goes above the bar; into a pipe it goes as it is.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
            get_time=clock,
        )
        self._task: TaskID | None = None
        self._began = clock()
        self._drawn = float("-inf")

    def __enter__(self) -> Self:
        self._began = self._clock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._bar.stop()

    def update(self, at: float, done: int, total: int | None) -> None:
        """Show how far the run is.

        Args:
            at: seconds of the runtime's clock.
            done: requests done so far.
            total: requests that there will be, or None where nobody knows.
        """
        now = self._clock()
        if now - self._drawn < _REFRESH_SECONDS:
            return
        self._drawn = now
        if self._task is None:
            self._task = self._bar.add_task("", at="", requests="")
            self._bar.start()
        self._bar.update(
            self._task,
            total=total,
            completed=done,
            at=seconds(at),
            requests=requests_line(at, done, total, now - self._began),
            refresh=True,
        )


def requests_line(at: float, done: int, total: int | None, wall_seconds: float) -> str:
    """Return what stands beside the bar: requests, rate and speed.

    Args:
        at: seconds of the runtime's clock.
        done: requests done so far.
        total: requests that there will be, or None where nobody knows.
        wall_seconds: real seconds since the run began.
    """
    parts = [f"{done:,} requests" if total is None else f"{done:,}/{total:,} requests"]
    if at > 0:
        parts.append(f"{done / at:,.1f} req/s")
    if wall_seconds > 0:
        parts.append(f"{at / wall_seconds:,.0f} x real time")
    return " · ".join(parts)
