"""The story of a failure is worth reading: its text, letter by letter."""

from __future__ import annotations

from dataclasses import replace

from glasshive.explore import Attempt, Found, Program, Shrunk
from glasshive.explore.story import found_in, story
from glasshive.scenario.breach import Breach
from glasshive.scenario.pool import Death
from glasshive.schedule import Deviation, Option

BREACH = Breach(
    "invariant",
    "one-end-per-stream",
    "every opened stream gets exactly one end, and nothing after it",
    "job-2 of hive-a ended twice (Failed, then Done)",
)
PROGRAM = Program("two_hives", {"jobs": 5, "tokens": 8}, seed=7)


def deliver(message: str, sender: str, receiver: str = "hive-a") -> Option:
    return Option("deliver", receiver, sender, message)


def fault(number: int) -> Deviation:
    return Deviation(number, "fault", 1, 2, Option("crash hive-a"), Option("spare hive-a"))


ORDER = Deviation(
    *(14, "next", 1, 4, deliver("StreamEnd", "worker-2"), deliver("Heartbeat", "worker-1"))
)


def attempt(*deviations: Deviation, program: Program = PROGRAM) -> Attempt:
    choices = {each.number: each.choice for each in deviations}
    return Attempt(
        *(program, "violated", (BREACH,), choices, deviations),
        decisions=900,
        turns=1_000,
        order="a",
        situations={},
    )


def test_the_story_of_a_failure() -> None:
    others = [replace_number(ORDER, number) for number in range(20, 329)]
    first = attempt(*others, fault(1), fault(2), fault(3))
    small = replace(PROGRAM, parameters={"jobs": 1, "tokens": 8})
    shrunk = Shrunk(first, attempt(ORDER, fault(112), program=small))

    text = story(
        shrunk,
        found=found_in(Found(41, first), "pct depth 3", 10_000),
        ways={
            "look": "glasshive trace view failures/one-end-per-stream-7.jsonl",
            "again": "glasshive replay failures/one-end-per-stream-7.jsonl",
        },
    )

    assert text == (
        "violation  one-end-per-stream: job-2 of hive-a ended twice (Failed, then Done)\n"
        "found      run 41 of 10,000, pct depth 3, seed 7\n"
        "shrunk     312 decisions → 2; 5 jobs → 1; 3 faults → 1\n"
        "the run    first in, first out, except\n"
        "             at  14  deliver StreamEnd from worker-2 to hive-a before Heartbeat from "
        "worker-1 (choice 1 of 3)\n"
        "             at 112  crash hive-a (choice 1 of 1)\n"
        "look       glasshive trace view failures/one-end-per-stream-7.jsonl\n"
        "again      glasshive replay failures/one-end-per-stream-7.jsonl\n"
        "paste      @example(Schedule({14: 1, 112: 1}))"
    )


def replace_number(deviation: Deviation, number: int) -> Deviation:
    return deviation._replace(number=number)


def test_what_has_not_become_smaller_is_not_told() -> None:
    first = attempt(ORDER)

    assert story(Shrunk(first, first), found=found_in(Found(1_041, first), "few", None)) == (
        "violation  one-end-per-stream: job-2 of hive-a ended twice (Failed, then Done)\n"
        "found      run 1,041, few, seed 7\n"
        "the run    first in, first out, except\n"
        "             at 14  deliver StreamEnd from worker-2 to hive-a before Heartbeat from "
        "worker-1 (choice 1 of 3)\n"
        "paste      @example(Schedule({14: 1}))"
    )


def test_faults_are_told_once_where_a_parameter_limits_them() -> None:
    many, few = (replace(PROGRAM, parameters={"faults": most}) for most in (5, 2))
    first = attempt(fault(1), fault(2), fault(3), program=many)

    text = story(Shrunk(first, attempt(fault(1), program=few)))

    assert text.splitlines()[1] == "shrunk     3 decisions → 1; 5 faults → 2"


def test_a_plain_run_leaves_nothing_out() -> None:
    shrunk = Shrunk(attempt(fault(3)), attempt(), spent=True)

    assert story(shrunk).splitlines()[1:] == [
        "shrunk     1 decision → 0; 1 fault → 0; there may be a smaller one",
        "the run    first in, first out",
        "paste      @example(Schedule({}))",
    ]


def test_what_was_found_is_what_the_smallest_run_shows_and_of_it_the_first_line() -> None:
    first = attempt(ORDER)
    other = Breach("claim", "another", "", "")
    error = Breach("error", "LookupError at bees.py:12", "", "no 7\nnor anything like it\n")
    best = replace(first, breaches=(other, error))

    shrunk = Shrunk(replace(first, breaches=(error._replace(example="no 9"),)), best)
    assert story(shrunk).startswith("violation  LookupError at bees.py:12: no 7 …\n")
    shrunk = Shrunk(replace(first, breaches=(other,)), best)
    assert story(shrunk).startswith("violation  another\n")


def test_of_a_run_that_leaves_the_plain_order_very_often_the_beginning_is_shown() -> None:
    first = attempt(*(replace_number(ORDER, number) for number in range(30)))

    lines = story(Shrunk(first, first)).splitlines()

    assert len(lines) == 23
    assert lines[2].startswith("             at  0  deliver")
    assert lines[21].startswith("             at 19  deliver")
    assert lines[22] == "             and 10 more decisions"


def test_of_a_run_that_killed_its_process_nothing_else_is_known() -> None:
    died = Attempt.of_death(PROGRAM, Death(3, 9))

    assert story(Shrunk(died, died), ways={"again": "glasshive explore two_hives"}) == (
        "violation  process ended with exit code 9: it told no outcome\n"
        "the run    its process told nothing of it\n"
        "again      glasshive explore two_hives"
    )
