"""Values over time, drawn: a few lines on one scale, many in a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from glasshive.report.canvas import Box, framed, shortened
from glasshive.report.theme import GRID, INK, LINES
from glasshive.report.thinning import as_arrays, broken, thinned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from glasshive.report.canvas import Scene
    from glasshive.report.thinning import Floats
    from glasshive.scenario.chart import Series

__all__ = ["MOST_TOGETHER", "draw_series"]

MOST_TOGETHER = 3
"""Lines that can still be told apart on one scale."""
_HEIGHT = 170
_ROW = 30
_LOWEST_ROW = 13
_ROWS_HEIGHT = 640
"""Height above which rows are made lower, down to the lowest."""
_SLOTS = 900
"""Slots of time of a line that has the whole height; about one for each pixel."""
_ROW_SHARE = 0.84
"""Part of a row that its values fill."""
_ROW_SLOTS = 450
_FEWEST_SLOTS = 120
_ALL_SLOTS = 9000
"""Slots of all rows together, so that a page of many rows stays small."""


def draw_series(chart: Series, scene: Scene) -> tuple[Figure, list[tuple[str, str]], list[str]]:
    """Return a drawing of values over time, its legend, and what is to be said of it.

    Args:
        chart: at least one of its lines must hold something.
        scene: what all drawings have in common.
    """
    lines = {label: as_arrays(points) for label, points in chart.lines.items() if points.times}
    together = len(lines) <= MOST_TOGETHER
    slots = _SLOTS
    if not together:
        slots = min(_ROW_SLOTS, max(_FEWEST_SLOTS, _ALL_SLOTS // len(lines)))
    held = sum(len(times) for times, _ in lines.values())
    thin = False
    for label, (times, values) in lines.items():
        whole = (times, values)
        if chart.drawn == "steps":
            whole = broken(times, values, chart.lapse, scene.until)
        lines[label] = thinned(*whole, scene.until, slots)
        thin = thin or len(lines[label][0]) < len(whole[0])
    remarks = []
    if thin:
        remarks.append(
            f"Drawn from {held:,} values: of every {scene.until / slots:.3g} s the lowest and "
            "the highest."
        )
    lowest = min(0.0, *(float(np.nanmin(values)) for _, values in lines.values()))
    highest = max(float(np.nanmax(values)) for _, values in lines.values())
    highest = highest if highest > lowest else lowest + 1.0
    if together:
        figure = _on_one_scale(chart, lines, scene, (lowest, highest))
        return figure, list(zip(lines, LINES, strict=False)), remarks
    space = "" if chart.unit.startswith("%") else " "
    reach = f"Each row reaches from {lowest:.4g} to {highest:.4g}{space}{chart.unit}"
    remarks.insert(0, f"{reach}; on the right stands its highest value.")
    return _in_rows(chart, lines, scene, (lowest, highest)), [], remarks


def _on_one_scale(
    chart: Series,
    lines: Mapping[str, tuple[Floats, Floats]],
    scene: Scene,
    reach: tuple[float, float],
) -> Figure:
    figure, (axes,) = framed(scene, Box(scene.left, scene.plot, _HEIGHT))
    seconds = scene.unit.seconds
    for (times, values), colour in zip(lines.values(), LINES, strict=False):
        _line(axes, times / seconds, values, colour, steps=chart.drawn == "steps")
        if len(lines) == 1:
            _area(axes, times / seconds, values, 0.0, colour, steps=chart.drawn == "steps")
    lowest, highest = reach
    room = (highest - lowest) * 0.06
    axes.set_ylim(lowest - room if lowest < 0 else 0, highest + room)
    axes.set_ylabel(shortened(chart.unit, _HEIGHT))
    scene.time_axis(axes, scene.plot)
    return figure


def _in_rows(
    chart: Series,
    lines: Mapping[str, tuple[Floats, Floats]],
    scene: Scene,
    reach: tuple[float, float],
) -> Figure:
    row = max(_LOWEST_ROW, min(_ROW, _ROWS_HEIGHT / len(lines)))
    figure, (axes,) = framed(scene, Box(scene.left, scene.plot, row * len(lines)))
    seconds = scene.unit.seconds
    lowest, highest = reach
    high = _ROW_SHARE / (highest - lowest)
    steps = chart.drawn == "steps"
    size = min(10.5, row * 0.8)
    middles = []
    for index, (times, values) in enumerate(lines.values()):
        base = len(lines) - 1.0 - index
        zero = base - lowest * high
        middles.append(base + _ROW_SHARE / 2)
        axes.axhline(zero, color=GRID, linewidth=0.7)
        highs = zero + values * high
        _area(axes, times / seconds, highs, zero, LINES[0], steps=steps, alpha=0.3)
        _line(axes, times / seconds, highs, LINES[0], steps=steps, width=0.9)
        axes.annotate(
            f"{np.nanmax(values):.3g}",
            (1.0, middles[-1]),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=INK,
            fontsize=size,
            annotation_clip=False,
        )
    axes.set_yticks(middles, [shortened(label, scene.left - 12) for label in lines], fontsize=size)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-0.08, len(lines))
    scene.time_axis(axes, scene.plot)
    return figure


def _line(
    axes: Axes, times: Floats, values: Floats, colour: str, *, steps: bool, width: float = 1.3
) -> None:
    style = "steps-post" if steps else "default"
    # A single value would be no line at all.
    marker = "o" if np.count_nonzero(~np.isnan(values)) == 1 else ""
    axes.plot(
        times, values, color=colour, linewidth=width, drawstyle=style, marker=marker, markersize=3
    )


def _area(
    axes: Axes,
    times: Floats,
    values: Floats,
    base: float,
    colour: str,
    *,
    steps: bool,
    alpha: float = 0.15,
) -> None:
    axes.fill_between(
        times,
        values,
        base,
        where=list(~np.isnan(values)),
        step="post" if steps else None,
        color=colour,
        alpha=alpha,
        linewidth=0,
    )
