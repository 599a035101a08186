"""A trace on disk: a header, one line for each event, and a last line that says how it ended."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import msgspec
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

_CHUNK = 1 << 16
"""Bytes gathered before they are hashed and written."""


class TraceWriter:
    """Writes a trace as its events happen, at flat memory.

    Args:
        file: an open binary file, which the writer closes.
        header: all that a replay of the run needs.
    """

    def __init__(self, file: BinaryIO, header: Mapping[str, Any]) -> None:
        self._file = file
        self._hash = hashlib.blake2b(digest_size=16)
        self._buffer = bytearray()
        self._encoder = msgspec.json.Encoder(enc_hook=_encode, order="deterministic")
        self._closed = False
        self.events = 0
        self._file.write(msgspec.json.encode({"glasshive": FORMAT, **header}) + b"\n")

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
            raise InputError(
                Complaint(
                    f"--trace {path}",
                    f"cannot be written ({error.strerror})",
                    "name a file in a folder that exists and that you may write to",
                )
            ) from None
        writer = cls(file, header)
        writer._raw = raw
        return writer

    _raw: BinaryIO | None = None

    def write(self, event: Event) -> None:
        """Add one event."""
        buffer = self._buffer
        if isinstance(event.data, tuple) and (fields := fields_of(event.data)) is not None:
            # Pykka's own messages are named tuples.
            named = {"type": type(event.data).__name__, **fields}
            event = msgspec.structs.replace(event, data=named)
        length = len(buffer)
        try:
            self._encoder.encode_into(event, buffer, -1)
        except Exception:  # noqa: BLE001  any object may be a message, and its code raise anything
            del buffer[length:]
            event = msgspec.structs.replace(event, data=plain(event.data, _encode))
            self._encoder.encode_into(event, buffer, -1)
        buffer += b"\n"
        self.events += 1
        if len(buffer) >= _CHUNK:
            self._flush()

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
        self._closed = True
        end = {"end": {**outcome, "events": self.events, "digest": self.digest}}
        self._file.write(msgspec.json.encode(end) + b"\n")
        self._file.close()
        if self._raw is not None:
            self._raw.close()

    def _flush(self) -> None:
        if self._buffer:
            self._hash.update(self._buffer)
            self._file.write(self._buffer)
            self._buffer.clear()


def _encode(value: Any) -> Any:
    """Write down what JSON does not know."""
    if isinstance(value, ActorRef):
        return getattr(value.actor_inbox, "name", None) or str(value)
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "text": describe(value, str)}
    if isinstance(value, type):
        return value.__qualname__
    return describe(value)
