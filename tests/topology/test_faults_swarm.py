"""Plans in swarm style turn on a random few kinds of fault, and heal at their end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive import InputError
from glasshive.latency import LogNormal
from topology import Blueprint
from topology.faults import (
    At,
    Crash,
    CrashHost,
    DriftClock,
    Hang,
    Lie,
    Link,
    Slow,
    SlowHost,
    WithRate,
    swarm_plan,
)
from topology.faults.magnitudes import KINDS

GRID = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2)
seeds = st.integers()
lengths = st.floats(0.1, 100_000)


@given(seeds, lengths)
def test_a_plan_that_is_drawn_can_be_carried_out_and_heals_at_its_end(
    seed: int, seconds: float
) -> None:
    plan = swarm_plan(GRID, seed, seconds=seconds)
    plan.must_heal(GRID)
    assert plan.strikes
    assert plan.heal_at == seconds


@given(seeds, lengths)
def test_equal_seeds_draw_equal_plans(seed: int, seconds: float) -> None:
    assert swarm_plan(GRID, seed, seconds=seconds) == swarm_plan(GRID, seed, seconds=seconds)


@given(seeds)
def test_magnitudes_are_such_as_a_colony_must_live_with(seed: int) -> None:
    for strike in swarm_plan(GRID, seed, seconds=60).strikes:
        match strike.do:
            case Crash(bee=name) | CrashHost(host=name):
                assert name not in GRID.keepers
            case Hang(seconds=seconds) | Lie(seconds=seconds):
                assert 0 < seconds <= 20
            case Slow(factor=factor) | SlowHost(factor=factor):
                assert 1 <= factor <= 8
            case DriftClock(pace=pace):
                assert 0.9 <= pace <= 1.1
            case Link(latency=latency):
                assert max(strike.do.loss, strike.do.duplicate, strike.do.reorder) <= 0.2
                median = latency.median if isinstance(latency, LogNormal) else latency
                assert median is None or 0.01 <= median <= 0.08  # type: ignore[operator]
        match strike.when:
            case At(seconds=seconds):
                assert 0 <= seconds < 60
            case WithRate(chance=chance):
                assert 0 < chance <= 0.2


def test_a_thousand_seeds_turn_on_every_kind_and_hardly_two_the_same() -> None:
    plans = [swarm_plan(GRID, seed, seconds=60) for seed in range(1000)]
    struck = {type(strike.do).__name__ for plan in plans for strike in plan.strikes}
    assert struck == {
        *("Crash", "Restart", "Hang", "Slow", "OutOfMemory", "FailToLoad", "Lie"),
        *("CrashHost", "RestartHost", "PauseHost", "ResumeHost"),
        *("SlowHost", "JumpClock", "DriftClock", "Partition", "Heal", "Link"),
    }
    assert {type(strike.when).__name__ for plan in plans for strike in plan.strikes} == {
        *("At", "AfterToken", "AfterMessage", "WithRate")
    }
    assert len({plan.to_json() for plan in plans}) > 990


@given(seeds, st.sampled_from(sorted(KINDS)))
def test_only_the_kinds_that_are_asked_for_are_turned_on(seed: int, kind: str) -> None:
    one = swarm_plan(GRID, seed, seconds=60, among=[kind], each=1)
    assert 1 <= len(one.strikes) <= 2


@given(seeds)
def test_a_plan_tells_its_times_in_order(seed: int) -> None:
    times = [
        strike.when.seconds
        for strike in swarm_plan(GRID, seed, seconds=60).strikes
        if isinstance(strike.when, At)
    ]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"among": ["crush"]}, "kinds of fault: there is none 'crush'; did you mean 'crash'?"),
        ({"among": []}, "kinds of fault: there is none ''; known: crash, crash_host"),
        ({"seconds": 0}, "a plan of faults: it lasts 0 s; give a finite time above 0"),
        ({"seconds": float("inf")}, "a plan of faults: it lasts inf s; give a finite time above 0"),
        ({"kinds": 0}, "swarm plan, kinds: it is 0; give 1 or more"),
        ({"each": 0}, "swarm plan, each: it is 0; give 1 or more"),
    ],
    ids=str,
)
def test_what_no_plan_can_be_drawn_from_is_refused(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(InputError) as caught:
        swarm_plan(GRID, 7, **{"seconds": 60, **wrong})  # type: ignore[arg-type]
    assert str(caught.value).startswith(told)
