"""What the scenarios that serve a whole workload have in common: serve, account, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive import Complaint, InputError
from topology import Colony, Objectives
from topology.workload import Exponential, Poisson, Rate, Uniform, open_workload

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive import Run
    from topology import Blueprint
    from topology.faults import FaultPlan
    from topology.workload import Workload

__all__ = ["OBJECTIVES", "recorded_or_made_up", "serve_and_report", "serve_under"]

OBJECTIVES = Objectives(ttft=1.0, tpot=0.05)
"""What users are promised where a scenario does not say: a second, then 20 tokens a second."""


def recorded_or_made_up(
    run: Run, blueprint: Blueprint, file: Path | None, limit: int, per_second: float
) -> Workload:
    """Return the first requests of a recorded workload, or as many that are made up.

    Args:
        run: the scenario's run, whose seed they follow.
        blueprint: whose first model is asked.
        file: the recorded workload, None for made-up requests.
        limit: requests at most.
        per_second: mean arrivals of made-up requests per second.
    """
    model = blueprint.models[0].name
    if file is not None:
        return open_workload(file, model=model, limit=limit)
    return Poisson(
        Rate(per_second),
        prompt=Uniform(20, 400),
        output=Exponential(mean=60),
        model=model,
        seed=run.seed,
        limit=limit,
    )


def serve_under(run: Run, blueprint: Blueprint, workload: Workload, plan: FaultPlan) -> None:
    """Serve a workload while a plan's faults strike, and expect every token of it all the same.

    Args:
        run: the scenario's run.
        blueprint: the colony.
        workload: what arrives.
        plan: what strikes; it must put right whatever it breaks.
    """
    plan.must_heal(blueprint)
    serve_and_report(run, blueprint, workload, OBJECTIVES, plan)


def serve_and_report(
    run: Run,
    blueprint: Blueprint,
    workload: Workload,
    objectives: Objectives,
    plan: FaultPlan | None = None,
) -> None:
    """Serve a workload with a colony, and expect every request and every token of it.

    Args:
        run: the scenario's run.
        blueprint: the colony.
        workload: what arrives; read once beforehand, to know what to expect.
        objectives: what users were promised.
        plan: what strikes meanwhile, None for nothing.
    """
    survey = workload.survey()
    if not survey.requests:
        what = f"there is no request to serve ({survey.skipped:,} rows generated nothing)"
        raise InputError(Complaint("the workload", what, "give one with requests"))
    run.note(
        f"{survey.requests:,} requests in {survey.seconds:,.0f} s, {survey.prompt_tokens:,} prompt "
        f"tokens, {survey.output_tokens:,} tokens to generate"
    )
    if survey.skipped:
        run.note(f"{survey.skipped:,} rows generated nothing and are left out")
    with Colony(blueprint, run, objectives=objectives) as colony:
        if plan is not None:
            colony.strike(plan)
        colony.serve(workload, total=survey.requests)
        if plan is not None:
            colony.run_some(max(0.0, colony.began + plan.last_seconds - colony.runtime.now()) + 1.0)
        summary = colony.metrics.summary()
    completed = summary.requests.get("Completed", 0)
    tokens = summary.output_tokens.get("Completed", 0)
    run.expect(
        "every request is complete",
        completed == survey.requests,
        f"{completed:,} of {survey.requests:,}",
    )
    run.expect(
        "every token was delivered",
        tokens == survey.output_tokens,
        f"{tokens:,} of {survey.output_tokens:,}",
    )
    run.table("latencies in seconds", summary.columns, summary.rows)
    run.result(
        seconds=summary.seconds,
        requests_per_second=summary.request_throughput,
        tokens_per_second=summary.output_throughput,
        goodput_per_second=summary.goodput,
        requests=summary.requests,
        output_tokens=summary.output_tokens,
        prompt_tokens=summary.prompt_tokens,
    )
