"""What makes a plan of faults one that can be carried out: every rule, each with its sentence."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from actors import messages
from glasshive import Message
from glasshive.errors import nearest
from glasshive.latency import LONGEST, Latency
from topology.faults.action import ACTIONS, FailToLoad, Lie, Link, Partition
from topology.faults.condition import CONDITIONS, At, WithRate
from topology.toml import Flaw, quoted

if TYPE_CHECKING:
    import msgspec

    from topology.blueprint import Blueprint
    from topology.faults.plan import FaultPlan
    from topology.toml import Place

__all__ = [
    "KINDS",
    "Roster",
    "flaws_in",
    "heal_flaws",
    "key_of",
    "part_flaws",
    "values_of",
    "word_of",
]

Values: TypeAlias = Mapping[str, Any]
"""The fields of an action or of a condition, right or wrong."""

Rule: TypeAlias = Callable[[Any], str | None]
"""Returns what would be right, where a value is wrong."""

SHORTEST = 1e-6
"""Seconds: what comes more often leaves no time for anything else."""

MOST = 1_000_000
"""A larger count of anything is a slip of the finger."""

_INSIDE = {"Request", "WorkerState"}  # asked for membership only
"""What messages carry, and nobody is told by itself."""

KINDS = tuple(
    name
    for name in messages.__all__
    if name not in _INSIDE
    and isinstance(kind := getattr(messages, name), type)
    and issubclass(kind, Message)
)
"""The classes of message that a condition can count."""


class Roster:
    """Who and what there is in a colony, by name.

    Args:
        blueprint: the colony on paper.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.hosts = blueprint.hosts
        self.workers = {
            worker.name: hive.name for hive in blueprint.hives for worker in hive.workers
        }
        """The hive of each."""
        self.sorts = {
            "queen": "queen",
            **{hive.name: "hive" for hive in blueprint.hives},
            **dict.fromkeys(self.workers, "worker"),
            **dict.fromkeys(blueprint.keepers, "keeper"),
        }
        """What each bee is."""

    def bees(self, *sorts: str) -> list[str]:
        """Return the names of the bees of some sorts, sort by sort."""
        return [name for each in sorts for name, sort in self.sorts.items() if sort == each]


def flaws_in(plan: FaultPlan, blueprint: Blueprint | None = None) -> list[Flaw]:
    """Return everything that is wrong with a plan.

    Args:
        plan: the plan.
        blueprint: whose bees and hosts it is about; None leaves names alone.
    """
    roster = Roster(blueprint) if blueprint is not None else None
    flaws = list(heal_flaws(plan.heal_at))
    heal_at = None if flaws else plan.heal_at
    for index, strike in enumerate(plan.strikes):
        for part in (strike.when, strike.do):
            place = ("strikes", index)
            flaws += part_flaws(place, type(part), values_of(part), heal_at, roster)
    return flaws


def heal_flaws(heal_at: float | None) -> Iterator[Flaw]:
    """Yield what is wrong with the time at which a plan heals."""
    if heal_at is not None and (remedy := _seconds(heal_at)) is not None:
        yield Flaw(("heal_at",), f"heal_at is {quoted(heal_at)}", remedy)


def part_flaws(
    place: Place, kind: type[Any], values: Values, heal_at: float | None, roster: Roster | None
) -> Iterator[Flaw]:
    """Yield what is wrong with an action or a condition.

    Args:
        place: where its strike is.
        kind: its class.
        values: its fields.
        heal_at: when the plan heals, in seconds.
        roster: who there is; None leaves names alone.
    """
    right = dict(values)
    for field, value in values.items():
        rule = _RULES.get(field)
        if kind is Partition and field in {"a", "b"}:
            rule = _several
        remedy = rule(value) if rule is not None else None
        if remedy is not None:
            del right[field]
            key = key_of(kind, field)
            yield Flaw((*place, key), f"{key} is {quoted(value)}", remedy)
    if len(right) == len(values):
        yield from _together(place, kind, values, heal_at)
    if right.get("kind", KINDS[0]) not in KINDS:
        what = f"no bee is told a message {quoted(values['kind'])}"
        yield Flaw((*place, "kind"), what, nearest(values["kind"], KINDS))
    if roster is not None:
        yield from _names(place, kind, right, roster)


def key_of(kind: type[Any], field: str) -> str:
    """Return the key that a field has in a file.

    Args:
        kind: the class of the action or the condition.
        field: the field's name in Python.
    """
    for key, condition in CONDITIONS.items():
        if condition is kind and kind.__struct_fields__[0] == field:
            return key
    return field


