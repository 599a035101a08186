"""Spans of time, drawn: a row for each label, or as many rows as there are at once."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from glasshive.report.canvas import Box, framed, shortened
from glasshive.report.theme import TONES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure

    from glasshive.report.canvas import Scene
    from glasshive.scenario.chart import Span, Spans

__all__ = ["MOST_ROWS", "draw_spans", "lanes"]

MOST_ROWS = 40
"""Labels that get a row, and a name, each."""
_ROW = 15
_LANE = 7
_LEAST_HEIGHT = 70
_MOST_HEIGHT = 380
_LEAST_WIDTH = 0.7
"""Of a span, so that a short one can be seen."""
_LEAST_BAD_WIDTH = 2.5
"""Of one that ended badly, which is what one looks for."""
_MOST_LINES = 20_000
"""Spans that are drawn as lines; more of them are drawn as a picture, which stays small."""


def draw_spans(chart: Spans, scene: Scene) -> tuple[Figure, list[tuple[str, str]], list[str]]:
    """Return a drawing of a timeline, its legend, and what is to be said of it.

    Args:
        chart: holds one span at least.
        scene: what all drawings have in common.
    """
    labels = dict.fromkeys(span.label for span in sorted(chart.spans, key=lambda span: span.begin))
    named = len(labels) <= MOST_ROWS
    remarks = []
    if named:
        rows = {label: len(labels) - 1 - index for index, label in enumerate(labels)}
        height: float = max(_LEAST_HEIGHT / 2, _ROW * len(labels))
    else:
        rows = lanes(chart.spans)
        height = max(_LEAST_HEIGHT, min(_MOST_HEIGHT, _LANE * (max(rows.values()) + 1)))
        remarks.append(
            f"{len(labels):,} bars, each in the lowest row that is free when it begins: the "
            "height is how many there are at once."
        )
    count = max(rows.values()) + 1
    figure, (axes,) = framed(scene, Box(scene.left, scene.plot, height))
    seconds = scene.unit.seconds
    pixel = scene.until / scene.plot
    picture = len(chart.spans) > _MOST_LINES
    width = max(0.4, height / count * 0.78)
    for kind, tone in chart.kinds.items():
        xs: list[float] = []
        ys: list[float] = []
        for span in chart.spans:
            if span.kind == kind:
                row = rows[span.label] + 0.5
                begin, end = span.begin, max(span.end, span.begin + _LEAST_WIDTH * pixel)
                if tone in ("bad", "stopped"):
                    begin = min(begin, end - _LEAST_BAD_WIDTH * pixel)
                xs += (begin / seconds, end / seconds, float("nan"))
                ys += (row, row, float("nan"))
        if picture:
            segments = [[(xs[at], ys[at]), (xs[at + 1], ys[at + 1])] for at in range(0, len(xs), 3)]
            axes.add_collection(
                LineCollection(
                    segments,
                    capstyle="butt",
                    rasterized=True,
                    colors=TONES[tone],
                    linewidths=width,
                )
            )
        elif xs:
            # One path for all of a kind, as short as SVG can say it.
            axes.add_line(Line2D(xs, ys, color=TONES[tone], linewidth=width, solid_capstyle="butt"))
    axes.set_ylim(0, count)
    if named:
        names = [shortened(label, scene.left - 12) for label in rows]
        axes.set_yticks([row + 0.5 for row in rows.values()], names)
        axes.grid(visible=False)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    scene.time_axis(axes, scene.plot)
    used = {span.kind for span in chart.spans}
    legend = [(kind, TONES[tone]) for kind, tone in chart.kinds.items() if kind in used]
    return figure, legend, remarks


def lanes(spans: Iterable[Span]) -> dict[str, int]:
    """Return a row for each label, such that the spans of one row do not overlap.

    Args:
        spans: those of one label stay together, from the first one's begin to the last one's end.
    """
    extents: dict[str, tuple[float, float]] = {}
    for span in spans:
        begin, end = extents.get(span.label, (span.begin, span.end))
        extents[span.label] = (min(begin, span.begin), max(end, span.end))
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    rows: dict[str, int] = {}
    for label, (begin, end) in sorted(extents.items(), key=lambda each: each[1]):
        while busy and busy[0][0] <= begin:
            heapq.heappush(free, heapq.heappop(busy)[1])
        row = heapq.heappop(free) if free else len(busy)
        rows[label] = row
        heapq.heappush(busy, (end, row))
    return rows
