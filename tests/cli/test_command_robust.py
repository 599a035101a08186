"""The command keeps its word when actors die, disks fill up and streams are closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

FAILING = '''
import pykka
from glasshive import Run, scenario

class Fragile(pykka.ThreadingActor):
    def on_receive(self, message):
        raise ValueError(f"cannot bear {message}")

@scenario
def fragile(run: Run, *, may: bool = False) -> None:
    """An actor dies of an error of its own."""
    run.actors_may_fail = may
    Fragile.start().tell("this")
    run.runtime.run()
'''

RULE = '''
from glasshive import Run, scenario

class Rule:
    name = "rule"
    statement = "all is well in the end"
    violations = ()
    settled = False

@scenario
def early(run: Run, *, fail: bool = True) -> None:
    """It ends before its rule is checked to the end."""
    rule = Rule()
    run.check(rule)
    if fail:
        raise RuntimeError("too early")
    rule.settled = True
'''


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_an_actor_that_dies_of_its_own_error_makes_the_run_fail_and_is_named(
    glasshive: Command, tmp_path: Path
) -> None:
    script = write(tmp_path, "fragile.py", FAILING)
    done = glasshive("run", script, "--quiet")
    assert done.returncode == 1
    assert "✗ no actor died of an error of its own" in done.stdout
    assert f"Fragile-1 died of ValueError: cannot bear this, at {script}:7: on_receive()" in (
        done.stdout
    )
    assert glasshive("run", script, "--quiet", "--set", "may=true").returncode == 0


def test_a_rule_that_was_not_checked_to_the_end_is_not_said_to_hold(
    glasshive: Command, tmp_path: Path
) -> None:
    script = write(tmp_path, "early.py", RULE)
    early = glasshive("run", script)
    assert "? rule: not checked to the end, which the run never reached" in early.stdout
    assert "✓ rule" not in early.stdout
    assert "✓ rule: all is well in the end" in glasshive("run", script, "--set", "fail=no").stdout


def test_a_generator_is_refused_since_calling_it_would_run_nothing(
    glasshive: Command, tmp_path: Path
) -> None:
    text = "from glasshive import Run, scenario\n@scenario\ndef lazy(run: Run):\n    yield\n"
    done = glasshive("run", write(tmp_path, "lazy.py", text))
    assert done.returncode == 2
    assert "is not a plain function" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_under_the_trace_is_found_before_the_run(
    glasshive: Command, tmp_path: Path
) -> None:
    done = glasshive("run", write(tmp_path, "f.py", FAILING), "--trace", "/dev/full")
    assert done.returncode == 2
    assert done.stderr == (
        "error: --trace /dev/full: cannot be written (No space left on device); "
        "name a file in a folder that exists and that you may write to\n"
    )


@pytest.mark.parametrize("code", ["DCFF", "DC80", "D800"])
def test_texts_that_are_no_unicode_are_written_down_all_the_same(
    glasshive: Command, tmp_path: Path, code: str
) -> None:
    script = write(
        tmp_path,
        "odd.py",
        "from glasshive import Run, scenario\n@scenario\n"
        f"def odd(run: Run, *, say: str = 'a\\u{code}b'):\n"
        "    run.note(say)\n    run.expect(say, True, say)\n    run.result(said=say)\n",
    )
    trace = tmp_path / "odd.jsonl"
    done = glasshive("run", script, "--trace", str(trace), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "held"
    lines: list[Any] = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    assert lines[0]["scenario"].endswith("odd.py")
    assert lines[-1]["end"]["status"] == "held"


@pytest.mark.parametrize("raised", ["GeneratorExit", "BaseException", "SystemExit"])
def test_whatever_a_script_raises_is_reported_and_its_trace_says_failed(
    glasshive: Command, tmp_path: Path, raised: str
) -> None:
    text = (
        f"from glasshive import Run, scenario\n@scenario\ndef bad(run: Run):\n    raise {raised}\n"
    )
    trace = tmp_path / "t.jsonl"
    done = glasshive("run", write(tmp_path, "bad.py", text), "--trace", str(trace), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["status"] == "failed"
    assert json.loads(trace.read_text("utf-8").splitlines()[-1])["end"]["status"] == "failed"


@pytest.mark.parametrize(
    ("redirect", "code"), [(">&-", 0), (">/dev/full", 1), ("2>&-", 0), (">&- 2>&-", 0)]
)
def test_closed_and_full_streams_end_without_a_traceback(redirect: str, code: int) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m glasshive list {redirect}"],
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("tokens=0", "'0' will not do; tokens takes a whole number from 1 to 1,000, such as 8"),
        ("tokens=1001", "'1001' will not do; tokens takes a whole number from 1 to 1,000"),
    ],
)
def test_a_number_out_of_bounds_is_refused_with_the_bounds(
    glasshive: Command, setting: str, complaint: str
) -> None:
    done = glasshive("run", "first_light", "--set", setting)
    assert done.returncode == 2
    assert complaint in done.stderr
