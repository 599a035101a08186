"""Where events stand on a time axis that knows no two things at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glasshive.trace.index import Index

__all__ = ["origins", "placed", "tick_of"]

_COPIES = frozenset(["send", "duplicate"])
_FURTHEST = 1 << 63
_ARRIVES = frozenset(["deliver", "drop", "unread"])


def placed(
    index: Index, numbers: Sequence[int], arrows: Mapping[int, int], per_second: int, lasts: int
) -> Iterator[tuple[int, int]]:
    """Yield each event with the tick at which it is drawn.

    Events of one actor at the same moment are drawn one after the other, so that each can begin
    or end an arrow, and an arrow ends after it begins; the exact time stands beside each.

    Args:
        index: the trace.
        numbers: the events.
        arrows: where each arrow begins, by the event at which it ends.
        per_second: ticks of a second.
        lasts: ticks that an event takes in the picture; in the run it takes none.

    Raises:
        InputError: at an event that is too late to be counted in ticks.
    """
    free: dict[int, int] = {}
    tails = dict.fromkeys(arrows.values(), 0)
    for number in numbers:
        actor = index.actor[number]
        begin = max(tick_of(index, number, per_second), free.get(actor, 0))
        if number in arrows:
            begin = max(begin, tails[arrows[number]])
        free[actor] = begin + lasts
        if number in tails:
            tails[number] = begin + lasts
        yield number, begin


def tick_of(index: Index, number: int, per_second: int) -> int:
    """Return the tick nearest to an event's time.

    Args:
        index: the trace.
        number: the event.
        per_second: ticks of a second.

    Raises:
        InputError: when formats have no room for that many ticks.
    """
    ticks = index.time[number] * per_second
    if not -_FURTHEST < ticks < _FURTHEST:
        where = f"{index.path}, event {number:,}"
        what = f"is at {index.time[number]:g} s, further than this format counts"
        raise InputError(Complaint(where, what, "leave it out, as with --where 'time < 1e9'"))
    return round(ticks)


def origins(index: Index, numbers: Sequence[int]) -> dict[int, int]:
    """Return the send or copy of each arrival or loss, where both are among the events.

    Args:
        index: the trace.
        numbers: the events.
    """
    among = set(numbers)
    return {
        number: index.cause[number]
        for number in numbers
        if index.kind_of(number) in _ARRIVES
        and index.cause[number] in among
        and index.kind_of(index.cause[number]) in _COPIES
    }
