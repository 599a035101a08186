from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Literal

import pykka
import pytest

from glasshive import Live, Run, Simulation, scenario, sometimes
from glasshive.scenario import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Marker(pykka.ThreadingActor):
    def on_receive(self, message: tuple[str, int]) -> None:
        situation, times = message
        for _ in range(times):
            sometimes(situation)


@scenario
def crossings(run: Run, marks: bool = True) -> None:
    """Situations are declared and reached."""
    marker = Marker.start()
    if marks:
        marker.ask(("a resume during a reload", 1))
        run.must_reach("a cancel crosses the end", "a token is lost")
        run.must_reach("a token is lost")
        sometimes("a cancel crosses the end", so=False)
        run.sometimes("a token is lost")
        run.sometimes("a token is lost", so=False)
        run.sometimes("a token is lost", so=marks)
        run.sometimes("nobody asked")
    else:
        marker.ask(("", 0))


def test_a_mark_counts_in_the_run_whether_an_actor_or_the_script_makes_it() -> None:
    with Simulation() as simulation:
        sometimes("by the script")
        Marker.start().ask(("by an actor", 2))
        sometimes("by the script")

    assert list(simulation.situations.items()) == [("by the script", 2), ("by an actor", 2)]


def test_what_is_not_so_is_not_counted() -> None:
    with Simulation() as simulation:
        sometimes("one is two", so=False)

    assert simulation.situations == {}


def test_a_mark_outside_of_a_run_does_nothing() -> None:
    sometimes("nobody runs")

    with Simulation() as simulation:
        pass
    sometimes("it is over")

    assert simulation.situations == {}


def test_a_situation_that_is_no_text_is_refused() -> None:
    with Simulation(), pytest.raises(TypeError, match=r"is told in words, not as True$"):
        sometimes(True, "the arguments are swapped")  # type: ignore[arg-type]
    with Simulation() as simulation, pytest.raises(TypeError, match=r"not as \['a'\]$"):
        Run(simulation).must_reach(["a"])  # type: ignore[arg-type]


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless_threads")
def test_marks_of_many_threads_are_all_counted() -> None:
    with Live() as live:
        answers = [
            Marker.start().ask(("all at once", 5000), block=False, timeout=60) for _ in range(8)
        ]
        pykka.get_all(answers)

    assert live.situations == {"all at once": 40_000}


@pytest.mark.parametrize("runtime", ["simulated", "live"])
def test_an_outcome_tells_declared_situations_first_and_0_for_those_not_reached(
    runtime: Literal["simulated", "live"],
) -> None:
    outcome = run(crossings, runtime=runtime)

    assert list(outcome.situations.items()) == [
        ("a cancel crosses the end", 0),
        ("a token is lost", 2),
        ("a resume during a reload", 1),
        ("nobody asked", 1),
    ]
    assert outcome.must_reach == ("a cancel crosses the end", "a token is lost")
    assert outcome.status == "held"


def test_the_last_line_of_a_trace_tells_the_situations_and_no_event_does(tmp_path: Path) -> None:
    marked = run(crossings, trace=tmp_path / "a.jsonl")
    plain = run(crossings, {"marks": False}, trace=tmp_path / "b.jsonl")

    end = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[-1])["end"]
    assert end["must_reach"] == ["a cancel crosses the end", "a token is lost"]
    assert end["situations"] == {
        "a cancel crosses the end": 0,
        "a token is lost": 2,
        "a resume during a reload": 1,
        "nobody asked": 1,
    }
    assert marked.events == plain.events


def test_the_situations_of_a_run_that_fails_are_kept() -> None:
    @scenario
    def clumsy(run: Run) -> None:
        run.must_reach("the end")
        sometimes("the begin")
        raise ValueError

    outcome = run(clumsy)

    assert outcome.status == "failed"
    assert outcome.situations == {"the end": 0, "the begin": 1}