def values_of(part: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of an action or a condition by their names in Python."""
    return {name: getattr(part, name) for name in part.__struct_fields__}


def word_of(kind: type[Any]) -> str:
    """Return an action's name in a file."""
    return next(word for word, action in ACTIONS.items() if action is kind)


# -- single values --------------------------------------------------------------------------


def _number(value: object) -> float:
    """Return a number, which is none for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _seconds(value: object) -> str | None:
    if 0 <= _number(value) <= LONGEST:
        return None
    return f"write a finite number of seconds, 0 to {LONGEST:,.0f}"


def _interval(value: object) -> str | None:
    if SHORTEST <= _number(value) <= LONGEST:
        return None
    return f"write a finite number of seconds, {SHORTEST:g} to {LONGEST:,.0f}"


def _either_way(value: object) -> str | None:
    if abs(_number(value)) <= LONGEST:
        return None
    return f"write a finite number of seconds, at most {LONGEST:,.0f} forward or back"


def _chance(value: object) -> str | None:
    return None if 0 <= _number(value) <= 1 else "write a probability from 0 to 1"


def _factor(value: object) -> str | None:
    number = _number(value)
    return None if math.isfinite(number) and number > 0 else "write a finite number above 0"


def _count(value: object) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and 1 <= _number(value) <= MOST else f"write a whole number, 1 to {MOST}"


def _latency(value: object) -> str | None:
    return None if value is None or isinstance(value, Latency) else _seconds(value)


def _until(value: object) -> str | None:
    return None if value is None else _seconds(value)


def _name(value: object) -> str | None:
    return None if isinstance(value, str) and value else "write a name"


def _perhaps_a_name(value: object) -> str | None:
    return None if value is None else _name(value)


def _several(value: tuple[object, ...]) -> str | None:
    return None if all(_name(each) is None for each in value) else "write names"


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("chance", "loss", "duplicate", "reorder"), _chance),
    **dict.fromkeys(("number", "times"), _count),
    **dict.fromkeys(("factor", "pace"), _factor),
    **dict.fromkeys(("bee", "worker", "hive", "host", "a", "b", "kind"), _name),
    **dict.fromkeys(("to", "request"), _perhaps_a_name),
    "seconds": _seconds,
    "every": _interval,
    "until": _until,
    "by": _either_way,
    "latency": _latency,
}
"""By the field's name, which means the same wherever it stands."""


# -- values that go together ----------------------------------------------------------------


def _together(
    place: Place, kind: type[Any], values: Values, heal_at: float | None
) -> Iterator[Flaw]:
    """Yield what is wrong with several values, each of which could be right."""
    if kind is Link:
        fates = [values[name] for name in ("loss", "duplicate", "reorder")]
        if sum(fates) > 1:
            yield Flaw(
                (*place, "loss"),
                "a message has one fate, but {} and {} and {} sum up to more than 1".format(*fates),
                "make loss, duplicate and reorder smaller",
            )
        if values["a"] == values["b"]:
            what = f"the link joins {quoted(values['a'])} to itself"
            yield Flaw((*place, "b"), what, "name two hosts")
    elif kind is Partition:
        yield from _sides(place, values["a"], values["b"])
    elif kind in {At, WithRate}:
        yield from _in_time(place, kind, values, heal_at)


def _sides(place: Place, a: tuple[str, ...], b: tuple[str, ...]) -> Iterator[Flaw]:
    if not a:
        yield Flaw((*place, "a"), "a is empty", "name the hosts on one side")
    for host in dict.fromkeys(a):
        if host in b:
            what = f"{quoted(host)} is on both sides of the partition"
            yield Flaw((*place, "b"), what, "keep it on one")


def _in_time(
    place: Place, kind: type[Any], values: Values, heal_at: float | None
) -> Iterator[Flaw]:
    """Yield whether there is time enough for anything to happen."""
    key, first = "at", values.get("seconds", 0.0)
    if kind is WithRate:
        key, first = "every", values["every"]
        until = values["until"]
        if until is not None and until < first:
            yield Flaw(
                (*place, "until"),
                f"nothing is ever drawn: until is {until:.12g}, and the first draw comes at "
                f"{first:.12g} s",
                "draw more often, or for longer",
            )
    if heal_at is not None and first >= heal_at:
        yield Flaw(
            (*place, key),
            f"it never strikes: the plan heals at {heal_at:.12g} s, and this would come at "
            f"{first:.12g} s",
            "have it strike before, or heal later",
        )


# -- names ----------------------------------------------------------------------------------


def _names(place: Place, kind: type[Any], values: Values, roster: Roster) -> Iterator[Flaw]:
    """Yield which bees and hosts there are not, or are not such as the action is for."""
    every = roster.bees("queen", "hive", "worker", "keeper")
    among = {
        "bee": roster.bees("hive", "worker") if kind is Lie else every,
        "worker": roster.bees("worker"),
        "hive": roster.bees("hive"),
        "to": every,
    }
    for field, value in values.items():
        there = (*place, field)
        if field in among and value is not None:
            yield from _bee(there, value, among[field], roster)
        elif field == "host" or (kind is Link and field in {"a", "b"}):
            yield from _host(there, value, roster)
        elif kind is Partition and field in {"a", "b"}:
            for host in dict.fromkeys(value):
                yield from _host(there, host, roster)
    if kind is Partition and not values.get("b", ()):
        if all(host in values.get("a", ()) for host in roster.hosts):
            yield Flaw((*place, "a"), "nobody is left for the other side", "name fewer hosts")
    elif kind is FailToLoad:
        yield from _brood(place, values.get("hive", ""), values.get("worker", ""), roster)


def _bee(place: Place, name: str, known: list[str], roster: Roster) -> Iterator[Flaw]:
    if name in known:
        return
    what = f"there is no bee {quoted(name)}"
    if name in roster.sorts:
        sorts = " or a ".join(dict.fromkeys(roster.sorts[each] for each in known))
        what = f"{quoted(name)} is a {roster.sorts[name]}, and this is for a {sorts}"
    yield Flaw(place, what, nearest(name, known))


def _host(place: Place, name: str, roster: Roster) -> Iterator[Flaw]:
    if name in roster.hosts:
        return
    remedy = nearest(name, roster.hosts)
    if name in roster.workers:
        remedy = f"{name} lives on host {quoted(roster.workers[name])}"
    yield Flaw(place, f"there is no host {quoted(name)}", remedy)


def _brood(place: Place, hive: str, worker: str, roster: Roster) -> Iterator[Flaw]:
    home = roster.workers.get(worker)
    if home is not None and roster.sorts.get(hive) == "hive" and home != hive:
        yield Flaw(
            (*place, "worker"),
            f"{quoted(worker)} is a worker of {quoted(home)}, not of {quoted(hive)}",
            f"write hive = {quoted(home)}, or another worker",
        )
