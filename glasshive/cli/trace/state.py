"""`glasshive trace state`: what every actor held at a moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import msgspec

from glasshive.cli.trace.options import EVENT, as_json, columns, emit, opened, trace_file, width
from glasshive.errors import Complaint, InputError, nearest
from glasshive.trace.brief import brief, cut
from glasshive.trace.parting import ABSENT, differences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["command"]


@click.command("state")
@trace_file
@click.option("--at", "at", type=EVENT, help="The event.")
@click.option("--diff", "pair", type=EVENT, nargs=2, help="Show what changed between two events.")
@click.option("--actor", "actors", multiple=True, help="Only this actor.")
@width
@as_json
def command(
    file: Path,
    *,
    at: int | None,
    pair: tuple[int, int] | None,
    actors: tuple[str, ...],
    width: int | None,
    as_json: bool,
) -> None:
    """Show what every living actor held just when an event happened.

    The run is had again up to there, so its scenario must be found and be the same as then. Of a
    delivery that is before it is handled, of a change of a registry after it.
    """
    from glasshive.cli.trace.moments import moments  # noqa: PLC0415  imports the whole engine

    if (at is None) == (pair is None):
        what = "both are given" if at is not None else "neither is given"
        raise InputError(Complaint("--at and --diff", what, "give one of them"))
    with opened(file) as index:
        events = [index.check_event(each) for each in (pair or (at,)) if each is not None]
        found = moments(file, set(events))
        known = {name: None for each in events for name in found[each]}
        for actor in actors:
            if actor not in known:
                what = "there is none of this name then"
                raise InputError(Complaint(f"actor {actor!r}", what, nearest(actor, known)))
        kept = [
            {name: each for name, each in found[event].items() if not actors or name in actors}
            for event in events
        ]
        if pair is None:
            _show(events[0], kept[0], columns(width), as_json=as_json)
        else:
            _compare(kept[0], kept[1], columns(width), as_json=as_json)


def _show(event: int, actors: dict[str, Any], width: int, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"event": event, "actors": actors}))
        return
    emit(cut(line, width) for name, each in actors.items() for line in _tree(name, each, width))


def _compare(before: dict[str, Any], after: dict[str, Any], width: int, *, as_json: bool) -> None:
    changes = differences(before, after)
    if as_json:
        for each in changes:
            click.echo(json.dumps(msgspec.to_builtins(each)))
    elif changes:
        emit(
            cut(f"{each.at}: {_value(each.left)} → {_value(each.right)}", width) for each in changes
        )
    else:
        click.echo("nothing changed")


def _value(value: Any) -> str:
    return ABSENT if value == ABSENT else brief(value, 1)


def _tree(name: str, value: Any, width: int, indent: int = 0) -> Iterator[str]:
    """Yield a value in a line, or where that is too long in a line for each of its parts."""
    head = f"{'  ' * indent}{name}"
    line = f"{head}: {brief(value, 1)}"
    if indent and (len(line) <= width or not isinstance(value, dict | list) or not value):
        yield line
        return
    kind = value.get("class", value.get("type")) if isinstance(value, dict) else None
    yield f"{head}  {kind}" if isinstance(kind, str) else head
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in parts:
        if key not in ("class", "type"):
            yield from _tree(str(key), each, width, indent + 1)
