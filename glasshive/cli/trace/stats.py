"""`glasshive trace stats`: a trace in numbers."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from glasshive.cli.trace.options import as_json, columns, emit, opened, trace_file, width
from glasshive.cli.trace.table import table
from glasshive.trace.statistics import quantile, statistics
from glasshive.units import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glasshive.trace.index import Index
    from glasshive.trace.statistics import MessageNumbers, Statistics

__all__ = ["command"]


@click.command("stats", short_help="Count events and messages; show how long they take.")
@trace_file
@width
@as_json
def command(file: Path, *, width: int | None, as_json: bool) -> None:
    """Count events, messages and what each actor does; show how long messages take."""
    with opened(file) as index:
        numbers = statistics(index)
        if as_json:
            click.echo(json.dumps(_as_object(index, numbers)))
        else:
            emit(_lines(index, numbers, columns(width)))


def _lines(index: Index, numbers: Statistics, width: int) -> Iterator[str]:
    head, end = index.header, index.end or {}
    parts = [str(head.get("scenario", "no scenario")), f"seed {head.get('seed', '?')}"]
    parts += [str(head.get("runtime", "")), str(end.get("status", "cut short"))]
    yield " · ".join(filter(None, parts))
    yield " · ".join(
        [
            counted(numbers.events, "event"),
            seconds(numbers.seconds),
            counted(numbers.jobs, "job"),
            f"at most {counted(numbers.most_under_way, 'message')} under way",
        ]
    )
    yield ""
    yield from table(["kind", "events"], [list(each) for each in numbers.kinds], width)
    yield ""
    headings = ["message", "sent", "delivered", "lost", "repeated", "half [s]", "99 % [s]", "max"]
    yield from table(headings, [_row(each) for each in numbers.messages], width)
    yield ""
    yield from table(
        ["actor", "events", "sent", "received", "from [s]", "to [s]"],
        [[a.name, a.events, a.sent, a.received, a.first, a.last] for a in numbers.actors],
        width,
    )


def _row(each: MessageNumbers) -> list[float | str | None]:
    return [
        each.type,
        each.sent,
        each.delivered,
        each.lost,
        each.repeated,
        *(quantile(each.latencies, share) for share in (0.5, 0.99, 1)),
    ]


def _as_object(index: Index, numbers: Statistics) -> dict[str, Any]:
    told = asdict(numbers)
    for message in told["messages"]:
        latencies = message.pop("latencies")
        message["seconds"] = {
            "p50": quantile(latencies, 0.5),
            "p99": quantile(latencies, 0.99),
            "max": quantile(latencies, 1),
        }
    told["kinds"] = dict(numbers.kinds)
    cut = None if index.cut is None else str(index.cut)
    return {"header": index.header, **told, "end": index.end, "cut": cut}
