"""`glasshive trace diff`: where two runs part, and what follows from it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from glasshive.cli.exits import HELD, NOT_HELD
from glasshive.cli.trace.decided import decisions, what_is_run
from glasshive.cli.trace.options import as_json, columns, emit, opened, width
from glasshive.errors import Complaint, InputError
from glasshive.trace.alignment import align
from glasshive.trace.brief import brief, cut, line_of
from glasshive.trace.parting import ABSENT, Difference, differences
from glasshive.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.alignment import Alignment, Split
    from glasshive.trace.index import Index

__all__ = ["command"]

_SHOWN = 8
"""Events of each run that are shown of those that follow."""
_OTHER = {
    "both": "does something else next",
    "left": "does in A what it leaves out in B",
    "right": "leaves out in A what it does in B",
    "neither": "does the same in another order",
}
"""What an actor does that has another event next, by whose event the other run has nowhere."""


@click.command("diff", short_help="Show where two runs part, and what follows from it.")
@click.argument("left", type=click.Path(path_type=Path), metavar="A")
@click.argument("right", type=click.Path(path_type=Path), metavar="B")
@width
@as_json
def command(left: Path, right: Path, *, width: int | None, as_json: bool) -> int:
    """Show the first event that parts two runs, and what follows from it.

    Events are aligned by what caused them: what two actors do at the same time may stand in any
    order. Where the runs were decided differently, the first such decision is told in words. Exit
    code 1 says that they are not the same.
    """
    with opened(left) as one, opened(right) as other:
        for each in (one, other):
            _refuse_an_end(each)
        alignment = align(one, other)
        decided = decisions(one, other)
        if as_json:
            click.echo(json.dumps(_as_object(one, other, alignment, decided)))
        else:
            emit(cut(line, columns(width)) for line in _lines(one, other, alignment, decided))
        return HELD if alignment.same else NOT_HELD


def _refuse_an_end(index: Index) -> None:
    """Raise an error for a trace that holds the end of a run only: nothing aligns with it."""
    if index.first:
        what = f"begins with event {index.first:,} of its run, and runs are compared from the first"
        raise InputError(
            Complaint(str(index.path), what, "write the whole trace, without --trace-last")
        )


def _lines(
    one: Index, other: Index, alignment: Alignment, decisions: Sequence[dict[str, Any]]
) -> Iterator[str]:
    if alignment.same:
        yield f"the same: {counted(len(one), 'event')}, by what caused them and of each actor"
    for name, index in (("A", one), ("B", other)):
        yield f"{name}  {_ended(index)} · {counted(len(index), 'event')} · {index.path}"
    for each in _heads(one, other):
        yield f"   {each.at}: {_value(each.left)} | {_value(each.right)}"
    yield from _listed(_spawned_lines(one, other, alignment.spawned), "difference")
    yield from _listed(_decision_lines(decisions), "decision")
    if alignment.split is None:
        if alignment.spawned:
            yield "what they do is the same"
        return
    yield ""
    yield from _parting_lines(one, other, alignment, alignment.split)


def _listed(lines: Sequence[str], what: str) -> Iterator[str]:
    """Yield the first of some lines, and how many more there are."""
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"            and {counted(len(lines) - _SHOWN, f'more {what}')}"


def _spawned_lines(one: Index, other: Index, spawned: Sequence[Split]) -> list[str]:
    """Return a line for each actor that begins as something else."""
    return [
        f"   {split.actor}.{each.at}: {_value(each.left)} | {_value(each.right)}"
        for split in spawned
        for each in _differences(one, other, split)
    ]


def _decision_lines(decisions: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each decision that only one of two runs has."""
    lines = []
    last = None
    for each in decisions:
        number = each["number"]
        label = "decided by" if last is None else "against" if number == last else "and then"
        lines.append(f"{label:<10}  decision {number:,} of {each['run']}: {each['words']}")
        last = number
    return lines


def _parting_lines(one: Index, other: Index, alignment: Alignment, split: Split) -> Iterator[str]:
    """Yield the lines that tell where two runs part, and what only one of them has."""
    yield from _split_lines(one, other, split, "they part at")
    if alignment.deed is not None:
        yield from _split_lines(one, other, alignment.deed, "more than payloads differs at")
    yield ""
    yield (
        f"{counted(alignment.shared, 'event')} in both by what caused them, "
        f"{len(alignment.only_left):,} only in A, {len(alignment.only_right):,} only in B"
    )
    sides = (("A", one, alignment.only_left), ("B", other, alignment.only_right))
    for name, index, numbers in sides:
        for number in numbers[:_SHOWN]:
            yield f"{name} {line_of(index.seen(number), _ANY)}"
        if len(numbers) > _SHOWN:
            yield f"{name} {'…':>12} and {len(numbers) - _SHOWN:,} more"


_ANY = 1_000
"""Characters that no line has that is cut later."""


def _split_lines(one: Index, other: Index, split: Split, verb: str) -> Iterator[str]:
    yield f"{verb} {split.actor}, which {_does(split)}"
    if split.before is not None:
        yield f"  both: {line_of(one.seen(split.before[0]), _ANY)}"
    for name, index, number in (("A", one, split.left), ("B", other, split.right)):
        told = "(nothing)" if number is None else line_of(index.seen(number), _ANY)
        yield f"  {name}:    {told}"
    if split.kind == "value":
        for each in _differences(one, other, split)[:_SHOWN]:
            yield f"        {each.at or 'data'}: {_value(each.left)} | {_value(each.right)}"


def _does(split: Split) -> str:
    """Say what an actor does otherwise."""
    if split.kind == "length":
        more = "nothing more" if split.before else "nothing"
        return f"does {more} in {'B' if split.right is None else 'A'}"
    return _OTHER[split.only] if split.kind == "order" else "does the same with another payload"


def _differences(one: Index, other: Index, split: Split) -> tuple[Difference, ...]:
    """Return what differs in the payloads of the two events."""
    assert split.left is not None
    assert split.right is not None
    return differences(one.event(split.left).data, other.event(split.right).data)


def _value(value: Any) -> str:
    return ABSENT if value == ABSENT else brief(value, 1)


def _ended(index: Index) -> str:
    """Say how a run ended, and what did not hold."""
    end = index.end
    if end is None:
        return "cut short"
    invariants = [each for each in end.get("invariants", []) if each.get("violations")]
    claims = [each for each in end.get("claims", []) if not each.get("held", True)]
    broken = [f"{each.get('name')}: {each['violations'][0]}" for each in invariants]
    broken += [str(each.get("claim")) for each in claims]
    broken += [str(end["error"])] if end.get("error") else []
    return ", ".join([str(end.get("status")), *broken[:1]])


def _heads(one: Index, other: Index) -> tuple[Difference, ...]:
    """Return what differs in the heads, with the decisions where these are not told in words."""
    found = differences(what_is_run(one), what_is_run(other))
    choices = [index.header.get("choices") or {} for index in (one, other)]
    if not found or choices[0] == choices[1]:
        return found
    return (*found, Difference("choices", *choices))


def _as_object(
    one: Index, other: Index, alignment: Alignment, decisions: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    told = asdict(alignment)
    return {
        "status": "same" if alignment.same else "parted",
        "runs": [{"path": str(i.path), "events": len(i), "ended": _ended(i)} for i in (one, other)],
        "heads": msgspec.to_builtins(_heads(one, other)),
        "decisions": list(decisions),
        **told,
    }
