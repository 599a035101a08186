"""A trace as OTLP JSON lines, for OpenTelemetry's file receiver: a span for each event.

Source: the OTLP specification, JSON encoding: ids are hexadecimal, 64-bit numbers are texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.trace.brief import said
from glasshive.trace.export.places import origins, tick_of
from glasshive.trace.index import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index, Seen

__all__ = ["otlp"]

_PER_SECOND = 1_000_000_000
_EPOCH = 1_735_689_600 * _PER_SECOND
"""What `time.time_ns()` says when a simulation begins: 2025-01-01, midnight UTC."""
_AT_ONCE = 256
_KINDS = {"send": 4, "duplicate": 4, "deliver": 5}
_INTERNAL = 1
_FAILED = frozenset(["drop", "fail", "violation"])


def otlp(index: Index, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield lines, each with the spans of many events under the actors that they are of.

    An event's parent is its cause; all that came of one event without a cause is one trace. The
    span of a delivery begins when the message was sent.

    Args:
        index: the trace.
        numbers: the events.
    """
    arrows = origins(index, numbers)
    among = set(numbers)
    roots: dict[int, int] = {}
    gathered: dict[str, list[dict[str, Any]]] = {}
    for count, seen in enumerate(index.all_seen(numbers), 1):
        number = seen.event.index
        cause = index.cause[number]
        while cause != NONE and cause not in among:
            cause = index.cause[cause]
        roots[number] = roots[cause] if cause != NONE else number
        sent = arrows.get(number)
        end = tick_of(index, number, _PER_SECOND)
        begin = end if sent is None else tick_of(index, sent, _PER_SECOND)
        parent = None if cause == NONE else cause
        span = _span(seen, roots[number], parent, (begin, end))
        gathered.setdefault(seen.event.actor, []).append(span)
        if count % _AT_ONCE == 0:
            yield _line(gathered)
            gathered = {}
    if gathered:
        yield _line(gathered)


def _span(seen: Seen, root: int, parent: int | None, times: tuple[int, int]) -> dict[str, Any]:
    event = seen.event
    begin, end = times
    values = {
        "glasshive.event": event.index,
        "glasshive.time": event.time,
        "glasshive.peer": event.peer,
        "glasshive.message": event.message,
        "glasshive.job": ", ".join(seen.jobs) or None,
        "glasshive.said": said(seen) or None,
    }
    span: dict[str, Any] = {
        # An id of zeros alone is none.
        "traceId": f"{root + 1:032x}",
        "spanId": f"{event.index + 1:016x}",
        "name": f"{event.kind} {event.type}" if event.type else event.kind,
        "kind": _KINDS.get(event.kind, _INTERNAL),
        "startTimeUnixNano": str(_EPOCH + begin),
        "endTimeUnixNano": str(_EPOCH + end),
        "attributes": [_attribute(key, each) for key, each in values.items() if each is not None],
    }
    if parent is not None:
        span["parentSpanId"] = f"{parent + 1:016x}"
    if event.kind in _FAILED:
        span["status"] = {"code": 2, "message": said(seen)}
    return span


def _attribute(key: str, value: float | str) -> dict[str, Any]:
    if isinstance(value, str):
        return {"key": key, "value": {"stringValue": value}}
    if isinstance(value, int):
        return {"key": key, "value": {"intValue": str(value)}}
    return {"key": key, "value": {"doubleValue": value}}


def _line(gathered: dict[str, list[dict[str, Any]]]) -> bytes:
    scope = {"name": "glasshive"}
    resources = [
        {
            "resource": {"attributes": [_attribute("service.name", actor)]},
            "scopeSpans": [{"scope": scope, "spans": spans}],
        }
        for actor, spans in gathered.items()
    ]
    return msgspec.json.encode({"resourceSpans": resources}) + b"\n"
