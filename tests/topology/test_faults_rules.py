"""A plan that cannot be carried out is refused, with everything that is wrong by name."""

from __future__ import annotations

import math
from typing import Any

import pytest

from glasshive import InputError
from topology import Blueprint
from topology.faults import (
    Action,
    AfterMessage,
    AfterToken,
    At,
    Condition,
    Crash,
    CrashHost,
    DriftClock,
    FailToLoad,
    FaultPlan,
    Hang,
    Heal,
    JumpClock,
    Lie,
    Link,
    OutOfMemory,
    Partition,
    PauseHost,
    Recover,
    Restart,
    RestartHost,
    ResumeHost,
    Slow,
    SlowHost,
    WithRate,
)

GRID = Blueprint.grid(hives=2, workers_per_hive=2)
YEAR = "31,536,000"


def complaints(plan: FaultPlan) -> list[str]:
    with pytest.raises(InputError) as caught:
        plan.check(GRID)
    return [str(complaint) for complaint in caught.value.complaints]


def complaint(do: Action, when: float | Condition = 1.0, heal_at: float | None = None) -> str:
    (only,) = complaints(FaultPlan.of([(when, do)], heal_at=heal_at))
    return only.removeprefix("fault plan, strikes[0], ")


@pytest.mark.parametrize(
    "do",
    [
        *(Crash(bee) for bee in ("queen", "hive-2", "worker-4", "keeper-1")),
        *(Restart("queen"), Hang("keeper-1", 0), Slow("worker-1", 1), OutOfMemory("worker-3")),
        *(FailToLoad("hive-2", "worker-3", 2), Lie("hive-1", 5), Lie("worker-1", 5, blind=True)),
        *(CrashHost("queen"), RestartHost("keeper-1", state=True)),
        *(PauseHost("queen"), ResumeHost("keeper-1"), SlowHost("hive-1", 0.5)),
        *(JumpClock("hive-1", -1e7), DriftClock("hive-1", 2)),
        *(Partition(("queen", "hive-1")), Partition(("queen",), ("hive-1",), one_way=True)),
        *(Heal(), Link("queen", "hive-1", 0.5, 0.5, 0.25, 0.25), Recover()),
    ],
    ids=str,
)
def test_what_can_be_done_is_not_complained_of(do: Action) -> None:
    FaultPlan.of([(0, do), (AfterToken(1), do)], heal_at=1).check(GRID)


@pytest.mark.parametrize(
    ("do", "told"),
    [
        (
            Crash("worker-9"),
            (
                "crash: there is no bee 'worker-9'; "
                "did you mean 'worker-4' or 'worker-3' or 'worker-2'?"
            ),
        ),
        (
            Slow("hive-1", 2),
            (
                "slow: 'hive-1' is a hive, and this is for a worker; "
                "known: worker-1, worker-2, worker-3, worker-4"
            ),
        ),
        (
            OutOfMemory("queen"),
            (
                "out_of_memory: 'queen' is a queen, and this is for a worker; "
                "known: worker-1, worker-2, worker-3, worker-4"
            ),
        ),
        (
            Lie("keeper-1", 5),
            (
                "lie: 'keeper-1' is a keeper, and this is for a hive or a worker; "
                "did you mean 'worker-1'?"
            ),
        ),
        (
            FailToLoad("worker-1", "worker-1"),
            "fail_to_load: 'worker-1' is a worker, and this is for a hive; known: hive-1, hive-2",
        ),
        (
            FailToLoad("hive-1", "worker-3"),
            (
                "fail_to_load: 'worker-3' is a worker of 'hive-2', not of 'hive-1'; "
                "write hive = 'hive-2', or another worker"
            ),
        ),
        (
            PauseHost("hive-3"),
            "pause_host: there is no host 'hive-3'; did you mean 'hive-2' or 'hive-1'?",
        ),
        (
            CrashHost("worker-3"),
            "crash_host: there is no host 'worker-3'; worker-3 lives on host 'hive-2'",
        ),
        (
            RestartHost("hive-3"),
            "restart_host: there is no host 'hive-3'; did you mean 'hive-2' or 'hive-1'?",
        ),
        (
            SlowHost("worker-3", 2),
            "slow_host: there is no host 'worker-3'; worker-3 lives on host 'hive-2'",
        ),
        (
            Partition(("hive-1", "hive")),
            "partition: there is no host 'hive'; did you mean 'hive-2' or 'hive-1'?",
        ),
        (
            Link("queen", "sea"),
            "link: there is no host 'sea'; known: hive-1, hive-2, keeper-1, queen",
        ),
    ],
    ids=str,
)
def test_a_fault_on_whoever_does_not_exist_is_refused_by_name(do: Action, told: str) -> None:
    assert complaint(do) == told


