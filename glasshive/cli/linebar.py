"""A bar with a line of text beside it, drawn no more often than somebody can read."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import TextIO

__all__ = ["LineBar"]

_REFRESH_SECONDS = 0.1


class LineBar:
    """Shows how far many runs are, until the context is left.

    It starts no thread and draws when it is told something, at most ten times a second.

    Args:
        stream: the terminal it is drawn on.
        clock: real seconds.
        width: characters of the bar.
        text: what stands beside it at first.
        total: how much there is to do; None where nobody knows.
    """

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = perf_counter,
        *,
        width: int = 20,
        text: str = "",
        total: float | None = None,
    ) -> None:
        self._clock = clock
        self._bar = Progress(
            BarColumn(bar_width=width),
            TextColumn("{task.fields[text]}"),
            console=Console(file=stream, get_time=clock),
            auto_refresh=False,
            transient=True,
            # Nothing is printed meanwhile, and runs have other streams put in place.
            redirect_stdout=False,
            redirect_stderr=False,
            get_time=clock,
        )
        self._task = self._bar.add_task("", total=total, text=text)
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

    def say(self, text: str) -> None:
        """Show a line above the bar.

        Args:
            text: the line.
        """
        self._bar.console.print(Text(text), soft_wrap=True)

    @property
    def elapsed(self) -> float:
        """Real seconds since it began."""
        return self._clock() - self._began

    def draw(self, text: Callable[[], str], total: float | None, done: float) -> None:
        """Show how far it is, unless that was shown a moment ago.

        Args:
            text: makes what stands beside the bar.
            total: how much there is to do; None where nobody knows.
            done: how much of it is done.
        """
        now = self._clock()
        if now - self._drawn < _REFRESH_SECONDS:
            return
        self._drawn = now
        self._bar.update(self._task, total=total, completed=done, text=text(), refresh=True)
