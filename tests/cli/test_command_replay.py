"""`glasshive replay` runs a trace again and says whether every event was the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]

CHECK = "glasshive run echo.py --seed 0 --check-determinism"


def digest_of(path: Path) -> tuple[int, str]:
    last = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["end"]
    return last["events"], last["digest"]


def test_a_trace_of_a_run_is_the_same_again(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", "print('loading')\n" + echo)
    assert glasshive("run", "echo.py", "--trace", "a.jsonl", "--set", "times=3").returncode == 0
    events, digest = digest_of(tmp_path / "a.jsonl")

    done = glasshive("replay", "a.jsonl")
    as_json = glasshive("replay", "a.jsonl", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"loading\nthe same: {events} events, digest {digest}\n  ended    as it did: held\n"
    )
    assert as_json.returncode == 0
    assert json.loads(as_json.stdout) == {
        "status": "same",
        "scenario": "echo.py",
        "parameters": {"word": "hello", "times": 3, "manner": "calm", "pause": None},
        "seed": 0,
        "order": "timed",
        "choices": {},
        "events": events,
        "digest": digest,
        "same_events": events,
        "cut": None,
        "header": [],
        "event": None,
        "end": [],
        "ended": {
            "record": {"status": "held", "did_not_hold": []},
            "now": {"status": "held", "did_not_hold": []},
        },
        "fails_as_it_did": False,
        "check": f"{CHECK} --set times=3",
        "again": "glasshive replay a.jsonl",
    }


def test_after_a_change_it_is_told_where_the_run_parts_and_how_it_ends(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo)
    assert glasshive("run", "echo.py", "--trace", "a.jsonl").returncode == 0
    events, _ = digest_of(tmp_path / "a.jsonl")
    script(
        "echo.py",
        echo.replace("message.upper()", "message.title()").replace(
            "len(answers) == times", "len(answers) > times"
        ),
    )

    done = glasshive("replay", "a.jsonl")
    as_json = glasshive("replay", "a.jsonl", "--json")

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        f"not the same: the run parts from its record at event 3 of {events}\n"
        "  actor    Echo-1, while it handled str from script (event 2, 0.000 s)\n"
        '  record   0.250 s  send  Echo-1 → script  Reply  "HELLO"\n'
        '  now      0.250 s  send  Echo-1 → script  Reply  "Hello"\n'
        '  differs  data: "HELLO" | "Hello"\n'
        "  ended    otherwise: held | violated, all were answered: 2 of 2\n"
        f"  if no code has changed, see why: {CHECK}\n"
    )
    assert as_json.returncode == 1
    result = json.loads(as_json.stdout)
    assert result["status"] == "parted"
    assert (result["same_events"], result["fails_as_it_did"]) == (3, False)
    assert (result["event"]["record"]["data"], result["event"]["now"]["data"]) == ("HELLO", "Hello")
    assert result["ended"]["now"] == {
        "status": "violated",
        "did_not_hold": [{"kind": "claim", "name": "all were answered", "example": "2 of 2"}],
    }


def test_an_end_that_differs_is_told_where_all_events_are_the_same(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo.replace("== times", "> times"))
    assert glasshive("run", "echo.py", "--trace", "a.jsonl").returncode == 1
    events, _ = digest_of(tmp_path / "a.jsonl")
    script("echo.py", echo.replace("== times", "> times").replace('of {times}"', 'of {times}!"'))

    done = glasshive("replay", "a.jsonl")

    assert done.returncode == 1
    assert done.stdout == (
        f"not the same: all {events} events are, and the end is not\n"
        '  outcomes claims[0].detail: "2 of 2" | "2 of 2!"\n'
        "  ended    as it did: violated, all were answered: 2 of 2!\n"
        f"  if no code has changed, see why: {CHECK}\n"
    )


def test_of_a_trace_that_was_cut_short_what_is_there_is_compared(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo)
    assert glasshive("run", "echo.py", "--trace", "a.jsonl").returncode == 0
    trace = tmp_path / "a.jsonl"
    trace.write_bytes(b"".join(trace.read_bytes().splitlines(keepends=True)[:6]))
    cut = "is cut short; 5 events could be read"

    same = glasshive("replay", "a.jsonl")
    script("echo.py", echo.replace("message.upper()", "message.title()"))
    parted = glasshive("replay", "a.jsonl")

    assert (same.returncode, same.stdout) == (2, "")
    assert same.stderr == (
        f"error: a.jsonl: {cut}, all of which were the same; let the run end, or write the trace "
        "again\n"
    )
    assert parted.returncode == 1
    assert parted.stdout.startswith("not the same: the run parts from its record at event 3 of 5\n")
    assert f"  ended    held; the record does not say how it ended then\n  record   {cut}\n" in (
        parted.stdout
    )


def test_what_cannot_be_replayed_is_refused_by_name(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo)
    words = ["run", "echo.py", "--set", "times=1", "--runtime", "live", "--trace", "live.jsonl"]
    assert glasshive(*words).returncode == 0
    complaints = {
        "nothing.jsonl": "cannot be read (No such file or directory); give the path of a trace",
        "echo.py": "is not a trace; give a file that `glasshive run --trace` wrote",
        "live.jsonl": "is a trace of a live run, which no thread runs the same way again; replay a "
        "trace of a simulated one",
    }

    for file, complaint in complaints.items():
        done = glasshive("replay", file, "--json")
        assert (done.returncode, done.stderr) == (2, f"error: {file}: {complaint}\n")
        assert json.loads(done.stdout) == {
            "status": "input-error",
            "complaints": [f"{file}: {complaint}"],
        }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["echo.py", "live.jsonl"]
