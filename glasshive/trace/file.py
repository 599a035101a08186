"""A trace on disk: a header, one line for each event, and a last line that says how it ended."""

from __future__ import annotations

import gzip
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import msgspec
from msgspec.structs import replace

from glasshive.errors import Complaint, InputError
from glasshive.trace.plain import describe, plain
from glasshive.trace.sink import EventSink, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from glasshive.trace.event import Event

__all__ = ["FORMAT", "TraceWriter", "unwritable"]

FORMAT = 1
"""Version of the trace format."""


class TraceWriter(EventSink):
    """Writes a trace as its events happen, at flat memory.

    Args:
        file: an open binary file, which the writer closes.
        header: all that a replay of the run needs.
        first: the event of the run with which the trace begins, and which is number 0 in it.
            Those before it are left out.
    """

    def __init__(self, file: BinaryIO, header: Mapping[str, Any], first: int = 0) -> None:
        super().__init__()
        self._first = first
        self._file = file
        self._hash = hashlib.blake2b(digest_size=16)
        self._written = 0
        self._on_disk = 0
        self._broken: str | None = None
        self._closed = False
        beginning = {"first": first} if first else {}
        self._file.write(_line({"glasshive": FORMAT, **header, **beginning}))
        self._file.flush()  # a full disk is noticed now, before the run

    @classmethod
    def open(cls, path: Path, header: Mapping[str, Any], first: int = 0) -> Self:
        """Begin a trace file, compressed with gzip when its name ends in `.gz`.

        Args:
            path: where to write.
            header: all that a replay of the run needs.
            first: the event of the run with which the trace begins.

        Raises:
            InputError: at once, when the file cannot be written.
        """
        try:
            # No name and no time in gzip's header: equal runs make equal bytes.
            raw = path.open("wb")
            file: Any = (
                gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
            )
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            writer = cls(file, header, first)
        except OSError as error:
            with suppress(OSError):
                raw.close()
            raise unwritable(path, error) from None
        writer._raw = raw
        return writer

    _raw: BinaryIO | None = None

    @property
    def events(self) -> int:
        """How many events the trace has so far."""
        self.flush()
        return self._written

    @property
    def digest(self) -> str:
        """The BLAKE2b hash (128 bits, hexadecimal) of all event lines so far."""
        self.flush()
        return self._hash.hexdigest()

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Write the last line and close the file; a second call does nothing.

        Args:
            outcome: how the run ended.
        """
        if self._closed:
            return
        try:
            end = {"end": {**outcome, "events": self.events, "digest": self.digest}}
            self._closed = True
            self._file.write(_line(end))
            self._file.close()
        except OSError as error:
            self._give_up(error)
        finally:
            self._closed = True
            if self._raw is not None:
                with suppress(OSError):  # what could not be written was told above
                    self._raw.close()

    @property
    def kept(self) -> bool:
        """Whether there is a file, which there is from the beginning."""
        return True

    @property
    def broken(self) -> str | None:
        """Why the file could not be written to its end, or None."""
        return self._broken

    def _give_up(self, error: OSError) -> None:
        """Write nothing more, and remember why; what is written stays and can be read."""
        if self._broken is None:
            self._broken = (
                f"the trace could not be written on ({error.strerror}); "
                f"about {self._on_disk:,} of its events can be read"
            )

    def flush(self) -> None:
        """Encode, hash and write what is gathered."""
        if not self.gathered:
            return
        events = self.gathered if not self._first else _numbered_from(self._first, self.gathered)
        try:
            lines = self._encoder.encode_lines(events)
        except UnicodeEncodeError:
            lines = self._encoder.encode_lines([_legible(event) for event in events])
        self._written += len(events)
        self.gathered.clear()
        self._hash.update(lines)
        if self._broken is None:
            try:
                self._file.write(lines)
                self._on_disk = self._written
            except OSError as error:
                self._give_up(error)


def _line(value: Mapping[str, Any]) -> bytes:
    """Return a header or an end as one line, whatever texts are in it."""
    try:
        return msgspec.json.encode(value, enc_hook=as_json) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(plain(value, as_json)) + b"\n"


def unwritable(path: Path, error: OSError) -> InputError:
    """Return the error that says why a trace cannot be written."""
    what = f"cannot be written ({error.strerror})"
    remedy = "name a file in a folder that exists and that you may write to"
    return InputError(Complaint(f"--trace {path}", what, remedy))


def _numbered_from(first: int, events: Sequence[Event]) -> list[Event]:
    """Return events without those before the first, which is number 0 from now on."""
    return [
        replace(
            event,
            index=event.index - first,
            cause=None if event.cause is None else event.cause - first,
        )
        for event in events
        if event.index >= first
    ]


def _legible(event: Event) -> Event:
    """Return an event without the lone surrogates that UTF-8 cannot hold."""
    texts = {
        name: plain(value, describe)
        for name, value in msgspec.structs.asdict(event).items()
        if isinstance(value, str)
    }
    return replace(event, **texts)
