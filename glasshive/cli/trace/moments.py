"""What every actor held at some moments of a recorded run, by running it again up to there."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from glasshive.errors import Complaint, InputError
from glasshive.explore.record import Record
from glasshive.runtime import active
from glasshive.scenario import run
from glasshive.schedule import Abandoned, Fifo, Schedule
from glasshive.trace import TraceWriter
from glasshive.trace.held import all_held
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from glasshive.trace import Event

__all__ = ["moments"]


def moments(path: Path, events: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return what every living actor held just when some events happened.

    Args:
        path: the trace of a simulated run of a scenario.
        events: the numbers of the events.

    Raises:
        InputError: when the run cannot be had again, or is not the same up to there.
    """
    record = Record(path)
    with ExitStack() as stack:
        nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        stack.enter_context(redirect_stdout(nowhere))
        stack.enter_context(redirect_stderr(nowhere))
        devnull = stack.enter_context(Path(os.devnull).open("wb"))
        writer = _Stopping(devnull, events, record.first)
        strategy = (
            _Repeated(record.choices, writer)
            if isinstance(record.strategy, Schedule)
            else _Plain(writer)
        )
        program = record.program
        outcome = run(
            program.script,
            program.parameters,
            seed=program.seed,
            schedule=strategy,
            order=program.order,
        )
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    for event in sorted(events):
        if writer.digests.get(event) != _digest(path, event):
            what = f"is not the same when it is run again, from before event {event:,} on"
            remedy = f"`glasshive replay {path}` shows where it parts"
            raise InputError(Complaint(str(path), what, remedy))
    return writer.held


def _digest(path: Path, event: int) -> str:
    """Return the hash of a trace's lines up to an event."""
    made = hashlib.blake2b(digest_size=16)
    for line in islice(TraceReader(path, forgive_cut=True).lines(), event + 1):
        made.update(line)
    return made.hexdigest()


class _Watched(list["Event"]):
    """Events that wait to be written, told of as they come.

    Args:
        heard: called with the number of each.
    """

    def __init__(self, heard: Callable[[int], None]) -> None:
        super().__init__()
        self._heard = heard

    def append(self, event: Event) -> None:
        super().append(event)
        self._heard(event.index)


class _Stopping(TraceWriter):
    """Writes a trace nowhere, looks at the actors at some events, and ends the run after the last.

    Args:
        file: where to write.
        events: the events.
        first: the event of the run that is number 0 among them.
    """

    def __init__(self, file: BinaryIO, events: Collection[int], first: int) -> None:
        super().__init__(file, {}, first)
        self.gathered = _Watched(self._came)
        self.held: dict[int, dict[str, Any]] = {}
        self.digests: dict[int, str] = {}
        self._waiting = set(events)

    def _came(self, number: int) -> None:
        event = number - self._first
        if event not in self._waiting:
            return
        self._waiting.remove(event)
        self.held[event] = all_held(active())
        self.digests[event] = self.digest
        if not self._waiting:
            raise Abandoned("enough of the run was seen")


class _Plain(Fifo):
    """Decides as the plain order does, and has the run written.

    Args:
        writer: to where.
    """

    def __init__(self, writer: TraceWriter) -> None:
        super().__init__()
        self._writer = writer

    def writer(self, seed: int, order: str) -> TraceWriter:  # noqa: ARG002  as Written has it
        """Return where every event is written."""
        return self._writer


class _Repeated(Schedule):
    """Decides as a record does, and has the run written.

    Args:
        choices: the record's.
        writer: to where.
    """

    def __init__(self, choices: dict[int, int], writer: TraceWriter) -> None:
        super().__init__(choices)
        self._writer = writer

    def writer(self, seed: int, order: str) -> TraceWriter:  # noqa: ARG002  as Written has it
        """Return where every event is written."""
        return self._writer
