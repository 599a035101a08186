"""The page: all that came of a run in one HTML file, which needs no network and no script."""

from __future__ import annotations

from html import escape
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

from glasshive.report.canvas import LETTER, Scene, legible
from glasshive.report.drawing import draw, labels_of
from glasshive.report.series import MOST_TOGETHER
from glasshive.report.theme import css, name_of
from glasshive.report.timeline import MOST_ROWS
from glasshive.scenario.chart import Distribution, Series, Spans
from glasshive.scenario.parameter import written
from glasshive.units import cell, counted, fact, is_number, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from glasshive.report.drawing import Drawing
    from glasshive.scenario.chart import Chart, Mark, Points
    from glasshive.scenario.outcome import CheckedInvariant, Outcome, Table

__all__ = ["page"]

_LEAST_LEFT, _MOST_LEFT = 64, 170
_MOST_BELOW = 6
"""Marks that are told below each chart; of more there is the list."""
_AFTER = 1.04
"""Where charts end that are cut short, as a multiple of the time of the last change."""
_REST = 0.85
"""Charts that would end later than at this part of the run are not cut short."""
_MOST_VIOLATIONS = 50
_MOST_NOTES = 2000
_SYMBOLS = {True: ("good", "✓"), False: ("bad", "✗"), None: ("soft", "?")}


def page(outcome: Outcome, *, summary: str = "", again: str = "") -> str:
    """Return a run as one HTML page; equal runs make equal pages.

    Args:
        outcome: what came of it.
        summary: what the scenario is about, a sentence.
        again: the command line that runs it again.
    """
    title = f"{outcome.scenario} · seed {outcome.seed}"
    style = files("glasshive.report").joinpath("style.css").read_text(encoding="utf-8")
    sections = [
        _head(outcome, summary),
        _verdict(outcome),
        _marks(outcome.marks),
        _charts(outcome),
        "".join(_table(table, "h2") for table in outcome.tables),
        _situations(outcome),
        _pairs("Facts", ((name, fact(value)) for name, value in outcome.facts.items())),
        _pairs("Parameters", ((key, written(value)) for key, value in outcome.parameters.items())),
        _story(outcome.notes),
        _section("Again", f"<pre>{_text(again)}</pre>") if again else "",
    ]
    body = "\n".join(section for section in sections if section)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f'<meta name="generator" content="glasshive {version("glasshive")}">\n'
        f"<title>{_text(title)}</title>\n<style>\n{css()}{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


# -- what came of it ----------------------------------------------------------------------


def _head(outcome: Outcome, summary: str) -> str:
    facts = [f"seed {outcome.seed}", outcome.runtime, seconds(outcome.virtual_seconds)]
    if outcome.digest is not None:
        facts.append(f"{outcome.events:,} events, digest <code>{_text(outcome.digest)}</code>")
    return (
        f'<header>\n<h1>{_text(outcome.scenario)} <span class="status {outcome.status}">'
        f"{outcome.status}</span></h1>\n"
        + (f"<p>{_text(summary)}</p>\n" if summary else "")
        + f'<p class="soft">{" · ".join(facts)}</p>\n</header>'
    )


def _verdict(outcome: Outcome) -> str:
    parts = []
    if outcome.failure is not None:
        error = outcome.failure
        parts.append(
            f'<div class="card failure"><p>The scenario raised <b>{_text(error.type)}</b>: '
            f"{_text(error.message)}</p>"
            + (f"<pre>{_text(error.traceback)}</pre>" if error.traceback else "")
            + "</div>"
        )
    if outcome.claims:
        rows = "".join(
            _item(claim.held, claim.claim, f"({claim.detail})" if claim.detail else "")
            for claim in outcome.claims
        )
        parts.append(f'<div class="card"><h2>Claims</h2>\n<ul class="checks">{rows}</ul></div>')
    if outcome.invariants:
        rows = "".join(map(_invariant, outcome.invariants))
        parts.append(f'<div class="card"><h2>Invariants</h2>\n<ul class="checks">{rows}</ul></div>')
    return "\n".join(parts)


def _item(held: bool | None, text: str, detail: str, below: str = "") -> str:
    name, symbol = _SYMBOLS[held]
    soft = f' <span class="soft">{_text(detail)}</span>' if detail else ""
    return f'<li><span class="{name}">{symbol}</span> {_text(text)}{soft}{below}</li>\n'


def _invariant(invariant: CheckedInvariant) -> str:
    broken = invariant.violations
    text = f"{invariant.name}: {invariant.statement}"
    if not broken:
        unsettled = "not checked to the end, which the run never reached"
        return _item(
            True if invariant.settled else None, text, "" if invariant.settled else unsettled
        )
    shown = "".join(f"<li>{_text(each)}</li>" for each in broken[:_MOST_VIOLATIONS])
    if len(broken) > _MOST_VIOLATIONS:
        shown += f"<li>and {len(broken) - _MOST_VIOLATIONS:,} more</li>"
    count = f"({len(broken):,} violations)" if len(broken) > 1 else ""
    return _item(False, text, count, f'<ul class="violations">{shown}</ul>')


