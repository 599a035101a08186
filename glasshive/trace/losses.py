"""Messages and items that were lost, came late, more than once, out of order, or never."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal, TypeAlias

from glasshive.trace.passage import item_of

if TYPE_CHECKING:
    from glasshive.trace.index import Index, Seen

__all__ = ["FATES", "Fate", "Loss", "losses"]

Fate: TypeAlias = Literal["lost", "missing", "undelivered", "repeated", "out of order", "late"]
FATES: tuple[Fate, ...] = ("lost", "missing", "undelivered", "repeated", "out of order", "late")

_LATE = 10
"""Times the median of its way that a message takes at least, where it is late."""
_ENOUGH = 20
"""Messages from one actor to another that a median is worth something of."""
_ENDED = "end"
"""The reason of a drop that tells that the run had ended."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that did not come as it should."""

    fate: Fate
    event: int
    """Where it shows."""
    send: int
    """Where the last holder let it go; the event itself if nobody ever sent it."""
    holder: str
    """Who had it last."""
    receiver: str
    why: str
    """What became of it, in a few words."""
    item: tuple[str, int] | None = None
    """The stream and the number of an item."""
    made_good: int | None = None
    """Where the same item came to the same receiver all the same."""


def losses(index: Index, *, late: float | None = None) -> list[Loss]:
    """Return all that did not come as it should, in the order in which it shows.

    Args:
        index: the trace.
        late: seconds after which a message is late; by default ten times the median of those
            from the same sender to the same receiver.
    """
    walk = _Walk(index)
    for seen in index.all_seen():
        walk.go_on(seen)
    found = [*walk.finished(), *_late(index, late)]
    return sorted(found, key=lambda each: (each.event, FATES.index(each.fate)))


class _Walk:
    """Goes through all events once.

    Args:
        index: the trace.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._found: list[Loss] = []
        self._under_way: dict[int, tuple[str, int] | None] = {}
        """The item of each copy that has not ended, by the event that made it."""
        self._newest: dict[tuple[int, int], int] = {}
        """The latest send that arrived, by sender and receiver."""
        self._came: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        """Where each number of a stream came first, by stream and receiver."""

    def go_on(self, seen: Seen) -> None:
        """Look at the next event."""
        event, index = seen.event, self._index
        kind, number = event.kind, event.index
        if kind == "send":
            self._under_way[number] = item_of(seen.payload)
        elif kind == "duplicate":
            item = item_of(seen.payload)
            self._under_way[number] = item
            self._add("repeated", number, event.cause, "the link sends it twice", item)
        elif kind == "drop" and event.cause is not None:
            if index.kind_of(event.cause) == "timer-fired":
                return
            item = self._under_way.pop(event.cause, None)
            reason = event.data.get("reason") if isinstance(event.data, dict) else None
            fate: Fate = "undelivered" if reason == _ENDED else "lost"
            why = "under way when the run ends" if reason == _ENDED else str(reason)
            self._add(fate, number, event.cause, why, item)
        elif kind == "deliver" and event.cause in self._under_way:
            self._arrived(number, event.cause, self._under_way.pop(event.cause))

    def _arrived(self, number: int, cause: int, item: tuple[str, int] | None) -> None:
        index = self._index
        send = self._send_of(cause)
        way = (index.actor[send], index.peer[send])
        newest = self._newest.get(way, -1)
        self._newest[way] = max(newest, send)
        receiver = index.names[index.actor[number]]
        if item is not None:
            came = self._came[item[0], receiver]
            if item[1] in came:
                first = f"came at event {came[item[1]]:,} before"
                self._add("repeated", number, cause, first, item)
                return
            came[item[1]] = number
        if send < newest:
            self._add("out of order", number, cause, f"event {newest:,} has overtaken it", item)

    def _send_of(self, cause: int) -> int:
        """Return the send of a copy."""
        index = self._index
        return index.cause[cause] if index.kind_of(cause) == "duplicate" else cause

    def _add(
        self, fate: Fate, event: int, cause: int | None, why: str, item: tuple[str, int] | None
    ) -> None:
        index = self._index
        send = event if cause is None else self._send_of(cause)
        holder, receiver = index.name(index.actor[send]), index.name(index.peer[send])
        self._found.append(Loss(fate, event, send, holder or "", receiver or "", why, item))

    def finished(self) -> list[Loss]:
        """Return all that was found, when all events have been looked at."""
        for cause, item in self._under_way.items():
            self._add("undelivered", cause, cause, "has not arrived where the trace ends", item)
        return [*map(self._mended, self._found), *self._missing()]

    def _mended(self, loss: Loss) -> Loss:
        """Return a loss with where it was made good."""
        if loss.item is None or loss.fate not in ("lost", "undelivered"):
            return loss
        stream, number = loss.item
        came = self._came.get((stream, loss.receiver), {}).get(number)
        return Loss(
            loss.fate, loss.event, loss.send, loss.holder, loss.receiver, loss.why, loss.item, came
        )

    def _missing(self) -> list[Loss]:
        """Return the items that a reader lacks in between, though nobody lost one on its way."""
        lost = {
            (each.item, each.receiver)
            for each in self._found
            if each.fate in ("lost", "undelivered")
        }
        found = []
        for (stream, receiver), came in self._came.items():
            for number in range(min(came), max(came)):
                if number in came or ((stream, number), receiver) in lost:
                    continue
                event = came[min(each for each in came if each > number)]
                holder = self._index.name(self._index.peer[event]) or ""
                item = (stream, number)
                why = f"{holder} never sent it"
                found.append(Loss("missing", event, event, holder, receiver, why, item))
        return found


def _late(index: Index, late: float | None) -> list[Loss]:
    """Return the messages that were under way for too long."""
    took: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
    deliver = index.kinds.index("deliver")
    copies = (index.kinds.index("send"), index.kinds.index("duplicate"))
    for number, kind in enumerate(index.kind):
        cause = index.cause[number]
        if kind == deliver and cause >= 0 and index.kind[cause] in copies:
            way = (index.peer[number], index.actor[number])
            took[way].append((index.time[number] - index.time[cause], number))
    found = []
    for spans in took.values():
        usual = median(span for span, _ in spans)
        limit = late
        if limit is None:
            limit = usual * _LATE if len(spans) >= _ENOUGH and usual > 0 else None
        for span, number in spans:
            if limit is not None and span > limit:
                why = f"under way for {span:.4f} s, half of them at most {usual:.4f} s"
                sender, receiver = (
                    index.name(index.peer[number]) or "",
                    index.name(index.actor[number]) or "",
                )
                found.append(Loss("late", number, index.cause[number], sender, receiver, why))
    return found
