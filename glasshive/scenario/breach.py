"""What did not hold in a run: an invariant, a claim, or no error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from glasshive.frames import is_users

if TYPE_CHECKING:
    from glasshive.scenario.outcome import Failure, Outcome

__all__ = ["Breach", "Kind", "breaches_of"]

_EXAMPLE = 500
"""Characters that are kept of a text which tells what has happened in a run."""
_FRAME = re.compile(r'^[ |]*  File "(.*)", line (\d+), in ', re.MULTILINE)

Kind: TypeAlias = Literal["invariant", "claim", "error"]
"""What can break."""


class Breach(NamedTuple):
    """Something that did not hold in a run."""

    kind: Kind
    name: str
    """The invariant's name, the claim, or the error's type and where it was raised."""
    statement: str
    """The invariant as a sentence; empty for the others."""
    example: str
    """What was found."""


def breaches_of(outcome: Outcome) -> tuple[Breach, ...]:
    """Return what did not hold in a run.

    Args:
        outcome: how it ended.
    """
    breaches = {}
    for invariant in outcome.invariants:
        if invariant.violations:
            example = _cut(invariant.violations[0])
            breaches["invariant", invariant.name] = Breach(
                "invariant", invariant.name, invariant.statement, example
            )
    for claim in outcome.claims:
        if not claim.held:
            # A claim that a run makes twice counts once.
            breach = Breach("claim", claim.claim, "", _cut(claim.detail))
            breaches.setdefault(("claim", claim.claim), breach)
    if outcome.failure is not None:
        name = _place(outcome.failure)
        breaches["error", name] = Breach("error", name, "", _cut(outcome.failure.message))
    return tuple(breaches.values())


def _place(failure: Failure) -> str:
    """Return an error's type and the line of the user's code that it came from.

    Errors of one type and line are one, whatever numbers of its run each one tells of.
    """
    lines = [(file, line) for file, line in _FRAME.findall(failure.traceback) if is_users(file)]
    if not lines:
        return failure.type
    file, line = lines[-1]
    return f"{failure.type} at {Path(file).name}:{line}"


def _cut(text: str) -> str:
    return text if len(text) <= _EXAMPLE else f"{text[: _EXAMPLE - 1]}…"
