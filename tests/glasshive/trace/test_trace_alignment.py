"""Two runs are aligned by what caused their events, and part where an actor does otherwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from glasshive.scenario import run
from glasshive.schedule import Schedule
from glasshive.trace.alignment import Alignment, Split, align
from glasshive.trace.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Indexed = Callable[..., Index]

SEND = {"kind": "send", "actor": "a", "peer": "b", "type": "T", "message": 1, "data": {"n": 1}}
GOT = {"kind": "deliver", "actor": "b", "peer": "a", "type": "T", "message": 1}
NOTE = {"kind": "note", "actor": "c", "data": "hello"}

RACE = '''
import pykka
from glasshive.scenario import Run, scenario


class Sender(pykka.ThreadingActor):
    def __init__(self, name, to):
        super().__init__()
        self.name = name
        self.to = to

    def on_receive(self, message):
        self.to.tell(self.name)


class Last(pykka.ThreadingActor):
    name = "last"

    def on_receive(self, message):
        self.holds = message


@scenario
def race(run: Run) -> None:
    """Of two that write, one is the last."""
    last = Last.start()
    for name in ("ann", "bob"):
        Sender.start(name, last).tell("go")
    run.runtime.run()
    run.expect("bob is the last", last.proxy().holds.get() == "bob")
'''


def aligned(indexed: Indexed, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> Alignment:
    return align(indexed(*one, name="one.jsonl"), indexed(*other, name="other.jsonl"))


def test_what_two_actors_do_apart_may_stand_in_any_order(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [SEND, NOTE, {**GOT, "cause": 0}],
        [NOTE, {**SEND, "message": 7}, {**GOT, "message": 7, "cause": 1}],
    )
    assert found == Alignment(None, None, 3, (), ())


def test_they_part_where_an_actor_does_something_else(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [SEND, {**GOT, "cause": 0}, {**NOTE, "actor": "b", "cause": 1}, NOTE],
        [SEND, {**GOT, "cause": 0}, {**SEND, "actor": "b", "peer": "a", "cause": 1}, NOTE],
    )
    assert found.split == Split("order", "b", 2, 2, (1, 1))
    assert (found.shared, found.only_left, found.only_right) == (3, (2,), (2,))


def test_the_order_in_which_an_actor_is_told_counts(indexed: Indexed) -> None:
    other = {**SEND, "actor": "c", "message": 2}
    back = {**GOT, "peer": "c", "message": 2}
    found = aligned(
        indexed,
        [SEND, other, {**GOT, "cause": 0}, {**back, "cause": 1}],
        [SEND, other, {**back, "cause": 1}, {**GOT, "cause": 0}],
    )
    assert found == Alignment(Split("order", "b", 2, 2, None), None, 4, (), ())


def test_another_payload_parts_them_too(indexed: Indexed) -> None:
    found = aligned(indexed, [NOTE, SEND], [NOTE, {**SEND, "data": {"n": 2}}])
    assert found == Alignment(Split("value", "a", 1, 1, None), None, 2, (), ())


def test_an_actor_that_does_nothing_more_parts_them(indexed: Indexed) -> None:
    found = aligned(indexed, [NOTE, SEND, NOTE], [NOTE, SEND])
    assert found == Alignment(Split("length", "c", 2, None, (0, 0)), None, 2, (2,), ())


def test_the_first_deed_is_told_beside_the_first_payload(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [NOTE, SEND, {**NOTE, "actor": "a"}, {**NOTE, "actor": "a", "data": "x"}],
        [{**NOTE, "data": "bye"}, SEND, {**NOTE, "actor": "a"}],
    )
    assert found.split == Split("value", "c", 0, 0, None)
    assert found.deed == Split("length", "a", 3, None, (2, 2))


def test_the_earliest_of_several_partings_is_told(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [NOTE, {**NOTE, "actor": "d"}, SEND],
        [NOTE, {**NOTE, "actor": "d", "data": "bye"}, {**SEND, "data": None}],
    )
    assert found.split == Split("value", "d", 1, 1, None)


def test_what_came_of_something_else_is_something_else(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [SEND, NOTE, {**GOT, "cause": 0}],
        [SEND, NOTE, {**GOT, "cause": 1}],
    )
    assert (found.only_left, found.only_right) == ((2,), (2,))


def test_a_run_is_the_same_as_itself(trace: Callable[..., Any], crash: Path) -> None:
    said = trace("diff", crash, crash)
    assert said.code == 0
    assert said.out[0] == "the same: 1,983 events, by what caused them and of each actor"
    assert json.loads(trace("diff", crash, crash, "--json").out[0])["status"] == "same"


def test_another_crash_parts_the_runs_at_the_worker(
    trace: Callable[..., Any], crash: Path, tmp_path: Path
) -> None:
    other: Path = tmp_path / "six.jsonl"
    run("mid_stream_crash", {"after": 6}, trace=other)
    said = trace("diff", crash, other)
    assert said.code == 1
    assert "   parameters.after: 5 | 6" in said.out
    assert "they part at worker-1, which does something else next" in said.out
    assert "  A:          1.3172       334  fault         worker-1  crash" in said.out
    assert max(map(len, said.out)) <= 100


@pytest.fixture
def race(tmp_path: Path) -> Callable[[str, dict[int, int]], Path]:
    script: Path = tmp_path / "race.py"
    script.write_text(RACE)

    def play(name: str, choices: dict[int, int]) -> Path:
        path: Path = tmp_path / name
        run(str(script), trace=path, schedule=Schedule(choices), order="any")
        return path

    return play


@pytest.mark.parametrize("entry", ["silence_is_success", "second_open", "never_removed"])
def test_a_known_mistake_is_named_by_its_parameter(
    trace: Callable[..., Any], tmp_path: Path, entry: str
) -> None:
    wrong, right = tmp_path / "wrong.jsonl", tmp_path / "right.jsonl"
    run(entry, {"mistake": True}, trace=wrong)
    run(entry, {"mistake": False}, trace=right)
    told = json.loads(trace("diff", wrong, right, "--json").out[0])
    assert [each["at"] for each in told["heads"]] == ["parameters.mistake"]
    assert told["runs"][0]["ended"].startswith("violated, ")
    assert told["runs"][1]["ended"] == "held"
    assert told["split"] is not None
    assert told["only_left"] or told["only_right"]


def _status(path: Path) -> object:
    with Index(path) as index:
        return index.end and index.end["status"]


def test_the_decision_that_made_the_difference_is_told_in_words(
    trace: Callable[..., Any], race: Callable[[str, dict[int, int]], Path]
) -> None:
    held = race("held.jsonl", {})
    number, violated = next(
        (number, path)
        for number in range(20)
        if _status(path := race("violated.jsonl", {number: 1})) == "violated"
    )
    said = trace("diff", held, violated)
    assert said.code == 1
    assert said.out[1].startswith("B  violated, bob is the last · 15 events · ")
    (decided,) = [line for line in said.out if line.startswith("decided by")]
    assert f"{number} in B: " in decided
    assert "bob" in decided
    assert [line for line in said.out if line.startswith("they part at ")]
    told = json.loads(trace("diff", held, violated, "--json").out[0])
    assert [(each["number"], each["run"]) for each in told["decisions"]] == [(number, "B")]


def test_runs_of_two_programs_have_no_decision_in_common(
    trace: Callable[..., Any], crash: Path, race: Callable[[str, dict[int, int]], Path]
) -> None:
    said = trace("diff", crash, race("held.jsonl", {0: 1}))
    assert said.code == 1
    assert not [line for line in said.out if line.startswith("decided by")]


def test_a_file_that_is_no_trace_is_told(
    trace: Callable[..., Any], crash: Path, tmp_path: Path
) -> None:
    said = trace("diff", crash, tmp_path / "none.jsonl")
    assert said.code == 2
    assert "none.jsonl: cannot be read" in said.err
