"""Where events go: to the trace file, and to whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from glasshive.trace.event import KINDS, Event
from glasshive.trace.sink import TOGETHER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from glasshive.trace.sink import EventSink

__all__ = ["Hearers", "Recorder", "Watcher"]

Watcher: TypeAlias = "Callable[[Event, Any], None]"
"""Called with an event and, for a message, the message itself (else None)."""


class Hearers(dict[type[Any], tuple[Watcher, ...]]):
    """Who hears of an actor's messages, by the class of the message.

    Looking a class up is one look into a dict, since it is done for every message of an actor
    that anybody watches; who hears of a class is worked out at its first message.
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: list[tuple[Watcher, tuple[type[Any], ...]]] = []

    def __missing__(self, kind: type[Any]) -> tuple[Watcher, ...]:
        heard = tuple(watcher for watcher, kinds in self._all if not kinds or kind in kinds)
        self[kind] = heard
        return heard

    def add(self, watcher: Watcher, kinds: tuple[type[Any], ...]) -> None:
        """Have somebody hear of messages.

        Args:
            watcher: who.
            kinds: of which classes; none given means all.
        """
        self._all.append((watcher, kinds))
        self.clear()

    def discard(self, watcher: Watcher) -> bool:
        """Have somebody hear no more; return whether anybody is left who does."""
        self._all = [each for each in self._all if each[0] is not watcher]
        self.clear()
        return bool(self._all)


class Recorder:
    """Hands each event to the trace file and to the watchers of its kind.

    Args:
        sink: where every event goes, or None.
    """

    def __init__(self, sink: EventSink | None) -> None:
        self._gathered = [] if sink is None else sink.gathered
        self._write = None if sink is None else sink.write
        self.count = 0
        self._watchers: dict[str, list[Watcher]] = {}
        self.everything = sink is not None
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
        for kind, watchers in list(self._watchers.items()):
            if watcher in watchers:
                watchers.remove(watcher)
            if not watchers:
                del self._watchers[kind]
        self.wants_state = self.everything or "state" in self._watchers

    @property
    def watched(self) -> Collection[str]:
        """The kinds of events that somebody watches."""
        return self._watchers

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
