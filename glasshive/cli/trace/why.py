"""`glasshive trace why`: the chain of causes of an event."""

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
from glasshive.trace.causality import causes, concurrent

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["command"]


@click.command("why", short_help="Show the chain of causes of an event.")
@trace_file
@click.argument("event", type=EVENT, metavar="EVENT")
@concurrent_only
@width
@as_json
def command(file: Path, *, event: int, beside: bool, width: int | None, as_json: bool) -> None:
    """Show the chain of causes of an event, from the start of it down to the event.

    The cause of an event is the one whose handling produced it: of a delivery its send, of what an
    actor does the delivery that it was handling.
    """
    with opened(file) as index:
        index.check_event(event)
        numbers = concurrent(index, event) if beside else causes(index, event)
        if as_json:
            emit_events(index, numbers)
            return
        across = columns(width)
        if not beside and (older := index.older_causes.get(numbers[0])) is not None:
            before = index.first + older
            emit([f"event {before:,} of the run, before this trace begins"])
        emit(line_of(seen, across) for seen in index.all_seen(numbers))
        if beside and not numbers:
            click.echo("every other event happened before or after")
