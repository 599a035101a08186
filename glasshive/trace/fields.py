"""What can be asked of one event, and how values are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glasshive.trace.index import Seen

__all__ = ["FIELDS", "Test", "Values", "compared", "contained", "data", "equal"]

Values: TypeAlias = "Callable[[Seen], list[Any]]"
"""What a field or a literal stands for; a way through a list stands for several values."""

Test: TypeAlias = "Callable[[Seen], bool]"

_RECEIVED = frozenset(["deliver", "drop", "unread"])


def data(seen: Seen, way: Sequence[str]) -> list[Any]:
    """Return what a way leads to: in the event's own line, and if not there in its message."""
    own = seen.event.data
    found = _follow(own, way)
    if not found and seen.payload is not own:
        found = _follow(seen.payload, way)
    return found


def _follow(value: Any, way: Sequence[str]) -> list[Any]:
    """Return all that a way leads to; a list is gone through, unless a number says where."""
    values = [] if value is None else [value]
    for step in way:
        found = []
        for each in values:
            if isinstance(each, dict):
                if step in each:
                    found.append(each[step])
            elif isinstance(each, list) and step.isdecimal():
                found += each[int(step) : int(step) + 1]
            elif isinstance(each, list):
                found += [item[step] for item in each if isinstance(item, dict) and step in item]
        values = found
    return [item for each in values for item in (each if isinstance(each, list) else [each])]


def compared(sign: str, left: Values, right: Values) -> Test:
    """Return the test that compares two sides, which holds if it does for any of their values.

    Args:
        sign: "==", "!=", "<", "<=", ">" or ">="; texts and numbers have no order between them.
        left: one side.
        right: the other.
    """
    if sign == "!=":
        same = compared("==", left, right)
        return lambda seen: not same(seen)
    if sign == "==":
        return lambda seen: _null_or_equal(left(seen), right(seen))
    order = _ORDERS[sign]

    def holds(seen: Seen) -> bool:
        return any(
            order(one, other)
            for one in left(seen)
            for other in right(seen)
            if _rank(one) == _rank(other) != 0
        )

    return holds


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def _rank(value: Any) -> int:
    """Return which values can be told apart by size: numbers, and texts."""
    if isinstance(value, str):
        return 2
    return int(isinstance(value, int | float) and not isinstance(value, bool))


def _null_or_equal(left: list[Any], right: list[Any]) -> bool:
    """Say whether a value of one side is one of the other's; nothing at all equals null."""
    return any(equal(one, right or [None]) for one in left or [None])


def equal(one: Any, others: Sequence[Any]) -> bool:
    """Say whether a value is one of some, where true is not 1."""
    return any(
        one == other and isinstance(one, bool) == isinstance(other, bool) for other in others
    )


def contained(left: list[Any], right: list[Any]) -> bool:
    """Say whether a text holds another, or one of several values is the other."""
    return any(
        other in one if isinstance(one, str) and isinstance(other, str) else equal(one, [other])
        for one in left
        for other in right
    )


def _one(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _ends(seen: Seen) -> tuple[str | None, str | None]:
    """Return who sent an event's message, and who gets it."""
    event = seen.event
    if event.message is None:
        return None, None
    ends = (event.actor, event.peer)
    return (ends[1], ends[0]) if event.kind in _RECEIVED else ends


FIELDS: dict[str, Values] = {
    "index": lambda seen: [seen.event.index],
    "time": lambda seen: [seen.event.time],
    "kind": lambda seen: [seen.event.kind],
    "actor": lambda seen: [seen.event.actor],
    "peer": lambda seen: _one(seen.event.peer),
    "sender": lambda seen: _one(_ends(seen)[0]),
    "receiver": lambda seen: _one(_ends(seen)[1]),
    "type": lambda seen: _one(seen.event.type),
    "message": lambda seen: _one(seen.event.message),
    "cause": lambda seen: _one(seen.event.cause),
    "job": lambda seen: list(seen.jobs),
    "data": lambda seen: data(seen, ()),
}
"""What an expression can ask of an event; `data` goes on into the payload."""
