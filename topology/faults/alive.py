"""What of a plan of faults a live run can carry out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topology.faults.action import (
    ACTIONS,
    Crash,
    FailToLoad,
    Hang,
    Heal,
    Lie,
    Link,
    OutOfMemory,
    Partition,
    Recover,
    Restart,
    Slow,
)
from topology.faults.condition import WithRate
from topology.faults.rules import word_of
from topology.toml import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topology.blueprint import Blueprint
    from topology.faults.action import Action
    from topology.faults.plan import FaultPlan

__all__ = ["beyond_live"]

_LIVE = (
    *(Crash, Restart, Hang, Slow, OutOfMemory, FailToLoad, Lie),
    *(Partition, Heal, Link, Recover),
)

_FACTORS = (0.001, 1_000_000.0)
"""The step under way is not shortened when its worker is quick again: it has to end by itself."""

_QUICKEST = 0.01
"""Seconds between two draws of a rate at least: each takes turns with whatever else is to do."""


def beyond_live(plan: FaultPlan, blueprint: Blueprint | None = None) -> Iterator[Flaw]:
    """Yield each strike that only a simulated run can do.

    Args:
        plan: a plan in which nothing is wrong.
        blueprint: whose keepers must not crash; without one, names are left alone.
    """
    for index, each in enumerate(plan.strikes):
        flaw = _beyond(each.do, blueprint.keepers if blueprint is not None else ())
        if flaw is not None:
            yield Flaw(("strikes", index), *flaw)
        if isinstance(each.when, WithRate) and each.when.every < _QUICKEST:
            what = f"a live run draws no more often than every {_QUICKEST:g} s"
            yield Flaw(("strikes", index, "every"), what, f"let every be {_QUICKEST:g} or more")


def _beyond(action: Action, keepers: tuple[str, ...]) -> tuple[str, str] | None:
    """Return what a live run cannot do, and what would be right."""
    if not isinstance(action, _LIVE):
        known = ", ".join(word for word, kind in ACTIONS.items() if kind in _LIVE)
        return f"a live run cannot {word_of(type(action))}", f"it can: {known}"
    if isinstance(action, Link) and action.duplicate > 0:
        return "a live run's links repeat no message", "leave duplicate out"
    if isinstance(action, Crash) and action.bee in keepers:
        return f"nobody would answer the requests of {action.bee}", "crash another bee"
    least, most = _FACTORS
    if isinstance(action, Slow) and not least <= action.factor <= most:
        return (
            f"a live run cannot slow a worker by {action.factor:.12g}",
            f"let factor be {least:g} to {most:,.0f}",
        )
    return None
