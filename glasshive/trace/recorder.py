"""Where events go: to the trace file, and to whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from glasshive.trace.event import KINDS, Event
from glasshive.trace.file import TOGETHER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from glasshive.trace.file import TraceWriter

__all__ = ["Recorder", "Watcher", "hearers"]

Watcher: TypeAlias = "Callable[[Event, Any], None]"
"""Called with an event and, for a message, the message itself (else None)."""


def hearers(watchers: Mapping[type[Any], tuple[Watcher, ...]], message: Any) -> tuple[Watcher, ...]:
    """Return who hears of a message, of those who watch an actor's by their class.

    Args:
        watchers: by the class of message; `object` stands for all of them.
        message: the message.
    """
    return watchers.get(type(message), ()) + watchers.get(object, ())


class Recorder:
    """Hands each event to the trace file and to the watchers of its kind.

    Args:
        writer: the trace file, or None.
    """

    def __init__(self, writer: TraceWriter | None) -> None:
        self._gathered = [] if writer is None else writer.gathered
        self._write = None if writer is None else writer.write
        self.count = 0
        self._watchers: dict[str, list[Watcher]] = {}
        self.everything = writer is not None
        """Whether every event is wanted, because it is written down."""
        self.wants_state = self.everything

    def watch(self, watcher: Watcher, kinds: Collection[str]) -> None:
        """Call a function at every event of these kinds.

        Raises:
            ValueError: for a kind that there is not.
        """
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(f"no event is of kind {kind!r}; kinds: {', '.join(KINDS)}")
            self._watchers.setdefault(kind, []).append(watcher)
            self.wants_state = self.wants_state or kind == "state"

    def unwatch(self, watcher: Watcher) -> None:
        """Call a function no more."""
        for watchers in self._watchers.values():
            if watcher in watchers:
                watchers.remove(watcher)

    def wants(self, kind: str) -> bool:
        """Return whether anybody wants events of this kind."""
        return self.everything or kind in self._watchers

    def add(  # noqa: PLR0917  called for every message
        self,
        time: float,
        kind: str,
        actor: str,
        cause: int,
        message: int | None = None,
        peer: str | None = None,
        data: Any = None,
        payload: Any = None,
    ) -> int:
        """Record one event and return its index.

        Args:
            time: seconds since the run began.
            kind: one of `KINDS`.
            actor: whose event it is.
            cause: index of the event that produced it, below zero for none.
            message: the message's number.
            peer: the actor at the message's other end.
            data: what is written down with it.
            payload: the message itself, for its class and for watchers.
        """
        index = self.count
        self.count = index + 1
        event = Event(
            index,
            time,
            kind,
            actor,
            cause if cause >= 0 else None,
            message,
            peer,
            type(payload).__name__ if message is not None else None,
            data,
        )
        if self._write is not None:
            gathered = self._gathered
            # Every other event has no data, and this saves it a call.
            if data is None and len(gathered) < TOGETHER:
                gathered.append(event)
            else:
                self._write(event)
        if self._watchers:
            for watcher in self._watchers.get(kind, ()):
                watcher(event, payload)
        return index

    def unrecorded(self, time: float, kind: str, actor: str, peer: str, payload: Any) -> Event:
        """Return an event for a watcher alone, while nothing is written down."""
        return Event(self.count, time, kind, actor, peer=peer, type=type(payload).__name__)
