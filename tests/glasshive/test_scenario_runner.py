from __future__ import annotations

import json
import math
import pickle
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import pykka
import pytest

from glasshive.errors import Complaint, InputError
from glasshive.scenario import (
    CheckedInvariant,
    Claim,
    Failure,
    Outcome,
    Run,
    Table,
    run,
    scenario,
)


class Echo(pykka.ThreadingActor):
    def on_receive(self, message: str) -> str:
        time.sleep(0.5)
        return message.upper()


@dataclass
class Rule:
    name: str
    statement: str
    violations: list[str] = field(default_factory=list)


@dataclass
class Listener:
    heard: list[object] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.heard.append(text)

    def progress(self, at: float, done: int, total: int | None) -> None:
        self.heard.append((at, done, total))


@scenario
def echo(run: Run, word: str = "hello", times: int = 2) -> None:
    """An actor answers."""
    ref = Echo.start()
    for index in range(times):
        run.note(str(ref.ask(word)))
        run.progress(index + 1, times)
    run.expect("all were answered", True, f"{times} of {times}")
    run.result(word=word)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_run_ends_in_an_outcome() -> None:
    outcome = run(echo, {"times": 3}, seed=7)

    assert outcome == Outcome(
        scenario="echo",
        parameters={"word": "hello", "times": 3},
        seed=7,
        runtime="simulated",
        status="held",
        claims=(Claim("all were answered", True, "3 of 3"),),
        invariants=(),
        tables=(),
        facts={"word": "hello"},
        failure=None,
        virtual_seconds=1.5,
        events=None,
        digest=None,
        trace=None,
    )
    assert outcome.wall_seconds > 0


def test_the_audience_hears_notes_and_progress_as_they_happen() -> None:
    listener = Listener()

    run(echo, seed=1, audience=listener)

    assert listener.heard == ["HELLO", (0.5, 1, 2), "HELLO", (1.0, 2, 2)]


def test_equal_runs_make_equal_traces_wherever_they_are_written(tmp_path: Path) -> None:
    first = run(echo, seed=-3, trace=tmp_path / "a.jsonl")
    second = run(echo, seed=-3, trace=tmp_path / "b.jsonl")

    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert first.digest == second.digest
    header, *events, end = lines_of(tmp_path / "a.jsonl")
    assert header == {
        "glasshive": 1,
        "version": "0.1.0",
        "scenario": "echo",
        "parameters": {"word": "hello", "times": 2},
        "seed": -3,
        "runtime": "simulated",
        "order": "timed",
        "choices": {},
    }
    assert first.events == len(events)
    assert end["end"]["status"] == "held"
    assert end["end"]["claims"] == [
        {"claim": "all were answered", "held": True, "detail": "2 of 2"}
    ]


def test_notes_stand_in_the_trace(tmp_path: Path) -> None:
    run(echo, trace=tmp_path / "a.jsonl")

    notes = [line["data"] for line in lines_of(tmp_path / "a.jsonl") if line.get("kind") == "note"]
    assert notes == ["HELLO", "HELLO"]


def test_a_claim_that_does_not_hold_makes_the_run_violated() -> None:
    @scenario
    def boast(run: Run) -> None:
        run.expect("one is one", True)
        run.expect("one is two", False, "it is one")

    outcome = run(boast)

    assert outcome.status == "violated"
    assert outcome.claims == (Claim("one is one", True), Claim("one is two", False, "it is one"))


def test_violations_are_counted_when_the_run_has_ended() -> None:
    rule = Rule("order", "what comes first is first")

    @scenario
    def careless(run: Run) -> None:
        run.check(rule)
        run.check(rule)
        run.check(Rule("peace", "nobody is hurt"))
        rule.violations.append("2 before 1")

    outcome = run(careless)

    assert outcome.status == "violated"
    assert outcome.invariants == (
        CheckedInvariant("order", "what comes first is first", ("2 before 1",)),
        CheckedInvariant("peace", "nobody is hurt"),
    )


def test_an_error_is_kept_with_the_scenarios_own_part_of_the_traceback(tmp_path: Path) -> None:
    @scenario
    def clumsy(run: Run) -> None:
        run.expect("so far so good", True)
        raise ZeroDivisionError("by nothing")

    outcome = run(clumsy, trace=tmp_path / "a.jsonl")

    assert outcome.status == "failed"
    assert outcome.claims == (Claim("so far so good", True),)
    assert isinstance(outcome.failure, Failure)
    assert (outcome.failure.type, outcome.failure.message) == ("ZeroDivisionError", "by nothing")
    assert outcome.failure.traceback.count("  File ") == 1
    assert "in clumsy" in outcome.failure.traceback
    end = lines_of(tmp_path / "a.jsonl")[-1]["end"]
    assert (end["status"], end["error"]) == ("failed", "ZeroDivisionError: by nothing")


