from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from glasshive.cli.progress import requests_line
from glasshive.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUSY = """
import time

from glasshive.scenario import Run, scenario


@scenario
def busy(run: Run) -> None:
    time.sleep(90)
    run.progress(45, 100)
    run.note("half-way")
    print("an aside")
    run.progress(50, 100)
"""


def test_the_bars_line_holds_requests_rate_and_speed() -> None:
    assert requests_line(120.0, 3000, 10_000, 2.0) == (
        "3,000/10,000 requests · 25.0 req/s · 60 x real time"
    )
    assert requests_line(0.0, 0, None, 0.0) == "0 requests"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000 s"),
        (0.1234, "0.123 s"),
        (59.94, "59.9 s"),
        (59.99, "1 min 00 s"),
        (0.9996, "1.0 s"),
        (90.0, "1 min 30 s"),
        (3599.4, "59 min 59 s"),
        (3599.9, "1 h 00 min"),
        (7260.0, "2 h 01 min"),
    ],
)
def test_a_span_of_time_is_written_for_people(value: float, text: str) -> None:
    assert seconds(value) == text


def on_a_terminal(tmp_path: Path, *words: str, stdout: int | None) -> tuple[str, str]:
    """Return what the terminal showed and what went into the pipe."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", "busy.py", *words],
        cwd=tmp_path,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        piped = process.stdout.read() if process.stdout else b""
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:
            # How Linux says that the other end of a terminal is closed.
            pass
        os.close(ours)
    assert process.returncode == 0
    return shown.decode(), piped.decode()


def test_a_terminal_shows_the_bar_and_a_pipe_gets_the_story(
    tmp_path: Path, script: Callable[[str, str], Path]
) -> None:
    script("busy.py", BUSY)

    shown, piped = on_a_terminal(tmp_path, stdout=subprocess.PIPE)

    assert "1 min 30 s" in shown
    assert "45/100 requests · 0.5 req/s" in shown
    assert "half-way" not in shown
    assert piped.startswith("half-way\nan aside\n\nheld · busy.py")
    assert "\x1b" not in piped


def test_on_a_terminal_the_story_stands_above_the_bar(
    tmp_path: Path, script: Callable[[str, str], Path]
) -> None:
    script("busy.py", BUSY)

    shown, _ = on_a_terminal(tmp_path, stdout=None)

    assert shown.index("45/100 requests") < shown.index("half-way") < shown.index("an aside")
    # The bar's line is erased before something is written in its place.
    assert "\x1b[2Khalf-way\r\n" in shown
    assert "\x1b[2Kan aside\r\n" in shown
    assert "held" in shown


@pytest.mark.parametrize("switch", ["--quiet", "--json"])
def test_there_is_no_bar_where_none_is_wanted(
    tmp_path: Path, script: Callable[[str, str], Path], switch: str
) -> None:
    script("busy.py", BUSY.replace('    print("an aside")\n', ""))

    shown, _ = on_a_terminal(tmp_path, switch, stdout=subprocess.PIPE)

    assert shown == ""
