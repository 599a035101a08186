"""One job on its way through every hop: its parts, their times, and each item's latencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.trace.index import Index, Seen
    from glasshive.trace.jobs import Job

__all__ = ["NUMBER", "Hop", "Item", "Part", "Passage", "item_of", "passage"]

NUMBER = "index"
"""The field that numbers the items of a stream, from 0."""


@dataclass(slots=True)
class Part:
    """What one actor does for a job, under a name of its own."""

    name: str
    actor: str = ""
    """Whose it is, as far as changes of its state or its items say."""
    states: list[tuple[float, str | None]] = field(default_factory=list)
    """When it came into which state; None means that it was forgotten."""
    items: list[float] = field(default_factory=list)
    """When an item was sent, for each time that one was."""

    def stays(self) -> list[tuple[str, float]]:
        """Return how long it was in each state that it has left, in seconds."""
        pairs = zip(self.states, self.states[1:], strict=False)
        return [(state, after - at) for (at, state), (after, _) in pairs if state is not None]

    def left(self) -> list[str]:
        """Return the states that it left for another one, and was not just forgotten in."""
        pairs = zip(self.states, self.states[1:], strict=False)
        return [state for (_, state), (_, after) in pairs if state is not None and after]

    @property
    def ended(self) -> str | None:
        """The last state that it had."""
        had = [state for _, state in self.states if state is not None]
        return had[-1] if had else None


@dataclass(frozen=True, slots=True)
class Hop:
    """One item's way from one actor to the next."""

    sender: str
    receiver: str
    sent: float
    arrived: float | None
    """None if it was lost."""
    number: int
    """Of the item, in the stream of its sender."""
    event: int
    """Its delivery, or else its send."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item's way through all its hops."""

    hops: tuple[Hop, ...]

    @property
    def actors(self) -> tuple[str, ...]:
        """Through whom it went."""
        return (self.hops[0].sender, *(hop.receiver for hop in self.hops))

    @property
    def seconds(self) -> float | None:
        """How long it took in all, None if it was lost."""
        arrived = self.hops[-1].arrived
        return None if arrived is None else arrived - self.hops[0].sent


@dataclass(frozen=True, slots=True)
class Passage:
    """One job on its way."""

    job: Job
    events: tuple[int, ...]
    """All that belong to it."""
    plain: tuple[int, ...]
    """Those that are neither of its items nor of timers."""
    parts: tuple[Part, ...]
    items: tuple[Item, ...]


def item_of(payload: Any) -> tuple[str, int] | None:
    """Return the stream and the number of what is an item of a stream.

    An item is a message with a whole number in its field `index` and an id beside it.

    Args:
        payload: the message.
    """
    if not isinstance(payload, dict):
        return None
    number = payload.get(NUMBER)
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    for key, value in payload.items():
        if key.endswith("_id") and isinstance(value, str | int):
            return str(value), number
    return None


def passage(index: Index, name: str) -> tuple[Passage, ...]:
    """Return the jobs that a name belongs to, on their way.

    Args:
        index: the trace.
        name: one of a job's names.

    Raises:
        InputError: when there is no job of this name.
    """
    wanted = index.jobs.named(name, index.path)
    return tuple(_Walk(index, number).passage() for number in wanted)


class _Walk:
    """Goes through the events of a job.

    Args:
        index: the trace.
        number: the job's.
    """

    def __init__(self, index: Index, number: int) -> None:
        self._index = index
        self._job = index.jobs[number]
        self._events = [n for n in range(len(index)) if number in index.jobs_of(n)]
        self._parts: dict[str, Part] = {}
        self._sends: dict[int, int] = {}
        """The numbers of items by the event of their send."""
        self._arrivals: dict[int, int] = {}
        """The first delivery of a send, or of a copy of it."""
        self._handled: dict[int, int] = {}
        """The send of a delivery."""

    def passage(self) -> Passage:
        """Return what was found."""
        plain = []
        for seen in self._index.all_seen(self._events):
            event = seen.event
            self._note_state(seen)
            item = item_of(seen.payload) if event.message is not None else None
            if item is not None:
                self._note_item(seen, *item)
            elif not event.kind.startswith("timer") and event.actor != event.peer:
                plain.append(event.index)
        return Passage(
            self._job,
            tuple(self._events),
            tuple(plain),
            tuple(self._parts[name] for name in self._job.names if name in self._parts),
            tuple(Item(tuple(hops)) for hops in self._ways()),
        )

    def _part(self, name: str) -> Part:
        return self._parts.setdefault(name, Part(name))

    def _note_state(self, seen: Seen) -> None:
        event, data = seen.event, seen.event.data
        if event.kind == "state" and isinstance(data, dict) and "subject" in data:
            part = self._part(str(data["subject"]))
            part.actor = part.actor or event.actor
            part.states.append((event.time, data.get("after")))

    def _note_item(self, seen: Seen, stream: str, number: int) -> None:
        event = seen.event
        if event.kind == "send":
            self._sends[event.index] = number
            part = self._part(stream)
            part.actor = part.actor or event.actor
            part.items.append(event.time)
        elif event.kind == "deliver" and event.cause is not None:
            send = event.cause
            if self._index.kind_of(send) == "duplicate":
                send = self._index.cause[send]
            self._arrivals.setdefault(send, event.index)
            self._handled[event.index] = send

    def _ways(self) -> Iterator[list[Hop]]:
        """Yield the way of each item, from where it was first sent to where it came last."""
        before = {send: self._handled.get(self._index.cause[send]) for send in self._sends}
        led_on = {each for each in before.values() if each is not None}
        for send in before:
            if send in led_on:
                continue
            way: list[Hop] = []
            at: int | None = send
            while at is not None:
                way.append(self._hop(at))
                at = before.get(at)
            yield way[::-1]

    def _hop(self, send: int) -> Hop:
        index = self._index
        arrival = self._arrivals.get(send)
        return Hop(
            index.name(index.actor[send]) or "",
            index.name(index.peer[send]) or "",
            index.time[send],
            None if arrival is None else index.time[arrival],
            self._sends[send],
            send if arrival is None else arrival,
        )