def test_leaving_the_process_is_an_error_of_the_scenario() -> None:
    @scenario
    def leaver(_: Run) -> None:
        raise SystemExit(0)

    outcome = run(leaver)

    assert outcome.status == "failed"
    assert outcome.failure is not None
    assert outcome.failure.type == "SystemExit"


def test_an_interrupted_run_keeps_what_it_found(tmp_path: Path) -> None:
    @scenario
    def long(run: Run) -> None:
        run.result(reached=3)
        raise KeyboardInterrupt

    outcome = run(long, trace=tmp_path / "a.jsonl")

    assert (outcome.status, outcome.facts) == ("interrupted", {"reached": 3})
    assert lines_of(tmp_path / "a.jsonl")[-1]["end"]["status"] == "interrupted"


def test_wrong_input_found_by_the_scenario_is_raised_once_the_trace_is_finished(
    tmp_path: Path,
) -> None:
    @scenario
    def picky(_: Run) -> None:
        raise InputError(Complaint("a.csv, row 3", "no number", "write one"))

    with pytest.raises(InputError, match=r"^a\.csv, row 3: no number; write one$"):
        run(picky, trace=tmp_path / "a.jsonl")
    assert lines_of(tmp_path / "a.jsonl")[-1]["end"]["status"] == "failed"


def test_values_are_refused_before_the_trace_is_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        run(echo, {"word": 3, "tims": 2}, trace=tmp_path / "a.jsonl")

    assert str(refused.value) == (
        "parameter 'word' of scenario 'echo': 3 will not do; word takes text, such as hello\n"
        "parameter 'tims' of scenario 'echo': scenario 'echo' has no parameter 'tims'; "
        "did you mean 'times'?"
    )
    assert not (tmp_path / "a.jsonl").exists()


def test_a_trace_that_would_overwrite_an_input_is_refused(tmp_path: Path) -> None:
    workload = tmp_path / "workload.csv"
    workload.write_text("precious")

    @scenario
    def reader(run: Run, file: Path | None = None) -> None: ...

    with pytest.raises(InputError, match="is a file that this scenario reads"):
        run(reader, {"file": workload}, trace=tmp_path / "." / "workload.csv")
    assert workload.read_text() == "precious"


@pytest.mark.parametrize("runtime", ["simulated", "live"])
def test_the_scenario_sees_its_runtime_and_seed(runtime: Literal["simulated", "live"]) -> None:
    @scenario
    def curious(run: Run) -> None:
        run.result(kind=run.runtime.kind, seed=run.seed)

    assert run(curious, seed=5, runtime=runtime).facts == {"kind": runtime, "seed": 5}


def test_a_scenario_can_be_a_part_of_another_one() -> None:
    @scenario
    def twice(run: Run) -> None:
        echo(run, times=1)
        echo(run, times=2)

    assert [claim.detail for claim in run(twice).claims] == ["1 of 1", "2 of 2"]


def test_tables_keep_numbers_and_write_out_the_rest() -> None:
    @scenario
    def tabular(run: Run) -> None:
        run.table("all sorts", ["what", "value"], [["half", 0.5], [Path("a"), None], ["on", True]])
        run.result(nested={"path": Path("b"), "list": (1, 2.5, math.inf)})

    outcome = run(tabular)

    assert outcome.tables == (
        Table("all sorts", ("what", "value"), (("half", 0.5), ("a", None), ("on", True))),
    )
    assert outcome.facts == {"nested": {"path": "b", "list": [1, 2.5, math.inf]}}


def test_a_row_that_does_not_fit_its_table_is_refused() -> None:
    @scenario
    def ragged(run: Run) -> None:
        run.table("ragged", ["a", "b"], [[1, 2], [3]])

    failure = run(ragged).failure
    assert failure is not None
    assert failure.message == "table 'ragged': a row has 1 cells for 2 columns: (3,)"


def test_another_process_can_be_asked_for_a_run(tmp_path: Path) -> None:
    script = tmp_path / "answer.py"
    script.write_text(
        "from glasshive.scenario import Run, scenario\n"
        "@scenario\n"
        "def answer(run: Run, number: int = 1) -> None:\n"
        "    run.result(number=number)\n"
    )
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(run, str(script), {"number": 42}, seed=3).result()

    here = run(str(script), {"number": 42}, seed=3)
    assert there == here
    assert pickle.loads(pickle.dumps(here)) == here  # noqa: S301  our own bytes
    assert there.facts == {"number": 42}
