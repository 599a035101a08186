r"""A trace as ShiViz reads it: each event with its vector clock.

Read with ShiViz's own default expression, `(?<event>.*)\n(?<host>\S*) (?<clock>{.*})`, in which the
dot and white space are JavaScript's.
Source: F. Mattern, Virtual Time and Global States of Distributed Systems, 1988.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from glasshive.trace.brief import cut, said
from glasshive.trace.index import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index, Seen

__all__ = ["shiviz"]

_WIDEST = 200
_BLANK = re.compile(r"[\s\ufeff]+")
_LINE_END = re.compile(r"[\n\r\u2028\u2029]")


def shiviz(index: Index, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield two lines for each event: what it is, and its host with its vector clock.

    Where the cause of an event is not among them, its own cause stands for it, and so on.

    Args:
        index: the trace.
        numbers: the events.
    """
    hosts = _hosts(index, numbers)
    clocks: dict[int, dict[str, int]] = {}
    last: dict[str, dict[str, int]] = {}
    for seen in index.all_seen(numbers):
        event = seen.event
        host = hosts[event.actor]
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


def _hosts(index: Index, numbers: Sequence[int]) -> dict[str, str]:
    """Return what stands for each actor: its name, or one of its own without white space."""
    names = [index.names[actor] for actor in dict.fromkeys(index.actor[n] for n in numbers)]
    hosts = {name: name for name in names if name and not _BLANK.search(name)}
    taken = set(hosts)
    for name in names:
        if name not in hosts:
            host = _BLANK.sub("_", name) or "_"
            while host in taken:
                host += "_"
            hosts[name] = host
            taken.add(host)
    return hosts


def _words(seen: Seen) -> str:
    event = seen.event
    parts = [f"{event.time:.6f} s", event.kind, event.type or "", said(seen)]
    return cut(_LINE_END.sub(" ", " ".join(filter(None, parts))), _WIDEST)
