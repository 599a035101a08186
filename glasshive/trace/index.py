"""A trace, read once and held in arrays: every event but its payload."""

from __future__ import annotations

import tempfile
from array import array
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Self

import msgspec

from glasshive.errors import Complaint, InputError
from glasshive.trace.codes import NONE, Codes, Numbers
from glasshive.trace.event import KINDS, Event
from glasshive.trace.jobs import Jobs, Spelling
from glasshive.trace.reader import MALFORMED, TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["CARRIED", "NONE", "Index", "Seen"]

CARRIED = frozenset(["deliver", "drop", "duplicate", "unread"])
"""Kinds whose line does not hold the message; the one that is their cause does."""
_WITHIN = frozenset(["note", "fail", "violation"])
"""Kinds that belong to the job whose message was being handled, if they name none."""
_AT_ONCE = 4096
_SPARSE = 5
"""Reading everything as a stream takes as long as reading one event in so many by itself."""
_KEYS = (b'_id":', b'"subject":')


class _Slim(msgspec.Struct, gc=False):
    """An event without its payload, which takes a third of the time to read."""

    index: int
    time: float
    kind: str
    actor: str
    cause: int | None = None
    message: int | None = None
    peer: str | None = None
    type: str | None = None


class Seen:
    """An event with all that is known of it.

    Args:
        event: as its line has it.
        payload: the message that it is about, also where its own line does not hold it.
        jobs: the names of the jobs that it belongs to.
    """

    __slots__ = ("event", "jobs", "payload")

    def __init__(self, event: Event, payload: Any, jobs: tuple[str, ...]) -> None:
        self.event = event
        self.payload = payload
        self.jobs = jobs


