"""A chart drawn: its SVG, and what stands around it on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glasshive.report.canvas import drawing, svg_of
from glasshive.report.series import draw_series
from glasshive.report.spread import draw_distribution
from glasshive.report.timeline import draw_spans
from glasshive.scenario.chart import Distribution, Series, Spans
from glasshive.scenario.outcome import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.report.canvas import Scene
    from glasshive.scenario.chart import Chart
    from glasshive.scenario.outcome import Cell

__all__ = ["Drawing", "draw", "labels_of"]

PERCENTILES = (50, 90, 99)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as it stands on the page."""

    title: str
    svg: str
    """Empty where there is nothing to draw."""
    legend: Sequence[tuple[str, str]]
    """Each label with its colour, as `theme` names it; none where the drawing says it itself."""
    remarks: Sequence[str]
    """What a reader must know of how it is drawn, a sentence each."""
    table: Table | None = None
    """Its samples in numbers."""


def draw(chart: Chart, scene: Scene, salt: str) -> Drawing:
    """Draw a chart; equal charts make equal drawings.

    Args:
        chart: what to draw.
        scene: what it has in common with the page's other drawings.
        salt: makes its ids differ from theirs.
    """
    if not labels_of(chart):
        return Drawing(chart.title, "", (), ("There is nothing to draw.",))
    with drawing():
        if isinstance(chart, Series):
            figure, legend, remarks = draw_series(chart, scene)
        elif isinstance(chart, Spans):
            figure, legend, remarks = draw_spans(chart, scene)
        else:
            figure, legend, remarks = draw_distribution(chart, scene)
        svg = svg_of(figure, scene, chart.title, salt)
    table = _numbers(chart) if isinstance(chart, Distribution) else None
    return Drawing(chart.title, svg, legend, remarks, table)


def labels_of(chart: Chart) -> list[str]:
    """Return the labels of a chart's rows or lines, without those that hold nothing."""
    if isinstance(chart, Spans):
        return list(dict.fromkeys(span.label for span in chart.spans))
    held = chart.lines if isinstance(chart, Series) else chart.samples
    return [label for label, points in held.items() if len(points.times)]


def _numbers(chart: Distribution) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for label in labels_of(chart):
        values = np.asarray(chart.samples[label].values)
        marks = [float(value) for value in np.percentile(values, PERCENTILES)]
        rows.append((label, len(values), float(values.mean()), *marks, float(values.max())))
    names = tuple(f"p{each}" for each in PERCENTILES)
    return Table("", (f"in {chart.unit}", "samples", "mean", *names, "max"), tuple(rows))
