"""Values that a user sets, checked where they are set."""

from __future__ import annotations

import math

__all__ = ["above_zero", "probability", "seconds"]


def seconds(value: float, what: str) -> float:
    """Return a duration after making sure that it is one.

    Raises:
        TypeError: when it is no number at all.
        ValueError: when it is negative, infinite or not a number.
    """
    try:
        if math.isfinite(value) and value >= 0:
            return value
        refuse: type[Exception] = ValueError
    except TypeError:
        refuse = TypeError
    raise refuse(f"{what} is a number of seconds, zero or more, not {value!r}")


def probability(value: float, what: str) -> float:
    """Return a probability after making sure that it is one.

    Args:
        value: what was set.
        what: what it is, for the error.

    Raises:
        TypeError: when it is no number at all.
        ValueError: when it is below 0, above 1 or not a number.
    """
    complaint = f"{what} is a probability from 0 to 1, not {value!r}"
    try:
        possible = 0.0 <= value <= 1.0
    except TypeError:
        raise TypeError(complaint) from None
    if not possible:
        raise ValueError(complaint)
    return value


def above_zero(value: float, what: str) -> float:
    """Return a factor after making sure that it is a finite number above zero.

    Args:
        value: what was set.
        what: what it is, for the error.

    Raises:
        TypeError: when it is no number at all.
        ValueError: when it is zero, negative, infinite or not a number.
    """
    complaint = f"{what} is a number above zero, not {value!r}"
    try:
        possible = math.isfinite(value) and value > 0
    except TypeError:
        raise TypeError(complaint) from None
    if not possible:
        raise ValueError(complaint)
    return value
