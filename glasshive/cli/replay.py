"""`glasshive replay`: a run that was written down, once more."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from glasshive.cli.differing import differing, doing, event_line
from glasshive.cli.exits import HELD, NOT_HELD
from glasshive.cli.settings import command_line
from glasshive.errors import Complaint, InputError
from glasshive.explore.record import Record
from glasshive.scenario.outcome import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.explore.record import Ending, Repeated

__all__ = ["replay_file"]


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def replay_file(*, file: Path, as_json: bool) -> int:
    """Run again what a trace has recorded, and tell whether every event is the same.

    FILE is a trace that `glasshive explore` or `glasshive run --trace` wrote. After a change of the
    code it is told where the run parts from its record, and whether it still fails as it did.
    """
    from glasshive.cli.logs import show_logs  # noqa: PLC0415  structlog imports rich

    show_logs(silent=True)
    with ExitStack() as stack:
        if as_json:
            # A script may print while it is loaded; standard output belongs to the object.
            stack.enter_context(redirect_stdout(sys.stderr))
        record = Record(file)
        repeated = record.repeat()
    cut = record.cut
    if cut is not None and repeated.same:
        what = f"{cut.what}, all of which were the same"
        raise InputError(Complaint(cut.where, what, cut.remedy))
    if as_json:
        click.echo(json.dumps(_as_object(record, repeated)))
    else:
        click.echo("\n".join(_told(record, repeated)))
    return HELD if repeated.same else NOT_HELD


def _told(record: Record, repeated: Repeated) -> Iterator[str]:
    """Yield the lines that tell people of a repetition."""
    event = repeated.event
    if repeated.same:
        yield f"the same: {repeated.events:,} events, digest {record.digest}"
    elif event is not None:
        yield (
            f"not the same: the run parts from its record at event {repeated.same_events:,} of "
            f"{repeated.events:,}"
        )
    else:
        yield f"not the same: all {repeated.events:,} events are, and the end is not"
    yield from differing("headers", repeated.head)
    if event is not None:
        yield f"  actor    {event.actor}, {doing(event.handling)}"
        yield f"  record   {event_line(event.left)}"
        yield f"  now      {event_line(event.right)}"
        yield from differing("differs", event.differences)
    yield from differing("outcomes", repeated.end)
    yield f"  ended    {_ended(record.ending, repeated.ending)}"
    if record.cut is not None:
        yield f"  record   {record.cut.what}"
    if not repeated.same:
        yield f"  if no code has changed, see why: {_check(record)}"


def _ended(then: Ending | None, now: Ending) -> str:
    """Say whether a run still ends as it did."""
    if then is None:
        return f"{now}; the record does not say how it ended then"
    if now.fails_as(then) or (now.status == then.status and not then.broken):
        return f"as it did: {now}"
    return f"otherwise: {then} | {now}"


def _check(record: Record) -> str:
    """Return the command line that tells whether the program is deterministic at all."""
    program = record.program
    options = ["--seed", str(program.seed), "--check-determinism"]
    return command_line(program.script, program.parameters, options)


def _as_object(record: Record, repeated: Repeated) -> dict[str, Any]:
    """Return a repetition for programs."""
    program, event = record.program, repeated.event
    then, now = record.ending, repeated.ending
    return {
        "status": "same" if repeated.same else "parted",
        "scenario": program.scenario,
        "parameters": plain(program.parameters),
        "seed": program.seed,
        "order": program.order,
        "choices": {str(number): choice for number, choice in record.choices.items()},
        "events": repeated.events,
        "digest": record.digest,
        "same_events": repeated.same_events,
        "cut": None if record.cut is None else str(record.cut),
        "header": msgspec.to_builtins(repeated.head),
        "event": None
        if event is None
        else {
            "record": msgspec.to_builtins(event.left),
            "now": msgspec.to_builtins(event.right),
            "actor": event.actor,
            "handling": msgspec.to_builtins(event.handling),
            "differences": msgspec.to_builtins(event.differences),
        },
        "end": msgspec.to_builtins(repeated.end),
        "ended": {"record": None if then is None else _broken(then), "now": _broken(now)},
        "fails_as_it_did": then is not None and now.fails_as(then),
        "check": _check(record),
        "again": shlex.join(["glasshive", "replay", str(record.path)]),
    }


def _broken(ending: Ending) -> dict[str, Any]:
    return {
        "status": ending.status,
        "did_not_hold": [
            {"kind": each.kind, "name": each.name, "example": each.example}
            for each in ending.broken
        ],
    }
