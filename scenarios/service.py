"""What the scenarios that serve a whole workload have in common: serve, account, report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive import Complaint, InputError
from topology import Colony

if TYPE_CHECKING:
    from glasshive import Run
    from topology import Blueprint, Objectives
    from topology.workload import Workload

__all__ = ["serve_and_report"]


def serve_and_report(
    run: Run, blueprint: Blueprint, workload: Workload, objectives: Objectives
) -> None:
    """Serve a workload with a colony, and expect every request and every token of it.

    Args:
        run: the scenario's run.
        blueprint: the colony.
        workload: what arrives; read once beforehand, to know what to expect.
        objectives: what users were promised.
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
        colony.serve(workload, total=survey.requests)
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
