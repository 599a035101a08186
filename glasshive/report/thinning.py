"""Long series made short enough to draw, with their highest and lowest values kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from glasshive.scenario.chart import Points

__all__ = ["Floats", "as_arrays", "broken", "nice", "thinned"]

Floats: TypeAlias = NDArray[np.float64]


def as_arrays(points: Points) -> tuple[Floats, Floats]:
    """Return the times and the values of some points."""
    return np.asarray(points.times, dtype=float), np.asarray(points.values, dtype=float)


def thinned(times: Floats, values: Floats, until: float, slots: int) -> tuple[Floats, Floats]:
    """Return the lowest and the highest value of each of many equal slots of time.

    What is short enough already is returned as it is. The first and the last value stay too, and
    so does every gap: a value that is not a number.

    Args:
        times: seconds, in order.
        values: as many.
        until: the seconds that the slots divide.
        slots: how many slots there are.
    """
    if len(times) <= 2 * slots + 2:
        return times, values
    known = np.flatnonzero(~np.isnan(values))
    slot = np.clip(times[known] / until * slots, 0, slots - 1).astype(int)
    order = np.lexsort((values[known], slot))
    ordered = slot[order]
    firsts = np.flatnonzero(np.diff(ordered, prepend=-1))
    lasts = np.append(firsts[1:] - 1, len(ordered) - 1)
    gaps = np.flatnonzero(np.isnan(values))
    # The value before a gap says where the gap begins, and the one behind it where it ends.
    ends = np.clip(np.concatenate([gaps - 1, gaps, gaps + 1]), 0, len(times) - 1)
    outer = np.array([0, len(times) - 1])
    kept = np.unique(np.concatenate([known[order[firsts]], known[order[lasts]], ends, outer]))
    return times[kept], values[kept]


def broken(
    times: Floats, values: Floats, lapse: float | None, until: float
) -> tuple[Floats, Floats]:
    """Return steps whose value ends when it has lapsed, and the last one at the end.

    A value that is not a number stands where the steps are interrupted.

    Args:
        times: seconds, in order.
        values: as many.
        lapse: seconds after which a value no longer holds, None for never.
        until: seconds at which the chart ends.
    """
    if not len(times):
        return times, values
    ends = np.append(times[1:], max(until, times[-1]))
    over = ends - times > (np.inf if lapse is None else lapse)
    over[-1] = True  # the last value is held as well, so far as it may be
    at = np.flatnonzero(over)
    held = np.minimum(ends[at], times[at] + (np.inf if lapse is None else lapse))
    places = np.repeat(at + 1, 2)
    gaps = np.column_stack([values[at], np.full(len(at), np.nan)]).ravel()
    return np.insert(times, places, np.repeat(held, 2)), np.insert(values, places, gaps)


def nice(width: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50 and so on that is at least this wide."""
    power = 10.0 ** np.floor(np.log10(width))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= width * 0.9999))
