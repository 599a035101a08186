"""`glasshive run --seeds` runs many seeds and tells what came of all of them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest

from glasshive.cli.sweepbar import sweep_line
from glasshive.scenario.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]

MOTLEY = '''
import os
from dataclasses import dataclass, field
from pathlib import Path

from glasshive import Complaint, InputError, Run, scenario, sometimes


@dataclass
class Rule:
    name: str
    statement: str
    violations: list = field(default_factory=list)
    settled: bool = True


@scenario
def motley(run: Run, bad: bool = True, picky: bool = False, dies_at: int = -1) -> None:
    """Every seed is another story."""
    seed = run.seed
    run.note("a note")
    print("an aside")
    if seed == dies_at:
        os._exit(3)
    if picky:
        raise InputError(Complaint("a.csv, row 3", "no number", "write one"))
    run.must_reach("a seed is even", "a seed is divided by 100")
    sometimes("a seed is even", seed % 2 == 0)
    sometimes("a seed is odd", seed % 2 == 1)
    run.check(Rule("rest", "all comes to rest", [], settled=seed != 8))
    if bad:
        run.check(Rule("order", "one before two", [f"2 in {seed}"] if seed >= 10 else []))
        run.expect("it is not 3", seed != 3)
        if seed in (6, 9):
            raise LookupError(f"no {seed}\\nnor anything like it")
'''


def without_wall_time(text: str) -> str:
    return re.sub(r"\d+\.\d+ s wall", "0 s wall", text)


@pytest.mark.parametrize("jobs", ["1", "2", "5"])
def test_a_sweep_tells_what_broke_with_which_seeds_and_what_was_reached(
    glasshive: Command, script: Script, jobs: str
) -> None:
    script("motley.py", MOTLEY)

    done = glasshive("run", "motley.py", "--seed", "2", "--seeds", "15", "--jobs", jobs)

    assert without_wall_time(done.stdout) == (
        "situations\n"
        "  ✓ a seed is even: reached in 8 of 15 runs, first with seed 2\n"
        "  ✗ a seed is divided by 100: never reached\n"
        "  ✓ a seed is odd: reached in 7 of 15 runs, first with seed 3\n"
        "\n"
        "not checked to the end\n"
        "  ? rest: in 1 of 15 runs: seed 8\n"
        "\n"
        "did not hold\n"
        "  ✗ invariant order: one before two\n"
        "      in 7 of 15 runs: seeds 10, 11, 12, 13, 14 and 2 more\n"
        "      seed 10: 2 in 10\n"
        "      again  glasshive run motley.py --seed 10\n"
        "  ✗ error LookupError at motley.py:35\n"
        "      in 2 of 15 runs: seeds 6, 9\n"
        "      seed 6: no 6 …\n"
        "      again  glasshive run motley.py --seed 6\n"
        "  ✗ claim it is not 3\n"
        "      in 1 of 15 runs: seed 3\n"
        "      again  glasshive run motley.py --seed 3\n"
        "\n"
        "violated · motley.py · seeds 2 to 16 · 15 runs, 10 did not hold · 0 s wall\n"
        "again  glasshive run motley.py --seed 2 --seeds 15\n"
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_a_sweep_in_which_all_held_ends_with_exit_code_0_whatever_was_not_reached(
    glasshive: Command, script: Script
) -> None:
    script("motley.py", MOTLEY)

    done = glasshive("run", "motley.py", "--seeds", "2", "--set", "bad=no")
    quiet = glasshive("run", "motley.py", "--seeds", "1", "--set", "bad=no", "--quiet")

    assert without_wall_time(done.stdout) == (
        "situations\n"
        "  ✓ a seed is even: reached in 1 of 2 runs, first with seed 0\n"
        "  ✗ a seed is divided by 100: never reached\n"
        "  ✓ a seed is odd: reached in 1 of 2 runs, first with seed 1\n"
        "\n"
        "held · motley.py · seeds 0 to 1 · 2 runs, 0 did not hold · 0 s wall\n"
        "again  glasshive run motley.py --seed 0 --seeds 2 --set bad=false\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert without_wall_time(quiet.stdout) == (
        "held · motley.py · seed 0 · 1 run, 0 did not hold · 0 s wall\n"
    )


def test_quiet_prints_only_how_it_ended_and_what_did_not_hold(
    glasshive: Command, script: Script
) -> None:
    script("motley.py", MOTLEY)

    done = glasshive("run", "motley.py", "--seeds", "5", "--jobs", "1", "--quiet")

    assert done.returncode == 1
    assert without_wall_time(done.stdout) == (
        "  ✗ claim it is not 3\n"
        "      in 1 of 5 runs: seed 3\n"
        "      again  glasshive run motley.py --seed 3\n"
        "violated · motley.py · seeds 0 to 4 · 5 runs, 1 did not hold · 0 s wall\n"
        "again  glasshive run motley.py --seed 0 --seeds 5\n"
    )


def test_json_is_one_object_that_tells_all_of_it(glasshive: Command, script: Script) -> None:
    script("motley.py", "print('loading')\n" + MOTLEY)

    done = glasshive("run", "motley.py", "--seed", "8", "--seeds", "3", "--jobs", "2", "--json")

    assert (done.returncode, done.stderr) == (1, "loading\n")
    assert done.stdout.count("\n") == 1
    result = json.loads(done.stdout)
    assert result.pop("wall_seconds") > 0
    assert result == {
        "status": "violated",
        "scenario": "motley.py",
        "parameters": {"bad": True, "picky": False, "dies_at": -1},
        "seed": 8,
        "seeds": 3,
        "runs": 3,
        "held": 1,
        "findings": [
            {
                "kind": "error",
                "name": "LookupError at motley.py:36",
                "statement": "",
                "runs": 1,
                "seeds": [9],
                "example": "no 9\nnor anything like it",
                "again": "glasshive run motley.py --seed 9",
            },
            {
                "kind": "invariant",
                "name": "order",
                "statement": "one before two",
                "runs": 1,
                "seeds": [10],
                "example": "2 in 10",
                "again": "glasshive run motley.py --seed 10",
            },
        ],
        "unsettled": [{"name": "rest", "runs": 1, "seeds": [8]}],
        "situations": [
            {
                "situation": "a seed is even",
                "must_reach": True,
                "runs": 2,
                "times": 2,
                "seed": 8,
            },
            {
                "situation": "a seed is divided by 100",
                "must_reach": True,
                "runs": 0,
                "times": 0,
                "seed": None,
            },
            {
                "situation": "a seed is odd",
                "must_reach": False,
                "runs": 1,
                "times": 1,
                "seed": 9,
            },
        ],
        "again": "glasshive run motley.py --seed 8 --seeds 3",
    }


def test_of_very_many_findings_the_first_are_shown(glasshive: Command, script: Script) -> None:
    script(
        "various.py",
        "from glasshive import Run, scenario\n"
        "@scenario\n"
        "def various(run: Run) -> None:\n"
        "    run.expect(f'it is not {run.seed}', False)\n",
    )

    done = glasshive("run", "various.py", "--seeds", "23", "--jobs", "1", "--quiet")

    lines = done.stdout.splitlines()
    assert lines[57] == "  ✗ claim it is not 19"
    assert lines[60] == "  and 3 more; --json tells all"


def test_a_process_that_dies_is_told_of_and_the_sweep_goes_on(
    glasshive: Command, script: Script
) -> None:
    script("motley.py", MOTLEY)
    words = ["--seeds", "6", "--jobs", "2", "--set", "bad=no", "--set", "dies_at=1", "--quiet"]

    done = glasshive("run", "motley.py", *words)

    assert without_wall_time(done.stdout) == (
        "  ✗ error process ended with exit code 3\n"
        "      in 1 of 6 runs: seed 1\n"
        "      seed 1: its process ended with exit code 3 and told no outcome; run this seed alone "
        "to see why, or fewer at the same time if memory is short\n"
        "      again  glasshive run motley.py --seed 1 --set bad=false --set dies_at=1\n"
        "violated · motley.py · seeds 0 to 5 · 6 runs, 1 did not hold · 0 s wall\n"
        "again  glasshive run motley.py --seed 0 --seeds 6 --set bad=false --set dies_at=1\n"
    )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_wrong_input_found_within_a_run_ends_with_exit_code_2(
    glasshive: Command, script: Script, jobs: str
) -> None:
    script("motley.py", MOTLEY)

    done = glasshive("run", "motley.py", "--seeds", "5", "--jobs", jobs, "--set", "picky=yes")

    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: a.csv, row 3: no number; write one\n",
    )


TOGETHER = "--seeds and {} cannot be had together: {}"
REFUSED = [
    (
        "--seeds 0",
        "--seeds 0: makes no sweep; say how many runs there are to be, 1 to 1,000,000,000",
    ),
    (
        "--seeds 9999999999",
        "--seeds 9999999999: makes no sweep; say how many runs there are to be, 1 to 1,000,000,000",
    ),
    (
        "--seeds 2 --jobs 0",
        "--jobs 0: makes no sweep; say how many processes are to run at the same time, 1 or more",
    ),
    ("--jobs 2", "--jobs goes with --seeds only: a single run has one process"),
    (
        "--seeds 2 --trace a",
        TOGETHER.format("--trace", "a trace is of one run; find a seed first, then trace that one"),
    ),
    (
        "--seeds 2 --report a",
        TOGETHER.format("--report", "a page is of one run; find a seed first, then draw that one"),
    ),
    (
        "--seeds 2 --csv a",
        TOGETHER.format("--csv", "charts are of one run; find a seed first, then draw that one"),
    ),
    (
        "--seeds 2 --check-determinism",
        TOGETHER.format("--check-determinism", "it repeats one run; check one seed at a time"),
    ),
    (
        "--seeds 2 --runtime live",
        TOGETHER.format("--runtime live", "threads keep no order that a seed could change"),
    ),
    (
        "--seeds 2 --set bat=no",
        "--set bat=no: scenario 'motley' has no parameter 'bat'; did you mean 'bad'?",
    ),
]


@pytest.mark.parametrize(("options", "complaint"), REFUSED)
def test_what_makes_no_sweep_is_refused_by_name(
    glasshive: Command, script: Script, tmp_path: Path, options: str, complaint: str
) -> None:
    script("motley.py", MOTLEY)

    done = glasshive("run", "motley.py", *options.split())
    as_json = glasshive("run", "motley.py", *options.split(), "--json")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.lower().endswith(f"error: {complaint}\n".lower())
    assert as_json.returncode == 2
    assert json.loads(as_json.stdout) == {"status": "input-error", "complaints": [complaint]}
    assert [path.name for path in tmp_path.iterdir()] == ["motley.py"]


def test_a_terminal_shows_how_far_the_sweep_is_and_a_pipe_gets_the_end(
    tmp_path: Path, script: Script
) -> None:
    script("motley.py", MOTLEY)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", "motley.py", "--seeds", "3", "--jobs", "1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        assert process.stdout is not None
        piped = process.stdout.read().decode()
        shown = os.read(ours, 65536).decode()
        os.close(ours)

    assert process.returncode == 0
    assert "0/3 runs" in shown
    assert "an aside" not in shown
    assert piped.startswith("situations\n")
    assert "\x1b" not in piped


def test_the_bars_line_holds_runs_those_that_did_not_hold_and_their_rate() -> None:
    summary = Sweep("any", {}, range(2000), runs=1500, held=1500)

    assert sweep_line(summary, 60.0) == "1,500/2,000 runs · 25.0 runs/s"
    summary.held = 1499
    assert sweep_line(summary, 60.0) == "1,500/2,000 runs · 1 did not hold · 25.0 runs/s"
    assert sweep_line(Sweep("any", {}, range(2)), 1.0) == "0/2 runs"
