"""A plan of faults as the text of a TOML file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from topology.faults.rules import key_of, word_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topology.faults.plan import FaultPlan, Strike

__all__ = ["written"]


def written(plan: FaultPlan) -> str:
    """Return the text of a file from which an equal plan is read.

    Args:
        plan: the plan.
    """
    return "".join(f"{line}\n" for line in _lines(plan))


def _lines(plan: FaultPlan) -> Iterator[str]:
    if plan.heal_at is not None:
        yield f"heal_at = {_value(plan.heal_at)}"
    for index, strike in enumerate(plan.strikes):
        if index or plan.heal_at is not None:
            yield ""
        yield "[[strikes]]"
        yield from _strike(strike)


def _strike(strike: Strike) -> Iterator[str]:
    yield from _fields(strike.when)
    yield f"do = {_value(word_of(type(strike.do)))}"
    yield from _fields(strike.do)


def _fields(part: msgspec.Struct) -> Iterator[str]:
    """Yield a line for each field that is not as it would be if nothing was said."""
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        if field.required or value != field.default:
            yield f"{key_of(type(part), field.name)} = {_value(value)}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            # Names print, so a JSON string is a TOML string.
            return json.dumps(value, ensure_ascii=False)
        case tuple() | list():
            return f"[{', '.join(map(_value, value))}]"
        case msgspec.Struct():
            table = msgspec.to_builtins(value)
            return f"{{ {', '.join(f'{key} = {_value(each)}' for key, each in table.items())} }}"
        case _:
            return repr(value)
