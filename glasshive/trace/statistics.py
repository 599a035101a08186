"""A trace in numbers: what there is of what, and how long messages take."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.trace.index import Index

__all__ = ["ActorNumbers", "MessageNumbers", "Statistics", "quantile", "statistics"]


@dataclass(frozen=True, slots=True)
class MessageNumbers:
    """The messages of one class."""

    type: str
    sent: int
    """Times that one was sent; a timer's messages are sent by nobody."""
    delivered: int
    lost: int
    repeated: int
    latencies: tuple[float, ...]
    """Seconds from each send to its delivery, in rising order; none for timers."""


@dataclass(frozen=True, slots=True)
class ActorNumbers:
    """What one actor does."""

    name: str
    events: int
    sent: int
    received: int
    first: float
    """Seconds of its first event."""
    last: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """A trace in numbers."""

    events: int
    seconds: float
    """From the beginning of the run to its last event."""
    jobs: int
    most_under_way: int
    """Messages on their way, or waiting to be handled, at the busiest moment."""
    kinds: tuple[tuple[str, int], ...]
    messages: tuple[MessageNumbers, ...]
    actors: tuple[ActorNumbers, ...]


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest of sorted values that a share of them does not exceed.

    Args:
        values: in rising order.
        share: up to 1.
    """
    return values[max(math.ceil(share * len(values)) - 1, 0)] if values else None


def statistics(index: Index) -> Statistics:
    """Return a trace in numbers."""
    kinds = Counter(index.kind)
    code = {kind: number for number, kind in enumerate(index.kinds)}
    send, deliver, duplicate = code["send"], code["deliver"], code["duplicate"]
    ends = (deliver, code["drop"])
    pairs = Counter(zip(index.kind, index.type, strict=True))
    latencies: dict[int, list[float]] = {}
    under_way = most = 0
    kind, cause, time, types = index.kind, index.cause, index.time, index.type
    for number, what in enumerate(kind):
        if what in (send, duplicate):
            under_way += 1
            most = max(most, under_way)
        elif what in ends and (begun := cause[number]) >= 0 and kind[begun] in (send, duplicate):
            under_way -= 1
            if what == deliver:
                latencies.setdefault(types[number], []).append(time[number] - time[begun])
    return Statistics(
        events=len(index),
        seconds=max(time, default=0.0),
        jobs=len(index.jobs),
        most_under_way=most,
        kinds=tuple((index.kinds[what], count) for what, count in kinds.most_common()),
        messages=_messages(index, pairs, latencies, code),
        actors=_actors(index, send, deliver),
    )


def _messages(
    index: Index,
    pairs: Counter[tuple[int, int]],
    latencies: dict[int, list[float]],
    code: dict[str, int],
) -> tuple[MessageNumbers, ...]:
    delivered = {what: count for (kind, what), count in pairs.items() if kind == code["deliver"]}
    types = dict.fromkeys(what for _, what in pairs if what >= 0)
    found = [
        MessageNumbers(
            index.names[what],
            pairs[code["send"], what],
            delivered.get(what, 0),
            pairs[code["drop"], what],
            pairs[code["duplicate"], what],
            tuple(sorted(latencies.get(what, ()))),
        )
        for what in types
    ]
    return tuple(sorted(found, key=lambda each: -each.delivered))


def _actors(index: Index, send: int, deliver: int) -> tuple[ActorNumbers, ...]:
    events = Counter(index.actor)
    pairs = Counter(zip(index.kind, index.actor, strict=True))
    # The first one stays, and the last one replaces all before it.
    first = dict(zip(reversed(index.actor), reversed(index.time), strict=True))
    last = dict(zip(index.actor, index.time, strict=True))
    return tuple(
        ActorNumbers(
            index.names[actor],
            count,
            pairs[send, actor],
            pairs[deliver, actor],
            first[actor],
            last[actor],
        )
        for actor, count in events.items()
    )
