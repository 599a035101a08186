"""What happens before what: causes, and each actor's own order."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from glasshive.trace.index import NONE

if TYPE_CHECKING:
    from glasshive.trace.index import Index

__all__ = ["causes", "concurrent", "effects", "future", "past", "previous"]


def causes(index: Index, event: int) -> list[int]:
    """Return the chain of causes of an event, from the start of it to the event itself.

    Args:
        index: the trace.
        event: the event's number.
    """
    chain = []
    while event != NONE:
        chain.append(event)
        event = index.cause[event]
    return chain[::-1]


def effects(index: Index, event: int) -> list[tuple[int, int]]:
    """Return all that came of an event, as a tree in which the event itself is the first.

    What came of an event stands under it, in the order in which it happened; each has a level,
    which grows only where several came of one, so that a long chain stays in its column.

    Args:
        index: the trace.
        event: the event's number.
    """
    cause = index.cause
    below: dict[int, list[int]] = {event: []}
    for number in range(event + 1, len(cause)):
        above = cause[number]
        if above in below:
            below[above].append(number)
            below[number] = []
    tree = []
    waiting = [(event, 0)]
    while waiting:
        number, level = waiting.pop()
        tree.append((number, level))
        step = level + (len(below[number]) > 1)
        waiting += [(each, step) for each in reversed(below[number])]
    return tree


def previous(index: Index) -> array[int]:
    """Return for each event the one before it of the same actor, none for an actor's first."""
    last: dict[int, int] = {}
    found = array("q")
    for number, actor in enumerate(index.actor):
        found.append(last.get(actor, NONE))
        last[actor] = number
    return found


def past(index: Index, event: int) -> bytearray:
    """Return a mark for each event that happened before one, this one itself among them.

    One event happens before another if it is its cause, or the same actor's earlier one, or
    happens before one that does.

    Source: L. Lamport, Time, Clocks, and the Ordering of Events in a Distributed System, 1978.

    Args:
        index: the trace.
        event: the event's number.
    """
    cause, before = index.cause, previous(index)
    marks = bytearray(len(cause))
    marks[event] = 1
    for number in range(event, -1, -1):
        if marks[number]:
            for earlier in (cause[number], before[number]):
                if earlier != NONE:
                    marks[earlier] = 1
    return marks


def future(index: Index, event: int) -> bytearray:
    """Return a mark for each event that one happened before, this one itself among them.

    Args:
        index: the trace.
        event: the event's number.
    """
    cause, actors = index.cause, index.actor
    marks = bytearray(len(cause))
    marks[event] = 1
    reached = {actors[event]}
    for number in range(event + 1, len(cause)):
        actor, above = actors[number], cause[number]
        if actor in reached or (above != NONE and marks[above]):
            marks[number] = 1
            reached.add(actor)
    return marks


def concurrent(index: Index, event: int) -> list[int]:
    """Return the events that could as well have been before as after one.

    Args:
        index: the trace.
        event: the event's number.
    """
    before, after = past(index, event), future(index, event)
    return [number for number in range(len(index)) if not before[number] | after[number]]
