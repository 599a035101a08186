from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENDLESS = """
import time

import pykka

from glasshive.scenario import Run, scenario


class Clock(pykka.ThreadingActor):
    def on_receive(self, message):
        time.sleep(0.01)
        self.actor_ref.tell(message + 1)


@scenario
def endless(run: Run, where: str = "actor", chatty: bool = False) -> None:
    ref = Clock.start()
    if where == "actor":
        ref.tell(0)
    run.note("it begins")
    while True:
        time.sleep(0.01)
        if chatty:
            run.note("and goes on")
"""


@pytest.mark.parametrize("runtime", ["simulated", "live"])
@pytest.mark.parametrize("where", ["actor", "script"])
def test_ctrl_c_leaves_a_trace_that_opens_and_says_so(
    tmp_path: Path, script: Callable[[str, str], Path], runtime: str, where: str
) -> None:
    script("endless.py", ENDLESS)
    words = ["endless.py", "--trace", "a.jsonl", "--runtime", runtime, "--set", f"where={where}"]
    with subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "it begins\n"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()

    assert process.returncode == 130
    assert errors == ""
    assert "\ninterrupted · endless.py · seed 0 · " in output
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    header, *events, last = [json.loads(line) for line in lines]
    assert header["scenario"] == "endless.py"
    assert last["end"]["status"] == "interrupted"
    assert last["end"]["events"] == len(events)


def test_ctrl_c_under_json_still_gives_the_object(
    tmp_path: Path, script: Callable[[str, str], Path]
) -> None:
    # Its word goes to standard error here, which tells that the run has begun.
    script("endless.py", ENDLESS.replace('run.note("it begins")', 'print("it begins", flush=True)'))
    with subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", "endless.py", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "it begins\n"
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate()

    assert process.returncode == 130
    assert json.loads(output)["status"] == "interrupted"


def test_a_reader_that_leaves_ends_the_run_as_ctrl_c_does(
    tmp_path: Path, script: Callable[[str, str], Path]
) -> None:
    script("endless.py", ENDLESS)
    words = ["endless.py", "--trace", "a.jsonl", "--set", "chatty=yes"]
    with subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "it begins\n"
        process.stdout.close()
        assert process.stderr is not None
        errors = process.stderr.read()
        process.wait()

    assert (process.returncode, errors) == (130, "")
    last = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(last)["end"]["status"] == "interrupted"


@pytest.mark.parametrize("words", [["list", "--json"], ["--help"]])
def test_a_reader_that_never_came_is_no_traceback(tmp_path: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "glasshive", *words],
            cwd=tmp_path,
            stdout=writing,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    finally:
        os.close(writing)

    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
