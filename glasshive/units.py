"""How numbers are written for people."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["cell", "counted", "fact", "is_number", "seconds"]

_MINUTE = 60
_HOUR = 3600


def seconds(value: float) -> str:
    """Return a span of time as people read it: `0.120 s`, `12.0 s`, `5 min 03 s`, `2 h 00 min`.

    Args:
        value: the span in seconds.
    """
    if round(value, 3) < 1:
        return f"{value:.3f} s"
    if round(value, 1) < _MINUTE:
        return f"{value:.1f} s"
    if round(value) < _HOUR:
        return "{} min {:02} s".format(*divmod(round(value), _MINUTE))
    return "{} h {:02} min".format(*divmod(round(value / _MINUTE), _HOUR // _MINUTE))


def counted(count: int, thing: str) -> str:
    """Return how many there are of something: `1 run`, `1,000 runs`.

    Args:
        count: how many.
        thing: what one is called, whose plural ends in s.
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def is_number(value: object) -> bool:
    """Return whether a cell of a table stands at the right of its column."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def cell(value: float | str | None) -> str:
    """Return a cell as text: four digits of a fraction are enough to compare by eye.

    Args:
        value: a number, a truth, a text, or nothing.
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"  # noqa: PLR2004
    return value


def fact(value: Any) -> str:
    """Return a fact as text: a cell's, or JSON for what holds several.

    Args:
        value: any plain value.
    """
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return cell(value)
