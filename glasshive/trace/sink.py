"""Where the events of a run go: what every one of them has as it was when it happened."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace
from pykka import ActorRef

from glasshive.trace.plain import describe, fields_of, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glasshive.trace.event import Event

__all__ = ["TOGETHER", "EventSink", "as_json", "fixed"]

TOGETHER = 512
"""Events gathered before they are encoded, hashed and written, which is some 64 KiB of lines.
Encoding them in one call takes 0.17 µs each, one by one 0.26 µs."""

_SHORT = 1 << 12
"""Characters of a text, or bytes of a message, that may wait in memory for the others."""


class EventSink(ABC):
    """Takes a run's events and gathers them, with their data as they are now."""

    def __init__(self) -> None:
        self.gathered: list[Event] = []
        """Events that wait to be taken away, which nothing can change any more."""
        self._encoder = msgspec.json.Encoder(enc_hook=as_json, order="deterministic")

    def write(self, event: Event) -> None:
        """Add one event, with its data as they are now."""
        gathered = self.gathered
        data = event.data
        long = False
        # What cannot change is encoded later, with the other events, and all else at once.
        if data is not None and (type(data) is not str or len(data) > _SHORT):
            now = fixed(data, self._encoder)
            long = len(now) > _SHORT
            event = replace(event, data=msgspec.Raw(now))
        gathered.append(event)
        if long or len(gathered) >= TOGETHER:
            self.flush()

    @abstractmethod
    def flush(self) -> None:
        """Take away what is gathered."""

    @abstractmethod
    def finish(self, outcome: Mapping[str, Any]) -> None:
        """End the trace; a second call does nothing.

        Args:
            outcome: how the run ended, with its `status`.
        """

    @property
    @abstractmethod
    def events(self) -> int:
        """How many events the trace has."""

    @property
    @abstractmethod
    def digest(self) -> str | None:
        """The BLAKE2b hash (128 bits, hexadecimal) of its event lines; None without a file."""

    @property
    @abstractmethod
    def broken(self) -> str | None:
        """Why the file could not be written to its end, or None."""

    @property
    @abstractmethod
    def kept(self) -> bool:
        """Whether there is a file, once it is finished."""


def fixed(data: Any, encoder: msgspec.json.Encoder) -> bytes:
    """Return an event's data as a trace has them, as they are now.

    Args:
        data: any object.
        encoder: writes JSON, and what JSON does not know by `as_json`.
    """
    if isinstance(data, tuple) and (fields := fields_of(data)) is not None:
        # Pykka's own messages are named tuples.
        data = {"type": type(data).__name__, **fields}
    try:
        return encoder.encode(data)
    except Exception:  # noqa: BLE001  any object may be a message, and its code raise anything
        return encoder.encode(plain(data, as_json))


def as_json(value: Any) -> Any:
    """Return what JSON does not know as something that it does."""
    if isinstance(value, ActorRef):
        return getattr(value.actor_inbox, "name", None) or str(value)
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "text": describe(value, str)}
    if isinstance(value, type):
        return value.__qualname__
    return describe(value)
