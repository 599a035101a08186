"""Recorded traffic, replayed on a colony."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from glasshive import Between, Complaint, InputError, Run, scenario
from glasshive.errors import nearest
from scenarios.service import serve_and_report
from topology import Objectives, read_blueprint, sample_blueprint
from topology.faults import read_fault_plan
from topology.workload import open_workload


@scenario
def workload_replay(
    run: Run,
    *,
    workload: Annotated[Path | None, "an Azure LLM, BurstGPT or Mooncake file"] = None,
    blueprint: Annotated[Path | None, "the colony; the sample of two hives by default"] = None,
    model: Annotated[str | None, "the model that is asked; the blueprint's first"] = None,
    limit: Annotated[int | None, Between(1, 1_000_000_000), "requests; all by default"] = None,
    speed_up: Annotated[float, Between(0.001, 100_000.0), "how much faster they arrive"] = 1.0,
    ttft: Annotated[float, Between(0.0, 1e6), "objective: most seconds to the first token"] = 1.0,
    faults: Annotated[Path | None, "a plan of faults that strike meanwhile"] = None,
    tpot: Annotated[float, Between(0.0, 1e6), "objective: most seconds per token"] = 0.05,
) -> None:
    """A recorded workload is replayed: Azure LLM and BurstGPT CSV, Mooncake JSONL."""
    if workload is None:
        raise InputError(
            Complaint("workload", "no file is named", "say which: --set workload=FILE")
        )
    drawing = sample_blueprint("two_hives") if blueprint is None else read_blueprint(blueprint)
    asked = model or drawing.models[0].name
    names = [each.name for each in drawing.models]
    if asked not in names:
        what = f"{drawing.name!r} has no model {asked!r}"
        raise InputError(Complaint("model", what, nearest(asked, names)))
    replay = open_workload(workload, model=asked, limit=limit, speed_up=speed_up)
    plan = None if faults is None else read_fault_plan(faults, drawing)
    serve_and_report(run, drawing, replay, Objectives(ttft=ttft, tpot=tpot), plan)
