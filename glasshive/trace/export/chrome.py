"""A trace as Chrome's trace events, for chrome://tracing, Perfetto and speedscope.

Source: the Trace Event Format. A flow event is bound to the slice that it is within; it stands in
its middle, since where one slice ends the next may begin. chrome://tracing knows no time below a
microsecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.trace.brief import said
from glasshive.trace.export.places import origins, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index, Seen

__all__ = ["chrome"]

_PROCESS = 1
_PER_SECOND = 1_000_000
_LASTS = 1


def chrome(index: Index, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield one JSON object: a thread for each actor, a slice for each event, flows for messages.

    Args:
        index: the trace.
        numbers: the events.
    """
    threads = {
        actor: n for n, actor in enumerate(dict.fromkeys(index.actor[n] for n in numbers), 1)
    }
    arrows = origins(index, numbers)
    begun = set(arrows.values())
    yield b'{"displayTimeUnit":"ms","traceEvents":[\n'
    head = {"ph": "M", "pid": _PROCESS, "name": "process_name"}
    name = str(index.header.get("scenario", "run"))
    yield msgspec.json.encode({**head, "args": {"name": name}})
    for actor, thread in threads.items():
        head = {"ph": "M", "pid": _PROCESS, "tid": thread}
        names = {"name": "thread_name", "args": {"name": index.names[actor]}}
        if index.names[actor]:  # Perfetto takes an empty name for a fault
            yield _line({**head, **names})
        yield _line({**head, "name": "thread_sort_index", "args": {"sort_index": thread}})
    places = placed(index, numbers, arrows, _PER_SECOND, _LASTS)
    for seen, (number, begin) in zip(index.all_seen(numbers), places, strict=True):
        at = {"pid": _PROCESS, "tid": threads[index.actor[number]], "ts": begin}
        slice_ = {"ph": "X", "dur": _LASTS, "name": _name(seen), "cat": seen.event.kind}
        yield _line({**slice_, **at, "args": _arguments(seen)})
        middle = {**at, "ts": begin + _LASTS / 2}
        flow = {"cat": "message", "name": seen.event.type or "message", **middle}
        if number in begun:
            yield _line({**flow, "ph": "s", "id": number})
        if number in arrows:
            yield _line({**flow, "ph": "f", "bp": "e", "id": arrows[number]})
    yield b"\n]}\n"


def _line(value: Any) -> bytes:
    return b",\n" + msgspec.json.encode(value)


def _name(seen: Seen) -> str:
    event = seen.event
    return f"{event.kind} {event.type}" if event.type is not None else event.kind


def _arguments(seen: Seen) -> dict[str, Any]:
    event = seen.event
    values = {
        "event": event.index,
        "time": event.time,
        "peer": event.peer,
        "message": event.message,
        "cause": event.cause,
        "job": ", ".join(seen.jobs) or None,
        "said": said(seen) or None,
    }
    return {key: value for key, value in values.items() if value is not None}
