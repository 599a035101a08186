"""A plan that is asked to heal is sure to put right what it breaks, or is refused."""

from __future__ import annotations

import pytest

from glasshive import InputError
from topology import Blueprint
from topology.faults import (
    Action,
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

GRID = Blueprint.grid(hives=2, workers_per_hive=1, latency_seconds=0.25)

BROKEN: list[tuple[Action, Action, str]] = [
    (Crash("queen"), Restart("queen"), "restart it"),
    (CrashHost("hive-1"), RestartHost("hive-1"), "restart the host"),
    (Partition(("queen",)), Heal(), "heal partitions"),
    (PauseHost("queen"), ResumeHost("queen"), "resume the host"),
    (Slow("worker-1", 2), Slow("worker-1", 1), "set its factor to 1"),
    (SlowHost("queen", 2), SlowHost("queen", 1), "set its factor to 1"),
    (DriftClock("queen", 2), DriftClock("queen", 1), "set its pace to 1"),
    (Link("queen", "hive-1", loss=0.5), Link("queen", "hive-1"), "set the link as drawn"),
    (Link("queen", "hive-1", 0.5), Link("hive-1", "queen", 0.25), "set the link as drawn"),
    (Link("queen", "hive-1", 0.5, one_way=True), Link("queen", "hive-1"), "set the link as drawn"),
]
"""What breaks something, what puts it right, and the remedy that is named without it."""


def left(plan: FaultPlan) -> list[str]:
    """Return the strikes that break something for good."""
    try:
        plan.must_heal(GRID)
    except InputError as error:
        return [str(each) for each in error.complaints]
    return []


@pytest.mark.parametrize(("do", "cure", "remedy"), BROKEN, ids=str)
def test_what_is_broken_for_good_is_refused_by_name(do: Action, cure: Action, remedy: str) -> None:
    (told,) = left(FaultPlan.of([(1, cure), (5, do)]))
    assert told.startswith("fault plan, strikes[1], ")
    assert ": nothing is sure to put it right: at 5 s: " in told
    assert told.endswith(f"; {remedy} at a time that is sure to be later, or give the plan heal_at")


@pytest.mark.parametrize(("do", "cure", "_"), BROKEN, ids=str)
@pytest.mark.parametrize("when", [At(5), WithRate(0.5, 1, 5)], ids=str)
def test_what_is_put_right_later_is_not_complained_of(
    do: Action, cure: Action, _: str, when: Condition
) -> None:
    assert left(FaultPlan.of([(when, do), (6, cure)])) == []
    assert left(FaultPlan.of([(when, do), (6, Recover())])) == []
    assert left(FaultPlan.of([(when, do)], heal_at=6)) == []


@pytest.mark.parametrize(
    "do",
    [
        *(Hang("queen", 5), OutOfMemory("worker-1"), FailToLoad("hive-1", "worker-1")),
        *(Lie("hive-1", 5), JumpClock("queen", 5), Link("queen", "hive-1", latency=0.25)),
    ],
    ids=str,
)
def test_what_ends_by_itself_need_not_be_put_right(do: Action) -> None:
    assert left(FaultPlan.of([(AfterToken(1), do)])) == []


@pytest.mark.parametrize(
    "when", [AfterToken(1), WithRate(0.5), WithRate(0.5, 1, 6), At(6)], ids=str
)
def test_a_cure_that_could_come_too_early_is_none(when: Condition) -> None:
    assert len(left(FaultPlan.of([(when, Crash("queen")), (6, Restart("queen"))]))) == 1


@pytest.mark.parametrize("when", [AfterToken(9), WithRate(1.0)], ids=str)
def test_a_cure_that_may_never_come_is_none(when: Condition) -> None:
    assert len(left(FaultPlan.of([(1, Crash("queen")), (when, Restart("queen"))]))) == 1


def test_a_cure_of_something_else_is_none() -> None:
    assert len(left(FaultPlan.of([(1, Crash("queen")), (2, Restart("hive-1"))]))) == 1
    assert len(left(FaultPlan.of([(1, Slow("worker-1", 2)), (2, SlowHost("hive-1", 1))]))) == 1
    assert len(left(FaultPlan.of([(1, CrashHost("hive-1")), (2, RestartHost("hive-2"))]))) == 1


def test_a_host_that_starts_again_is_no_cure_of_a_bee_and_a_bee_that_does_none_of_its_host() -> (
    None
):
    assert len(left(FaultPlan.of([(1, CrashHost("hive-1")), (2, Restart("hive-1"))]))) == 1
    assert len(left(FaultPlan.of([(1, Crash("hive-1")), (2, RestartHost("hive-1"))]))) == 1


def test_a_link_that_is_set_back_one_way_is_broken_the_other() -> None:
    lossy, back = Link("queen", "hive-1", loss=0.5), Link("queen", "hive-1", one_way=True)
    assert len(left(FaultPlan.of([(1, lossy), (2, back)]))) == 1
    other = Link("hive-1", "queen", one_way=True)
    assert left(FaultPlan.of([(1, lossy), (2, back), (3, other)])) == []


def test_what_has_no_chance_breaks_nothing() -> None:
    assert left(FaultPlan.of([(WithRate(0.0), Crash("queen")), (0, Restart("queen"))])) == []


def test_a_plan_in_which_something_is_wrong_is_told_that_first() -> None:
    (told,) = left(FaultPlan.of([(1, Crash("nobody"))]))
    assert "there is no bee 'nobody'" in told
