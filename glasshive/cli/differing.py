"""Events that differ, as lines for people."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glasshive.trace.event import Event
    from glasshive.trace.parting import Difference

__all__ = ["differing", "doing", "event_line"]

_SHOWN = 3
"""Differences that are shown of one event."""
_DATA_WIDTH = 100
_VALUE_WIDTH = 48
_LEAD = 16
"""Characters that are shown before the first that differs."""
_RECEIVED = frozenset(["deliver", "drop", "unread"])


def doing(handling: Event | None) -> str:
    """Return what an actor was doing when it made a difference.

    Args:
        handling: the event with which its code began to run; None for the scenario's own.
    """
    if handling is None:
        return "in the scenario's own code"
    if handling.kind == "spawn":
        return f"while it began (event {handling.index:,}, {handling.time:.3f} s)"
    return (
        f"while it handled {handling.type} from {handling.peer} "
        f"(event {handling.index:,}, {handling.time:.3f} s)"
    )


def event_line(event: Event | None) -> str:
    """Return an event as one line.

    Args:
        event: the event; None where a trace has ended.
    """
    if event is None:
        return "(no further event)"
    way = event.actor
    if event.peer is not None and event.peer != event.actor:
        ends = (event.actor, event.peer)
        way = " → ".join(reversed(ends) if event.kind in _RECEIVED else ends)
    parts = [f"{event.time:.3f} s", event.kind, way, event.type or ""]
    if event.data is not None:
        data = _text(event.data)
        parts.append(data if len(data) <= _DATA_WIDTH else f"{data[: _DATA_WIDTH - 1]}…")
    return "  ".join(filter(None, parts))


def differing(heading: str, differences: Iterable[Difference]) -> Iterator[str]:
    """Yield a line for each of the first differences, cut so that both values show theirs.

    Args:
        heading: what stands before the first line.
        differences: all of them.
    """
    every = list(differences)
    for number, each in enumerate(every[:_SHOWN]):
        left, right = _text(each.left), _text(each.right)
        same = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
        )
        begin = max(0, same - _LEAD)
        values = " | ".join(_cut(text, begin) for text in (left, right))
        yield f"  {heading if number == 0 else '':8} {each.at}: {values}"
    if len(every) > _SHOWN:
        yield f"  {'':8} and {len(every) - _SHOWN:,} more"


def _cut(text: str, begin: int) -> str:
    """Return the part of a text that matters, with marks where more of it is left out."""
    if len(text) <= _VALUE_WIDTH:
        return text
    end = begin + _VALUE_WIDTH
    return f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
