"""What the events of a trace say of registries and of actors' lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.trace.index import Index

__all__ = ["Changes"]


class _Data(msgspec.Struct, gc=False):
    """Of an event's line, what else there is to say."""

    data: Any = None


class Changes:
    """Gathers the changes of registries, and when each actor was there.

    Args:
        index: the trace.
        first: the first event that the page shows.
        end: the first one after those.
    """

    def __init__(self, index: Index, first: int, end: int) -> None:
        self._index = index
        self._first = first
        self._decode = msgspec.json.Decoder(_Data).decode
        self._changes: list[list[Any]] = []
        self._earlier: dict[str, list[Any]] = {}
        self._known: set[str] = set()
        """Subjects that have changed."""
        self._held: dict[str, dict[str, str]] = {}
        """What each actor's registry holds, by subject."""
        self.actors: dict[str, dict[str, Any]] = {}
        """What is known of each actor that began, in that order."""
        self.alive: dict[str, list[list[float | None]]] = {}
        """From when until when each was there; None where it still is."""
        hears: dict[str, Callable[[int, Any], None]] = {
            "state": self._changed,
            "spawn": self._begins,
            "stop": self._ends,
            "fault": self._struck,
        }
        hears_of = {number: hears[kind] for number, kind in enumerate(index.kinds) if kind in hears}
        for number in range(end):
            hear = hears_of.get(index.kind[number])
            if hear is not None:
                hear(number, self._decode(index.line(number)).data)

    def told(self) -> list[list[Any]]:
        """Return the changes on the page, and before them the last earlier one of each entry.

        Each is the event's place on the page (below zero for earlier ones), the actor, the
        subject, the state before and after, and what else was said. An actor that ends, or
        crashes, takes its registry with it.
        """
        return [*self._earlier.values(), *self._changes]

    def _changed(self, number: int, data: Any) -> None:
        if not isinstance(data, dict) or "subject" not in data:
            return
        facts = {
            key: value for key, value in data.items() if key not in ("subject", "before", "after")
        }
        subject = _text(data["subject"])
        states = [
            None if state is None else _text(state)
            for state in (data.get("before"), data.get("after"))
        ]
        actor = self._name(number)
        before, after = states
        if before is not None and subject not in self._known:
            # It came into that state before the first event that is known.
            self._earlier[subject] = [-1, actor, subject, None, before, None]
        self._known.add(subject)
        held = self._held.setdefault(actor, {})
        if after is None:
            held.pop(subject, None)
        else:
            held[subject] = after
        self._note(number, [actor, subject, before, after, facts or None])

    def _note(self, number: int, change: list[Any]) -> None:
        place = number - self._first
        if place < 0:
            self._earlier[change[1]] = [-1, *change]
        else:
            self._changes.append([place, *change])

    def _begins(self, number: int, data: Any) -> None:
        name = self._name(number)
        self.actors.setdefault(name, data if isinstance(data, dict) else {})
        self.alive.setdefault(name, []).append([self._index.time[number], None])

    def _ends(self, number: int, _: Any = None) -> None:
        actor = self._name(number)
        for subject, state in self._held.pop(actor, {}).items():
            self._note(number, [actor, subject, state, None, None])
        if self._index.first and actor not in self.actors:
            # It began before the trace does.
            self.actors[actor] = {}
            self.alive[actor] = [[self._index.time[0], None]]
        spans = self.alive.get(actor)
        if spans and spans[-1][1] is None:
            spans[-1][1] = self._index.time[number]

    def _struck(self, number: int, data: Any) -> None:
        if isinstance(data, dict) and data.get("fault") == "crash":
            self._ends(number)
        elif isinstance(data, dict) and data.get("fault") == "restart":
            self.alive.setdefault(self._name(number), []).append([self._index.time[number], None])

    def _name(self, number: int) -> str:
        return self._index.names[self._index.actor[number]]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
