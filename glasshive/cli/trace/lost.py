"""`glasshive trace lost`: what did not come as it should."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from math import isnan
from typing import TYPE_CHECKING, Any

import click

from glasshive.cli.trace.options import (
    as_json,
    columns,
    emit,
    filters,
    opened,
    selection_of,
    trace_file,
    width,
)
from glasshive.errors import Complaint, InputError
from glasshive.trace.brief import cut
from glasshive.trace.losses import FATES, losses
from glasshive.trace.selection import select

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glasshive.trace.index import Index
    from glasshive.trace.losses import Loss

__all__ = ["command"]


@click.command("lost", short_help="Show what was lost, repeated, late or out of order.")
@trace_file
@filters
@click.option(
    "--late",
    type=click.FloatRange(min=0),
    help="Seconds after which a message is late.  [default: 10 times the usual on its way]",
)
@width
@as_json
def command(
    file: Path, *, late: float | None, width: int | None, as_json: bool, **chosen: Any
) -> None:
    """Show messages and items that were lost, repeated, late, out of order, or never came.

    An item is a message with a number in its field `index` and an id beside it, such as a token.
    For what was lost it is told who had it last, and whether the same item came all the same.
    """
    if late is not None and isnan(late):
        raise InputError(Complaint("--late", "nan is no time", "give seconds"))
    selection = selection_of(**chosen)
    with opened(file) as index:
        wanted = set(select(index, selection))
        found = [each for each in losses(index, late=late) if each.event in wanted]
        if as_json:
            for each in found:
                click.echo(json.dumps(asdict(each)))
            return
        emit(_lines(index, found, columns(width)))


def _lines(index: Index, found: list[Loss], width: int) -> Iterator[str]:
    counts = Counter(each.fate for each in found)
    told = [f"{counts[fate]:,} {fate}" for fate in FATES if counts[fate]]
    if counts["lost"]:
        for_good = sum(each.fate == "lost" and each.made_good is None for each in found)
        told[0] += f" ({for_good:,} for good)"
    yield " · ".join(told) if told else "nothing is lost, late, repeated or out of order"
    for each in found:
        yield cut(_line(index, each), width)


def _line(index: Index, each: Loss) -> str:
    what = index.name(index.type[each.event]) or "message"
    if each.item is not None:
        what = f"{each.item[0]} #{each.item[1]}"
    return (
        f"{index.time[each.event]:12.4f} {each.event:9,}  {each.fate:<12}  "
        f"{each.holder} → {each.receiver}  {what}: {each.why}{_went(each)}"
    )


def _went(each: Loss) -> str:
    """Say where something was before, and what came of it."""
    parts = [f"sent at {each.send:,}"] if each.send != each.event else []
    if each.made_good is not None:
        parts.append(f"came at {each.made_good:,}")
    elif each.fate == "lost":
        parts.append("never came")
    return f" ({', '.join(parts)})" if parts else ""
