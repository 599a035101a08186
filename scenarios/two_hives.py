"""Two hives share the work, under every placement policy in turn."""

from __future__ import annotations

from typing import Annotated

from actors import POLICIES
from glasshive import Between, Run, scenario
from topology import Blueprint, Colony
from topology.workload import Exponential, Poisson, Rate, Uniform


@scenario
def two_hives(
    run: Run,
    *,
    jobs: Annotated[int, Between(1, 100_000), "jobs that arrive under each policy"] = 60,
    per_second: Annotated[float, Between(0.01, 1000.0), "mean arrivals per second"] = 6.0,
) -> None:
    """Jobs spread over two hives and eight workers, once under each placement policy."""
    rows = []
    for policy in POLICIES:
        blueprint = Blueprint.grid(hives=2, workers_per_hive=4, keepers=4, placement=policy)
        workload = Poisson(
            Rate(per_second),
            prompt=Uniform(20, 400),
            output=Exponential(mean=60),
            model=blueprint.models[0].name,
            seed=run.seed,
            limit=jobs,
        )
        with Colony(blueprint, run) as colony:
            colony.serve(workload, total=jobs)
            summary = colony.metrics.summary()
        counts = [colony.jobs_run[worker.name] for worker in blueprint.workers]
        run.note(f"{policy}: jobs of each worker {counts}")
        run.expect(
            f"under {policy} every job is complete",
            summary.requests.get("Completed") == jobs,
            f"{summary.requests} of {jobs}",
        )
        run.expect(f"under {policy} both hives work", all((sum(counts[:4]), sum(counts[4:]))))
        rows.append((policy, max(counts), min(counts), summary.ttft.p50, summary.ttft.p99))
    run.table(
        "placement policies", ("policy", "busiest", "idlest", "TTFT p50 s", "TTFT p99 s"), rows
    )
