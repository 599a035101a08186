"""The folder of failures: what a run is called there, and what may be replaced."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glasshive import InputError, Run, scenario
from glasshive.explore import Program
from glasshive.explore.folder import FailureFolder
from glasshive.scenario.breach import Breach
from glasshive.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.explore import Attempt


@pytest.fixture
def failed(program: Callable[..., Program]) -> Attempt:
    return program("race").attempt(Schedule({7: 1}))


def keep(folder: FailureFolder, attempt: Attempt) -> str:
    assert attempt.breach is not None
    return folder.keep(attempt, attempt.breach).trace.name


def test_a_run_is_written_down_with_all_that_a_replay_needs(
    tmp_path: Path, failed: Attempt
) -> None:
    folder = FailureFolder(tmp_path / "deep" / "failures")
    folder.check()
    assert list(tmp_path.iterdir()) == []
    assert failed.breach is not None

    kept = folder.keep(failed, failed.breach)

    assert kept.trace == tmp_path / "deep" / "failures" / "nothing-is-lost-0.jsonl"
    assert kept.fails
    head, *events, last = [json.loads(line) for line in kept.trace.read_text().splitlines()]
    assert (head["scenario"], head["choices"]) == ("race", {"7": 1})
    assert kept.attempt.events == len(events)
    assert last["end"]["claims"][0]["detail"] == "1 of 2"


def test_of_what_is_in_the_folder_only_a_trace_is_replaced(tmp_path: Path, failed: Attempt) -> None:
    folder = FailureFolder(tmp_path)
    assert keep(folder, failed) == "nothing-is-lost-0.jsonl"
    (tmp_path / "nothing-is-lost-0.jsonl").write_text("notes of mine")

    assert keep(folder, failed) == "nothing-is-lost-0-2.jsonl"
    assert keep(folder, failed) == "nothing-is-lost-0-2.jsonl"
    assert (tmp_path / "nothing-is-lost-0.jsonl").read_text() == "notes of mine"
    (tmp_path / "nothing-is-lost-0-2.jsonl").unlink()
    (tmp_path / "nothing-is-lost-0-2.jsonl").mkdir()
    assert keep(folder, failed) == "nothing-is-lost-0-3.jsonl"


def test_a_file_that_the_scenario_reads_is_not_replaced(tmp_path: Path, failed: Attempt) -> None:
    folder = FailureFolder(tmp_path)
    place = tmp_path / keep(folder, failed)

    @scenario
    def reader(run: Run, what: Path = place) -> None:
        run.expect("nothing is lost", not what.exists())

    assert keep(folder, Program.of(reader).attempt(Schedule({}))) == "nothing-is-lost-0-2.jsonl"


@pytest.mark.parametrize(
    ("name", "seed", "file"),
    [
        ("one-end-per-stream", 7, "one-end-per-stream-7.jsonl"),
        ("every job ends / in time!", -1, "every-job-ends-in-time--1.jsonl"),
        ("LookupError at bees.py:12", 0, "LookupError-at-bees.py-12-0.jsonl"),
        ("../../etc", 0, "etc-0.jsonl"),
        ("…", 0, "failure-0.jsonl"),
        ("x" * 300, 0, "x" * 50 + "-0.jsonl"),
    ],
)
def test_a_file_is_called_by_what_broke_and_the_seed(
    tmp_path: Path, failed: Attempt, name: str, seed: int, file: str
) -> None:
    attempt = replace(failed, program=replace(failed.program, seed=seed))

    kept = FailureFolder(tmp_path).keep(attempt, Breach("claim", name, "", ""))

    assert kept.trace == tmp_path / file


def test_a_program_that_does_not_fail_again_is_told_apart(tmp_path: Path) -> None:
    runs = iter([False, True])

    @scenario
    def fickle(run: Run) -> None:
        run.expect("it is so", next(runs))

    attempt = Program.of(fickle).attempt(Schedule({}))
    assert attempt.breach is not None

    assert not FailureFolder(tmp_path).keep(attempt, attempt.breach).fails


def test_where_nothing_can_be_written_is_known_before_a_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    remedy = "name a folder that you may write to, or a new one"

    def complaint(path: Path) -> str:
        with pytest.raises(InputError) as caught:
            FailureFolder(path).check()
        return str(caught.value)

    file, dangling = tmp_path / "file", tmp_path / "dangling"
    assert complaint(file) == f"--failures {file}: is not a folder; {remedy}"
    assert complaint(file / "x") == f"--failures {file}/x: {file} is not a folder; {remedy}"
    assert complaint(dangling) == f"--failures {dangling}: is not a folder; {remedy}"
    proc = complaint(Path("/proc/failures"))
    assert proc.startswith("--failures /proc/failures: cannot be written (")
    FailureFolder(tmp_path / "new" / "folder").check()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["dangling", "file"]


def test_what_cannot_be_written_after_all_is_told(tmp_path: Path, failed: Attempt) -> None:
    folder = FailureFolder(tmp_path / "failures")
    folder.check()
    (tmp_path / "failures").write_text("")

    with pytest.raises(InputError, match=r"^--failures .*: cannot be written \(File exists\)"):
        keep(folder, failed)
