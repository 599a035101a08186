"""A trace as Perfetto's protobuf, written by hand: the format needs three kinds of fields.

Source: protos/perfetto/trace of the Perfetto project, whose field numbers these are.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING

from glasshive.trace.brief import said
from glasshive.trace.export.places import origins, placed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index, Seen

__all__ = ["perfetto"]

_PACKET = 1
_TIMESTAMP, _SEQUENCE, _TRACK_EVENT, _TRACK_DESCRIPTOR = 8, 10, 11, 60
_UUID, _NAME, _PARENT, _ORDERING, _RANK = 1, 2, 5, 11, 12
_BY_RANK = 3
_ANNOTATION, _TYPE, _TRACK, _CATEGORY, _EVENT_NAME, _FLOW, _LAST_FLOW = 4, 9, 11, 22, 23, 47, 48
_INTEGER, _DOUBLE, _STRING, _KEY = 4, 5, 6, 10
_BEGIN, _END = 1, 2
_VARINT, _FIXED, _BYTES = 0, 1, 2
_BYTE = [bytes([value]) for value in range(0x80)]
_PER_SECOND = 1_000_000_000
_LASTS = 10
_RUN = 1
"""The track that all actors' tracks are in."""


def perfetto(index: Index, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield a trace of packets: a track for each actor, a slice for each event, flows for messages.

    Args:
        index: the trace.
        numbers: the events.
    """
    actors = dict.fromkeys(index.actor[n] for n in numbers)
    tracks = {actor: track for track, actor in enumerate(actors, _RUN + 1)}
    arrows = origins(index, numbers)
    begun = set(arrows.values())
    name = str(index.header.get("scenario", "run"))
    run = [_number(_UUID, _RUN), _text(_NAME, name), _number(_ORDERING, _BY_RANK)]
    yield _packet(_message(_TRACK_DESCRIPTOR, *run))
    for actor, track in tracks.items():
        fields = [_number(_UUID, track), _text(_NAME, index.names[actor])]
        fields += [_number(_PARENT, _RUN), _number(_RANK, track)]
        yield _packet(_message(_TRACK_DESCRIPTOR, *fields))
    places = placed(index, numbers, arrows, _PER_SECOND, _LASTS)
    for seen, (number, begin) in zip(index.all_seen(numbers), places, strict=True):
        own = _number(_TRACK, tracks[index.actor[number]])
        fields = [_number(_TYPE, _BEGIN), own, *_words(seen)]
        # Zero is no flow, so they are numbered from one.
        if number in begun:
            fields.append(_fixed(_FLOW, number + 1))
        if number in arrows:
            fields.append(_fixed(_LAST_FLOW, arrows[number] + 1))
        yield _packet(_number(_TIMESTAMP, begin), _message(_TRACK_EVENT, *fields))
        end = _message(_TRACK_EVENT, _number(_TYPE, _END), own)
        yield _packet(_number(_TIMESTAMP, begin + _LASTS), end)


def _words(seen: Seen) -> Iterator[bytes]:
    """Yield what is said of an event."""
    event = seen.event
    yield _text(_CATEGORY, event.kind)
    yield _text(_EVENT_NAME, f"{event.kind} {event.type}" if event.type else event.kind)
    yield _annotation("event", _number(_INTEGER, event.index))
    yield _annotation("time", _tag(_DOUBLE, _FIXED) + struct.pack("<d", event.time))
    for key, number in (("message", event.message), ("cause", event.cause)):
        if number is not None:
            yield _annotation(key, _number(_INTEGER, number))
    texts = (("peer", event.peer), ("job", ", ".join(seen.jobs)), ("said", said(seen)))
    for key, text in texts:
        if text:
            yield _annotation(key, _text(_STRING, text))


def _annotation(key: str, value: bytes) -> bytes:
    return _message(_ANNOTATION, _key(key), value)


@cache
def _key(key: str) -> bytes:
    return _text(_KEY, key)


def _packet(*fields: bytes) -> bytes:
    return _message(_PACKET, *fields, _number(_SEQUENCE, 1))


def _varint(value: int) -> bytes:
    if value <= 0x7F:  # noqa: PLR2004  seven bits a byte
        return _BYTE[value]
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


# There are a dozen, and each event has thirty of them.
@cache
def _tag(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _number(field: int, value: int) -> bytes:
    return _tag(field, _VARINT) + _varint(value & (1 << 64) - 1)


def _fixed(field: int, value: int) -> bytes:
    return _tag(field, _FIXED) + struct.pack("<Q", value)


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode(errors="replace"))


def _message(field: int, *parts: bytes) -> bytes:
    inner = b"".join(parts)
    return _tag(field, _BYTES) + _varint(len(inner)) + inner
