from __future__ import annotations

import json
import math
import pickle
from typing import TYPE_CHECKING

import pykka
import pytest

from glasshive import Simulation
from glasshive.fault import CrashHost, Cut, Heal, Plan, Relink, RestartHost, SlowHost
from glasshive.scenario import (
    Distribution,
    Mark,
    Points,
    Run,
    Series,
    Span,
    Spans,
    run,
    scenario,
)
from glasshive.scenario.chart import merged

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive.scenario import Chart

DEPTH = Series("depth", "jobs", {"a": Points([0, 1], [2, 3])}, drawn="steps")


class Still(pykka.ThreadingActor):
    pass


@scenario
def drawn(run: Run, *, fail: bool = False) -> None:
    run.note("it begins")
    run.mark(2.0, "half of it")
    run.mark(1.0, "a quarter of it")
    run.chart(DEPTH)
    run.chart_at_end(lambda: [Distribution("wait", "s", {"a": Points([run.runtime.now()], [5])})])
    run.runtime.run(until=4)
    if fail:
        raise RuntimeError("too bad")


def struck(plan: Plan) -> list[Mark]:
    @scenario
    def story(run: Run) -> None:
        assert isinstance(run.runtime, Simulation)
        run.runtime.network.link("a", "b", latency=0.1)
        with run.runtime.on("a"):
            Still.start()
        run.runtime.strike(plan)
        run.runtime.run(until=60)

    return list(run(story, charting=True).marks)


def test_nothing_is_kept_unless_charts_are_wanted() -> None:
    called = []

    def late() -> list[Chart]:
        called.append(1)
        return [DEPTH]

    @scenario
    def silent(run: Run) -> None:
        assert not run.charting
        run.note("it begins")
        run.mark(1.0, "now")
        run.chart(DEPTH)
        run.chart_at_end(late)

    outcome = run(silent)

    assert (outcome.charts, outcome.marks, outcome.notes, called) == ((), (), (), [])


def test_an_outcome_holds_what_was_charted_marked_and_noted() -> None:
    outcome = run(drawn, charting=True)

    late = Distribution("wait", "s", {"a": Points([4], [5])})
    assert outcome.charts == (DEPTH, late)
    assert outcome.marks == (Mark(1.0, "a quarter of it"), Mark(2.0, "half of it"))
    assert outcome.notes == (Mark(0.0, "it begins"),)


def test_a_run_that_fails_has_its_charts_all_the_same() -> None:
    outcome = run(drawn, {"fail": True}, charting=True)

    assert outcome.status == "failed"
    assert [chart.title for chart in outcome.charts] == ["depth", "wait"]


def test_an_error_in_what_makes_the_charts_fails_the_run_and_is_told() -> None:
    @scenario
    def careless(run: Run) -> None:
        run.chart_at_end(lambda: [DEPTH, Spans("x", [Span("a", 2, 1, "waiting")], {})])

    outcome = run(careless, charting=True)

    assert outcome.status == "failed"
    assert outcome.failure is not None
    assert outcome.failure.message == "a span of 'a' begins at 2 s and ends at 1 s"


def test_an_outcome_with_charts_survives_pickling_and_equals_that_of_an_equal_run() -> None:
    outcome = run(drawn, charting=True)

    assert pickle.loads(pickle.dumps(outcome)) == outcome == run(drawn, charting=True)  # noqa: S301
    assert outcome != run(drawn)


def test_charting_changes_no_byte_of_the_trace(tmp_path: Path) -> None:
    run(drawn, trace=tmp_path / "a.jsonl")
    run(drawn, trace=tmp_path / "b.jsonl", charting=True)

    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    lines = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[-1])["end"]["events"] == 1


def test_faults_become_marks_by_themselves_and_say_what_they_were() -> None:
    plan = Plan.of(
        [
            (1, CrashHost("a")),
            (2, RestartHost("a", state=True)),
            (3, SlowHost("a", 4.0)),
            (4, Cut(("a",), ("b", "local"), one_way=True)),
            (5, Cut(("b",))),
            (6, Heal()),
            (7, Relink("a", "b", loss=0.25)),
        ]
    )

    assert struck(plan) == [
        Mark(1.0, "crash host a"),
        Mark(2.0, "restart host a (state)"),
        Mark(3.0, "slow host a (factor 4)"),
        Mark(4.0, "cut a | b, local (one way)"),
        Mark(5.0, "cut b"),
        Mark(6.0, "heal"),
        Mark(7.0, "relink a | b (loss 0.25)"),
    ]


def test_a_crashed_actor_is_named_also_in_a_live_run() -> None:
    @scenario
    def crash(run: Run) -> None:
        run.runtime.crash(Still.start())

    for runtime in ("simulated", "live"):
        marks = run(crash, charting=True, runtime=runtime).marks
        assert [mark.text for mark in marks] == ["crash Still-1"]


def test_watching_for_faults_records_no_message() -> None:
    simulation = Simulation()
    Run(simulation, charting=True)

    assert not simulation.recording


def test_points_are_kept_in_the_order_of_their_times_and_those_of_one_time_in_theirs() -> None:
    points = Points([3, 1, 2, 1], [30, 10, 20, 11])

    assert list(points.times) == [1, 1, 2, 3]
    assert list(points.values) == [10, 11, 20, 30]


def test_points_of_different_lengths_and_those_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="there are 2 times for 1 values"):
        Points([1, 2], [1])
    with pytest.raises(ValueError, match="a value is nan, and a chart holds finite numbers only"):
        Points([1, 2], [1, math.nan])
    with pytest.raises(ValueError, match="a time is inf"):
        Points([math.inf], [1])


def test_a_mark_at_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="mark 'x': nan is no time"):
        Run(Simulation(), charting=True).mark(math.nan, "x")


def test_spans_of_an_unknown_kind_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="is of kind 'odd'; 'jobs' has the kinds 'waiting'"):
        Spans("jobs", [Span("a", 0, 1, "odd")], {"waiting": "waiting"})


def test_charts_of_one_class_and_title_become_one() -> None:
    first: list[Chart] = [
        Series("depth", "jobs", {"a": Points([1], [1]), "b": Points([1], [2])}),
        Distribution("wait", "s", {"a": Points([1], [1])}),
        Spans("jobs", [Span("a", 0, 1, "waiting")], {"waiting": "waiting"}),
    ]
    second: list[Chart] = [
        Series("depth", "jobs", {"b": Points([5], [3]), "c": Points([5], [4])}),
        Distribution("depth", "s", {"a": Points([2], [2])}),
        Spans("jobs", [Span("b", 1, 2, "failed"), Span("a", 3, 4, "failed")], {"failed": "bad"}),
        Spans("jobs", [Span("a", 5, 6, "failed"), Span("a", 6, 7, "failed")], {"failed": "bad"}),
    ]

    assert merged([*first, *second]) == (
        Series(
            "depth",
            "jobs",
            {"a": Points([1], [1]), "b": Points([1, 5], [2, 3]), "c": Points([5], [4])},
        ),
        Distribution("wait", "s", {"a": Points([1], [1])}),
        Spans(
            "jobs",
            [
                Span("a", 0, 1, "waiting"),
                Span("b", 1, 2, "failed"),
                Span("a (2)", 3, 4, "failed"),
                Span("a (3)", 5, 6, "failed"),
                Span("a (3)", 6, 7, "failed"),
            ],
            {"waiting": "waiting", "failed": "bad"},
        ),
        Distribution("depth", "s", {"a": Points([2], [2])}),
    )
