"""`glasshive trace effects`: all that came of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from glasshive.cli.trace.options import (
    EVENT,
    as_json,
    columns,
    concurrent_only,
    emit,
    emit_events,
    opened,
    trace_file,
    width,
)
from glasshive.trace.brief import line_of
from glasshive.trace.causality import concurrent, effects

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["command"]


@click.command("effects")
@trace_file
@click.argument("event", type=EVENT, metavar="EVENT")
@concurrent_only
@width
@as_json
def command(file: Path, *, event: int, beside: bool, width: int | None, as_json: bool) -> None:
    """Show all that came of an event, as a tree of causes.

    What came of one event stands under it. It steps in where several came of one, so that a long
    chain stays in its column.
    """
    with opened(file) as index:
        index.check_event(event)
        tree = [(n, 0) for n in concurrent(index, event)] if beside else effects(index, event)
        if as_json:
            emit_events(index, [number for number, _ in tree])
            return
        across = columns(width)
        emit(line_of(index.seen(number), across, level) for number, level in tree)
        if beside and not tree:
            click.echo("every other event happened before or after")