class Index:
    """All events of a trace at some 50 bytes each; payloads are read when they are wanted.

    Reading takes a few seconds for a million events. A file that was cut short is read as far as
    it goes, and `cut` says so.

    Args:
        path: the trace, compressed or not.

    Raises:
        InputError: when there is no such file, it is no trace, or a line in it is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = reader = TraceReader(path, forgive_cut=True)
        self.header: dict[str, Any] = reader.header
        self.time = array("d")
        self.kind = array("B")
        self.actor = array("i")
        self.cause = array("q")
        self.message = array("q")
        self.peer = array("i")
        self.type = array("i")
        self.kinds: list[str] = list(KINDS)
        self.names: list[str] = []
        """Texts by the numbers that stand for them in `actor`, `peer` and `type`."""
        self.odd_causes: dict[int, int] = {}
        """Causes that are no earlier event, by event; `cause` has none there."""
        self.first = reader.first
        """The event of the run that is number 0 here."""
        self.older_causes: dict[int, int] = {}
        """Causes from before the trace begins, below 0, by event; `cause` has none there."""
        self.jobs = Jobs(Spelling.of(reader.header))
        self._ids = array("i")
        self._more_ids: dict[int, tuple[int, ...]] = {}
        self._offsets = array("q")
        self._numbers = Numbers(self.names)
        self._codes = Codes(self.kinds)
        self._file: IO[bytes] = self._read()
        self.end: dict[str, Any] | None = reader.end
        """How the run ended, or None for a file that was cut short."""
        self.cut: Complaint | None = reader.cut
        """What is missing of it."""
        self.jobs.resolve()

    def __len__(self) -> int:
        return len(self.time)

    # -- reading --------------------------------------------------------------------------

    def _read(self) -> IO[bytes]:
        """Read all lines, and return a file that holds them uncompressed."""
        with self.path.open("rb") as plain:
            compressed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            offset = 0 if compressed else len(plain.readline())
        # Lives as long as the index, which reads lines out of it.
        file: IO[bytes] = tempfile.TemporaryFile() if compressed else self.path.open("rb")  # noqa: SIM115
        try:
            self._read_into(file if compressed else None, offset)
        except BaseException:
            file.close()
            raise
        return file

    def _read_into(self, copy: IO[bytes] | None, offset: int) -> None:
        """Read all lines.

        Args:
            copy: where they are copied to, or None.
            offset: where the first one begins, in bytes.
        """
        decoder = msgspec.json.Decoder(_Slim)
        lines = self._reader.lines()
        while batch := list(islice(lines, _AT_ONCE)):
            text = b"".join(batch)
            if copy is not None:
                copy.write(text)
            events: list[Any] = []
            try:
                events = decoder.decode_lines(text)
                ordered = len(events) == len(batch) and all(
                    each.index == number for number, each in enumerate(events, len(self.time))
                )
            except MALFORMED:
                ordered = False
            if not ordered:
                events = self._one_by_one(batch)
            self._add(events, batch, offset)
            offset += len(text)

    def _one_by_one(self, batch: list[bytes]) -> list[Any]:
        """Return the events of lines among which one is broken.

        Raises:
            InputError: at the broken one, with the number of its line.
        """
        events = []
        for index, line in enumerate(batch, len(self.time)):
            event = self._reader.decode(line, index)
            if event.index != index:
                raise self.broken(index, f"holds event {event.index} in place of {index}")
            events.append(event)
        return events

    def broken(self, index: int, what: str) -> InputError:
        """Return the error that says what is wrong with an event's line."""
        # The head is line 1.
        where = f"{self.path}, line {index + 2}"
        return InputError(Complaint(where, what, "write the trace again"))

    def _add(self, events: list[Any], batch: list[bytes], offset: int) -> None:
        begin = len(self.time)
        numbers, codes = self._numbers, self._codes
        try:
            self.time.extend([each.time for each in events])
            self.kind.extend([codes[each.kind] for each in events])
            self.actor.extend([numbers[each.actor] for each in events])
            self.peer.extend([numbers[each.peer] for each in events])
            self.type.extend([numbers[each.type] for each in events])
            self.message.extend([NONE if each.message is None else each.message for each in events])
            self.cause.extend([self._cause(each) for each in events])
        except OverflowError:
            for index, each in enumerate(events, begin):
                if any(abs(n or 0) >> 62 for n in (each.message, each.cause)):
                    raise self.broken(index, "holds a number that is too large") from None
            raise
        ids, kinds, inherit = self._ids, self.kind, _INHERIT
        for index, line in enumerate(batch, begin):
            own = -1
            kind = kinds[index]
            if kind not in _CARRIED and (_KEYS[0] in line or _KEYS[1] in line):
                found = self.jobs.found_in(line, state=kind == _STATE)
                if found:
                    own = found[0]
                    if len(found) > 1:
                        self._more_ids[index] = found
            if own < 0 and kind in inherit and (cause := self.cause[index]) >= 0:
                own = ids[cause]
                if cause in self._more_ids:
                    self._more_ids[index] = self._more_ids[cause]
            ids.append(own)
            self._offsets.append(offset)
            offset += len(line)

    def _cause(self, event: Any) -> int:
        cause = event.cause
        if cause is None:
            return NONE
        if not 0 <= cause < event.index:
            if abs(cause) >> 62:
                raise OverflowError
            older = -self.first <= cause < 0
            (self.older_causes if older else self.odd_causes)[event.index] = cause
            return NONE
        return int(cause)

    # -- asking ---------------------------------------------------------------------------

    def name(self, number: int) -> str | None:
        """Return the text that a number stands for."""
        return None if number < 0 else self.names[number]

    def kind_of(self, index: int) -> str:
        """Return what kind of event one is."""
        return self.kinds[self.kind[index]]

    def number_of(self, text: str) -> int | None:
        """Return what stands for a text in the arrays, None if nothing has that name."""
        return self._numbers.get(text)

    def actors(self) -> list[str]:
        """Return the names of all actors, in the order in which they come up."""
        return [self.names[number] for number in dict.fromkeys(self.actor)]

    def jobs_of(self, index: int) -> tuple[int, ...]:
        """Return the numbers of the jobs that an event belongs to."""
        own = self._ids[index]
        if own < 0:
            return ()
        return self.jobs.of(self._more_ids.get(index) or (own,))

    def job_names(self, index: int) -> tuple[str, ...]:
        """Return the names of the jobs that an event belongs to."""
        return tuple(self.jobs[number].name for number in self.jobs_of(index))

    def check_event(self, index: int) -> int:
        """Return an event's number, if there is such an event.

        Raises:
            InputError: when there is not.
        """
        if not 0 <= index < len(self):
            what = f"there is none in {self.path}"
            remedy = f"its events are 0 to {len(self) - 1:,}" if len(self) else "it has no events"
            raise InputError(Complaint(f"event {index}", what, remedy))
        return index

    # -- payloads -------------------------------------------------------------------------

    def line(self, index: int) -> bytes:
        """Return an event's line, as it stands in the file."""
        self._file.seek(self._offsets[index])
        return self._file.readline()

    def event(self, index: int) -> Event:
        """Return one event.

        Raises:
            InputError: when its line is no event.
        """
        return self._reader.decode(self.line(index), index)

    def carrier(self, index: int) -> int:
        """Return the event whose line holds the message that an event is about."""
        while self.kind_of(index) in CARRIED and self.cause[index] >= 0:
            index = self.cause[index]
        return index

    def seen(self, index: int) -> Seen:
        """Return one event with its payload and its jobs."""
        event = self.event(index)
        carrier = self.carrier(index)
        payload = event.data if carrier == index else self.event(carrier).data
        return Seen(event, payload, self.job_names(index))

    def all_seen(self, numbers: Sequence[int] | None = None) -> Iterator[Seen]:
        """Yield events with their payloads and jobs.

        Args:
            numbers: which, in rising order, None for all.
        """
        if numbers is None:
            yield from self._stream()
        elif len(numbers) * _SPARSE < len(self):
            yield from map(self.seen, numbers)
        else:
            wanted = iter(numbers)
            following = next(wanted, None)
            for seen in self._stream():
                if seen.event.index == following:
                    yield seen
                    following = next(wanted, None)

    def _stream(self) -> Iterator[Seen]:
        under_way: dict[int, Any] = {}
        for index, event in enumerate(self.events()):
            payload = event.data
            if event.kind in CARRIED:
                # Each copy of a message is delivered or dropped once, so nothing stays for long.
                cause = self.cause[index]
                payload = (
                    under_way.get(cause)
                    if event.kind == "duplicate"
                    else under_way.pop(cause, None)
                )
            if event.kind in _CARRIERS and payload is not None:
                under_way[index] = payload
            yield Seen(event, payload, self.job_names(index))

    def events(self) -> Iterator[Event]:
        """Yield all events, as their lines have them."""
        decoder = msgspec.json.Decoder(Event)
        for first, batch in self._batches():
            try:
                yield from decoder.decode_lines(b"".join(batch))
            except MALFORMED:
                for index, line in enumerate(batch, first):
                    self._reader.decode(line, index)
                raise

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of all events."""
        for _, batch in self._batches():
            yield from batch

    def _batches(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield lines, many at once, with the number of the first."""
        for first in range(0, len(self), _AT_ONCE):
            # Somebody may have read elsewhere in between.
            self._file.seek(self._offsets[first])
            yield first, list(islice(self._file, min(_AT_ONCE, len(self) - first)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


_CODES = {kind: number for number, kind in enumerate(KINDS)}
_STATE = _CODES["state"]
_CARRIED = frozenset(_CODES[kind] for kind in CARRIED)
_INHERIT = frozenset(_CODES[kind] for kind in CARRIED | _WITHIN)
_CARRIERS = frozenset(["send", "timer-fired", "duplicate"])
