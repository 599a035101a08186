"""Where two traces part, and whose code was running there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.trace.event import Event
    from glasshive.trace.reader import TraceReader

__all__ = ["HANDED", "Difference", "FirstDifference", "Parting", "differences", "part"]

ABSENT = "(absent)"
"""Stands for what only the other side has."""

HANDED = frozenset(["deliver", "timer-fired", "drop", "duplicate", "unread"])
"""Kinds that the runtime brings about; every other is something that an actor's code did."""
_BEGINS = frozenset(["spawn", "deliver"])
"""Kinds with which an actor's code begins to run."""
_SCRIPT = "script"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that two sides have otherwise."""

    at: str
    """The way to it, such as `data.request.tokens[3]`."""
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first event that two traces do not share."""

    left: Event | None
    """None where the trace has ended."""
    right: Event | None
    actor: str
    """Whose code made the difference."""
    handling: Event | None
    """The event with which that code began to run; None for the scenario's own."""
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Parting:
    """How two traces differ, up to their first event that does."""

    same: int
    """Events that are the same, from the first on."""
    header: tuple[Difference, ...]
    event: FirstDifference | None
    end: tuple[Difference, ...]
    """How the runs ended differently, if all their events are the same."""


def part(left: TraceReader, right: TraceReader) -> Parting | None:
    """Compare two traces line by line; where all is the same, return None.

    Args:
        left: one trace.
        right: the other.

    Raises:
        InputError: when one of them cannot be read that far.
    """
    header = differences(left.header, right.header)
    same = 0
    before: bytes | None = None
    for one, other in zip_longest(left.lines(), right.lines()):
        if one != other:
            first = (_decoded(left, one, same), _decoded(right, other, same))
            running = left.decode(before, same - 1) if before is not None else None
            return Parting(same, header, _first_difference(left, first, running), ())
        before = one
        same += 1
    end = differences(left.end, right.end)
    return Parting(same, header, None, end) if header or end else None


def differences(left: Any, right: Any, at: str = "") -> tuple[Difference, ...]:
    """Return each value in which two structures of JSON differ.

    Args:
        left: one structure.
        right: the other.
        at: the way to them.
    """
    if isinstance(left, dict) and isinstance(right, dict):
        pairs = ((f".{key}" if at else key, key) for key in {**left, **right})
        found = [
            differences(left.get(key, ABSENT), right.get(key, ABSENT), at + step)
            for step, key in pairs
        ]
    elif isinstance(left, list) and isinstance(right, list):
        both = enumerate(zip_longest(left, right, fillvalue=ABSENT))
        found = [differences(one, other, f"{at}[{number}]") for number, (one, other) in both]
    else:
        # By what is written, which knows 1 from 1.0 and from true.
        equal = msgspec.json.encode(left) == msgspec.json.encode(right)
        return () if equal else (Difference(at, left, right),)
    return tuple(difference for each in found for difference in each)


def _decoded(reader: TraceReader, line: bytes | None, index: int) -> Event | None:
    return None if line is None else reader.decode(line, index)


def _first_difference(
    trace: TraceReader, pair: tuple[Event | None, Event | None], running: Event | None
) -> FirstDifference:
    """Say whose code made the difference, and what it was handling.

    Args:
        trace: one of the two; they share what came before.
        pair: the events that differ.
        running: the last event that they share.
    """
    telling = _telling(pair, running)
    cause = telling.cause
    acted = telling.kind not in HANDED
    made: Event | None = None
    begun: dict[str, Event] = {}
    for event in _events_before(trace, telling.index):
        if event.index == cause:
            made = event
        if event.kind in _BEGINS:
            begun[event.actor] = event
    if telling.kind == "spawn":
        # Not the new actor's code: of whoever started it.
        actor = made.actor if made is not None else _SCRIPT
    else:
        actor = telling.actor
    left, right = (None if each is None else msgspec.to_builtins(each) for each in pair)
    return FirstDifference(
        *pair,
        actor,
        made if acted else begun.get(actor),
        differences(left, right) if left and right else (),
    )


def _telling(pair: tuple[Event | None, Event | None], running: Event | None) -> Event:
    """Return that one of two events which tells whose code made the difference.

    Until here the runs were the same, so the earlier one is what the other run lacks. At the
    same moment, one actor did something and the other run went on to what was due anyway.
    """
    present = [each for each in pair if each is not None]

    def order(event: Event) -> tuple[float, bool, bool]:
        was_running = running is not None and event.actor == running.actor
        return event.time, event.kind in HANDED, not was_running

    return min(present, key=order)


def _events_before(trace: TraceReader, index: int) -> Iterator[Event]:
    """Yield the events before this one."""
    for number, line in enumerate(trace.lines()):
        if number == index:
            return
        yield trace.decode(line, number)
