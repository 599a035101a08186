r"""A trace as ShiViz reads it: each event with its vector clock.

Read with ShiViz's own default expression, `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`.
Source: F. Mattern, Virtual Time and Global States of Distributed Systems, 1988.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from glasshive.trace.brief import cut, said
from glasshive.trace.index import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index, Seen

__all__ = ["shiviz"]

_WIDEST = 200


def shiviz(index: Index, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield two lines for each event: what it is, and its host with its vector clock.

    Where the cause of an event is not among them, its own cause stands for it, and so on.

    Args:
        index: the trace.
        numbers: the events.
    """
    clocks: dict[int, dict[str, int]] = {}
    last: dict[str, dict[str, int]] = {}
    for seen in index.all_seen(numbers):
        event = seen.event
        host = "_".join(event.actor.split()) or "_"
        own = last.get(host, {})
        cause = index.cause[event.index]
        while cause != NONE and cause not in clocks:
            cause = index.cause[cause]
        clock = dict(own)
        if cause != NONE:
            for other, count in clocks[cause].items():
                clock[other] = max(count, clock.get(other, 0))
        clock[host] = own.get(host, 0) + 1
        clocks[event.index] = last[host] = clock
        yield f"{_words(seen)}\n{host} {msgspec.json.encode(clock).decode()}\n".encode()


def _words(seen: Seen) -> str:
    event = seen.event
    parts = [f"{event.time:.6f} s", event.kind, event.type or "", said(seen)]
    return cut(" ".join(filter(None, parts)).replace("\r", " "), _WIDEST)
