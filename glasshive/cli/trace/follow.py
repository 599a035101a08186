"""`glasshive trace follow`: one job through every hop."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from glasshive.cli.trace.options import as_json, columns, emit, opened, trace_file, width
from glasshive.cli.trace.table import table
from glasshive.trace.passage import passage
from glasshive.trace.story import Story, told
from glasshive.units import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glasshive.trace.index import Index
    from glasshive.trace.passage import Item, Part, Passage

__all__ = ["command"]


@click.command("follow", short_help="Follow one job through every hop.")
@trace_file
@click.argument("job", metavar="JOB")
@width
@as_json
def command(file: Path, job: str, *, width: int | None, as_json: bool) -> None:
    """Follow one job through every hop: down, up, how long it stayed, each item's latencies.

    JOB is any of its names: of the whole request, or of the job that one actor made for it.
    """
    with opened(file) as index:
        found = passage(index, job)
        if as_json:
            for each in found:
                click.echo(json.dumps(asdict(each)))
            return
        for number, each in enumerate(found):
            if number:
                click.echo()
            emit(_lines(index, each, columns(width)))


def _lines(index: Index, way: Passage, width: int) -> Iterator[str]:
    first, last = (index.time[n] for n in (way.events[0], way.events[-1]))
    yield (
        f"{way.job.name} · {counted(len(way.events), 'event')} · from {first:.4f} s to {last:.4f} s"
    )
    if way.parts:
        yield ""
        yield from _part_lines(way.parts, width)
    shown = told(index, way.plain, every=False)
    if shown:
        yield ""
        story = Story(index, shown, width)
        yield story.heading()
        yield from map(story.line, index.all_seen(shown))
    if way.items:
        yield ""
        yield from _item_lines(way.items, width)


def _part_lines(parts: tuple[Part, ...], width: int) -> Iterator[str]:
    """Yield a table: a row for each part, with the seconds that it was in each state."""
    states = list(dict.fromkeys(state for part in parts for state in part.left()))
    rows: list[list[float | str | None]] = []
    for part in parts:
        stays = part.stays()
        running = part.states[1][0] if len(part.states) > 1 else None
        items = part.items
        rows.append(
            [
                part.name,
                part.actor,
                *(_in_all(stays, state) for state in states),
                items[0] - running if items and running is not None else None,
                items[-1] - items[0] if items else None,
                len(items),
                part.ended,
            ]
        )
    headings = [f"{state} [s]" for state in states]
    yield from table(
        ["part", "of", *headings, "to 1st item", "1st to last", "items", "ended"], rows, width
    )


def _in_all(stays: list[tuple[str, float]], state: str) -> float | None:
    spans = [span for each, span in stays if each == state]
    return sum(spans) if spans else None


def _item_lines(items: tuple[Item, ...], width: int) -> Iterator[str]:
    """Yield a table for each way that items took: a row for each, with the seconds of each hop."""
    ways: dict[tuple[str, ...], list[Item]] = {}
    for item in items:
        ways.setdefault(item.actors, []).append(item)
    for number, (actors, these) in enumerate(ways.items()):
        if number:
            yield ""
        yield f"{counted(len(these), 'item')} {' → '.join(actors)}"
        rows: list[list[float | str | None]] = []
        for item in these:
            row: list[float | str | None] = [item.hops[-1].number, f"{item.hops[0].sent:.4f}"]
            before = item.hops[0].sent
            for hop in item.hops:
                row.append("lost" if hop.arrived is None else f"{hop.arrived - before:+.4f}")
                before = hop.arrived if hop.arrived is not None else before
            row += ["-" if item.seconds is None else seconds(item.seconds), item.hops[-1].event]
            rows.append(row)
        headings = [f"to {actor}" for actor in actors[1:]]
        yield from table(["item", "sent at", *headings, "in all", "event"], rows, width)
