from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glasshive.explore.estimate import Estimate, estimate
from glasshive.explore.program import Program

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = '''
import random
from glasshive import Run, scenario


@scenario
def coin(run: Run, chance: float = 0.25) -> None:
    """A coin that falls on the wrong side now and then."""
    run.expect("the coin falls well", random.random() >= chance)
'''


@pytest.fixture
def coin(tmp_path: Path) -> Program:
    path = tmp_path / "coin.py"
    path.write_text(SCRIPT)
    return Program.of(f"{path}:coin")


def known(result: Estimate) -> tuple[int, int, tuple[float, float], int | None, dict[str, int]]:
    return result.runs, result.failures, result.interval, result.seed, result.breaches


def test_it_stops_at_the_first_run_at_which_it_is_as_tight_as_asked(coin: Program) -> None:
    result = estimate(coin, within=0.1)
    assert result.half_width <= 0.1
    before = estimate(coin, within=0.01, runs=result.runs - 1)
    assert before.half_width > 0.1
    assert before.runs == result.runs - 1


def test_it_finds_the_share_of_runs_that_fail(coin: Program) -> None:
    result = estimate(coin, within=0.05)
    low, high = result.interval
    assert low < 0.25 < high
    assert result.probability == result.failures / result.runs
    assert result.breaches == {"the coin falls well": result.failures}


def test_it_tells_the_first_seed_that_fails(coin: Program) -> None:
    result = estimate(coin, within=0.1)
    assert result.seed is not None
    alone = [Program.of(coin.scenario, seed=seed) for seed in range(result.seed + 1)]
    ends = [estimate(each, runs=1).failures for each in alone]
    assert ends == [0] * result.seed + [1]


PLAIN = """
from glasshive import Run, scenario


@scenario
def nobody(run: Run) -> None:
    run.expect("first in, first out takes its short cut", run.runtime._plain)
"""


def test_its_runs_are_those_that_glasshive_run_makes(tmp_path: Path) -> None:
    path = tmp_path / "nobody.py"
    path.write_text(PLAIN)
    result = estimate(Program.of(f"{path}:nobody"), runs=1)
    assert result.breaches == {}


def test_it_is_the_same_with_two_processes(coin: Program) -> None:
    assert known(estimate(coin, within=0.1)) == known(estimate(coin, within=0.1, jobs=2))


def test_what_never_fails_is_known_to_fail_seldom(tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    path.write_text(SCRIPT)
    never = Program.of(f"{path}:coin", {"chance": 0.0})
    result = estimate(never, within=0.02)
    assert result.failures == 0
    assert result.interval[0] == 0.0
    assert result.interval[1] <= 0.04
    assert result.seed is None


@pytest.mark.parametrize("within", [0.0, 1.0, -0.1])
def test_a_width_that_is_none_is_refused(coin: Program, within: float) -> None:
    with pytest.raises(ValueError, match="width"):
        estimate(coin, within=within)
