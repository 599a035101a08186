"""Events as a picture in text: actors side by side, messages between them, time down the side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from glasshive.trace.brief import cut, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from glasshive.trace.index import Index, Seen

__all__ = ["ASCII", "OTHERS", "Story", "told"]

_GUTTER = 22
"""Characters of the time and the event's number, at the left."""
_NARROWEST, _WIDEST = 9, 15
"""Characters of an actor's column."""
_DETAILS = 12
"""Characters at the right that are enough for something of the payload."""
OTHERS = "(others)"
"""The column of all actors that have none of their own."""
_ARRIVES = frozenset(["deliver", "drop", "unread"])
_HIDDEN = frozenset(["timer-set", "timer-cancelled"])
_MARKS = {
    "spawn": "┬",
    "stop": "┴",
    "state": "◆",
    "note": "✎",
    "fault": "↯",
    "fail": "✗",
    "violation": "‼",
}
_TIMERS = {"timer-set": "◷", "timer-cancelled": "◌", "timer-fired": "◔"}

ASCII = str.maketrans("│─╌●▶◀▷◁✗◆✎↯‼┬┴↻◷◌◔→←…✓", "|-~o><)(x*\"!!+'@ocs><~+")
"""The same signs for a screen that has no others."""


def told(index: Index, numbers: Sequence[int], *, every: bool) -> list[int]:
    """Return the events that get a line of their own.

    A message is drawn once, where it arrives or is lost; its send has a line only if nothing of
    that is among the events. Timers are drawn where they are handled.

    Args:
        index: the trace.
        numbers: the events of the story.
        every: give each of them a line.
    """
    if every:
        return list(numbers)
    arrived = {index.cause[n] for n in numbers if index.kind_of(n) in _ARRIVES}
    shown = []
    for number in numbers:
        kind = index.kind_of(number)
        if kind in ("send", "timer-fired"):
            if number not in arrived:
                shown.append(number)
        elif kind not in _HIDDEN:
            shown.append(number)
    return shown


class Story:
    """Draws events between the columns of their actors.

    Args:
        index: the trace.
        numbers: the events that are drawn.
        width: characters of a line at most.
    """

    def __init__(self, index: Index, numbers: Iterable[int], width: int) -> None:
        count: Counter[int] = Counter()
        types: set[int] = set()  # asked for its longest name only
        for number in numbers:
            count[index.actor[number]] += 1
            if index.type[number] >= 0:
                types.add(index.type[number])
            if index.peer[number] >= 0:
                count[index.peer[number]] += 1
        room = max(width - _GUTTER, _NARROWEST)
        most = max(room // _NARROWEST, 1)
        kept = [actor for actor, _ in count.most_common()]
        if len(kept) > most:
            kept = kept[: most - 1]
        names = [index.names[actor] for actor in dict.fromkeys(index.actor) if actor in set(kept)]
        # Whom only messages that never arrived were for has no event of its own.
        names += [index.names[actor] for actor in kept if index.names[actor] not in set(names)]
        if len(kept) < len(count):
            names.append(OTHERS)
        self._names = names
        self._place = {name: at for at, name in enumerate(names)}
        lanes = max(len(names), 1)
        wanted = 3 + max((len(index.names[each]) for each in types), default=0)
        self._lane = max(_NARROWEST, min(_WIDEST, wanted, room // lanes))
        self._details = _GUTTER + self._lane * lanes + 1
        self._width = width

    def heading(self) -> str:
        """Return the line of the actors' names."""
        names = "".join(f"{cut(name, self._lane - 1):<{self._lane}}" for name in self._names)
        return f"{'seconds':>11} {'event':>8}  {names}".rstrip()

    def lines(self, events: Iterable[Seen]) -> Iterator[str]:
        """Yield a line for each event."""
        for seen in events:
            yield self.line(seen)

    def line(self, seen: Seen) -> str:
        """Return the line of an event."""
        event = seen.event
        row = [" "] * self._width
        for name in self._names:
            self._put(row, self._x(name), "│")
        self._put(row, 0, f"{event.time:11.4f} {event.index:8,} ")
        here = self._x(event.actor)
        if event.message is None or event.peer is None or event.kind in _TIMERS:
            mark = _MARKS.get(event.kind) or _TIMERS.get(event.kind, "●")
            text = event.type if event.kind == "timer-fired" and event.type else said(seen)
            self._put(row, here, f"{mark} {cut(text, self._width - here - 2)}".rstrip() + " ")
        else:
            self._message(row, seen, here, self._x(event.peer))
        return "".join(row).rstrip()

    def _message(self, row: list[str], seen: Seen, here: int, there: int) -> None:
        event = seen.event
        what = event.type or "message"
        room = self._width - self._details
        if room < _DETAILS:
            what = f"{what} {said(seen)}".rstrip()
        if here == there:
            mark = "✗" if event.kind == "drop" else "↻"
            self._put(row, here, f"{mark} {cut(what, self._lane - 3)} ")
        else:
            begin, end = (there, here) if event.kind in _ARRIVES else (here, there)
            arrives = event.kind == "deliver"
            head = "▶◀"[begin > end] if arrives else "▷◁"[begin > end]
            if event.kind in ("drop", "unread"):
                head = "✗"
            shaft = "╌" if event.kind == "duplicate" else "─"
            left, right = sorted((begin, end))
            self._put(row, left, shaft * (right - left))
            self._put(row, left + 2, cut(what, right - left - 3))
            self._put(row, begin, "●")
            self._put(row, end, head)
        if room >= _DETAILS:
            self._put(row, self._details, cut(said(seen), room))

    def _x(self, name: str) -> int:
        place = self._place.get(name, len(self._names) - 1)
        return _GUTTER + place * self._lane

    def _put(self, row: list[str], at: int, text: str) -> None:
        text = text[: self._width - at]
        row[at : at + len(text)] = text
