"""What repeating a run has shown, told to people and to programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.cli.differing import differing, doing, event_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glasshive.cli.repetition import Repetition
    from glasshive.trace.parting import Difference, FirstDifference, Parting

__all__ = ["Parted", "Same", "as_object", "told"]


@dataclass(frozen=True, slots=True)
class Same:
    """All runs were the same."""

    first: Repetition
    runs: int


@dataclass(frozen=True, slots=True)
class Parted:
    """A run was not as the first one."""

    first: Repetition
    other: Repetition
    parting: Parting | None
    """Where their traces part, or None."""
    outcome: tuple[Difference, ...]
    """What differs in what came of them."""
    follows: str
    """What the difference depends on."""
    traces: tuple[Path, ...]
    """Both traces, if they are kept."""


def told(verdict: Same | Parted) -> Iterator[str]:
    """Yield the lines that tell a verdict to people."""
    if isinstance(verdict, Same):
        outcome = verdict.first.outcome
        trace = outcome["trace"]
        yield f"deterministic: {trace['events']:,} events, digest {trace['digest']}"
        yield (
            f"  {verdict.runs} runs of {outcome['scenario']} with seed {outcome['seed']}, under "
            f"different hash seeds and addresses; each {_ending(outcome)}"
        )
        return
    first, other, parting = verdict.first, verdict.other, verdict.parting
    event = parting.event if parting is not None else None
    yield (
        f"not deterministic: run {first.number} and run {other.number} of "
        f"{first.outcome['scenario']} with seed {first.outcome['seed']} part "
        + (f"at event {parting.same:,}" if parting and event else "in what is not an event")
    )
    if parting is not None:
        yield from differing("headers", parting.header)
    if parting is not None and event is not None:
        yield from _event_lines(verdict, event)
    else:
        count = first.outcome["trace"]["events"]
        yield f"  events   all {count:,} are the same"
        yield from differing("outcomes", verdict.outcome or (parting.end if parting else ()))
    yield f"  follows  {verdict.follows}"
    yield f"  under    {first.circumstances} | {other.circumstances}"
    if verdict.traces:
        yield f"  traces   {' '.join(map(str, verdict.traces))}"


def as_object(verdict: Same | Parted) -> dict[str, Any]:
    """Return a verdict for programs."""
    first = verdict.first.outcome
    common = {key: first[key] for key in ("scenario", "parameters", "seed")}
    if isinstance(verdict, Same):
        trace = first["trace"]
        return {
            "status": "deterministic",
            **common,
            "runs": verdict.runs,
            "outcome": first["status"],
            "events": trace["events"],
            "digest": trace["digest"],
        }
    parting = verdict.parting
    event = parting.event if parting is not None else None
    return {
        "status": "not-deterministic",
        **common,
        "runs": [
            {
                "run": each.number,
                "hash_seed": each.circumstances.hash_seed,
                "addresses": each.circumstances.addresses,
                "outcome": each.outcome["status"],
                "events": each.outcome["trace"]["events"],
                "digest": each.outcome["trace"]["digest"],
            }
            for each in (verdict.first, verdict.other)
        ],
        "same_events": parting.same if parting is not None else first["trace"]["events"],
        "header": _plain(parting.header if parting is not None else ()),
        "event": None
        if event is None
        else {
            "left": _plain(event.left),
            "right": _plain(event.right),
            "actor": event.actor,
            "handling": _plain(event.handling),
            "differences": _plain(event.differences),
        },
        "outcome": _plain(verdict.outcome or (parting.end if parting is not None else ())),
        "follows": verdict.follows,
        "traces": [str(trace) for trace in verdict.traces],
    }


def _event_lines(verdict: Parted, event: FirstDifference) -> Iterator[str]:
    yield f"  actor    {event.actor}, {doing(event.handling)}"
    sides = ((verdict.first, event.left), (verdict.other, event.right))
    for repetition, side in sides:
        yield f"  run {repetition.number}    {event_line(side)}"
    yield from differing("differs", event.differences)


def _ending(outcome: dict[str, Any]) -> str:
    error = outcome["error"]
    reason = f" ({error['type']}: {error['message']})" if error else ""
    return f"{outcome['status']}{reason}"


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
