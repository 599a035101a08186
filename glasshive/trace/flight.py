"""A flight recorder: the last events of a run, written down only if the run did not hold."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from glasshive.errors import Complaint, InputError
from glasshive.trace.file import TraceWriter, unwritable
from glasshive.trace.sink import EventSink

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glasshive.trace.event import Event

__all__ = ["FlightRecorder"]


class FlightRecorder(EventSink):
    """Keeps the last events in memory, and makes a trace of them when the run ends badly.

    In the trace they are numbered from 0; its head says with which event of the run it begins.

    Args:
        path: where the trace is to be written, compressed if it ends in `.gz`. What is there
            stays until then.
        header: all that a replay of the run needs.
        last: how many events are kept, at some 200 bytes each and what their messages hold.

    Raises:
        InputError: at once, when the file cannot be written, or no event is to be kept.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], last: int) -> None:
        super().__init__()
        if last < 1:
            what = "would keep nothing"
            raise InputError(Complaint(f"--trace-last {last}", what, "give 1 or more events"))
        _try_to_write(path)
        self._path = path
        self._header = header
        self._last = last
        self._blocks: deque[list[Event]] = deque()
        self._held = 0
        self._writer: TraceWriter | None = None
        self._unwritten: str | None = None
        self._finished = False

    def flush(self) -> None:
        """Put what is gathered to the rest, and forget what is too old."""
        blocks = self._blocks
        blocks.append(self.gathered.copy())
        self._held += len(self.gathered)
        self.gathered.clear()
        while self._held - len(blocks[0]) >= self._last:
            self._held -= len(blocks.popleft())

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Write the trace, unless everything held; a second call does nothing.

        Args:
            outcome: how the run ended, with its `status`.
        """
        if self._finished:
            return
        self._finished = True
        self.flush()
        if outcome.get("status") != "held":
            self._write_down(outcome)
        self._blocks.clear()

    def _write_down(self, outcome: Mapping[str, Any]) -> None:
        begun = next((block[0].index for block in self._blocks if block), 0)
        first = begun + max(0, self._held - self._last)
        try:
            self._writer = writer = TraceWriter.open(self._path, self._header, first)
        except InputError as error:
            self._unwritten = f"the trace {error.complaints[0].what}"
            return
        for block in self._blocks:
            writer.gathered.extend(block)
            writer.flush()
        writer.finish(outcome)

    @property
    def events(self) -> int:
        """How many events the trace has, none while there is no trace."""
        return 0 if self._writer is None else self._writer.events

    @property
    def digest(self) -> str | None:
        """The hash of its event lines, or None while there is no trace."""
        return None if self._writer is None else self._writer.digest

    @property
    def broken(self) -> str | None:
        """Why the trace could not be written to its end, or None."""
        return self._unwritten if self._writer is None else self._writer.broken

    @property
    def kept(self) -> bool:
        """Whether a trace was written."""
        return self._writer is not None


def _try_to_write(path: Path) -> None:
    """Raise an error if a file cannot be written; leave what is there as it is."""
    there = path.exists()
    try:
        path.open("ab").close()
    except OSError as error:
        raise unwritable(path, error) from None
    if not there:
        with suppress(OSError):
            path.unlink()
