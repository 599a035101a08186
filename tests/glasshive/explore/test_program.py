"""One run of a program: what is kept of it, and that its decisions are all of it."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

from glasshive.explore import Attempt, Program
from glasshive.scenario.pool import Death
from glasshive.schedule import Abandoned, Schedule, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest

    from glasshive.schedule import Option

RACE = "deliver int from Door-2 to Door-1 before deliver str from Clerk-1 to Account-1"

SCRIPT = """
import sys
from glasshive import Run, scenario

count = 0


@scenario
def talkative(run: Run, word: str = "hello") -> None:
    global count
    count += 1
    print(word)
    print(word, file=sys.stderr)
    run.expect("it is the first", count == 1, str(count))
"""


def test_the_choices_of_a_run_are_all_of_it(program: Callable[..., Program]) -> None:
    letters = program("letters", loss=0.3)
    for seed in range(20):
        first = letters.attempt(Uniform(seed))
        assert first == letters.attempt(Schedule(first.choices))


def test_a_run_keeps_what_did_not_hold_and_where_it_left_the_plain_order(
    program: Callable[..., Program],
) -> None:
    attempt = program("race", doors=2).attempt(Schedule({7: 1}))

    assert attempt.status == "violated"
    assert [(each.kind, each.name, each.example) for each in attempt.breaches] == [
        ("claim", "nothing is lost", "1 of 2")
    ]
    assert attempt.breach == attempt.breaches[0]
    assert [str(each) for each in attempt.deviations] == [f"{RACE} (choice 1 of 1)"]
    assert [each.number for each in attempt.deviations] == [7]
    assert (attempt.faults, attempt.abandoned, attempt.died) == (0, False, False)
    assert attempt.checked == ("nothing is lost",)


def test_situations_and_faults_are_kept(program: Callable[..., Program]) -> None:
    attempt = program("letters", loss=0.001).attempt(Schedule({6: 1}))

    assert attempt.faults == 1
    assert [str(each) for each in attempt.deviations] == [
        "lose A from Sender-1 to Sink-1 (choice 1 of 3)"
    ]
    assert attempt.must_reach == ("B comes first", "Z comes first")
    assert attempt.situations == {"B comes first": 1, "Z comes first": 0}


def test_only_the_one_thing_counts_that_was_asked_for(program: Callable[..., Program]) -> None:
    lost = {12: 1, 13: 2}  # D is lost, and C comes before A
    both = program("letters", loss=0.001).attempt(Schedule(lost))
    one = program("letters", loss=0.001, breaking="D has come").attempt(Schedule(lost))
    other = program("letters", loss=0.001, breaking="something").attempt(Schedule(lost))

    assert [each.name for each in both.breaches] == ["the order is right", "D has come"]
    assert both.ignored == 0
    assert [each.name for each in one.breaches] == ["D has come"]
    assert one.ignored == 1
    assert (other.breaches, other.breach, other.ignored) == ((), None, 2)
    assert other.checked == ("the order is right", "D has come")


def test_a_run_that_its_strategy_gives_up_breaks_nothing(program: Callable[..., Program]) -> None:
    class Impatient:
        def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
            raise Abandoned

    attempt = program("race").attempt(Impatient())

    assert (attempt.abandoned, attempt.breaches) == (True, ())


def test_runs_that_fail_in_the_same_way_share_the_name_of_what_broke(
    program: Callable[..., Program],
) -> None:
    letters = program("letters", wrong="", loss=0.001)
    lost = letters.attempt(Schedule({12: 1}))
    lost_too = program("letters", wrong="CA", senders=5, loss=0.001).attempt(Schedule({13: 1}))
    held = letters.attempt(Schedule({}))

    assert lost.breach is not None
    assert lost_too.breach is not None
    assert lost_too.breach.name == "D has come"
    assert lost_too.fails_as(lost.breach)
    assert not held.fails_as(lost.breach)


def test_a_script_says_nothing_and_is_loaded_anew_for_each_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "talkative.py"
    path.write_text(SCRIPT)
    talkative = Program.of(str(path), {"word": "hi"})

    assert [talkative.attempt(Schedule({})).status for _ in range(3)] == ["held"] * 3
    assert capfd.readouterr() == ("", "")


def test_a_program_and_its_runs_can_be_sent_to_another_process(
    tmp_path: Path, program: Callable[..., Program]
) -> None:
    path = tmp_path / "talkative.py"
    path.write_text(SCRIPT)
    talkative = Program.of(f"{path}:talkative", seed=4, order="any", breaking="x")
    attempt = program("race").attempt(Schedule({7: 1}))

    assert pickle.loads(pickle.dumps(talkative)) == talkative  # noqa: S301  our own
    assert pickle.loads(pickle.dumps(attempt)) == attempt  # noqa: S301  our own


def test_the_head_of_a_trace_holds_the_run(tmp_path: Path, program: Callable[..., Program]) -> None:
    race = program("race", doors=3)
    attempt = race.attempt(Schedule({11: 1, 8: 1}), trace=tmp_path / "a.jsonl")

    with (tmp_path / "a.jsonl").open() as file:
        head = json.loads(file.readline())
    assert attempt.events is not None
    assert attempt.digest is not None
    assert (head["scenario"], head["parameters"]) == ("race", {"doors": 3})
    assert (head["seed"], head["order"], head["choices"], head["schedule"]) == (
        *(0, "timed"),
        *({"8": 1, "11": 1}, "Schedule"),
    )


def test_of_a_run_that_killed_its_process_only_that_is_known(
    program: Callable[..., Program],
) -> None:
    attempt = Attempt.of_death(program("race"), Death(3, -9))

    assert attempt.died
    assert attempt.breach is not None
    assert attempt.breach.name == "process ended with signal 9 (SIGKILL)"
