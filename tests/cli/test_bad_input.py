from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]

COMPLAINTS = [
    (
        ["--set", "tims=3"],
        "--set tims=3: scenario 'echo' has no parameter 'tims'; did you mean 'times'?",
    ),
    (
        ["--set", "zzz=3"],
        "--set zzz=3: scenario 'echo' has no parameter 'zzz'; known: manner, pause, times, word",
    ),
    (
        ["--set", "times=many"],
        "--set times=many: 'many' will not do; times takes a whole number, such as 2",
    ),
    (
        ["--set", "manner=wild"],
        "--set manner=wild: 'wild' will not do; manner takes one of calm, eager",
    ),
    (
        ["--set", "pause=long"],
        "--set pause=long: 'long' will not do; pause takes a finite number or none",
    ),
    (
        ["--set", "times"],
        "--set times: has no value; write times=VALUE, times takes a whole number",
    ),
    (
        ["--set", "times=1", "--set", "times=2"],
        "--set times=2: times is set already, by --set times=1; set it only once",
    ),
    (
        ["--trace", "no/such/folder/a.jsonl"],
        (
            "--trace no/such/folder/a.jsonl: cannot be written (No such file or directory); "
            "name a file in a folder that exists and that you may write to"
        ),
    ),
    (
        ["--trace", "."],
        (
            "--trace .: cannot be written (Is a directory); "
            "name a file in a folder that exists and that you may write to"
        ),
    ),
    (
        ["--trace", "echo.py"],
        (
            "--trace echo.py: is a file that this scenario reads; "
            "name another file, this one would be overwritten"
        ),
    ),
]


@pytest.mark.parametrize(("words", "complaint"), COMPLAINTS)
def test_wrong_options_are_complained_of_before_the_run(
    glasshive: Command, script: Script, echo: str, words: list[str], complaint: str
) -> None:
    script("echo.py", echo)

    done = glasshive("run", "echo.py", *words)
    as_json = glasshive("run", "echo.py", *words, "--json")

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {complaint}\n")
    assert as_json.returncode == 2
    assert json.loads(as_json.stdout) == {"status": "input-error", "complaints": [complaint]}


def test_every_wrong_setting_is_complained_of_at_once(
    glasshive: Command, script: Script, echo: str
) -> None:
    script("echo.py", echo)

    done = glasshive("run", "echo.py", "--set", "times=x", "--set", "pause=y", "--set", "z")

    assert [line.split(":")[1] for line in done.stderr.splitlines()] == [
        " --set times=x",
        " --set pause=y",
        " --set z",
    ]


def test_an_unknown_scenario_is_answered_with_the_near_ones(
    glasshive: Command, plugin: Callable[..., None]
) -> None:
    walk = (
        "from glasshive.scenario import Run, scenario\n"
        "@scenario\n"
        "def moonlit_walk(run: Run) -> None: ...\n"
    )
    plugin("stories", {"walk.py": walk}, "[glasshive.scenarios]\nstories = stories\n")

    done = glasshive("run", "moonlit_wlak")

    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        (
            "error: scenario 'moonlit_wlak': there is none of this name; "
            "did you mean 'moonlit_walk'?\n"
        ),
    )


def test_a_script_with_a_syntax_error_is_answered_with_file_line_and_text(
    glasshive: Command, script: Script
) -> None:
    script("slip.py", "x = 1\nfor in range(3):\n")

    done = glasshive("run", "slip.py")

    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: slip.py, line 2: invalid syntax: 'for in range(3):'; correct the syntax\n",
    )


def test_a_missing_script_is_answered_without_a_traceback(glasshive: Command) -> None:
    done = glasshive("run", "./gone.py")

    assert (done.returncode, done.stderr) == (
        2,
        "error: gone.py: cannot be read (No such file or directory); give the path of a script\n",
    )


def test_wrong_input_found_within_the_scenario_ends_with_exit_code_2(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script(
        "picky.py",
        "from glasshive.errors import Complaint, InputError\n"
        "from glasshive.scenario import Run, scenario\n"
        "@scenario\n"
        "def picky(run: Run) -> None:\n"
        "    raise InputError(Complaint('a.csv, row 3', 'no number', 'write one'))\n",
    )

    done = glasshive("run", "picky.py", "--trace", "a.jsonl")

    assert (done.returncode, done.stderr) == (2, "error: a.csv, row 3: no number; write one\n")
    last = (tmp_path / "a.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["end"]["status"] == "failed"


def test_a_seed_that_is_no_integer_is_a_usage_error_also_in_json(
    glasshive: Command, script: Script, echo: str
) -> None:
    script("echo.py", echo)

    done = glasshive("run", "echo.py", "--seed", "x", "--json")

    assert done.returncode == 2
    assert done.stderr.endswith("Error: Invalid value for '--seed': 'x' is not a valid integer.\n")
    assert json.loads(done.stdout) == {
        "status": "input-error",
        "complaints": ["Invalid value for '--seed': 'x' is not a valid integer."],
    }


def test_quiet_and_json_exclude_each_other(glasshive: Command, script: Script, echo: str) -> None:
    script("echo.py", echo)

    done = glasshive("run", "echo.py", "--quiet", "--json")

    assert done.returncode == 2
    assert json.loads(done.stdout)["status"] == "input-error"
