"""An hour of made-up traffic on two hives and eight workers: what `make run` shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.service import OBJECTIVES, serve_and_report
from topology import sample_blueprint
from topology.faults import read_fault_plan
from topology.workload import busy_hour as traffic


@scenario
def busy_hour(
    run: Run,
    *,
    minutes: Annotated[float, Between(0.1, 1440.0), "minutes that the hour takes"] = 60.0,
    peak: Annotated[float, Between(0.01, 1000.0), "requests per second at its busiest"] = 1.0,
    faults: Annotated[Path | None, "a plan of faults that strike meanwhile"] = None,
) -> None:
    """An hour of made-up traffic rises, dips and falls; two hives serve it."""
    blueprint = sample_blueprint("two_hives")
    workload = traffic(
        model=blueprint.models[0].name,
        seed=run.seed,
        peak_per_second=peak,
        seconds=minutes * 60,
    )
    plan = None if faults is None else read_fault_plan(faults, blueprint)
    serve_and_report(run, blueprint, workload, OBJECTIVES, plan)
