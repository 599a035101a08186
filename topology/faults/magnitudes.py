"""What faults a colony must live with: of which kinds, how strong, how long, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from glasshive.latency import LogNormal
from topology.faults.action import (
    Crash,
    CrashHost,
    DriftClock,
    FailToLoad,
    Hang,
    Heal,
    JumpClock,
    Lie,
    Link,
    OutOfMemory,
    Partition,
    PauseHost,
    Restart,
    RestartHost,
    ResumeHost,
    Slow,
    SlowHost,
)
from topology.faults.condition import AfterMessage, AfterToken, At, WithRate
from topology.faults.plan import Strike
from topology.faults.rules import Roster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from topology.blueprint import Blueprint
    from topology.faults.action import Action
    from topology.faults.condition import Condition

__all__ = ["KINDS", "Picks", "strikes_of"]

T = TypeVar("T")

_ONCE = ("hang",)
"""Kinds that have no rate: a bee that hangs hears of the next hang when this one is over."""

MOMENTS = 100
"""Into so many parts the time of a plan is divided."""


class Picks(Protocol):
    """Who decides what is left open; the least number and the first option are the plain ones."""

    def whole(self, least: int, most: int) -> int:
        """Return a whole number.

        Args:
            least: the least that it can be.
            most: the most that it can be.
        """

    def one(self, options: Sequence[T]) -> T:
        """Return one of some options.

        Args:
            options: at least one.
        """


Drawn: TypeAlias = "tuple[Action, Action | None]"
"""An action, and what comes some time after it, if anything does."""


def strikes_of(kind: str, picks: Picks, blueprint: Blueprint, seconds: float) -> tuple[Strike, ...]:
    """Return a fault of a kind, and perhaps what comes some time after it.

    Args:
        kind: one of `KINDS`.
        picks: who decides about the rest.
        blueprint: whose bees and hosts there are.
        seconds: before when it strikes.
    """
    moment = picks.whole(0, MOMENTS - 1)
    when = _condition(picks, moment, seconds, again=kind not in _ONCE)
    do, after = KINDS[kind](picks, Roster(blueprint))
    first = Strike(when, do)
    if after is None or not isinstance(when, At):
        return (first,)
    # What would come at the very end is left to whoever heals the plan.
    later = picks.whole(moment + 1, MOMENTS)
    if later == MOMENTS:
        return (first,)
    return first, Strike(At(seconds * later / MOMENTS), after)


def _condition(picks: Picks, moment: int, seconds: float, *, again: bool) -> Condition:
    # Mostly at a time, which is the simplest to read.
    match picks.whole(0, 5 if again else 4):
        case 3:
            return AfterToken(picks.whole(1, 20))
        case 4:
            kind = picks.one(("Submit", "Accepted", "OpenStream", "StreamItem", "StreamEnd"))
            return AfterMessage(picks.whole(1, 20), kind)
        case 5:
            return WithRate(picks.whole(1, 20) / 100, seconds / 20, seconds)
        case _:
            return At(seconds * moment / MOMENTS)


# -- kinds ----------------------------------------------------------------------------------


def _crash(picks: Picks, roster: Roster) -> Drawn:
    # Never a keeper: a client that is gone wants no answer, so that nothing could be promised.
    bee = picks.one(roster.bees("worker", "hive", "queen"))
    return Crash(bee), Restart(bee, state=picks.one((False, True)))


def _hang(picks: Picks, roster: Roster) -> Drawn:
    bee = picks.one(roster.bees("worker", "hive", "queen", "keeper"))
    return Hang(bee, float(picks.whole(1, 20))), None


def _slow(picks: Picks, roster: Roster) -> Drawn:
    worker = picks.one(roster.bees("worker"))
    return Slow(worker, float(picks.whole(2, 8))), Slow(worker, 1.0)


def _out_of_memory(picks: Picks, roster: Roster) -> Drawn:
    return OutOfMemory(picks.one(roster.bees("worker"))), None


def _fail_to_load(picks: Picks, roster: Roster) -> Drawn:
    worker = picks.one(roster.bees("worker"))
    # Nobody would notice unless it has to be loaded once more.
    return FailToLoad(roster.workers[worker], worker, picks.whole(1, 3)), Crash(worker)


def _lie(picks: Picks, roster: Roster) -> Drawn:
    bee = picks.one(roster.bees("worker", "hive"))
    return Lie(bee, float(picks.whole(1, 20)), blind=picks.one((False, True))), None


def _crash_host(picks: Picks, roster: Roster) -> Drawn:
    # Never a keeper's, as with bees; the first host is the queen's, whom hives come before.
    host = picks.one((*roster.bees("hive"), *roster.bees("queen")))
    return CrashHost(host), RestartHost(host, state=picks.one((False, True)))


def _pause(picks: Picks, roster: Roster) -> Drawn:
    host = picks.one(roster.hosts)
    return PauseHost(host), ResumeHost(host)


def _slow_host(picks: Picks, roster: Roster) -> Drawn:
    host = picks.one(roster.hosts)
    return SlowHost(host, float(picks.whole(2, 8))), SlowHost(host, 1.0)


def _jump_clock(picks: Picks, roster: Roster) -> Drawn:
    by = float(picks.whole(1, 60)) * picks.one((1, -1))
    return JumpClock(picks.one(roster.hosts), by), None


def _drift_clock(picks: Picks, roster: Roster) -> Drawn:
    host = picks.one(roster.hosts)
    pace = 1.0 + picks.whole(1, 10) * picks.one((1, -1)) / 100
    return DriftClock(host, pace), DriftClock(host, 1.0)


def _partition(picks: Picks, roster: Roster) -> Drawn:
    host = picks.one(roster.hosts)
    return Partition((host,), one_way=picks.one((False, True))), Heal()


def _pair(picks: Picks, roster: Roster) -> tuple[str, str]:
    """Return two hosts that tell one another something: the queen's, and another."""
    queen, *others = roster.hosts
    return queen, picks.one(others)


def _delay(picks: Picks, roster: Roster) -> Drawn:
    a, b = _pair(picks, roster)
    seconds = picks.whole(1, 8) / 100
    latency = LogNormal(seconds, 0.5) if picks.one((False, True)) else seconds
    return Link(a, b, latency=latency), Link(a, b)


def _lose(picks: Picks, roster: Roster) -> Drawn:
    a, b = _pair(picks, roster)
    return Link(a, b, loss=picks.whole(1, 20) / 100), Link(a, b)


def _duplicate(picks: Picks, roster: Roster) -> Drawn:
    a, b = _pair(picks, roster)
    return Link(a, b, duplicate=picks.whole(1, 20) / 100), Link(a, b)


def _reorder(picks: Picks, roster: Roster) -> Drawn:
    a, b = _pair(picks, roster)
    return Link(a, b, latency=0.02, reorder=picks.whole(1, 20) / 100), Link(a, b)


KINDS: dict[str, Callable[[Picks, Roster], Drawn]] = {
    "crash": _crash,
    "crash_host": _crash_host,
    "hang": _hang,
    "slow": _slow,
    "partition": _partition,
    "lose": _lose,
    "duplicate": _duplicate,
    "reorder": _reorder,
    "delay": _delay,
    "out_of_memory": _out_of_memory,
    "fail_to_load": _fail_to_load,
    "lie": _lie,
    "pause": _pause,
    "slow_host": _slow_host,
    "jump_clock": _jump_clock,
    "drift_clock": _drift_clock,
}
"""Each returns one fault of its kind, the plain ones first."""
