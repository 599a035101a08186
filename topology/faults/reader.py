"""Reads a plan of faults from a TOML file, and says on which line what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.errors import nearest
from glasshive.latency import Latency
from topology.faults.action import ACTIONS
from topology.faults.alive import beyond_live
from topology.faults.condition import CONDITIONS
from topology.faults.healing import wounds_left
from topology.faults.plan import FaultPlan, Strike, label
from topology.faults.rules import Roster, heal_flaws, key_of, part_flaws
from topology.toml import Table, TomlFile, quoted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from topology.blueprint import Blueprint
    from topology.toml import Flaw

__all__ = ["fault_plan_of", "read_fault_plan"]

LONGEST_END = 100
"""Characters of both ends of why something is no distribution, which may repeat all samples."""

_PLAN = ("heal_at", "strikes")

_KEYS = tuple(
    dict.fromkeys(
        [
            *("do", *CONDITIONS),
            *(
                key_of(kind, field)
                for kind in (*CONDITIONS.values(), *ACTIONS.values())
                for field in kind.__struct_fields__
            ),
        ]
    )
)
"""Every key that some strike may have."""


def read_fault_plan(
    path: str | Path,
    blueprint: Blueprint | None = None,
    *,
    must_heal: bool = False,
    live: bool = False,
) -> FaultPlan:
    """Read a plan of faults from a TOML file.

    Args:
        path: the file.
        blueprint: the colony on paper that it is for; without one, names are left alone.
        must_heal: refuse a plan that is not sure to put right what it breaks.
        live: refuse a plan that only a simulated run can carry out.

    Raises:
        InputError: with a complaint for each thing that is wrong, in the order of the file.
    """
    file = TomlFile.read(path, "a plan of faults")
    return fault_plan_of(file, blueprint, must_heal=must_heal, live=live)


def fault_plan_of(
    file: TomlFile,
    blueprint: Blueprint | None = None,
    *,
    must_heal: bool = False,
    live: bool = False,
) -> FaultPlan:
    """Return the plan of faults that a file holds.

    Args:
        file: what was read.
        blueprint: the colony on paper that it is for; without one, names are left alone.
        must_heal: refuse a plan that is not sure to put right what it breaks.
        live: refuse a plan that only a simulated run can carry out.

    Raises:
        InputError: with a complaint for each thing that is wrong, in the order of the file.
    """
    flaws: list[Flaw] = []
    table = Table(file.data, (), _PLAN, flaws)
    heal_at = table.number("heal_at") if table.get("heal_at") is not None else None
    roster = Roster(blueprint) if blueprint is not None else None
    tables = table.tables("strikes", _KEYS)
    words = [_word(each) for each in tables]
    rules = list(heal_flaws(heal_at))
    healing = None if rules else heal_at
    parts = []
    for index, each in enumerate(tables):
        for kind in (_condition(each), _action(each)):
            values = _values(each, kind) if kind is not None else {}
            parts.append((kind, values))
            if kind is not None:
                rules += part_flaws(("strikes", index), kind, values, healing, roster)
        _surplus(each, [kind for kind, _ in parts[-2:]])
    told = {flaw.place for flaw in flaws}
    flaws += (flaw for flaw in rules if flaw.place not in told)
    plan = FaultPlan()
    if not flaws:
        made: list[Any] = [kind(**values) for kind, values in parts if kind is not None]
        plan = FaultPlan(tuple(map(Strike, made[::2], made[1::2])), heal_at)
        if must_heal:
            flaws += wounds_left(plan, blueprint)
        if live:
            flaws += beyond_live(plan, blueprint)
    if flaws:
        raise file.error(flaws, lambda place: label(place, words))
    return plan


def _word(table: Table) -> str:
    word = table.get("do")
    return word if isinstance(word, str) and word in ACTIONS else ""


def _action(table: Table) -> type[Any] | None:
    """Return the class of a strike's action, None if nobody can know it."""
    word = table.text("do")
    if word and word not in ACTIONS:
        table.wrong("do", f"there is no fault {quoted(word)}", nearest(word, ACTIONS))
    return ACTIONS.get(word)


def _condition(table: Table) -> type[Any] | None:
    """Return the class of a strike's condition, None if nobody can know it."""
    found = [key for key in CONDITIONS if table.get(key) is not None]
    for key in found[1:]:
        table.wrong(key, f"it has two conditions, {found[0]} and {key}", "keep one of the two")
    if not found:
        *others, last = CONDITIONS
        remedy = f"add one of {', '.join(others)} and {last}"
        table.wrong("at", "nothing says when it strikes", remedy)
    return CONDITIONS[found[0]] if len(found) == 1 else None


def _surplus(table: Table, kinds: list[type[Any] | None]) -> None:
    """Complain of the keys that other actions or conditions have, but not these."""
    known = ["do"]
    for kind in kinds:
        if kind is None:
            return  # nobody knows which keys it would have
        known += (key_of(kind, field) for field in kind.__struct_fields__)
    for key in table.present():
        if key not in known:
            table.wrong(key, f"{key} says nothing here", nearest(key, known))


def _values(table: Table, kind: type[Any]) -> dict[str, Any]:
    """Return the fields of an action or a condition; something stands in for what is wrong."""
    values = {}
    for field in msgspec.structs.fields(kind):
        key = key_of(kind, field.name)
        if table.get(key) is None and not field.required:
            values[field.name] = field.default
        else:
            values[field.name] = _READERS.get(field.type, _latency)(table, key)
    return values


def _latency(table: Table, key: str) -> float | Latency | None:
    value = table.get(key)
    if not isinstance(value, dict):
        return table.number(key)
    try:
        return msgspec.convert(value, Latency)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        what, _, _ = str(error).partition(" - at ")
        remedy = 'write seconds, or such as { type = "LogNormal", median = 0.05, sigma = 0.5 }'
        if len(what) > 2 * LONGEST_END:
            what = f"{what[:LONGEST_END]}…{what[-LONGEST_END:]}"  # the rule stands at its end
        table.wrong(key, f"{key} is no distribution: {what}", remedy)
    return None


_READERS: dict[Any, Callable[[Table, str], Any]] = {
    **dict.fromkeys((str, str | None), Table.text),
    **dict.fromkeys((float, float | None), Table.number),
    int: lambda table, key: table.count(key, 0),
    bool: lambda table, key: table.truth(key, default=False),
    tuple[str, ...]: Table.texts,
}
"""By the type of the field; a latency is the rest."""
