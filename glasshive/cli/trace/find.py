"""`glasshive trace find`: sequences of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from glasshive.cli.trace.options import as_json, columns, emit, opened, trace_file, width
from glasshive.trace.brief import line_of
from glasshive.trace.pattern import matches, read_pattern
from glasshive.trace.selection import outlines
from glasshive.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glasshive.trace.index import Index, Seen
    from glasshive.trace.pattern import Pattern

__all__ = ["command"]


@click.command("find", short_help="Find sequences of events.")
@trace_file
@click.argument("pattern", metavar="PATTERN")
@width
@as_json
def command(file: Path, pattern: str, *, width: int | None, as_json: bool) -> None:
    """Find sequences of events, such as a Cancel and a StreamItem of the same job after it.

    PATTERN is EXPR then [no] [within N s] EXPR [same FIELD, ...] and so on. EXPR is an expression
    as for --where, for instance:

    type == "Cancel" then within 2 s type == "StreamItem" same job
    """
    wanted = read_pattern(pattern)
    with opened(file) as index:
        if as_json:
            for events in matches(wanted, _events(index, wanted)):
                click.echo(json.dumps({"events": events}))
            return
        emit(_lines(index, wanted, columns(width)))


def _lines(index: Index, pattern: Pattern, width: int) -> Iterator[str]:
    # A match is drawn with other readings of the file in between, so they are gathered first.
    found = list(matches(pattern, _events(index, pattern)))
    for events in found:
        for seen in index.all_seen(events):
            yield line_of(seen, width)
        yield ""
    yield f"found {counted(len(found), 'time')}" if found else "found nothing"


def _events(index: Index, pattern: Pattern) -> Iterator[Seen]:
    return index.all_seen() if pattern.wants_payload else outlines(index, range(len(index)))
