"""The charts of a run as CSV, one file for each and one for the marks."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from glasshive.scenario.chart import Series, Spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glasshive.scenario.chart import Chart
    from glasshive.scenario.outcome import Outcome

__all__ = ["sheets"]

MARKS = "marks"
_LONGEST = 80
"""Characters of a file's name, without its end."""
_TIME = "time [s]"


def sheets(outcome: Outcome) -> dict[str, str]:
    """Return the text of each file by its name; equal runs make equal texts.

    Args:
        outcome: what came of the run.
    """
    named = {f"{MARKS}.csv": _text((_TIME, "mark"), outcome.marks)}
    for chart in outcome.charts:
        named[f"{_stem(chart.title, named)}.csv"] = _sheet(chart)
    return named


def _sheet(chart: Chart) -> str:
    if isinstance(chart, Spans):
        rows: Iterable[tuple[object, ...]] = (
            (span.label, span.kind, span.begin, span.end) for span in chart.spans
        )
        return _text(("label", "kind", "begin [s]", "end [s]"), rows)
    held = chart.lines if isinstance(chart, Series) else chart.samples
    rows = (
        (label, time, value)
        for label, points in held.items()
        for time, value in zip(points.times, points.values, strict=True)
    )
    return _text(("label", _TIME, f"value [{chart.unit}]"), rows)


def _text(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    # A lone surrogate, as an odd file name has it, cannot be written down.
    return written.getvalue().encode("utf-8", "backslashreplace").decode()


def _stem(title: str, taken: Iterable[str]) -> str:
    """Return a file's name for a title, as every system takes it, that is not taken yet."""
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:_LONGEST].strip("-") or "chart"
    stem, number = plain, 1
    while f"{stem}.csv" in taken:
        number += 1
        stem = f"{plain}-{number}"
    return stem
