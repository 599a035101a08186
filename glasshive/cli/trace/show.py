"""`glasshive trace show`: the story of a run, or of a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from glasshive.cli.trace.options import (
    as_json,
    columns,
    emit,
    emit_events,
    filters,
    opened,
    selection_of,
    trace_file,
    width,
)
from glasshive.trace.selection import select
from glasshive.trace.story import Story, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glasshive.trace.index import Index

__all__ = ["command"]


@click.command("show", short_help="Draw the story: actors as columns, messages as arrows.")
@trace_file
@filters
@click.option("--all", "every", is_flag=True, help="A line for each event, also for each send.")
@width
@as_json
def command(file: Path, *, every: bool, width: int | None, as_json: bool, **chosen: Any) -> None:
    """Draw the story: actors as columns, messages as arrows, time down the side.

    A message is drawn once, where it arrives (▶) or is lost (✗), and a timer (↻) where it is
    handled. With --json the events are printed as they stand in FILE.
    """
    selection = selection_of(**chosen)
    with opened(file) as index:
        numbers = select(index, selection)
        if as_json:
            emit_events(index, numbers)
            return
        shown = told(index, numbers, every=every or selection.where is not None)
        if not shown:
            click.echo("no event is like that")
            return
        emit(_drawn(index, shown, columns(width)))


def _drawn(index: Index, shown: list[int], width: int) -> Iterator[str]:
    story = Story(index, shown, width)
    yield story.heading()
    yield from map(story.line, index.all_seen(shown))
