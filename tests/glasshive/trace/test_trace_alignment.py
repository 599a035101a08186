"""Two runs are aligned by what caused their events, and part where an actor does otherwise."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from glasshive.scenario import run
from glasshive.schedule import Schedule
from glasshive.trace.alignment import Alignment, Split, align
from glasshive.trace.index import Index
from tests.glasshive.race import RACE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Indexed = Callable[..., Index]

SEND = {"kind": "send", "actor": "a", "peer": "b", "type": "T", "message": 1, "data": {"n": 1}}
GOT = {"kind": "deliver", "actor": "b", "peer": "a", "type": "T", "message": 1}
NOTE = {"kind": "note", "actor": "c", "data": "hello"}
OWN = {**NOTE, "actor": "a", "cause": 0}
FAIL = {**OWN, "kind": "fail"}
BORN = {"kind": "spawn", "actor": "c", "data": {"class": "C", "host": "h"}}

JUDGED = (
    RACE
    + """\
    run.expect("bob is the last", last.proxy().holds.get() == "bob")
"""
)


def aligned(indexed: Indexed, one: list[dict[str, Any]], other: list[dict[str, Any]]) -> Alignment:
    return align(indexed(*one, name="one.jsonl"), indexed(*other, name="other.jsonl"))


def test_what_two_actors_do_apart_may_stand_in_any_order(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [SEND, NOTE, {**GOT, "cause": 0}],
        [NOTE, {**SEND, "message": 7}, {**GOT, "message": 7, "cause": 1}],
    )
    assert found == Alignment(None, None, (), 3, (), ())


def test_they_part_where_an_actor_does_something_else(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [SEND, {**GOT, "cause": 0}, {**NOTE, "actor": "b", "cause": 1}, NOTE],
        [SEND, {**GOT, "cause": 0}, {**SEND, "actor": "b", "peer": "a", "cause": 1}, NOTE],
    )
    assert found.split == Split("order", "b", 2, 2, (1, 1), "both")
    assert (found.shared, found.only_left, found.only_right) == (3, (2,), (2,))


def test_the_order_in_which_an_actor_is_told_counts(indexed: Indexed) -> None:
    other = {**SEND, "actor": "c", "message": 2}
    back = {**GOT, "peer": "c", "message": 2}
    found = aligned(
        indexed,
        [SEND, other, {**GOT, "cause": 0}, {**back, "cause": 1}],
        [SEND, other, {**back, "cause": 1}, {**GOT, "cause": 0}],
    )
    assert found == Alignment(Split("order", "b", 2, 2, None, "neither"), None, (), 4, (), ())


def test_another_payload_parts_them_too(indexed: Indexed) -> None:
    found = aligned(indexed, [NOTE, SEND], [NOTE, {**SEND, "data": {"n": 2}}])
    assert found == Alignment(Split("value", "a", 1, 1, None, "both"), None, (), 2, (), ())


def test_an_actor_that_does_nothing_more_parts_them(indexed: Indexed) -> None:
    found = aligned(indexed, [NOTE, SEND, NOTE], [NOTE, SEND])
    assert found == Alignment(Split("length", "c", 2, None, (0, 0), "left"), None, (), 2, (2,), ())


def test_the_first_deed_is_told_beside_the_first_payload(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [NOTE, SEND, {**NOTE, "actor": "a"}, {**NOTE, "actor": "a", "data": "x"}],
        [{**NOTE, "data": "bye"}, SEND, {**NOTE, "actor": "a"}],
    )
    assert found.split == Split("value", "c", 0, 0, None, "both")
    assert found.deed == Split("length", "a", 3, None, (2, 2), "left")


def test_the_earliest_of_several_partings_is_told(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [NOTE, {**NOTE, "actor": "d"}, SEND],
        [NOTE, {**NOTE, "actor": "d", "data": "bye"}, {**SEND, "data": None}],
    )
    assert found.split == Split("value", "d", 1, 1, None, "both")


def test_what_came_of_something_else_is_something_else(indexed: Indexed) -> None:
    found = aligned(
        indexed,
        [SEND, NOTE, {**GOT, "cause": 0}],
        [SEND, NOTE, {**GOT, "cause": 1}],
    )
    assert (found.only_left, found.only_right) == ((2,), (2,))


def test_what_one_run_leaves_out_is_told_from_what_it_goes_on_with(indexed: Indexed) -> None:
    whole, lacking = [SEND, OWN, FAIL], [SEND, FAIL]
    assert aligned(indexed, whole, lacking).split == Split("order", "a", 1, 1, (0, 0), "left")
    assert aligned(indexed, lacking, whole).split == Split("order", "a", 1, 1, (0, 0), "right")


def test_what_comes_later_with_another_payload_is_something_else(indexed: Indexed) -> None:
    found = aligned(indexed, [SEND, FAIL], [SEND, OWN, {**FAIL, "data": "other"}])
    assert found.split == Split("order", "a", 1, 1, (0, 0), "both")


def test_what_nothing_has_caused_is_something_else_at_another_time(indexed: Indexed) -> None:
    crash = {"kind": "fault", "actor": "a", "data": {"fault": "crash"}}
    found = aligned(indexed, [SEND, crash], [SEND, OWN, crash])
    assert found.split == Split("order", "a", 1, 1, (0, 0), "both")
    found = aligned(indexed, [SEND, {**crash, "time": 2.0}], [SEND, OWN, crash])
    assert found.split == Split("order", "a", 1, 1, (0, 0), "right")


def test_what_an_actor_begins_as_is_told_apart_from_what_it_does(indexed: Indexed) -> None:
    other = {**BORN, "data": {"class": "D", "host": "h"}}
    found = aligned(indexed, [BORN, NOTE, SEND], [other, NOTE, {**SEND, "data": {"n": 2}}])
    assert found.spawned == (Split("spawn", "c", 0, 0, None, "both"),)
    assert found.split == Split("value", "a", 2, 2, None, "both")
    found = aligned(indexed, [BORN, NOTE], [other, NOTE])
    assert found == Alignment(None, None, (Split("spawn", "c", 0, 0, None, "both"),), 2, (), ())
    assert not found.same


def test_of_two_that_part_at_once_it_is_the_one_that_did_something(indexed: Indexed) -> None:
    timer = {"kind": "timer-set", "actor": "b", "data": {"delay": 1.0, "type": "T"}}
    fired = {"kind": "timer-fired", "actor": "b", "type": "T", "cause": 0, "data": {}}
    crash = {"kind": "fault", "actor": "b", "data": {"fault": "crash"}}
    # The note stands where the timer fires in the other run, and names what befalls its actor.
    found = aligned(indexed, [timer, NOTE, crash], [timer, fired])
    assert found.split == Split("length", "c", 1, None, None, "left")
    found = aligned(indexed, [timer, fired], [timer, NOTE, crash])
    assert found.split == Split("length", "c", None, 1, None, "right")
    later = {**NOTE, "kind": "fail"}
    found = aligned(indexed, [timer, NOTE, crash], [timer, fired, SEND, later])
    assert found.split == Split("order", "c", 1, 3, None, "both")


def test_of_two_that_did_something_it_is_the_one_before_which_less_has_happened(
    indexed: Indexed,
) -> None:
    goes_on = {**NOTE, "actor": "b"}
    found = aligned(indexed, [SEND, goes_on], [SEND, NOTE, {**goes_on, "data": "other"}])
    assert found.split == Split("length", "c", None, 1, None, "right")


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ([NOTE, SEND], [NOTE], "a, which does nothing in B"),
        ([NOTE], [NOTE, SEND], "a, which does nothing in A"),
        ([NOTE, NOTE], [NOTE], "c, which does nothing more in B"),
        ([NOTE], [{**NOTE, "data": "bye"}], "c, which does the same with another payload"),
        ([NOTE], [{**NOTE, "kind": "fail"}], "c, which does something else next"),
        ([SEND, OWN, FAIL], [SEND, FAIL], "a, which does in A what it leaves out in B"),
        ([SEND, FAIL], [SEND, OWN, FAIL], "a, which leaves out in A what it does in B"),
        ([SEND, OWN, FAIL], [SEND, FAIL, OWN], "a, which does the same in another order"),
    ],
)
def test_where_they_part_is_told_in_words(
    trace: Callable[..., Any],
    written: Callable[..., Path],
    one: list[dict[str, Any]],
    other: list[dict[str, Any]],
    told: str,
) -> None:
    said = trace("diff", written(*one, name="one.jsonl"), written(*other, name="other.jsonl"))
    assert said.code == 1
    assert [line for line in said.out if "part at" in line] == [f"they part at {told}"]


def test_actors_of_another_class_are_named_with_the_heads(
    trace: Callable[..., Any], written: Callable[..., Path]
) -> None:
    other = {**BORN, "data": {"class": "D", "host": "i"}}
    paths = written(BORN, NOTE, name="one.jsonl"), written(other, NOTE, name="other.jsonl")
    said = trace("diff", *paths)
    assert said.code == 1
    assert said.out[2:] == ["   c.class: C | D", "   c.host: h | i", "what they do is the same"]
    assert json.loads(trace("diff", *paths, "--json").out[0])["status"] == "parted"


def test_no_more_than_eight_of_them_are_named(
    trace: Callable[..., Any], written: Callable[..., Path]
) -> None:
    one = [{**BORN, "actor": f"a{number}"} for number in range(10)]
    other = [{**each, "data": {"class": "D", "host": "h"}} for each in one]
    said = trace("diff", written(*one, name="one.jsonl"), written(*other, name="other.jsonl"))
    assert said.out[9] == "   a7.class: C | D"
    assert said.out[10].strip() == "and 2 more differences"


def test_decisions_of_other_programs_are_told_as_numbers(
    trace: Callable[..., Any], written: Callable[..., Path]
) -> None:
    one = written(NOTE, name="one.jsonl", seed=1, choices={"7": 2})
    said = trace("diff", one, written(NOTE, name="other.jsonl", seed=2))
    assert said.out[3:5] == ["   seed: 1 | 2", "   choices: (7=2) | ()"]


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
    script.write_text(JUDGED)

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
    assert decided.startswith(f"decided by  decision {number} of B: ")
    assert "bob" in decided
    assert [line for line in said.out if line.startswith("they part at ")]
    told = json.loads(trace("diff", held, violated, "--json").out[0])
    assert [(each["number"], each["run"]) for each in told["decisions"]] == [(number, "B")]


def test_two_choices_of_one_decision_are_set_against_each_other(
    trace: Callable[..., Any], race: Callable[[str, dict[int, int]], Path]
) -> None:
    # At first the three actors are to begin: the last, ann and bob.
    one, two = race("one.jsonl", {0: 1}), race("two.jsonl", {0: 2})
    said = trace("diff", one, two, "--width", 200)
    first = "before wake last from its first turn (choice"
    assert [line for line in said.out if "decision 0 of " in line] == [
        f"decided by  decision 0 of A: wake ann from its first turn {first} 1 of 2)",
        f"against     decision 0 of B: wake bob from its first turn {first} 2 of 2)",
    ]


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
