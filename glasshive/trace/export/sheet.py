"""A trace as CSV: a row for each event."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index

__all__ = ["COLUMNS", "sheet"]

COLUMNS = ("index", "time", "kind", "actor", "peer", "type", "message", "cause", "job", "data")


def sheet(index: Index, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield a heading and a row for each event, with its data as JSON.

    Args:
        index: the trace.
        numbers: the events.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for seen in index.all_seen(numbers):
        event = seen.event
        writer.writerow(
            (
                *(event.index, event.time, event.kind, event.actor, event.peer, event.type),
                *(event.message, event.cause, ",".join(seen.jobs)),
                "" if event.data is None else msgspec.json.encode(event.data).decode(),
            )
        )
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
