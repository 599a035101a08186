"""A flight recorder: the end of a run, written only when something did not hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from glasshive import InputError
from glasshive.cli import main
from glasshive.scenario import run
from glasshive.trace import Event, FlightRecorder
from glasshive.trace.index import Index
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BROKEN = {"mistake": "second_open"}
"""What has any_day break an invariant: its whole trace has 1,192 events."""
WHOLE = 1192


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("flight") / "whole.jsonl"
    outcome = run("any_day", BROKEN, trace=path)
    assert (outcome.status, outcome.events) == ("violated", WHOLE)
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a flight recorder of 300 events keeps of the same run."""
    path: Path = tmp_path_factory.mktemp("flight") / "kept.jsonl"
    outcome = run("any_day", BROKEN, trace=path, trace_last=300)
    assert (outcome.events, outcome.trace) == (300, path)
    return path


def shifted(line: str, first: int) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line)
    event["index"] -= first
    if "cause" in event:
        event["cause"] -= first
    return event


@pytest.mark.parametrize("last", [1, 300, 511, 512, 513, WHOLE - 1, WHOLE, WHOLE + 1])
def test_it_keeps_the_end_of_the_whole_trace_line_by_line(
    whole: Path, tmp_path: Path, last: int
) -> None:
    path: Path = tmp_path / "kept.jsonl"
    run("any_day", BROKEN, trace=path, trace_last=last)
    head, *lines, end = path.read_text().splitlines()
    first = max(0, WHOLE - last)
    whole_head, *whole_lines, whole_end = whole.read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        shifted(line, first) for line in whole_lines[first:]
    ]
    assert json.loads(head) == json.loads(whole_head) | ({"first": first} if first else {})
    ended, whole_ended = json.loads(end)["end"], json.loads(whole_end)["end"]
    assert ended["events"] == len(lines)
    different = {"events", "digest"} if first else set()
    assert {name for name in ended if ended[name] != whole_ended[name]} == different


def test_nothing_is_written_when_all_holds_and_what_is_there_stays(tmp_path: Path) -> None:
    path, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    other.write_text("mine")
    for each in (path, other):
        outcome = run("any_day", trace=each, trace_last=300)
        assert (outcome.status, outcome.trace, outcome.events) == ("held", None, None)
        assert outcome.digest is None
    assert [each.name for each in tmp_path.iterdir()] == ["b.jsonl"]
    assert other.read_text() == "mine"


def test_an_error_in_the_script_is_something_that_fails(tmp_path: Path) -> None:
    script: Path = tmp_path / "clumsy.py"
    script.write_text(
        "from glasshive.scenario import Run, scenario\n\n\n"
        "@scenario\n"
        "def clumsy(run: Run) -> None:\n"
        '    """It fails."""\n'
        "    for number in range(700):\n"
        "        run.note(str(number))\n"
        "    raise ValueError\n"
    )
    path: Path = tmp_path / "kept.jsonl.gz"
    run(str(script), trace=path, trace_last=2)
    assert [event.data for event in TraceReader(path)] == ["698", "699"]
    assert TraceReader(path).first == 698


def test_data_are_as_they_were_when_the_event_happened(tmp_path: Path) -> None:
    path: Path = tmp_path / "kept.jsonl"
    recorder = FlightRecorder(path, {}, 1)
    data = [1]
    recorder.write(Event(0, 0.0, "note", "a", data=data))
    data.append(2)
    recorder.finish({"status": "failed"})
    assert [event.data for event in TraceReader(path)] == [[1]]


def test_it_holds_no_more_than_the_last_events_and_one_gathering(tmp_path: Path) -> None:
    recorder = FlightRecorder(tmp_path / "kept.jsonl", {}, 100)
    most = 0
    for number in range(5_000):
        recorder.write(Event(number, 0.0, "note", "a", data={"number": number}))
        most = max(most, recorder._held + len(recorder.gathered))
    assert 100 <= most <= 100 + 2 * 512


def test_a_cause_from_before_the_trace_is_said_to_be_one(
    trace: Callable[..., Any], kept: Path
) -> None:
    with Index(kept) as index:
        assert (index.first, index.odd_causes) == (WHOLE - 300, {})
        number, older = next(iter(index.older_causes.items()))
        assert index.cause[number] == -1
    said = trace("why", kept, number)
    assert said.out[0] == f"event {WHOLE - 300 + older:,} of the run, before this trace begins"
    assert f" {number} " in said.out[1]
    assert trace("check", kept).code == 0


def test_a_cause_from_before_the_run_is_none(
    trace: Callable[..., Any], written: Callable[..., Path]
) -> None:
    path = written({"kind": "note", "actor": "a", "cause": -6}, first=5)
    said = trace("check", path)
    assert said.code == 1
    assert "event 0 names event -6 as its cause" in "\n".join(said.out)


@pytest.mark.parametrize("first", [-1, "1", 1.0, True, 1 << 62])
def test_a_head_that_begins_nowhere_is_refused(
    trace: Callable[..., Any], written: Callable[..., Path], first: object
) -> None:
    said = trace("check", written({"kind": "note", "actor": "a"}, first=first))
    assert said.code == 2
    assert f"line 1: says that it begins with event {first!r} of the run" in said.err


@pytest.mark.parametrize("form", ["perfetto", "chrome", "shiviz", "otlp", "mermaid", "csv"])
def test_every_format_takes_it(
    trace: Callable[..., Any], kept: Path, tmp_path: Path, form: str
) -> None:
    said = trace("export", kept, "--to", form, "-o", tmp_path / "out")
    assert (said.code, said.err) == (0, "")


def test_a_state_is_that_of_the_same_event_of_the_whole_run(
    trace: Callable[..., Any], whole: Path, kept: Path
) -> None:
    there = trace("state", whole, "--at", 1000, "--json")
    here = trace("state", kept, "--at", 1000 - (WHOLE - 300), "--json")
    assert json.loads(here.out[0])["actors"] == json.loads(there.out[0])["actors"]


def test_it_is_replayed_and_compared_from_its_beginning_on(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["replay", str(kept)])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("the same: 300 events, digest ")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--trace-last", "5"], "--trace-last 5: is to be written nowhere; say with --trace FILE"),
        (["--trace-last", "0", "--trace", "t"], "--trace-last 0: would keep nothing; give 1 or"),
        (["--trace-last", "5", "--trace", "no/t"], "--trace no/t: cannot be written (No such"),
        (["--trace-last", "5", "--seeds", "2"], "--seeds and --trace-last cannot be had together"),
        (
            ["--trace-last", "5", "--check-determinism"],
            "--check-determinism and --trace-last cannot be had together",
        ),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    error: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["run", "any_day", *words])
    assert end.value.code == 2
    assert error in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_gone_by_then_is_told_of(tmp_path: Path) -> None:
    folder: Path = tmp_path / "folder"
    folder.mkdir()
    recorder = FlightRecorder(folder / "kept.jsonl", {}, 1)
    folder.rmdir()
    recorder.finish({"status": "failed"})
    assert recorder.broken == "the trace cannot be written (No such file or directory)"
    assert not recorder.kept


def test_no_number_of_events_is_too_small_to_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="would keep nothing"):
        FlightRecorder(tmp_path / "kept.jsonl", {}, -1)


def test_the_end_of_a_run_is_aligned_with_no_other_run(
    trace: Callable[..., Any], whole: Path, kept: Path
) -> None:
    for pair in ((whole, kept), (kept, whole)):
        said = trace("diff", *pair)
        assert said.code == 2
        assert "begins with event 892 of its run, and runs are compared from the first" in said.err
