"""One worker is many times slower than the others."""

from __future__ import annotations

from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.trial import expect_complete, story_of, swarm, traffic, tried
from topology.faults import FaultPlan, Slow


@scenario
def slow_worker(
    run: Run,
    *,
    jobs: Annotated[int, Between(8, 10_000), "jobs that arrive"] = 32,
    factor: Annotated[float, Between(1.0, 100.0), "how many times slower it is"] = 8.0,
) -> None:
    """A worker runs slow and says nothing of it; it gets fewer jobs, and the others bear it."""
    random = story_of(run)
    blueprint = swarm(slots=2)
    names = [worker.name for worker in blueprint.workers]
    slow = random.choice(names)
    with tried(run, blueprint, FaultPlan.of([(0.0, Slow(slow, factor))], heal_at=3600.0)) as colony:
        tickets = [
            colony.ask_at(arrival) for arrival in traffic(run, blueprint, jobs, per_second=6.0)
        ]
        colony.settle()
        expect_complete(run, tickets)
        others = [colony.jobs_run[name] for name in names if name != slow]
        rows = [(name, colony.jobs_run[name]) for name in names]
        run.table("jobs of each worker", ("worker", "jobs"), rows)
        run.expect(
            "the slow one gets fewer than the others on average",
            colony.jobs_run[slow] <= sum(others) / len(others),
            f"{colony.jobs_run[slow]} to {others}",
        )
