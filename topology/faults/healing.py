"""What a plan of faults breaks, and whether it is sure to put it right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from topology.faults.action import (
    Crash,
    CrashHost,
    DriftClock,
    Heal,
    Link,
    Partition,
    PauseHost,
    Recover,
    Restart,
    RestartHost,
    ResumeHost,
    Slow,
    SlowHost,
    drawn_latency,
)
from topology.faults.condition import At, WithRate
from topology.toml import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topology.blueprint import Blueprint
    from topology.faults.action import Action
    from topology.faults.condition import Condition
    from topology.faults.plan import FaultPlan

__all__ = ["wounds_left"]

Wound: TypeAlias = tuple[str, ...]
"""Something that stays broken until it is put right: what, and whose."""

EVERYTHING = ("everything",)
"""What a `Recover` closes."""


def wounds_left(plan: FaultPlan, blueprint: Blueprint | None = None) -> Iterator[Flaw]:
    """Yield each strike that breaks something which nothing is sure to put right.

    What ends by itself, as a hang does, is not broken. Only something that has a time is sure to
    come after something else that has one; a token may never come.

    Args:
        plan: a plan in which nothing is wrong.
        blueprint: whose links it changes; without one a link must be set back as drawn.
    """
    if plan.heal_at is not None:
        return
    effects = [_effect(strike.do, blueprint) for strike in plan.strikes]
    for index, strike in enumerate(plan.strikes):
        breaks, wounds = effects[index]
        if not breaks:
            continue
        last = _last(strike.when)
        cured = [
            wound
            for place, later in enumerate(plan.strikes)
            if isinstance(later.when, At) and later.when.seconds > last and not effects[place][0]
            for wound in effects[place][1]
        ]
        if EVERYTHING not in cured and any(wound not in cured for wound in wounds):
            yield Flaw(
                ("strikes", index),
                f"nothing is sure to put it right: {strike}",
                f"{_REMEDIES[wounds[0][0]]} at a time that is sure to be later, or give the plan "
                "heal_at",
            )


def _last(when: Condition) -> float:
    """Return the seconds at which something has surely struck for the last time."""
    match when:
        case At(seconds=seconds):
            return seconds
        case WithRate(chance=chance, until=until):
            # What is never drawn breaks nothing.
            return -1.0 if chance == 0 else math.inf if until is None else until
        case _:
            return math.inf


_REMEDIES = {
    "bee": "restart it",
    "host": "restart the host",
    "partition": "heal partitions",
    "link": "set the link as drawn",
    "pause": "resume the host",
    "slow": "set its factor to 1",
    "pace": "set its pace to 1",
}


def _effect(action: Action, blueprint: Blueprint | None) -> tuple[bool, list[Wound]]:
    """Return whether an action breaks something or puts it right, and what that is."""
    breaks, wounds = False, list[Wound]()
    match action:
        case Crash(bee=bee) | Restart(bee=bee):
            breaks, wounds = isinstance(action, Crash), [("bee", bee)]
        case Partition() | Heal():
            breaks, wounds = isinstance(action, Partition), [("partition",)]
        case CrashHost(host=host) | RestartHost(host=host):
            breaks, wounds = isinstance(action, CrashHost), [("host", host)]
        case PauseHost(host=host) | ResumeHost(host=host):
            breaks, wounds = isinstance(action, PauseHost), [("pause", host)]
        case Link():
            there, back = ("link", action.a, action.b), ("link", action.b, action.a)
            breaks = not _as_drawn(action, blueprint)
            wounds = [there] if action.one_way else [there, back]
        case Slow(worker=name, factor=factor) | SlowHost(host=name, factor=factor):
            breaks, wounds = factor != 1, [("slow", type(action).__name__, name)]
        case DriftClock(host=host, pace=pace):
            breaks, wounds = pace != 1, [("pace", host)]
        case Recover():
            wounds = [EVERYTHING]
        case _:
            pass  # it ends by itself
    return breaks, wounds


def _as_drawn(link: Link, blueprint: Blueprint | None) -> bool:
    if any((link.loss, link.duplicate, link.reorder)):
        return False
    return link.latency is None or (
        blueprint is not None and link.latency == drawn_latency(blueprint, link.a, link.b)
    )
