"""Where events stand on a time axis that knows no two things at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index

__all__ = ["LASTS", "origins", "placed"]

LASTS = 10
"""Nanoseconds that an event takes in a picture; in the run it takes none."""
_COPIES = frozenset(["send", "duplicate"])


def placed(index: Index, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield each event with the nanosecond at which it is drawn.

    Events of one actor at the same moment are drawn one after the other, so that each can begin
    or end an arrow; the exact time stands beside each.

    Args:
        index: the trace.
        numbers: the events.
    """
    free: dict[int, int] = {}
    for number in numbers:
        actor = index.actor[number]
        begin = max(round(index.time[number] * 1e9), free.get(actor, 0))
        free[actor] = begin + LASTS
        yield number, begin


def origins(index: Index, numbers: Sequence[int]) -> dict[int, int]:
    """Return the send or copy of each delivery or loss, where both are among the events.

    Args:
        index: the trace.
        numbers: the events.
    """
    among = set(numbers)
    return {
        number: index.cause[number]
        for number in numbers
        if index.kind_of(number) in ("deliver", "drop")
        and index.cause[number] in among
        and index.kind_of(index.cause[number]) in _COPIES
    }
