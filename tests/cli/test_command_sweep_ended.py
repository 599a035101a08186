"""How a sweep ends before its time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Script: TypeAlias = Callable[[str, str], Path]

ENDLESS = '''
import os
from pathlib import Path

from glasshive import Run, scenario, sometimes


@scenario
def endless(run: Run, from_seed: int = 3) -> None:
    """Nothing ends any more."""
    sometimes("it began")
    if run.seed >= from_seed:
        Path(f"{run.seed}.part").write_text(str(os.getpid()))
        Path(f"{run.seed}.part").rename(f"{run.seed}.pid")
        while True:
            pass
'''


def without_wall_time(text: str) -> str:
    return re.sub(r"\d+\.\d+ s wall", "0 s wall", text)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Return whether there is such a process, and not only its exit code that nobody fetched."""
    told = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],  # noqa: S607  wherever it is
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return told.stdout.strip()[:1] not in ("", "Z")


def endless(tmp_path: Path, *words: str, busy: int) -> tuple[subprocess.Popen[str], list[int]]:
    """Begin a sweep that never ends; return it, and its processes that are busy for good."""
    process = subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", "endless.py", "--seeds", "9", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    wait_for(lambda: len(list(tmp_path.glob("*.pid"))) == busy)
    # What came before them is on its way to be counted.
    time.sleep(0.3)
    return process, [int(path.read_text()) for path in tmp_path.glob("*.pid")]


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_tells_what_is_known_and_leaves_no_process(
    tmp_path: Path, script: Script, jobs: int
) -> None:
    script("endless.py", ENDLESS)
    process, pids = endless(tmp_path, "--jobs", str(jobs), busy=jobs)

    # As a terminal does, to every process of the command.
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate()

    assert (process.returncode, errors) == (130, "")
    assert without_wall_time(output) == (
        "situations\n"
        "  ✓ it began: reached in 3 of 3 runs, first with seed 0\n"
        "\n"
        "interrupted · endless.py · seeds 0 to 8 · 3 of 9 runs, 0 did not hold · 0 s wall\n"
        "again  glasshive run endless.py --seed 0 --seeds 9\n"
    )
    assert not any(map(runs, pids))


def test_ctrl_c_under_json_still_gives_the_object(tmp_path: Path, script: Script) -> None:
    script("endless.py", ENDLESS)
    process, _ = endless(tmp_path, "--jobs", "2", "--json", busy=2)

    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate()

    assert process.returncode == 130
    result: dict[str, Any] = json.loads(output)
    assert (result["status"], result["runs"], result["held"]) == ("interrupted", 3, 3)


def test_processes_whose_command_was_killed_end_by_themselves(
    tmp_path: Path, script: Script
) -> None:
    script("endless.py", ENDLESS)
    process, pids = endless(tmp_path, "--jobs", "2", busy=2)

    process.kill()
    process.communicate()

    wait_for(lambda: not any(map(runs, pids)))
