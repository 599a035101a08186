"""A trace file, read back as a stream."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from glasshive.errors import Complaint, InputError
from glasshive.trace.event import Event
from glasshive.trace.file import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from pathlib import Path

__all__ = ["MALFORMED", "TraceReader"]

_GZIP = b"\x1f\x8b"
_END = b'{"end":'
_VERSION = Annotated[int, msgspec.Meta(ge=1)]
_LONGEST_HEADER = 1 << 26
"""Bytes after which a file without line breaks is no trace, and need not be read further."""


MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding a line raises; the last where values are nested thousands deep."""


class _Head(msgspec.Struct):
    """What the first line must be like, where it says anything."""

    scenario: str = ""
    parameters: dict[str, Any] = {}
    seed: int = 0
    runtime: str = ""
    order: str = ""
    choices: dict[int, int] = {}
    schedule: str = ""


class _Claim(msgspec.Struct):
    claim: str = ""
    held: bool = True
    detail: str = ""


class _Invariant(msgspec.Struct):
    name: str = ""
    violations: list[str] = []


class _End(msgspec.Struct):
    """What the last line must be like, where it says anything."""

    status: str = ""
    error: str | None = None
    claims: list[_Claim] = []
    invariants: list[_Invariant] = []
    facts: dict[str, Any] = {}
    situations: dict[str, int] = {}


class TraceReader:
    """Reads a trace as often as it is iterated, one line at a time and at flat memory.

    Iterating reads all events that can be read, and then raises if the file was cut short.

    Args:
        path: the file, compressed or not, whatever its name.
        forgive_cut: end quietly where the file was cut short; `cut` then says so.

    Raises:
        InputError: when there is no such file, it is not a trace, or its format is a newer one.
    """

    def __init__(self, path: Path, *, forgive_cut: bool = False) -> None:
        self.path = path
        self.end: dict[str, Any] | None = None
        """How the run ended; known once the events have been read to the end."""
        self.cut: Complaint | None = None
        """What is missing of a file that was cut short; known once it has been read."""
        self._forgive_cut = forgive_cut
        self._decoder = msgspec.json.Decoder(Event)
        self.header: dict[str, Any] = self._read_header()
        """All that a replay of the run needs."""
        self.first = self._read_first()
        """The event of the run that is number 0 here; more than 0 in a flight recorder's trace."""

    def __iter__(self) -> Iterator[Event]:
        """Yield each event.

        Raises:
            InputError: at a line that is no event, or not the next one, with its number; and
                after the last event if the file was cut short.
        """
        for index, line in enumerate(self.lines()):
            event = self.decode(line, index)
            if event.index != index:
                raise self._broken(index, f"holds event {event.index} in place of {index}")
            yield event

    def lines(self) -> Iterator[bytes]:
        """Yield each event's line as it stands, which is faster where lines are only compared.

        Raises:
            InputError: when the file is damaged, or was cut short, or holds more or fewer events
                than its last line says.
        """
        self.end = self.cut = None
        events = 0
        whole = True
        with self._open() as file:
            try:
                file.readline()
                for line in file:
                    whole = line.endswith(b"\n")
                    if not whole:
                        break
                    if self.end is not None:
                        raise self._broken(events + 1, "follows the line that ends the trace")
                    if line.startswith(_END):
                        self.end = self._decode_end(line, events)
                    else:
                        yield line
                        events += 1
            except EOFError:
                whole = False
            except (OSError, zlib.error) as error:
                raise self._unreadable(error) from None
        if self.end is None or not whole:
            self._cut_short(events)

    def decode(self, line: bytes, index: int) -> Event:
        """Return the event that a line holds.

        Args:
            line: one of `lines`.
            index: how many there were before it.

        Raises:
            InputError: when it holds none.
        """
        try:
            return self._decoder.decode(line)
        except MALFORMED as error:
            raise self._broken(index, f"is not an event ({error})") from None

    def _read_header(self) -> dict[str, Any]:
        cut = False
        line = b""
        try:
            with self._open() as file:
                line = file.readline(_LONGEST_HEADER)
        except EOFError:
            cut = True
        except (OSError, zlib.error) as error:
            raise self._unreadable(error) from None
        try:
            header = msgspec.json.decode(line, type=dict[str, Any])
            version = msgspec.convert(header.pop("glasshive", None), _VERSION)
        except MALFORMED:
            what = "is not a trace" if line else "is empty"
            raise InputError(
                Complaint(
                    str(self.path),
                    "is cut short in its first line" if cut else what,
                    "give a file that `glasshive run --trace` wrote",
                )
            ) from None
        if version > FORMAT:
            raise InputError(
                Complaint(
                    str(self.path),
                    f"is a trace of format {version}, and this glasshive reads up to {FORMAT}",
                    "read it with the version that wrote it, or a newer one",
                )
            )
        try:
            msgspec.convert(header, _Head, str_keys=True)
        except msgspec.ValidationError as error:
            raise self._broken(-1, f"is damaged ({error})") from None
        return header

    def _read_first(self) -> int:
        first = self.header.get("first", 0)
        if type(first) is not int or not 0 <= first < 1 << 62:
            raise self._broken(-1, f"says that it begins with event {first!r} of the run")
        return first

    def _open(self) -> gzip.GzipFile | BufferedReader:
        try:
            with self.path.open("rb") as file:
                compressed = file.read(len(_GZIP)) == _GZIP
            return gzip.open(self.path) if compressed else self.path.open("rb")
        except OSError as error:
            raise self._unreadable(error) from None

    def _decode_end(self, line: bytes, events: int) -> dict[str, Any]:
        try:
            end = msgspec.json.decode(line, type=dict[str, dict[str, Any]])["end"]
            msgspec.convert(end, _End)
        except MALFORMED as error:
            raise self._broken(events, f"does not say how the run ended ({error})") from None
        if end.get("events") != events:
            counted = f"counts {end.get('events')} events, and {events} stand before it"
            raise self._broken(events, counted)
        return end

    def _cut_short(self, events: int) -> None:
        self.end = None
        self.cut = Complaint(
            str(self.path),
            f"is cut short; {events:,} events could be read",
            "let the run end, or write the trace again",
        )
        if not self._forgive_cut:
            raise InputError(self.cut)

    def _broken(self, index: int, what: str) -> InputError:
        # The header is line 1, and the event before the first.
        where = f"{self.path}, line {index + 2}"
        return InputError(Complaint(where, what, "write the trace again"))

    def _unreadable(self, error: Exception) -> InputError:
        if isinstance(error, OSError) and error.strerror is not None:
            what, remedy = f"cannot be read ({error.strerror})", "give the path of a trace"
        else:
            what, remedy = f"is damaged ({error})", "write the trace again"
        return InputError(Complaint(str(self.path), what, remedy))
