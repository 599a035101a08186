"""A plan's file is read with every complaint on its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import topology
from glasshive import InputError
from glasshive.latency import LogNormal
from topology import Blueprint, sample_blueprint
from topology.faults import (
    ACTIONS,
    CONDITIONS,
    AfterMessage,
    AfterToken,
    Crash,
    FaultPlan,
    Link,
    Partition,
    Restart,
    WithRate,
    read_fault_plan,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(topology.__file__).with_name("fault_plans") / "every_fault.toml"
GRID = Blueprint.grid(hives=2, workers_per_hive=2)

PLAN = """\
heal_at = 60

[[strikes]]
at = 5
do = "crash"
bee = "worker-1"

[[strikes]]
after_token = 3
request = "request-2"
do = "restart"
bee = "worker-1"
state = true

[[strikes]]
after_message = 2
kind = "StreamEnd"
to = "queen"
do = "partition"
a = ["hive-1"]

[[strikes]]
chance = 0.5
every = 2
until = 40
do = "link"
a = "queen"
b = "hive-1"
latency = { type = "LogNormal", median = 0.05, sigma = 0.5 }
loss = 0.25
"""


@pytest.fixture
def complaints(blueprint_path: Path) -> Callable[..., list[str]]:
    """Read the plan after some edits, and return every complaint."""

    def complain(*edits: tuple[str, str], must_heal: bool = False) -> list[str]:
        text = PLAN
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        blueprint_path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_fault_plan(blueprint_path, GRID, must_heal=must_heal)
        return [str(complaint) for complaint in caught.value.complaints]

    return complain


def test_a_file_says_all_that_python_says(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")

    assert read_fault_plan(path, GRID) == FaultPlan.of(
        [
            (5, Crash("worker-1")),
            (AfterToken(3, "request-2"), Restart("worker-1", state=True)),
            (AfterMessage(2, "StreamEnd", "queen"), Partition(("hive-1",))),
            (WithRate(0.5, 2, 40), Link("queen", "hive-1", LogNormal(0.05, 0.5), 0.25)),
        ],
        heal_at=60,
    )


def test_an_empty_file_is_a_plan_without_faults(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("", encoding="utf-8")

    assert read_fault_plan(path, must_heal=True) == FaultPlan()


def test_the_sample_shows_every_condition_and_every_action() -> None:
    plan = read_fault_plan(SAMPLE, sample_blueprint("two_hives"), must_heal=True)

    assert {type(strike.when) for strike in plan.strikes} == set(CONDITIONS.values())
    assert {type(strike.do) for strike in plan.strikes} == set(ACTIONS.values())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("at = 5", "at = -5", "line 4, strikes[0], crash: at is -5.0"),
        ("at = 5", 'at = "5"', "line 4, strikes[0], crash: at is the string '5'"),
        ("at = 5", "at = 60", "line 4, strikes[0], crash: it never strikes"),
        ("at = 5", "", "line 3, strikes[0], crash: nothing says when it strikes"),
        (
            "at = 5",
            "at = 5\nchance = 0.5",
            "line 5, strikes[0], crash: it has two conditions, at and chance",
        ),
        ("at = 5", "att = 5", "line 4, strikes[0], crash: there is no key 'att' here"),
        ('"crash"', '"crush"', "line 5, strikes[0]: there is no fault 'crush'"),
        ('do = "crash"', "", "line 3, strikes[0]: do is missing"),
        ('do = "crash"', "do = 3", "line 5, strikes[0]: do is the integer 3"),
        ('"worker-1"', '"worker-9"', "line 6, strikes[0], crash: there is no bee 'worker-9'"),
        ('bee = "worker-1"', "", "line 3, strikes[0], crash: bee is missing"),
        ('"worker-1"', "1", "line 6, strikes[0], crash: bee is the integer 1"),
        ('"worker-1"', '""', "line 6, strikes[0], crash: bee is ''"),
        (
            'bee = "worker-1"',
            'bee = "worker-1"\nfactor = 2',
            "line 7, strikes[0], crash: factor says nothing here",
        ),
        ("= 3", "= 0", "line 9, strikes[1], restart: after_token is 0"),
        ("= 3", "= 2.5", "line 9, strikes[1], restart: after_token is the float 2.5"),
        ("true", '"yes"', "line 13, strikes[1], restart: state is the string 'yes'"),
        ('"StreamEnd"', '"End"', "line 17, strikes[2], partition: no bee is told a message 'End'"),
        ('"queen"', '"king"', "line 18, strikes[2], partition: there is no bee 'king'"),
        ('["hive-1"]', '"hive-1"', "line 20, strikes[2], partition: a is the string 'hive-1'"),
        ('["hive-1"]', "[1]", "line 20, strikes[2], partition: a holds something else"),
        ('["hive-1"]', "[]", "line 20, strikes[2], partition: a is empty"),
        ("chance = 0.5", "chance = 1.5", "line 23, strikes[3], link: chance is 1.5"),
        ("until = 40", "until = 1", "line 25, strikes[3], link: nothing is ever drawn"),
        (
            '"LogNormal"',
            '"LogNorm"',
            "line 29, strikes[3], link: latency is no distribution: Invalid value 'LogNorm'",
        ),
        (
            ", sigma = 0.5",
            "",
            (
                "line 29, strikes[3], link: latency is no distribution: "
                "Object missing required field `sigma`"
            ),
        ),
        ("median = 0.05", "median = 0", "line 29, strikes[3], link: latency is no distribution"),
        ("loss = 0.25", "loss = 1.25", "line 30, strikes[3], link: loss is 1.25"),
        ("heal_at = 60", "heal_at = -1", "line 1: heal_at is -1.0"),
        ("heal_at = 60", 'heal_at = "never"', "line 1: heal_at is the string 'never'"),
        ("heal_at = 60", "heal = 60", "line 1: there is no key 'heal' here"),
    ],
)
def test_what_is_wrong_is_told_once_with_its_line(
    complaints: Callable[..., list[str]], old: str, new: str, told: str
) -> None:
    (complaint,) = complaints((old, new))
    assert complaint.startswith(f"bad.toml, {told}")


def test_an_unknown_key_is_told_with_the_near_ones_and_read_as_the_nearest(
    complaints: Callable[..., list[str]],
) -> None:
    assert complaints(("every = 2", "evry = -2")) == [
        (
            "bad.toml, line 22, strikes[3], link: every is -2.0; "
            "write a finite number of seconds, 1e-06 to 31,536,000"
        ),
        "bad.toml, line 24, strikes[3], link: there is no key 'evry' here; did you mean 'every'?",
    ]


def test_everything_that_is_wrong_is_told_in_the_order_of_the_file(
    complaints: Callable[..., list[str]],
) -> None:
    edits = (("0.25", "2"), ("at = 5", "at = nan"), ('"queen"', '"king"'), ("60", "-60"))

    assert [told.split(",")[1] for told in complaints(*edits)] == [
        *(" line 1: heal_at is -60.0; write a finite number of seconds", " line 4"),
        *(" line 18", " line 30"),
    ]


def test_what_is_never_put_right_is_told_where_it_strikes(
    complaints: Callable[..., list[str]],
) -> None:
    told = complaints(("heal_at = 60", ""), must_heal=True)
    assert [each.split("; ")[0] for each in told] == [
        (
            "bad.toml, line 3, strikes[0], crash: "
            "nothing is sure to put it right: at 5 s: crash worker-1"
        ),
        (
            "bad.toml, line 15, strikes[2], partition: "
            "nothing is sure to put it right: after the 2nd StreamEnd to queen: "
            "part hive-1 from all others"
        ),
        (
            "bad.toml, line 22, strikes[3], link: nothing is sure to put it right: "
            "with chance 0.5 every 2 s until 40 s: link queen - hive-1: "
            "latency LogNormal(median=0.05, sigma=0.5), loss 0.25"
        ),
    ]


def test_without_a_blueprint_names_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.replace("worker-1", "bumble"), encoding="utf-8")

    assert read_fault_plan(path).strikes[0].do == Crash("bumble")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"strikes = 3", "bad.toml, line 1: strikes is the integer 3; write a table for each"),
        (b"[[strikes\n", "bad.toml, line 1, column 10: this is not TOML"),
        (b"\xff", "bad.toml, line 1: byte 0xff is not UTF-8; save the file as UTF-8"),
    ],
)
def test_what_is_no_plan_at_all_is_refused(blueprint_path: Path, data: bytes, told: str) -> None:
    blueprint_path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_fault_plan(blueprint_path)
    assert str(caught.value).startswith(told)


def test_a_file_that_is_not_there_is_told_by_its_name(blueprint_path: Path) -> None:
    with pytest.raises(InputError, match="give the path of a plan of faults, a TOML file"):
        read_fault_plan(blueprint_path)
