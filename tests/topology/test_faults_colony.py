"""A colony lives with plans of faults, and every accepted job ends once they have healed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from glasshive import InputError, Run, Simulation
from glasshive.trace import TraceWriter
from topology import Blueprint, Colony
from topology.faults import (
    AfterToken,
    Crash,
    CrashHost,
    FailToLoad,
    FaultPlan,
    Lie,
    RestartHost,
    Slow,
    swarm_plan,
)
from topology.strategies import fault_plans

if TYPE_CHECKING:
    from pathlib import Path

    from topology import Ticket

GRID = Blueprint.grid(hives=2, workers_per_hive=1, keepers=2)
SECONDS = 20.0


class Story:
    """Keeps what is noted."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)

    def progress(self, *_: Any) -> None:
        """Hear nothing."""


def played(plan: FaultPlan, seed: int = 0, trace: TraceWriter | None = None) -> list[Ticket]:
    """Have a colony answer four requests under a plan; return them when all is at rest."""
    with Simulation(seed=seed, trace=trace) as simulation:
        run = Run(simulation)
        with Colony(GRID, run) as colony:
            injector = colony.strike(plan)
            tickets = [
                colony.submit(f"Song {number}", max_tokens=100, ignore_eos=True)
                for number in range(4)
            ]
            simulation.run(until=simulation.now() + SECONDS)
            assert injector.healed == (plan.heal_at is not None)
    assert [told for each in run.invariants for told in each.violations] == []
    assert all(claim.held for claim in run.claims)
    return tickets


def test_a_worker_that_dies_after_a_token_costs_nobody_one() -> None:
    plan = FaultPlan.of([(AfterToken(3, "request-1"), Crash("worker-1"))], heal_at=SECONDS - 1)
    assert [len(ticket.receipt.texts) for ticket in played(plan) if ticket.receipt] == [100] * 4


def test_a_host_that_dies_and_starts_again_costs_nobody_a_token() -> None:
    plan = FaultPlan.of([(0.3, CrashHost("hive-2")), (2, RestartHost("hive-2", state=True))])
    assert [len(ticket.receipt.texts) for ticket in played(plan) if ticket.receipt] == [100] * 4


def test_a_plans_times_are_counted_from_when_it_struck_a_colony_until_that_is_closed() -> None:
    story = Story()
    with Simulation() as simulation:
        run = Run(simulation, story)
        with Colony(GRID, run) as colony:
            colony.run_some(4.0)
            injector = colony.strike(FaultPlan.of([(2, Crash("hive-1")), (3000, Crash("queen"))]))
            colony.run_some(1.5)
            assert colony.is_up("hive-1")
            colony.run_some(1.0)
            assert not colony.is_up("hive-1")
            closed_at = simulation.now()
        simulation.run()
    assert injector.struck == [1, 0]
    assert story.told == [
        "at 2 s: crash hive-1",
        "hive-1 crashes",
        (f"at 3000 s: crash queen — never met: the plan was armed for {closed_at - 5.0:g} s"),
        "hive-1 starts again, knowing nothing",
        "all is put right",
    ]


def test_two_plans_strike_a_colony_side_by_side() -> None:
    with Simulation() as simulation:
        with Colony(GRID, Run(simulation)) as colony:
            struck = [
                colony.strike(FaultPlan.of([(1, Slow("worker-1", 2))])),
                colony.strike(FaultPlan.of([(1, Slow("worker-2", 3))])),
            ]
            colony.run_some(2.0)
            assert [worker.slowness for worker in colony.bees.workers.values()] == [2.0, 3.0]
        assert [injector.struck for injector in struck] == [[1], [1]]


def test_a_plan_that_cannot_be_carried_out_does_not_strike() -> None:
    with Simulation() as simulation, Colony(GRID, Run(simulation)) as colony:
        with pytest.raises(InputError, match="there is no bee 'worker-9'"):
            colony.strike(FaultPlan.of([(0, Crash("queen")), (1, Crash("worker-9"))]))
        colony.run_some(2.0)
        assert colony.is_up("queen")


def test_a_worker_that_fails_to_load_twice_loads_the_third_time() -> None:
    plan = FaultPlan.of([(1, FailToLoad("hive-1", "worker-1", 2)), (1, Crash("worker-1"))])
    with Simulation() as simulation:
        run = Run(simulation)
        with Colony(GRID, run) as colony:
            injector = colony.strike(plan)
            simulation.run(until=4)
            assert not colony.is_up("worker-1")
            colony.run_until(lambda: colony.is_up("worker-1"))
            assert injector.unstruck() == []


@pytest.mark.parametrize("seed", range(6))
def test_under_a_swarm_of_faults_every_accepted_job_ends(seed: int) -> None:
    plan = swarm_plan(GRID, seed, seconds=SECONDS - 1)
    assert all(ticket.receipt is not None for ticket in played(plan, seed))


@settings(max_examples=100, deadline=None)
@given(fault_plans(GRID, seconds=SECONDS - 1))
def test_whatever_plan_is_drawn_every_accepted_job_ends_once_it_has_healed(
    plan: FaultPlan,
) -> None:
    assert all(ticket.receipt is not None for ticket in played(plan))


def test_two_runs_under_one_plan_leave_equal_traces(tmp_path: Path) -> None:
    plan = FaultPlan.of(
        [
            *((strike.when, strike.do) for strike in swarm_plan(GRID, 3, seconds=9).strikes),
            (2, Slow("worker-2", 3)),
            (AfterToken(5), Lie("hive-1", 4)),
        ],
        heal_at=9,
    )
    digests = set()
    for number in range(2):
        writer = TraceWriter.open(tmp_path / f"{number}.jsonl", {})
        played(plan, seed=5, trace=writer)
        writer.finish({})
        digests.add(writer.digest)
    assert len(digests) == 1
