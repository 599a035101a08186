"""Hypothesis draws plans of faults, and shrinks them to few, early and simple ones."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from glasshive import InputError
from topology import Blueprint
from topology.faults import (
    AfterMessage,
    AfterToken,
    At,
    Crash,
    FaultPlan,
    Lie,
    Partition,
    PauseHost,
    Slow,
    Strike,
    WithRate,
)
from topology.strategies import fault_plans

if TYPE_CHECKING:
    from collections.abc import Callable

GRID = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2)
QUIET = settings(
    database=None, derandomize=True, max_examples=2000, suppress_health_check=list(HealthCheck)
)


@given(fault_plans(GRID, seconds=30))
def test_a_plan_that_is_drawn_can_be_carried_out_and_heals_at_its_end(plan: FaultPlan) -> None:
    plan.must_heal(GRID)
    assert plan.heal_at == 30


@given(st.data(), st.integers(0, 4))
def test_a_plan_has_no_more_faults_than_it_may(data: st.DataObject, most: int) -> None:
    plan = data.draw(fault_plans(GRID, among=["out_of_memory"], most=most))
    assert len(plan.strikes) <= most


def test_the_simplest_plan_has_no_faults() -> None:
    assert find(fault_plans(GRID), lambda _: True, settings=QUIET) == FaultPlan(heal_at=60.0)


@pytest.mark.parametrize(
    ("failing", "simplest"),
    [
        (lambda strike: isinstance(strike.do, Crash), Strike(At(0.0), Crash("worker-1"))),
        (
            lambda strike: strike.do.worker == "worker-3" and strike.do.factor > 1,
            Strike(At(0.0), Slow("worker-3", 2.0)),
        ),
        (
            lambda strike: isinstance(strike.do, Lie) and strike.do.seconds > 4,
            Strike(At(0.0), Lie("worker-1", 5.0)),
        ),
        (
            lambda strike: isinstance(strike.do, PauseHost) and strike.when.seconds > 9,
            Strike(At(9.6), PauseHost("queen")),
        ),
        (
            lambda strike: isinstance(strike.when, AfterToken) and isinstance(strike.do, Crash),
            Strike(AfterToken(1), Crash("worker-1")),
        ),
        (
            lambda strike: isinstance(strike.when, AfterMessage) and isinstance(strike.do, Crash),
            Strike(AfterMessage(1, "Submit"), Crash("worker-1")),
        ),
        (
            lambda strike: isinstance(strike.when, WithRate) and isinstance(strike.do, Crash),
            Strike(WithRate(0.01, 3.0, 60.0), Crash("worker-1")),
        ),
    ],
    ids=["crash", "which", "how long", "when", "token", "message", "rate"],
)
def test_a_plan_shrinks_to_the_one_fault_that_matters(
    failing: Callable[[Strike], bool], simplest: Strike
) -> None:
    def fails(plan: FaultPlan) -> bool:
        return any(_holds(failing, strike) for strike in plan.strikes)

    plan = find(fault_plans(GRID), fails, settings=QUIET)
    assert [strike for strike in plan.strikes if _holds(failing, strike)] == [simplest]
    assert len(plan.strikes) <= 2  # some bring what puts them right


def _holds(failing: Callable[[Strike], bool], strike: Strike) -> bool:
    try:
        return failing(strike)
    except AttributeError:  # the time of what has none
        return False


def test_two_faults_that_matter_together_are_all_that_is_left() -> None:
    def fails(plan: FaultPlan) -> bool:
        kinds = [type(strike.do) for strike in plan.strikes]
        return Crash in kinds and Partition in kinds

    plan = find(fault_plans(GRID), fails, settings=QUIET)
    assert {strike.when for strike in plan.strikes if type(strike.do) in {Crash, Partition}} == {
        At(0.0)
    }
    assert len(plan.strikes) <= 4


@pytest.mark.parametrize("wrong", [{"among": ["crush"]}, {"seconds": -1.0}], ids=str)
def test_what_no_plan_can_be_drawn_from_is_refused_at_once(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        fault_plans(GRID, **wrong)  # type: ignore[arg-type]


def test_without_hypothesis_faults_work_and_the_strategies_say_what_to_install() -> None:
    script = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import topology.faults, topology.command\n"
        "try:\n    import topology.strategies\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        'topology.strategies needs Hypothesis: pip install "glasshive[testing]"\n'
    )
