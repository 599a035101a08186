"""`glasshive check --faults`: a plan in words, or all that is wrong with it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from topology import Blueprint

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """\
[[strikes]]
at = 5
do = "crash"
bee = "worker-1"

[[strikes]]
chance = 0.25
do = "hang"
bee = "hive-1"
seconds = 2
"""


def check(folder: Path, plan: str, *, blueprint: str = "") -> subprocess.CompletedProcess[str]:
    text = blueprint or Blueprint.grid(hives=1, workers_per_hive=1).to_toml()
    folder.joinpath("grid.toml").write_text(text, encoding="utf-8")
    folder.joinpath("plan.toml").write_text(plan, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "glasshive", "check", "grid.toml", "--faults", "plan.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_plan_is_told_in_words_with_what_it_never_puts_right(tmp_path: Path) -> None:
    done = check(tmp_path, PLAN)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("grid · 1 hive · 1 worker")
    assert done.stdout.splitlines()[-4:] == [
        "2 faults · never heals · nothing is wrong",
        "  at 5 s: crash worker-1",
        "  with chance 0.25 every 1 s: hang hive-1 for 2 s",
        (
            "nothing is sure to put it right: at 5 s: crash worker-1; "
            "restart it at a time that is sure to be later, or give the plan heal_at"
        ),
    ]


def test_a_plan_that_heals_says_when(tmp_path: Path) -> None:
    done = check(tmp_path, f"heal_at = 60\n{PLAN}")

    assert done.returncode == 0
    assert done.stdout.splitlines()[-3] == "2 faults · heals at 60 s · nothing is wrong"


def test_everything_that_is_wrong_with_a_plan_ends_with_exit_code_2(tmp_path: Path) -> None:
    done = check(tmp_path, PLAN.replace("worker-1", "worker-2").replace("0.25", "2.5"))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: plan.toml, line 4, strikes[0], crash: there is no bee 'worker-2'; "
        "did you mean 'worker-1'?\n"
        "error: plan.toml, line 7, strikes[1], hang: chance is 2.5; "
        "write a probability from 0 to 1\n"
    )


def test_what_is_wrong_with_both_files_is_told_at_once(tmp_path: Path) -> None:
    wrong = Blueprint.grid(hives=1, workers_per_hive=1).to_toml().replace("least_", "lest_", 1)
    done = check(tmp_path, PLAN.replace("0.25", "2.5"), blueprint=wrong)

    assert (done.returncode, done.stdout) == (2, "")
    told = [line.split(";")[0] for line in done.stderr.splitlines()]
    assert told[0].startswith("error: grid.toml, line ")
    assert told[1] == "error: plan.toml, line 7, strikes[1], hang: chance is 2.5"
    assert len(told) == 2


def test_a_plan_that_is_not_there_ends_with_exit_code_2(tmp_path: Path) -> None:
    check(tmp_path, PLAN)
    done = subprocess.run(
        [sys.executable, "-m", "glasshive", "check", "grid.toml", "--faults", "plans.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: plans.toml: the file cannot be read: No such file or directory; "
        "give the path of a plan of faults, a TOML file\n"
    )