@pytest.mark.parametrize(
    ("do", "told"),
    [
        (Hang("queen", -1), f"hang: seconds is -1; write a finite number of seconds, 0 to {YEAR}"),
        (
            Lie("hive-1", math.inf),
            f"lie: seconds is inf; write a finite number of seconds, 0 to {YEAR}",
        ),
        (Slow("worker-1", 0), "slow: factor is 0; write a finite number above 0"),
        (Slow("worker-1", math.nan), "slow: factor is nan; write a finite number above 0"),
        (
            FailToLoad("hive-1", "worker-1", 0),
            "fail_to_load: times is 0; write a whole number, 1 to 1000000",
        ),
        (
            JumpClock("queen", -1e9),
            (
                "jump_clock: by is -1000000000.0; "
                f"write a finite number of seconds, at most {YEAR} forward or back"
            ),
        ),
        (Link("queen", "hive-1", loss=1.5), "link: loss is 1.5; write a probability from 0 to 1"),
        (
            Link("queen", "hive-1", duplicate=-0.5),
            "link: duplicate is -0.5; write a probability from 0 to 1",
        ),
        (
            Link("queen", "hive-1", reorder=math.nan),
            "link: reorder is nan; write a probability from 0 to 1",
        ),
        (
            Link("queen", "hive-1", loss=0.75, reorder=0.5),
            (
                "link: a message has one fate, but 0.75 and 0.0 and 0.5 sum up to more than 1; "
                "make loss, duplicate and reorder smaller"
            ),
        ),
        (
            Link("queen", "hive-1", latency=-0.5),
            f"link: latency is -0.5; write a finite number of seconds, 0 to {YEAR}",
        ),
        (Link("queen", "queen"), "link: the link joins 'queen' to itself; name two hosts"),
        (Partition(()), "partition: a is empty; name the hosts on one side"),
        (
            Partition(("queen",), ("queen",)),
            "partition: 'queen' is on both sides of the partition; keep it on one",
        ),
        (
            Partition(GRID.hosts),
            "partition: nobody is left for the other side; name fewer hosts",
        ),
    ],
    ids=str,
)
def test_an_impossible_value_is_refused_by_value(do: Action, told: str) -> None:
    assert complaint(do) == told


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (At(-1), f"at is -1; write a finite number of seconds, 0 to {YEAR}"),
        (At(math.nan), f"at is nan; write a finite number of seconds, 0 to {YEAR}"),
        (AfterToken(0), "after_token is 0; write a whole number, 1 to 1000000"),
        (AfterMessage(-2, "Submit"), "after_message is -2; write a whole number, 1 to 1000000"),
        (
            AfterMessage(1, "Heartbea"),
            "no bee is told a message 'Heartbea'; did you mean 'Heartbeat'?",
        ),
        (
            AfterMessage(1, "Submit", "hive"),
            "there is no bee 'hive'; did you mean 'hive-2' or 'hive-1'?",
        ),
        (WithRate(1.5), "chance is 1.5; write a probability from 0 to 1"),
        (WithRate(-0.5), "chance is -0.5; write a probability from 0 to 1"),
        (
            WithRate(0.5, 0),
            f"every is 0; write a finite number of seconds, 1e-06 to {YEAR}",
        ),
        (WithRate(0.5, 1, -1), f"until is -1; write a finite number of seconds, 0 to {YEAR}"),
    ],
    ids=str,
)
def test_an_impossible_condition_is_refused(when: Condition, told: str) -> None:
    assert complaint(Heal(), when) == f"heal: {told}"


@pytest.mark.parametrize(
    ("when", "told"),
    [
        (
            At(60.0),
            (
                "it never strikes: the plan heals at 60 s, and this would come at 60 s; "
                "have it strike before, or heal later"
            ),
        ),
        (
            WithRate(0.5, 70),
            (
                "it never strikes: the plan heals at 60 s, and this would come at 70 s; "
                "have it strike before, or heal later"
            ),
        ),
        (
            WithRate(0.5, 10, 9),
            (
                "nothing is ever drawn: until is 9, and the first draw comes at 10 s; "
                "draw more often, or for longer"
            ),
        ),
    ],
    ids=str,
)
def test_a_condition_that_is_never_met_is_refused(when: Condition, told: str) -> None:
    assert complaint(Heal(), when, heal_at=60) == f"heal: {told}"


def test_a_time_to_heal_that_is_none_is_refused() -> None:
    assert complaints(FaultPlan(heal_at=-1)) == [
        f"fault plan: heal_at is -1; write a finite number of seconds, 0 to {YEAR}"
    ]


def test_everything_that_is_wrong_is_told_in_the_order_of_the_plan() -> None:
    plan = FaultPlan.of(
        [(-1, Crash("nobody")), (1, Heal()), (WithRate(2), Slow("queen", 0))], heal_at=math.inf
    )
    assert [told.split(";")[0] for told in complaints(plan)] == [
        "fault plan: heal_at is inf",
        "fault plan, strikes[0], crash: at is -1",
        "fault plan, strikes[0], crash: there is no bee 'nobody'",
        "fault plan, strikes[2], slow: chance is 2",
        "fault plan, strikes[2], slow: factor is 0",
        "fault plan, strikes[2], slow: 'queen' is a queen, and this is for a worker",
    ]


@pytest.mark.parametrize("wrong", [None, 3, ["queen"], ""], ids=repr)
def test_what_is_no_name_is_refused_and_nothing_else_is_said_of_it(wrong: Any) -> None:
    assert complaint(Crash(wrong)) == f"crash: bee is {wrong!r}; write a name"


@pytest.mark.parametrize("wrong", ["5", None, True, 10**400], ids=["text", "none", "bool", "huge"])
def test_what_is_no_number_is_refused(wrong: Any) -> None:
    assert complaint(Hang("queen", wrong)).startswith("hang: seconds is ")
