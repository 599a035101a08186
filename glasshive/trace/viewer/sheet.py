"""A trace as columns, which a page holds in a tenth of the bytes that its lines have."""

from __future__ import annotations

import gzip
import sys
from array import array
from base64 import b64encode
from math import inf
from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.errors import Complaint, InputError
from glasshive.trace.passage import NUMBER, item_of
from glasshive.trace.viewer.changes import Changes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.trace.index import Index

__all__ = ["MOST", "TOGETHER", "Sheet", "little", "packed"]

MOST = 500_000
"""Events that one page holds; a browser has them all in memory."""
TOGETHER = 1000
"""Payloads that are compressed together, and read together when one of them is looked at."""


_FAR = (1 << 31) - 1
"""The most that a column can say."""
_NUMBER = f'"{NUMBER}":'.encode()


class _Payload(msgspec.Struct, gc=False):
    """Of an event's line, the payload, as it is written there."""

    data: msgspec.Raw = msgspec.Raw()


class _Data(msgspec.Struct, gc=False):
    """Of an event's line, the payload, read."""

    data: Any = None


class Sheet:
    """The part of a trace that a page shows.

    Args:
        index: the trace; of a file that was cut short, what can be read is shown.
        begin: seconds of the run, the first that is shown.
        end: seconds of the run, the last that is.

    Raises:
        InputError: when there are too many events, or none.
    """

    def __init__(self, index: Index, *, begin: float = -inf, end: float = inf) -> None:
        self.index = index
        # Times of a run on real threads may step back a little; what lies between is shown.
        times = index.time
        begun = (place for place, time in enumerate(times) if time >= begin)
        self._first = next(begun, len(times))
        over = (place for place in range(self._first, len(times)) if times[place] > end)
        self._end = next(over, len(times))
        self._check(str(index.path))
        self._changes = Changes(index, self._first, self._end)
        self._jobs: dict[int, array[int]] = {}
        for event in range(self._first, self._end):
            for job in index.jobs_of(event):
                self._jobs.setdefault(job, array("i")).append(event - self._first)

    def _check(self, path: str) -> None:
        """Raise InputError unless a page can show these events."""
        total = len(self.index)
        if self._first == self._end:
            what = f"none of its {total:,} events is shown" if total else "has no events"
            remedy = "give another --from and --to" if total else "give a trace with some"
            raise InputError(Complaint(path, what, remedy))
        if len(self) > MOST:
            end = self.index.time[self._first + MOST - 1]
            what = f"would show {len(self):,} events, and a page holds {MOST:,}"
            remedy = f"show a part of it: that many end at about --to {end:.6g}"
            raise InputError(Complaint(path, what, remedy))

    def __len__(self) -> int:
        return self._end - self._first

    def told(self, name: str) -> dict[str, Any]:
        """Return what the page must know at once, as JSON's values.

        Args:
            name: what the page calls this trace.
        """
        index, known = self.index, self._changes
        return {
            "name": name,
            "header": index.header,
            "end": index.end,
            "cut": None if index.cut is None else str(index.cut),
            "first": self._first,
            "count": len(self),
            "total": len(index),
            "kinds": index.kinds,
            "names": index.names,
            "actors": [
                {**known.actors[actor], "name": actor, "alive": known.alive[actor]}
                for actor in known.actors
            ],
            "together": TOGETHER,
            "changes": known.told(),
            "jobs": [
                {
                    "name": index.jobs[job].name,
                    "names": index.jobs[job].names,
                    "mentions": len(events),
                }
                for job, events in self._jobs.items()
            ],
        }

    def columns(self) -> str:
        """Return the columns, one after the other, as the page unpacks them.

        Numbers of names are one more than in the index, and a cause is how many events ago it
        was, so that 0 stands for none and most bytes are 0.
        """
        index, here = self.index, slice(self._first, self._end)
        numbers = [
            *(
                array("i", [number + 1 for number in column[here]])
                for column in (index.actor, index.peer, index.type, index.message)
            ),
            array("i", [self._since_cause(event) for event in range(self._first, self._end)]),
        ]
        # The widest numbers come first, so that each column begins where its width asks for.
        whole: list[array[Any]] = [
            index.time[here],
            *numbers,
            *self._jobs.values(),
            index.kind[here],
            self._items(),
        ]
        return packed(b"".join(map(little, whole)))

    def _since_cause(self, event: int) -> int:
        """Return how many events ago the cause of one was, 0 if it has none."""
        index = self.index
        cause = index.cause[event]
        if cause < 0:
            # A flight recorder may have forgotten it; that there was one is still known.
            cause = index.older_causes.get(event, event)
        return min(event - cause, _FAR)

    def _items(self) -> array[int]:
        """Return a 1 for each event that sends an item of a stream."""
        index = self.index
        decode = msgspec.json.Decoder(_Data).decode
        send = index.kinds.index("send")
        found = array("B", bytes(len(self)))
        for place, event in enumerate(range(self._first, self._end)):
            if index.kind[event] != send:
                continue
            line = index.line(event)
            # The event has a number of its own, so that of an item is the second one.
            if line.count(_NUMBER) > 1 and item_of(decode(line).data) is not None:
                found[place] = 1
        return found

    def payloads(self) -> Iterator[str]:
        """Yield the payloads in blocks: one line for each event, empty where it has none."""
        decode = msgspec.json.Decoder(_Payload).decode
        line = self.index.line
        for first in range(self._first, self._end, TOGETHER):
            events = range(first, min(first + TOGETHER, self._end))
            yield packed(b"\n".join(bytes(decode(line(event)).data) for event in events))


def packed(content: bytes) -> str:
    """Return bytes compressed, as text; equal bytes make equal texts."""
    return b64encode(gzip.compress(content, 6, mtime=0)).decode()


def little(column: array[Any]) -> bytes:
    """Return a column's bytes, the lowest first on every machine."""
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return column.tobytes()
