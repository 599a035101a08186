"""`glasshive explore` on a terminal, interrupted, and with a run that ends its process."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self, TypeAlias

import pytest

from glasshive.cli.explorebar import explore_line, shrink_line
from glasshive.cli.explorereport import Explored
from glasshive.explore import Exploration, Found, Program, Shrunk
from glasshive.explore.folder import Kept
from glasshive.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]


def test_a_run_that_kills_its_process_is_told_of(
    glasshive: Command, script: Script, race: str
) -> None:
    script(
        "race.py",
        race.replace("PAUSE[0](real_seconds)", "balance == 1 and __import__('os')._exit(3)"),
    )

    done = glasshive("explore", "race.py", "--jobs", "2")

    assert done.returncode == 1
    assert done.stdout == (
        "violation  process ended with exit code 3: it told no outcome\n"
        "found      run 3 of 10,000, few, up to 3, seed 0\n"
        "the run    its process told nothing of it\n"
        "again      glasshive explore race.py --seed 0 --strategy few\n"
    )


class Terminal:
    """The command on a terminal, whose standard output is a pipe."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "glasshive", "explore", "race.py", *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=theirs,
            encoding="utf-8",
            env={**os.environ, "TERM": "xterm", "COLUMNS": "150"},
        )
        os.close(theirs)
        self.shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self._ours)

    def wait_for(self, text: str) -> None:
        until = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < until, self.shown
            try:
                self.shown += os.read(self._ours, 65536).decode(errors="replace")
            except OSError:  # it has ended
                pytest.fail(f"{text!r} is not in {self.shown!r}")

    def interrupted(self) -> str:
        """Press Ctrl-C, and return what was printed."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        output = self.process.stdout.read()
        self.process.wait()
        return output


@pytest.mark.usefixtures("race")
def test_a_terminal_shows_the_search_and_ctrl_c_tells_how_far_it_came(tmp_path: Path) -> None:
    words = ["--set", "doors=6", "--set", "real_seconds=0.02", "--jobs", "1"]
    with Terminal(tmp_path, *words) as terminal:
        terminal.wait_for("0/10,000 runs")
        terminal.wait_for("1 order · 1/3 situations")
        output = terminal.interrupted()

    assert terminal.process.returncode == 130
    assert re.search(
        r"^interrupted · \d+ of 10,000 runs, 1 order · few, up to 3 · seed 0 · ",
        output,
        re.MULTILINE,
    )
    assert "✓ both come: reached in " in output
    assert "\x1b" not in output


@pytest.mark.usefixtures("race")
def test_ctrl_c_during_the_shrinking_keeps_the_smallest_run_so_far(
    tmp_path: Path, glasshive: Command
) -> None:
    words = ["--set", "real_seconds=0.1", "--set", "amounts=2", "--jobs", "1"]
    with Terminal(tmp_path, *words) as terminal:
        terminal.wait_for("shrinking nothing is lost")
        output = terminal.interrupted()

    assert terminal.process.returncode == 130
    assert output.startswith("violation  nothing is lost: ")
    assert "there may be a smaller one\n" in output
    assert "again      glasshive replay failures/nothing-is-lost-0.jsonl\n" in output
    assert glasshive("replay", "failures/nothing-is-lost-0.jsonl").returncode == 0


@pytest.mark.usefixtures("race")
def test_a_trace_can_be_looked_at_where_there_is_a_command_for_it(tmp_path: Path) -> None:
    failed = Program.of(str(tmp_path / "race.py")).attempt(Schedule({7: 1}))
    explored = Explored(Exploration(failed.program, "few"), 9, [], views=True)
    explored.kept = Kept(tmp_path / "a b.jsonl", failed, fails=True)

    ways = {"again": f"glasshive replay '{tmp_path}/a b.jsonl'"}
    look = {"look": f"glasshive trace view '{tmp_path}/a b.jsonl'"}
    assert list(explored.ways.items()) == [*look.items(), *ways.items()]
    explored.views = False
    assert explored.ways == ways


@pytest.mark.usefixtures("race")
def test_the_bars_line_tells_runs_orders_situations_and_the_failure(tmp_path: Path) -> None:
    program = Program.of(str(tmp_path / "race.py"), {"amounts": 2})
    exploration = Exploration(program, "few")
    first, smaller = program.attempt(Schedule({1: 2, 7: 1})), program.attempt(Schedule({7: 1}))

    assert explore_line(exploration, None, 0.0) == "0 runs · 0 orders"
    exploration.add(0, program.attempt(Schedule({})))
    assert explore_line(exploration, 1_000, 0.5) == (
        "1/1,000 runs · 2.0 runs/s · 1 order · 1/3 situations"
    )
    exploration.add(1_040, first)
    assert exploration.found == Found(1_041, first)
    assert explore_line(exploration, 2_000, 1.0) == (
        "2/2,000 runs · 2.0 runs/s · 2 orders · 1/3 situations · nothing is lost in run 1,041"
    )
    assert shrink_line(Shrunk(first, first, tries=1)) == "shrinking nothing is lost · 1 run"
    assert shrink_line(Shrunk(first, smaller, tries=12)) == (
        "shrinking nothing is lost · 12 runs · 2 decisions → 1"
    )
