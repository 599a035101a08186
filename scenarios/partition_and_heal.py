"""The network falls apart, and comes together again."""

from __future__ import annotations

from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.trial import ELSEWHERE, RESUMED, expect_complete, story_of, swarm, traffic, tried
from topology.faults import FaultPlan, Heal, Partition


@scenario
def partition_and_heal(
    run: Run,
    *,
    jobs: Annotated[int, Between(1, 10_000), "jobs that arrive meanwhile"] = 16,
    longest: Annotated[float, Between(0.1, 600.0), "most seconds that a partition lasts"] = 20.0,
) -> None:
    """Hives and keepers are cut off from the queen, one way or both, and come back."""
    random = story_of(run)
    blueprint = swarm()
    strikes: list[tuple[float, Partition | Heal]] = []
    at = 0.0
    for _ in range(3):
        at += random.uniform(0.2, 3.0)
        host = random.choice(("hive-1", "hive-2", "keeper-1", "keeper-2"))
        strikes.append((at, Partition((host,), ("queen",), one_way=random.random() < 0.3)))  # noqa: PLR2004  now and then
        at += random.uniform(0.1, longest)
        strikes.append((at, Heal()))
    with tried(run, blueprint, FaultPlan.of(strikes)) as colony:
        tickets = []
        for arrival in traffic(run, blueprint, jobs, 1.0, tokens=400.0):
            tickets.append(colony.ask_at(arrival))
            if random.random() < 0.3:  # noqa: PLR2004  some think better of it, of whichever it is
                colony.run_some(random.uniform(0.0, 2.0))
                random.choice(tickets).cancel()
        colony.settle()
        colony.runtime.run(until=max(colony.runtime.now(), at + 1.0))
        expect_complete(run, tickets)
        run.must_reach(
            ELSEWHERE,
            RESUMED,
            "a job is given up because nobody shows that it is read",
            "a cancel waits for a job that was lost below to have stopped",
        )
