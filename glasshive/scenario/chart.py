"""What a run can draw: values over time, spans of time, and how values are spread."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

__all__ = [
    "Chart",
    "Distribution",
    "Mark",
    "Points",
    "Series",
    "Span",
    "Spans",
    "Tone",
    "merged",
]

Tone: TypeAlias = Literal["quiet", "waiting", "working", "stopped", "bad"]
"""What a kind of span is like, which decides its colour."""


class Mark(NamedTuple):
    """Something that happened at one time, such as a fault.

    Args:
        time: seconds of the runtime's clock.
        text: what it was.
    """

    time: float
    text: str


@dataclass(frozen=True, slots=True)
class Points:
    """Values with their times, kept in the order of the times.

    Args:
        times: seconds of the runtime's clock.
        values: as many values, in whatever unit their chart has.

    Raises:
        ValueError: when there are more of the ones than of the others, or one is not finite.
    """

    times: Sequence[float] = ()
    values: Sequence[float] = ()

    def __post_init__(self) -> None:
        times, values = array("d", self.times), array("d", self.values)
        if len(times) != len(values):
            raise ValueError(f"there are {len(times)} times for {len(values)} values")
        for name, numbers in (("time", times), ("value", values)):
            if not all(map(math.isfinite, numbers)):
                bad = next(number for number in numbers if not math.isfinite(number))
                raise ValueError(f"a {name} is {bad}, and a chart holds finite numbers only")
        if any(later < earlier for earlier, later in pairwise(times)):
            ordered = sorted(zip(times, values, strict=True), key=itemgetter(0))
            times = array("d", map(itemgetter(0), ordered))
            values = array("d", map(itemgetter(1), ordered))
        # Eight bytes a number, and equal when the numbers are.
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)

    def __add__(self, other: Points) -> Points:
        return Points([*self.times, *other.times], [*self.values, *other.values])


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time, a line for each label.

    Args:
        title: what the values are; also names the CSV file.
        unit: what they are counted in.
        lines: the values by label, in the order that they are shown in.
        drawn: as steps, when a value holds until the next one, or as straight lines.
        lapse: seconds after which a value no longer holds if none follows; None for never.
    """

    title: str
    unit: str
    lines: Mapping[str, Points]
    drawn: Literal["steps", "lines"] = "lines"
    lapse: float | None = None


class Span(NamedTuple):
    """A time in which something lasted.

    Args:
        label: whose; spans of one label are drawn in one row.
        begin: seconds of the runtime's clock.
        end: seconds of the runtime's clock.
        kind: what lasted, one of its chart's kinds.
    """

    label: str
    begin: float
    end: float
    kind: str


@dataclass(frozen=True, slots=True)
class Spans:
    """A timeline of spans, such as the phases of each request.

    Args:
        title: what lasts; also names the CSV file.
        spans: all of them.
        kinds: what each kind of span is like, in the order that they are explained in.

    Raises:
        ValueError: for a span that ends before it begins or is of no known kind.
    """

    title: str
    spans: Sequence[Span]
    kinds: Mapping[str, Tone]

    def __post_init__(self) -> None:
        for span in self.spans:
            if not (math.isfinite(span.begin) and span.begin <= span.end < math.inf):
                raise ValueError(
                    f"a span of {span.label!r} begins at {span.begin} s and ends at {span.end} s"
                )
            if span.kind not in self.kinds:
                known = ", ".join(map(repr, self.kinds))
                raise ValueError(
                    f"a span of {span.label!r} is of kind {span.kind!r}; {self.title!r} has the "
                    f"kinds {known}"
                )
        object.__setattr__(self, "spans", tuple(self.spans))


@dataclass(frozen=True, slots=True)
class Distribution:
    """How samples are spread, and how that changes over time.

    Args:
        title: what was measured; also names the CSV file.
        unit: what it is measured in.
        samples: the samples by label, each with the time that it was taken at.
    """

    title: str
    unit: str
    samples: Mapping[str, Points]


Chart: TypeAlias = Series | Spans | Distribution
"""Any of them."""


def merged(charts: Iterable[Chart]) -> tuple[Chart, ...]:
    """Return charts in their order, those of one class and title, as of two colonies, as one.

    Lines and samples of one label become one. Spans do not: the second request of a name is
    another one, and is called so.
    """
    kept: dict[tuple[type, str], Chart] = {}
    for chart in charts:
        key = (type(chart), chart.title)
        known = kept.get(key)
        if isinstance(chart, Series) and isinstance(known, Series):
            kept[key] = replace(known, lines=_joined(known.lines, chart.lines))
        elif isinstance(chart, Distribution) and isinstance(known, Distribution):
            kept[key] = replace(known, samples=_joined(known.samples, chart.samples))
        elif isinstance(chart, Spans) and isinstance(known, Spans):
            spans = (*known.spans, *_renamed(chart.spans, {span.label for span in known.spans}))
            kept[key] = Spans(chart.title, spans, {**known.kinds, **chart.kinds})
        else:
            kept[key] = chart
    return tuple(kept.values())


def _renamed(spans: Iterable[Span], taken: Collection[str]) -> Iterator[Span]:
    """Yield spans with labels that are not taken."""
    names: dict[str, str] = {}
    for span in spans:
        name = names.get(span.label)
        if name is None:
            number, name = 1, span.label
            while name in taken:
                number += 1
                name = f"{span.label} ({number})"
            names[span.label] = name
        yield span._replace(label=name)


def _joined(first: Mapping[str, Points], second: Mapping[str, Points]) -> dict[str, Points]:
    joined = dict(first)
    for label, points in second.items():
        joined[label] = joined[label] + points if label in joined else points
    return joined
