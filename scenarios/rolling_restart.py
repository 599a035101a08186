"""Every node is restarted once, under load."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.service import recorded_or_made_up, serve_under
from scenarios.trial import RESUMED, story_of
from topology import sample_blueprint
from topology.faults import Crash, CrashHost, FaultPlan, Restart, RestartHost

PAUSE = 25.0
"""Seconds between two restarts: a model of 24.5 GiB loads in 6 s, and caches want to warm."""


@scenario
def rolling_restart(
    run: Run,
    *,
    workload: Annotated[Path | None, "an Azure LLM, BurstGPT or Mooncake file"] = None,
    limit: Annotated[int, Between(1, 1_000_000), "requests at most"] = 60,
    down: Annotated[float, Between(0.1, 10.0), "seconds that a node is down"] = 1.0,
) -> None:
    """Every worker, hive and the queen is restarted once while requests come; nothing is lost."""
    random = story_of(run)
    blueprint = sample_blueprint("two_hives")
    at = random.uniform(2.0, 5.0)
    strikes: list[tuple[float, Crash | Restart | CrashHost | RestartHost]] = []
    for worker in blueprint.workers:
        strikes += [(at, Crash(worker.name)), (at + down, Restart(worker.name))]
        at += random.uniform(1.0, 3.0) if workload is None else PAUSE
    for hive in blueprint.hives:
        strikes += [(at, CrashHost(hive.name)), (at + down, RestartHost(hive.name))]
        at += PAUSE
    strikes += [(at, Crash("queen")), (at + down, Restart("queen", state=random.random() < 0.5))]  # noqa: PLR2004
    traffic = recorded_or_made_up(run, blueprint, workload, limit, per_second=limit / (at + down))
    serve_under(run, blueprint, traffic, FaultPlan.of(strikes))
    run.must_reach(RESUMED, "a keeper submits again what its queen has lost")
