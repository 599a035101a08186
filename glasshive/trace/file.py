"""A trace on disk: a header, one line for each event, and a last line that says how it ended."""

from __future__ import annotations

import gzip
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import msgspec
from msgspec.structs import replace
from pykka import ActorRef

from glasshive.errors import Complaint, InputError
from glasshive.trace.plain import describe, fields_of, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glasshive.trace.event import Event

__all__ = ["FORMAT", "TraceWriter"]

FORMAT = 1
"""Version of the trace format."""

TOGETHER = 512
"""Events gathered before they are encoded, hashed and written, which is some 64 KiB of lines.
Encoding them in one call takes 0.17 µs each, one by one 0.26 µs."""

_SHORT = 1 << 12
"""Characters of a text, or bytes of a message, that may wait in memory for the others."""


class TraceWriter:
    """Writes a trace as its events happen, at flat memory.

    Args:
        file: an open binary file, which the writer closes.
        header: all that a replay of the run needs.
    """

    def __init__(self, file: BinaryIO, header: Mapping[str, Any]) -> None:
        self._file = file
        self._hash = hashlib.blake2b(digest_size=16)
        self.gathered: list[Event] = []
        """Events that wait to be encoded, which nothing can change any more."""
        self._written = 0
        self._on_disk = 0
        self._broken: str | None = None
        self._encoder = msgspec.json.Encoder(enc_hook=_encode, order="deterministic")
        self._closed = False
        self._file.write(_line({"glasshive": FORMAT, **header}))
        self._file.flush()  # a full disk is noticed now, before the run

    @classmethod
    def open(cls, path: Path, header: Mapping[str, Any]) -> Self:
        """Begin a trace file, compressed with gzip when its name ends in `.gz`.

        Args:
            path: where to write.
            header: all that a replay of the run needs.

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
            raise _unwritable(path, error) from None
        try:
            writer = cls(file, header)
        except OSError as error:
            with suppress(OSError):
                raw.close()
            raise _unwritable(path, error) from None
        writer._raw = raw
        return writer

    _raw: BinaryIO | None = None

    def write(self, event: Event) -> None:
        """Add one event, with its data as they are now."""
        gathered = self.gathered
        data = event.data
        long = False
        # What cannot change is encoded later, with the other events, and all else at once.
        if data is not None and (type(data) is not str or len(data) > _SHORT):
            now = self._encoded(data)
            long = len(now) > _SHORT
            event = replace(event, data=msgspec.Raw(now))
        gathered.append(event)
        if long or len(gathered) >= TOGETHER:
            self._flush()

    def _encoded(self, data: Any) -> bytes:
        if isinstance(data, tuple) and (fields := fields_of(data)) is not None:
            # Pykka's own messages are named tuples.
            data = {"type": type(data).__name__, **fields}
        try:
            return self._encoder.encode(data)
        except Exception:  # noqa: BLE001  any object may be a message, and its code raise anything
            return self._encoder.encode(plain(data, _encode))

    @property
    def events(self) -> int:
        """How many events have been added."""
        return self._written + len(self.gathered)

    @property
    def digest(self) -> str:
        """The BLAKE2b hash (128 bits, hexadecimal) of all event lines so far."""
        self._flush()
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

    def _flush(self) -> None:
        gathered = self.gathered
        if not gathered:
            return
        try:
            lines = self._encoder.encode_lines(gathered)
        except UnicodeEncodeError:
            lines = self._encoder.encode_lines([_legible(event) for event in gathered])
        self._written += len(gathered)
        gathered.clear()
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
        return msgspec.json.encode(value, enc_hook=_encode) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(plain(value, _encode)) + b"\n"


def _unwritable(path: Path, error: OSError) -> InputError:
    what = f"cannot be written ({error.strerror})"
    remedy = "name a file in a folder that exists and that you may write to"
    return InputError(Complaint(f"--trace {path}", what, remedy))


def _legible(event: Event) -> Event:
    """Return an event without the lone surrogates that UTF-8 cannot hold."""
    texts = {
        name: plain(value, describe)
        for name, value in msgspec.structs.asdict(event).items()
        if isinstance(value, str)
    }
    return replace(event, **texts)


def _encode(value: Any) -> Any:
    """Write down what JSON does not know."""
    if isinstance(value, ActorRef):
        return getattr(value.actor_inbox, "name", None) or str(value)
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "text": describe(value, str)}
    if isinstance(value, type):
        return value.__qualname__
    return describe(value)