def _table(table: Table, heading: str) -> str:
    numeric = [
        any(is_number(row[index]) for row in table.rows)
        and all(row[index] is None or is_number(row[index]) for row in table.rows)
        for index in range(len(table.columns))
    ]
    sides = [' class="number"' if each else "" for each in numeric]
    head = "".join(
        f"<th{side}>{_text(name)}</th>" for side, name in zip(sides, table.columns, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{side}>{_text(cell(value))}</td>" for side, value in zip(sides, row, strict=True)
        )
        + "</tr>\n"
        for row in table.rows
    )
    title = f"<{heading}>{_text(table.title)}</{heading}>\n" if heading else ""
    inner = f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>"
    return f'<section class="card">{title}<div class="wide">{inner}</div></section>'


def _pairs(title: str, pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in pairs)
    return _section(title, f"<dl>{rows}</dl>") if rows else ""


def _situations(outcome: Outcome) -> str:
    told = (
        (name, f"reached {counted(times, 'time')}" if times else "not in this run")
        for name, times in outcome.situations.items()
    )
    return _pairs("Situations", told)


def _story(notes: Sequence[Mark]) -> str:
    if not notes:
        return ""
    lines = [f"{note.time:10.3f} s  {note.text}" for note in notes[:_MOST_NOTES]]
    if len(notes) > _MOST_NOTES:
        lines.append(f"and {len(notes) - _MOST_NOTES:,} lines more")
    told = "\n".join(lines)
    return _section("Story", f"<pre>{_text(told)}</pre>")


# -- charts -------------------------------------------------------------------------------


def _marks(marks: Sequence[Mark]) -> str:
    if not marks:
        return ""
    rows = "".join(
        f'<li><span class="time">{seconds(mark.time)}</span> {_text(mark.text)}</li>\n'
        for mark in marks
    )
    lead = '<p class="soft">The dashed lines on the charts.</p>'
    return f'<section class="card" id="marks"><h2>Faults</h2>\n{lead}<ol>{rows}</ol></section>'


def _charts(outcome: Outcome) -> str:
    ends = [outcome.virtual_seconds, *(mark.time for mark in outcome.marks)]
    ends += (time for chart in outcome.charts for time in _times(chart))
    end = max(ends) or 1.0
    until = _until(outcome, end)
    longest = max(map(len, _row_labels(outcome.charts)), default=0)
    left = max(_LEAST_LEFT, min(_MOST_LEFT, longest * LETTER + 16))
    scene = Scene(until, outcome.marks, left)
    below = _below(outcome.marks)
    parts = [
        _chart(draw(chart, scene, str(index)), below) for index, chart in enumerate(outcome.charts)
    ]
    if parts and until < end:
        told = f"The charts end at {seconds(until)}; after that nothing changes until the end."
        parts.insert(0, f'<p class="soft">{told}</p>')
    return "\n".join(parts)


def _times(chart: Chart) -> Iterator[float]:
    """Yield times until which a chart reaches."""
    if isinstance(chart, Spans):
        yield from (span.end for span in chart.spans)
    else:
        held = chart.lines if isinstance(chart, Series) else chart.samples
        yield from (points.times[-1] for points in held.values() if len(points.times))


def _until(outcome: Outcome, end: float) -> float:
    """Return the seconds at which the charts end: all of it, or less if it ends in a long rest."""
    last = [mark.time for mark in outcome.marks]
    for chart in outcome.charts:
        if isinstance(chart, Series):
            last += map(_last_change, chart.lines.values())
        else:
            last += _times(chart)
    changed = max(last, default=0.0)
    return changed * _AFTER if 0 < changed * _AFTER < end * _REST else end


def _last_change(points: Points) -> float:
    """Return the time at which a line takes its last value, or its only time."""
    at = len(points.times) - 1
    while at > 0 and points.values[at - 1] == points.values[-1]:
        at -= 1
    return points.times[at] if at >= 0 else 0.0


def _row_labels(charts: Iterable[Chart]) -> Iterator[str]:
    """Yield the labels that stand beside rows."""
    for chart in charts:
        labels = labels_of(chart)
        if isinstance(chart, Spans):
            yield from labels if len(labels) <= MOST_ROWS else ()
        elif not isinstance(chart, Distribution) and len(labels) > MOST_TOGETHER:
            yield from labels


def _chart(drawing: Drawing, below: str) -> str:
    keys = "".join(
        f'<li><i style="background:{name_of(colour)}"></i>{_text(label)}</li>'
        for label, colour in drawing.legend
    )
    parts = [f"<h2>{_text(drawing.title)}</h2>"]
    if keys:
        parts.append(f'<ul class="legend">{keys}</ul>')
    if drawing.svg:
        parts.append(f'<figure class="wide">{drawing.svg}</figure>{below}')
    if drawing.remarks:
        parts.append(f'<p class="soft remark">{_text(" ".join(drawing.remarks))}</p>')
    if drawing.table is not None:
        parts.append(_table(drawing.table, ""))
    inner = "\n".join(parts)
    return f'<section class="card chart">{inner}</section>'


def _below(marks: Sequence[Mark]) -> str:
    """Return what is told of the marks below each chart."""
    if not marks:
        return ""
    if len(marks) > _MOST_BELOW:
        told = f'<a href="#marks">{len(marks):,} faults</a>'
    else:
        told = " · ".join(f"{at} {_text(mark.text)}" for at, mark in enumerate(marks, start=1))
    return f'<p class="faults">{told}</p>\n'


def _section(title: str, inner: str) -> str:
    return f'<section class="card"><h2>{_text(title)}</h2>\n{inner}</section>'


def _text(text: str) -> str:
    """Return a text as HTML shows it."""
    return escape(legible(text))
