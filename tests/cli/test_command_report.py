"""`glasshive run --report` and `--csv`, driven as a person would."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]

DRAWN = '''
import time
from pathlib import Path

import pykka

from glasshive.scenario import Distribution, Points, Run, Series, Span, Spans, scenario


class Still(pykka.ThreadingActor):
    pass


@scenario
def drawn(run: Run, *, reads: Path | None = None, seconds: float = 8.0, fail: bool = False) -> None:
    """Some charts, without a bee."""
    ref = Still.start()
    run.note("it begins")
    run.chart(Series("queue depth", "jobs", {"a": Points([0, 1, 4], [0, 2, 1])}, drawn="steps"))
    run.chart(Spans("jobs", [Span("one", 0.5, 3.25, "going")], {"going": "working"}))
    run.chart_at_end(lambda: [Distribution("wait", "s", {"all": Points([1, 2], [0.5, 0.25])})])
    time.sleep(2)
    run.runtime.crash(ref)
    if fail:
        raise RuntimeError("too bad")
    time.sleep(seconds - 2)
'''


def test_a_run_is_drawn_on_a_page_and_its_charts_are_written_as_csv(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script("drawn.py", DRAWN)

    done = glasshive("run", "drawn.py", "--report", "run.html", "--csv", "new/sheets")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-3:] == [
        "again  glasshive run drawn.py --seed 0",
        "report run.html · 3 charts",
        "csv    new/sheets · 4 files",
    ]
    page = (tmp_path / "run.html").read_text("utf-8")
    assert page.count("<svg ") == 3
    assert "Some charts, without a bee." in page
    assert "<pre>glasshive run drawn.py --seed 0</pre>" in page
    assert page.count("<title>crash Still-1</title>") == 3
    assert {path.name: path.read_text("utf-8") for path in (tmp_path / "new/sheets").iterdir()} == {
        "jobs.csv": "label,kind,begin [s],end [s]\none,going,0.5,3.25\n",
        "marks.csv": "time [s],mark\n2.0,crash Still-1\n",
        "queue-depth.csv": "label,time [s],value [jobs]\na,0.0,0.0\na,1.0,2.0\na,4.0,1.0\n",
        "wait.csv": "label,time [s],value [s]\nall,1.0,0.5\nall,2.0,0.25\n",
    }


def test_equal_runs_write_equal_bytes_whatever_the_hash_seed(
    glasshive: Command, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script("drawn.py", DRAWN)
    for name, hash_seed in (("a", "0"), ("b", "1")):
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        glasshive("run", "drawn.py", "--report", f"{name}.html", "--csv", name, "--quiet")

    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    for sheet in (tmp_path / "a").iterdir():
        assert sheet.read_bytes() == (tmp_path / "b" / sheet.name).read_bytes()


def test_a_report_changes_nothing_of_the_trace(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script("drawn.py", DRAWN)
    glasshive("run", "drawn.py", "--trace", "a.jsonl")
    glasshive("run", "drawn.py", "--trace", "b.jsonl", "--report", "b.html")

    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    digest = json.loads((tmp_path / "a.jsonl").read_text("utf-8").splitlines()[-1])["end"]["digest"]
    assert digest in (tmp_path / "b.html").read_text("utf-8")


def test_a_run_that_fails_has_its_page_all_the_same(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script("drawn.py", DRAWN)

    done = glasshive("run", "drawn.py", "--report", "run.html", "--set", "fail=yes")

    assert done.returncode == 1
    page = (tmp_path / "run.html").read_text("utf-8")
    assert '<span class="status failed">failed</span>' in page
    assert "The scenario raised <b>RuntimeError</b>: too bad" in page
    assert page.count("<svg ") == 3


def test_a_run_that_is_interrupted_has_its_page_all_the_same(
    script: Script, tmp_path: Path
) -> None:
    script("drawn.py", DRAWN)
    words = ["drawn.py", "--runtime", "live", "--set", "seconds=60", "--report", "run.html"]
    with subprocess.Popen(
        [sys.executable, "-m", "glasshive", "run", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "it begins\n"
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert process.returncode == 130
    assert '<span class="status interrupted">' in (tmp_path / "run.html").read_text("utf-8")


def test_a_live_run_is_drawn_too(glasshive: Command, script: Script, tmp_path: Path) -> None:
    script("drawn.py", DRAWN)

    done = glasshive(
        *("run", "drawn.py", "--runtime", "live", "--set", "seconds=2", "--csv", "sheets")
    )

    assert done.returncode == 0
    marks = (tmp_path / "sheets/marks.csv").read_text("utf-8")
    assert re.fullmatch(r"time \[s\],mark\n2\.\d+,crash Still-1\n", marks)


def test_json_stays_the_only_thing_on_standard_output(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script("drawn.py", DRAWN)

    done = glasshive("run", "drawn.py", "--json", "--report", "run.html")

    assert json.loads(done.stdout)["status"] == "held"
    assert (tmp_path / "run.html").exists()


def test_a_scenario_without_charts_has_a_page_too(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo)

    done = glasshive("run", "echo.py", "--report", "run.html", "--csv", "sheets", "--quiet")

    assert done.stdout.endswith("report run.html · 0 charts\ncsv    sheets · 1 file\n")
    assert "all were answered" in (tmp_path / "run.html").read_text("utf-8")
    assert (tmp_path / "sheets/marks.csv").read_text("utf-8") == "time [s],mark\n"


ANOTHER_FILE = "name a file in a folder that exists and that you may write to"
ANOTHER_FOLDER = "name a folder that you may write to, or a new one"
OVERWRITTEN = "name another file, this one would be overwritten"
RISKED = (
    "which this run reads or writes, is a CSV file in this folder; name another folder, the file "
    "might be overwritten"
)
COMPLAINTS = [
    (
        ["--report", "no/such/run.html"],
        f"--report no/such/run.html: cannot be written (No such file or directory); {ANOTHER_FILE}",
    ),
    (
        ["--report", "sheets"],
        f"--report sheets: cannot be written (Is a directory); {ANOTHER_FILE}",
    ),
    (
        ["--report", "drawn.py"],
        f"--report drawn.py: is a file that this run reads or writes; {OVERWRITTEN}",
    ),
    (
        ["--report", "sheets/../sheets/wait.csv", "--set", "reads=sheets/wait.csv"],
        "--report sheets/../sheets/wait.csv: is a file that this run reads or writes; "
        + OVERWRITTEN,
    ),
    (
        ["--report", "a.jsonl", "--trace", "./a.jsonl"],
        f"--report a.jsonl: is a file that this run reads or writes; {OVERWRITTEN}",
    ),
    (["--csv", "drawn.py"], f"--csv drawn.py: is not a folder; {ANOTHER_FOLDER}"),
    (
        ["--csv", "sheets", "--set", "reads=sheets/wait.csv"],
        f"--csv sheets: sheets/wait.csv, {RISKED}",
    ),
    (
        ["--csv", "sheets", "--set", "reads=linked"],
        f"--csv sheets: linked, {RISKED}",
    ),
    (
        ["--csv", "sheets", "--trace", "sheets/new.csv"],
        f"--csv sheets: sheets/new.csv, {RISKED}",
    ),
]


@pytest.mark.parametrize(("words", "complaint"), COMPLAINTS)
def test_what_cannot_be_written_is_complained_of_before_the_run_and_nothing_is_touched(
    glasshive: Command, script: Script, tmp_path: Path, words: list[str], complaint: str
) -> None:
    script("drawn.py", DRAWN)
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets/wait.csv").write_text("dear")
    (tmp_path / "linked").symlink_to(tmp_path / "sheets/wait.csv")
    before = sorted(tmp_path.rglob("*"))

    done = glasshive("run", "drawn.py", *words)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {complaint}\n")
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "sheets/wait.csv").read_text() == "dear"
    assert (tmp_path / "drawn.py").read_text("utf-8") == DRAWN


def test_an_older_page_stays_until_there_is_a_new_one(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script(
        "picky.py",
        "from glasshive import *\n@scenario\ndef picky(run: Run) -> None:\n"
        "    raise InputError(Complaint('a', 'is wrong', 'mend it'))\n",
    )
    (tmp_path / "run.html").write_text("older")

    done = glasshive("run", "picky.py", "--report", "run.html")

    assert done.returncode == 2
    assert (tmp_path / "run.html").read_text() == "older"


def test_a_disk_that_fills_up_loses_the_page_and_nothing_else(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script("drawn.py", DRAWN)
    (tmp_path / "sheets").mkdir()
    (tmp_path / "sheets/wait.csv").symlink_to("/dev/full")

    page = glasshive("run", "drawn.py", "--report", "/dev/full")
    csv = glasshive("run", "drawn.py", "--csv", "sheets", "--report", "run.html")

    reason = "cannot be written (No space left on device)"
    assert (page.returncode, csv.returncode) == (1, 1)
    assert page.stderr == f"error: --report /dev/full: {reason}; {ANOTHER_FILE}\n"
    assert csv.stderr == f"error: --csv sheets: {reason}; {ANOTHER_FOLDER}\n"
    assert "held · drawn.py" in page.stdout
    assert "report run.html" in csv.stdout


def test_without_matplotlib_a_page_is_refused_and_csv_is_not(
    glasshive: Command, script: Script, tmp_path: Path
) -> None:
    script("drawn.py", DRAWN)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins/matplotlib.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'matplotlib'\")\n"
    )

    refused = glasshive("run", "drawn.py", "--report", "run.html")
    written = glasshive("run", "drawn.py", "--csv", "sheets", "--quiet")

    assert (refused.returncode, refused.stdout, refused.stderr) == (
        2,
        "",
        (
            "error: --report run.html: a page wants matplotlib, which cannot be imported "
            "(No module named 'matplotlib'); pip install 'glasshive[report]'\n"
        ),
    )
    assert not (tmp_path / "run.html").exists()
    assert written.returncode == 0
    assert (tmp_path / "sheets/wait.csv").exists()


@pytest.mark.parametrize("words", [["--report", "run.html"], ["--csv", "sheets"]])
def test_charts_and_a_check_of_determinism_exclude_each_other(
    glasshive: Command, script: Script, words: list[str]
) -> None:
    script("drawn.py", DRAWN)

    done = glasshive("run", "drawn.py", "--check-determinism", *words)

    assert done.returncode == 2
    assert "--check-determinism cannot be had together with --report or --csv" in done.stderr
