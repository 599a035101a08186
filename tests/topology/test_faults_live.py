"""What of a plan a live run can do."""

from __future__ import annotations

import pytest

from topology import sample_blueprint
from topology.faults import (
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
)
from topology.faults.alive import beyond_live
from topology.faults.condition import WithRate

CAN = [
    Crash("worker-1"),
    Crash("hive-a"),
    Crash("queen"),
    Restart("queen"),
    Restart("hive-a", state=True),
    Hang("queen", 1),
    Slow("worker-1", 2),
    Slow("worker-1", 0.001),
    Slow("worker-1", 1_000_000),
    OutOfMemory("worker-1"),
    FailToLoad("hive-a", "worker-1"),
    Lie("hive-a", 1),
    Partition(("hive-a",)),
    Heal(),
    Link("queen", "hive-a", loss=0.1, reorder=0.1),
    Recover(),
]
CANNOT = [
    CrashHost("hive-a"),
    RestartHost("hive-a"),
    PauseHost("hive-a"),
    ResumeHost("hive-a"),
    SlowHost("hive-a", 2),
    JumpClock("hive-a", 1),
    DriftClock("hive-a", 2),
    Link("queen", "hive-a", duplicate=0.1),
    Crash("keeper-1"),
    Slow("worker-1", 0.000_999),
    Slow("worker-1", 1_000_001),
]


@pytest.mark.parametrize("action", CAN, ids=str)
def test_a_live_run_can(action: Crash) -> None:
    plan = FaultPlan.of([(1.0, action)])
    assert list(beyond_live(plan, sample_blueprint("two_hives"))) == []


@pytest.mark.parametrize("action", CANNOT, ids=str)
def test_a_live_run_cannot(action: Crash) -> None:
    plan = FaultPlan.of([(1.0, Crash("worker-1")), (2.0, action)])
    (flaw,) = beyond_live(plan, sample_blueprint("two_hives"))
    assert flaw.place == ("strikes", 1)
    assert flaw.what
    assert flaw.remedy


def test_a_live_run_draws_a_hundred_times_a_second_at_most() -> None:
    rates = [WithRate(0.5, every) for every in (0.01, 0.009)]
    plan = FaultPlan.of((rate, Crash("worker-1")) for rate in rates)
    (flaw,) = beyond_live(plan)
    assert flaw.place == ("strikes", 1, "every")
    assert flaw.remedy == "let every be 0.01 or more"


def test_without_a_blueprint_nobody_knows_who_is_a_keeper() -> None:
    assert list(beyond_live(FaultPlan.of([(1.0, Crash("keeper-1"))]))) == []
