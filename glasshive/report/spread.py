"""A distribution, drawn: how often each value was taken, and how that changes over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import LogLocator

from glasshive.report.canvas import Box, framed, shortened
from glasshive.report.theme import LINES
from glasshive.report.thinning import as_arrays, broken, nice

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glasshive.report.canvas import Scene
    from glasshive.report.thinning import Floats
    from glasshive.scenario.chart import Distribution

__all__ = ["MOST_DOTS", "draw_distribution"]

MOST_DOTS = 400
"""Samples that are drawn as a dot each over time; of more the percentiles are drawn."""
_HEIGHT = 170
_SHARE = 0.32
"""Part of the plots' width that the histogram has."""
_BETWEEN = 64
_BINS = 60
_SLOTS = 90
_WIDE = 30.0
"""Largest over median from which on the scale is logarithmic."""
_MEDIAN, _HIGH = 50, 99


def draw_distribution(
    chart: Distribution, scene: Scene
) -> tuple[Figure, list[tuple[str, str]], list[str]]:
    """Return a drawing of how samples are spread, its legend, and what is to be said of it.

    Args:
        chart: holds one sample at least.
        scene: what all drawings have in common.
    """
    samples = {label: as_arrays(each) for label, each in chart.samples.items() if each.times}
    colours = [LINES[index % len(LINES)] for index in range(len(samples))]
    first = Box(scene.left, (scene.plot - _BETWEEN) * _SHARE, _HEIGHT)
    left = first.left + first.width + _BETWEEN
    second = Box(left, scene.left + scene.plot - left, _HEIGHT)
    figure, (histogram, course) = framed(scene, first, second)
    remarks = []

    edges, logarithmic = _edges(np.concatenate([values for _, values in samples.values()]))
    for (_, values), colour in zip(samples.values(), colours, strict=True):
        counts, _ = np.histogram(values, edges)
        shares = counts / len(values) * 100
        histogram.stairs(shares, edges, color=colour, fill=len(samples) == 1, alpha=0.75)
    if logarithmic:
        histogram.set_xscale("log")
        histogram.minorticks_off()
        histogram.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        remarks.append("The scale of the histogram is logarithmic.")
    histogram.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    histogram.set_xlim(edges[0], edges[-1])
    histogram.set_ylim(bottom=0)
    histogram.set_ylabel("% of samples")
    histogram.set_xlabel(shortened(chart.unit, first.width))

    if sum(len(times) for times, _ in samples.values()) <= MOST_DOTS:
        for (times, values), colour in zip(samples.values(), colours, strict=True):
            x = times / scene.unit.seconds
            course.plot(x, values, "o", markersize=4, markeredgewidth=0, color=colour, alpha=0.8)
        remarks.append("On the right, each sample at its time.")
    else:
        width = nice(scene.until / _SLOTS)
        for (times, values), colour in zip(samples.values(), colours, strict=True):
            seconds = scene.unit.seconds
            _percentiles(course, times, values, width, seconds=seconds, colour=colour)
        remarks.append(
            f"On the right, over each {width:g} s, the line is p{_MEDIAN} and the area reaches "
            f"to p{_HIGH}."
        )
    lowest = min(0.0, *(float(values.min()) for _, values in samples.values()))
    course.set_ylim(lowest, course.get_ylim()[1] * 1.05)
    course.set_ylabel(shortened(chart.unit, _HEIGHT))
    scene.time_axis(course, second.width)
    return figure, list(zip(samples, colours, strict=True)), remarks


def _edges(values: Floats) -> tuple[Floats, bool]:
    """Return the edges of a histogram's bins, and whether their widths grow."""
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        # All are the same, but for the last digits: one bin in the middle says so.
        around = abs(high) / 2 or 1.0
        return np.linspace(high - around, high + around, 22), False
    if low > 0 and high > _WIDE * float(np.median(values)):
        return np.geomspace(low, high * 1.0001, _BINS + 1), True
    return np.linspace(min(low, 0.0) if low < high / 2 else low, high, _BINS + 1), False


def _percentiles(
    axes: Axes, times: Floats, values: Floats, width: float, *, seconds: float, colour: str
) -> None:
    """Draw the percentiles of each slot of time that holds samples.

    Args:
        axes: where.
        times: seconds, in order.
        values: as many.
        width: seconds of a slot.
        seconds: what the axis of time counts in.
        colour: of them.
    """
    slots, begins = np.unique(times // width, return_index=True)
    groups = np.split(values, begins[1:])
    middle, high = np.array([np.percentile(each, (_MEDIAN, _HIGH)) for each in groups]).T
    # Steps, so that a slot between empty ones can be seen.
    x, middle = broken(slots, middle, 1.0, slots[-1] + 1)
    _, high = broken(slots, high, 1.0, slots[-1] + 1)
    x *= width / seconds
    axes.plot(x, middle, color=colour, linewidth=1.3, drawstyle="steps-post")
    axes.fill_between(
        x,
        middle,
        high,
        where=list(~np.isnan(middle)),
        step="post",
        color=colour,
        alpha=0.22,
        linewidth=0,
    )
