"""How a run of a scenario ended."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive.scenario.chart import Chart, Mark
    from glasshive.scenario.parameter import Value

__all__ = ["Cell", "CheckedInvariant", "Claim", "Failure", "Outcome", "Status", "Table", "plain"]

Status: TypeAlias = Literal["held", "violated", "failed", "interrupted"]
"""`violated`: a claim or an invariant did not hold; `failed`: the scenario raised an error."""

Cell: TypeAlias = "int | float | str | bool | None"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a scenario said must be so, and whether it was."""

    claim: str
    held: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CheckedInvariant:
    """A rule that was watched all along, and where it was broken."""

    name: str
    statement: str
    violations: tuple[str, ...] = ()
    settled: bool = True
    """Whether it was checked to the end; a run that ends early leaves it open."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers under a title."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The error that ended a scenario."""

    type: str
    message: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of a scenario ended; plain values throughout, so that it can be pickled.

    Equal runs have equal outcomes: the wall time does not count.
    """

    scenario: str
    """What finds the scenario again: its name, or `path.py:name`."""
    parameters: Mapping[str, Value]
    seed: int
    runtime: Literal["simulated", "live"]
    status: Status
    claims: tuple[Claim, ...]
    invariants: tuple[CheckedInvariant, ...]
    tables: tuple[Table, ...]
    facts: Mapping[str, Any]
    failure: Failure | None
    virtual_seconds: float
    """Seconds of the runtime's clock, which is the wall's for a live run."""
    events: int | None
    """Events in the trace; None without one."""
    digest: str | None
    trace: Path | None
    wall_seconds: float = field(compare=False, default=0.0)
    situations: Mapping[str, int] = field(default_factory=dict)
    """How often the run came into each situation: those declared, then the others as reached."""
    must_reach: tuple[str, ...] = ()
    """The situations that some run of a sweep must come into."""
    charts: tuple[Chart, ...] = ()
    """What the run drew; nothing unless charts were wanted, and so with the next two."""
    marks: tuple[Mark, ...] = ()
    """Faults, and what else the scenario marked on its charts."""
    notes: tuple[Mark, ...] = ()
    """The lines of its story."""
    order: Literal["timed", "any"] = "timed"
    """The order of delivery."""
    choices: Mapping[int, int] = field(default_factory=dict)
    """The decisions that were not plain: option by number of the decision."""
    decisions: int = 0
    """How many decisions there were."""


def plain(value: object) -> Any:
    """Return a value as JSON can hold it: numbers, text, lists and dictionaries."""
    if value is None or isinstance(value, bool | str):
        return value
    # By their abstract kind, so that NumPy's numbers are numbers too.
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)
