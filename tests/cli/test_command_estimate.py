"""`glasshive explore --estimate` tells how often a scenario fails under its own rates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

COIN = '''
import random
from glasshive import Run, scenario


@scenario
def coin(run: Run, chance: float = 0.25) -> None:
    """A coin that falls on the wrong side now and then."""
    run.expect("the coin falls well", random.random() >= chance)
'''


@pytest.fixture(autouse=True)
def coin(tmp_path: Path) -> None:
    (tmp_path / "coin.py").write_text(COIN)


def test_the_probability_is_told_with_its_interval_and_the_first_seed_that_fails(
    glasshive: Command,
) -> None:
    done = glasshive("explore", "coin.py", "--estimate", "--within", "0.1")
    assert (done.returncode, done.stderr) == (0, "")
    told, breach, first, ended, again = done.stdout.splitlines()
    assert told.endswith(" % with 95 % confidence")
    assert breach.startswith("  ✗ the coin falls well: in ")
    assert ended.startswith("estimated · coin.py · seeds from 0 · ")
    assert again == (
        "again  glasshive explore coin.py --estimate --within 0.1 --confidence 0.95 --seed 0"
    )
    failing = glasshive(*first.removeprefix("first  glasshive ").split())
    assert failing.returncode == 1


def test_json_holds_what_is_told(glasshive: Command) -> None:
    done = glasshive("explore", "coin.py", "--estimate", "--within", "0.1", "--json")
    found = json.loads(done.stdout)
    assert found["low"] < 0.25 < found["high"]
    assert found["high"] - found["low"] <= 0.2
    assert found["probability"] == found["failures"] / found["runs"]
    assert found["breaches"] == {"the coin falls well": found["failures"]}


def test_too_few_runs_are_said_to_be_too_few(glasshive: Command) -> None:
    done = glasshive("explore", "coin.py", "--estimate", "--runs", "10", "--jobs", "1")
    assert done.returncode == 0
    assert "not as tight as asked: ±" in done.stdout
    assert "10 runs" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--within", "0"], "--within 0: estimates nothing; give a number between 0 and 1"),
        (["--confidence", "1"], "--confidence 1: estimates nothing"),
        (["--strategy", "pct"], "--estimate and --strategy cannot be had together"),
        (["--no-shrink"], "--estimate and --no-shrink cannot be had together"),
    ],
)
def test_what_makes_no_estimate_is_refused(
    glasshive: Command, options: list[str], said: str
) -> None:
    done = glasshive("explore", "coin.py", "--estimate", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
