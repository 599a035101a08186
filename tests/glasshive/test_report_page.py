from __future__ import annotations

import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest

from glasshive.report.page import page
from glasshive.report.sheets import sheets
from glasshive.report.thinning import broken, nice, thinned
from glasshive.report.timeline import lanes
from glasshive.scenario import (
    CheckedInvariant,
    Claim,
    Distribution,
    Failure,
    Mark,
    Outcome,
    Points,
    Series,
    Span,
    Spans,
    Table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive.scenario import Chart

VOID = {"meta", "link", "br", "img", "input", "hr"}

CHARTS: tuple[Chart, ...] = (
    Spans(
        "requests",
        [
            Span("one", 0.0, 1.0, "waiting"),
            Span("one", 1.0, 4.0, "going"),
            Span("two", 2, 9, "bad"),
        ],
        {"waiting": "waiting", "going": "working", "bad": "bad", "never": "quiet"},
    ),
    Series("tokens per second", "tokens/s", {"all": Points([0, 5], [3, 1])}, drawn="steps"),
    Series("depth", "jobs", {f"worker-{i}": Points([0, 1, 8], [i, 2, 0]) for i in range(6)}),
    Distribution("wait", "s", {"small": Points(range(9), range(9)), "big": Points([3], [4])}),
)

OUTCOME = Outcome(
    scenario="story",
    parameters={"jobs": 12, "file": None},
    seed=7,
    runtime="simulated",
    status="violated",
    claims=(Claim("all is well", True, "3 of 3"), Claim("two is one", False)),
    invariants=(
        CheckedInvariant("order", "one comes before two", ("broken at 3",)),
        CheckedInvariant("peace", "nobody is hurt"),
        CheckedInvariant("rest", "all end", (), settled=False),
    ),
    tables=(Table("latencies in seconds", ("metric", "p50"), (("TTFT", 0.123456),)),),
    facts={"requests": 12345},
    situations={"a queue is full": 0, "a link is cut": 2},
    failure=None,
    virtual_seconds=10.0,
    events=None,
    digest=None,
    trace=None,
    charts=CHARTS,
    marks=(Mark(4.0, "crash worker-1"), Mark(6.0, "restart worker-1")),
    notes=(Mark(1.5, "it begins"),),
)


class Reader(HTMLParser):
    """Reads a page, and complains of an element that is closed by another one's end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def charted(*charts: Chart, **changes: Any) -> Outcome:
    return replace(OUTCOME, charts=charts, **changes)


def test_the_page_tells_all_that_came_of_the_run() -> None:
    text = Reader(page(OUTCOME, summary="A story.", again="glasshive run story --seed 7")).text

    for told in (
        "story violated A story. seed 7 · simulated · 10.0 s",
        "Claims ✓ all is well (3 of 3) ✗ two is one",
        "Invariants ✗ order: one comes before two broken at 3 ✓ peace: nobody is hurt ? rest:",
        "? rest: all end not checked to the end, which the run never reached",
        "Faults The dashed lines on the charts. 4.0 s crash worker-1 6.0 s restart worker-1",
        "latencies in seconds metric p50 TTFT 0.1235",
        "Situations a queue is full not in this run a link is cut reached 2 times",
        "Facts requests 12,345",
        "Parameters jobs 12 file none",
        "Story 1.500 s it begins",
        "Again glasshive run story --seed 7",
    ):
        assert told in text


def test_the_page_needs_nothing_but_itself() -> None:
    text = page(OUTCOME)
    reader = Reader(text)

    links = [
        value
        for _, attributes in reader.elements
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href", "action", "data", "poster")
    ]
    assert links
    assert all(link is not None and link.startswith(("#", "data:")) for link in links)
    assert reader.of("script") == []
    assert not re.search(r"https?:|@import|url\((?!#)|\bon\w+=", text)


def test_every_chart_is_drawn_and_named() -> None:
    reader = Reader(page(OUTCOME))

    titles = ["requests", "tokens per second", "depth", "wait"]
    assert [svg["aria-label"] for svg in reader.of("svg")] == titles
    for title in titles:
        assert title in reader.texts


def test_every_mark_stands_on_every_chart() -> None:
    reader = Reader(page(OUTCOME))

    lines = [attributes for attributes in reader.of("g") if attributes.get("class") == "mark"]
    assert len(lines) == 2 * len(CHARTS)
    assert reader.texts.count("crash worker-1") == len(CHARTS)
    assert reader.texts.count("1 crash worker-1 · 2 restart worker-1") == len(CHARTS)


def test_many_marks_are_told_in_the_list_only_and_near_ones_share_a_number() -> None:
    marks = tuple(Mark(4.0 + at / 100, f"fault {at}") for at in range(9))

    reader = Reader(page(replace(OUTCOME, marks=marks)))

    assert reader.texts.count("9 faults") == len(CHARTS)
    assert reader.texts.count("1-9") == len(CHARTS)


def test_whatever_a_text_holds_stays_text() -> None:
    evil = '<script>alert("x")</script> & \x00\x1b[1m \udc80 $x^2$'
    outcome = replace(
        OUTCOME,
        scenario=evil,
        parameters={evil: evil},
        claims=(Claim(evil, False, evil),),
        invariants=(CheckedInvariant(evil, evil, (evil,)),),
        tables=(Table(evil, (evil,), ((evil,),)),),
        facts={evil: {evil: evil}},
        failure=Failure(evil, evil, evil),
        marks=(Mark(1.0, evil),),
        notes=(Mark(1.0, evil),),
        charts=(
            Spans(evil, [Span(evil, 0, 1, evil)], {evil: "bad"}),
            Series(evil, evil, {f"{evil}{at}": Points([0], [1]) for at in range(5)}),
            Distribution(evil, evil, {evil: Points([0], [1])}),
        ),
    )

    text = page(outcome, summary=evil, again=evil)

    reader = Reader(text)
    assert reader.of("script") == []
    assert len(reader.of("svg")) == 3
    assert "\x00" not in text
    shown = r"""<script>alert("x")</script> & \x00\x1b[1m \udc80 $x^2$"""
    assert text.count(escape(shown)) > 15
    assert shown in reader.texts


def test_equal_outcomes_make_equal_pages_whatever_the_users_own_settings() -> None:
    first = page(OUTCOME)
    with mpl.rc_context({"font.size": 30, "axes.grid": False, "svg.fonttype": "path"}):
        second = page(replace(OUTCOME, wall_seconds=3.0))
        assert mpl.rcParams["font.size"] == 30

    assert first == second


def test_ids_are_unique_on_the_page() -> None:
    ids = [value for _, each in Reader(page(OUTCOME)).elements if (value := each.get("id"))]

    assert len(ids) == len(set(ids)) > 0


def test_all_colours_of_the_drawings_are_the_style_sheets() -> None:
    drawn = "".join(re.findall(r"<svg.*?</svg>", page(OUTCOME), flags=re.DOTALL))

    assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", drawn)) <= {
        "none",
        *(f"var(--{name})" for name in ("ink", "grid", "bad", "waiting", "working")),
        *("var(--line-0)", "var(--line-1)"),
    }


def test_a_run_without_charts_has_a_page_too() -> None:
    reader = Reader(page(charted(marks=(), notes=(), claims=(), invariants=())))

    assert reader.of("svg") == []
    assert "Facts requests 12,345" in reader.text


def test_charts_end_where_nothing_changes_any_more_and_say_so() -> None:
    beats = Series("depth", "jobs", {"a": Points(range(100), [0, 1, 2, *[0] * 97])}, drawn="steps")
    told = "The charts end at 10.4 s; after that nothing changes until the end."

    long = charted(*CHARTS, beats, marks=(Mark(10.0, "heal"),), virtual_seconds=99.0)
    short = charted(*CHARTS, beats, marks=(Mark(90.0, "heal"),), virtual_seconds=99.0)

    assert told in Reader(page(long)).text
    assert "The charts end" not in Reader(page(short)).text


def test_a_chart_that_holds_nothing_says_so() -> None:
    empty: tuple[Chart, ...] = (
        Spans("a", [], {"x": "bad"}),
        Series("b", "s", {"x": Points()}),
        Distribution("c", "s", {}),
    )

    reader = Reader(page(charted(*empty)))

    assert reader.texts.count("There is nothing to draw.") == 3


@pytest.mark.parametrize(
    "values", [[0.0], [0.0, 0.0], [5.0] * 500, [-3.0, 2.0], [1e-9, 1e9], [1e300, 1.0]]
)
def test_odd_values_can_be_drawn(values: list[float]) -> None:
    points = Points(range(len(values)), values)
    lines = {str(at): points for at in range(5)}

    reader = Reader(
        page(
            charted(
                Series("few", "s", {"a": points}, drawn="steps", lapse=0.5),
                Series("many", "s", lines),
                Distribution("spread", "s", {"a": points}),
                virtual_seconds=0.0,
            )
        )
    )

    assert len(reader.of("svg")) == 3


def test_more_requests_than_rows_are_drawn_as_high_as_there_are_at_once() -> None:
    spans = [Span(f"r{at}", at, at + 2.5, "going") for at in range(1200)]

    reader = Reader(page(charted(Spans("requests", spans, {"going": "working"}))))

    assert "1,200 bars, each in the lowest row that is free when it begins" in reader.text
    assert set(lanes(spans).values()) == {0, 1, 2}
    assert "r17" not in reader.texts


def test_a_busy_hour_makes_a_page_of_a_few_megabytes_that_says_what_it_leaves_out() -> None:
    generator = np.random.default_rng(1)
    times = np.sort(generator.uniform(0, 3600, 200_000)).tolist()
    waits = generator.exponential(1, len(times)).tolist()
    beats = range(3600)
    spans = [
        Span(f"r{at}", begin, min(begin + 3, 3600.0), "going")
        for at, begin in enumerate(generator.uniform(0, 3600, 7200))
    ]
    workers = {
        f"worker-{at}": Points(beats, generator.integers(0, 16, 3600).tolist()) for at in range(8)
    }

    text = page(
        charted(
            Spans("requests", spans, {"going": "working"}),
            Series("depth", "jobs", workers, drawn="steps", lapse=3.5),
            Distribution("wait", "s", {"a": Points(times, waits)}),
            virtual_seconds=3600.0,
        )
    )

    assert len(text) < 2_000_000
    assert "Drawn from 28,800 values: of every 8 s the lowest and the highest." in text


def test_thinning_keeps_the_lowest_and_highest_of_each_slot_and_every_gap() -> None:
    times = np.arange(1000.0)
    values = np.sin(times)
    values[417] = np.nan

    kept_times, kept = thinned(times, values, 1000.0, 10)

    for slot in range(10):
        whole = values[slot * 100 : slot * 100 + 100]
        part = kept[(kept_times >= slot * 100) & (kept_times < slot * 100 + 100)]
        assert (np.nanmin(part), np.nanmax(part)) == (np.nanmin(whole), np.nanmax(whole))
    assert kept_times[np.isnan(kept)] == [417]
    assert {0, 416, 418, 999} <= set(kept_times)
    assert len(kept) <= 2 * 10 + 5


def test_steps_end_where_their_value_has_lapsed() -> None:
    times, values = broken(np.array([0.0, 1.0, 9.0]), np.array([5.0, 6.0, 7.0]), 3.0, 10.0)

    assert times.tolist() == [0, 1, 4, 4, 9, 10, 10]
    assert [None if np.isnan(value) else value for value in values] == [5, 6, 6, None, 7, 7, None]


def test_widths_are_nice() -> None:
    assert [nice(width) for width in (0.03, 1.0, 1.1, 20.0, 21.0, 70.0)] == [
        *(0.05, 1.0, 2.0, 20.0, 50.0, 100.0)
    ]


def test_each_chart_and_the_marks_are_a_sheet() -> None:
    texts = sheets(charted(*CHARTS[:1], Series("Depth/ü?", "jobs", {"a,b": Points([0.1], [2])})))

    assert texts == {
        "marks.csv": "time [s],mark\n4.0,crash worker-1\n6.0,restart worker-1\n",
        "requests.csv": (
            "label,kind,begin [s],end [s]\none,waiting,0.0,1.0\none,going,1.0,4.0\ntwo,bad,2,9\n"
        ),
        "depth.csv": 'label,time [s],value [jobs]\n"a,b",0.1,2.0\n',
    }


def test_sheets_of_like_titles_have_names_of_their_own() -> None:
    names = [Series(title, "s", {}) for title in ("marks", "Marks!", "a b", "a-b", "???")]

    assert list(sheets(charted(*names))) == [
        *("marks.csv", "marks-2.csv", "marks-3.csv", "a-b.csv", "a-b-2.csv", "chart.csv")
    ]


def test_a_page_can_be_written_as_utf_8_whatever_it_tells(tmp_path: Path) -> None:
    outcome = replace(OUTCOME, scenario="odd\udc80.py")

    (tmp_path / "page.html").write_text(page(outcome), encoding="utf-8")
    texts = sheets(replace(outcome, marks=(Mark(1.0, "\udc80"),)))

    assert "odd\\udc80.py" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert texts["marks.csv"] == "time [s],mark\n1.0,\\udc80\n"
