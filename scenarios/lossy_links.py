"""Every link loses, repeats and reorders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from glasshive import Between, Run, scenario
from scenarios.service import recorded_or_made_up, serve_under
from topology import sample_blueprint
from topology.faults import FaultPlan, Link


@scenario
def lossy_links(
    run: Run,
    *,
    workload: Annotated[Path | None, "an Azure LLM, BurstGPT or Mooncake file"] = None,
    limit: Annotated[int, Between(1, 1_000_000), "requests at most"] = 20,
    loss: Annotated[float, Between(0.0, 0.5), "share of messages that are lost"] = 0.05,
    duplicate: Annotated[float, Between(0.0, 0.25), "share that arrives twice"] = 0.05,
    reorder: Annotated[float, Between(0.0, 0.25), "share that later ones overtake"] = 0.05,
) -> None:
    """Links lose, repeat and reorder messages all the time; every token comes once, in order."""
    blueprint = sample_blueprint("two_hives")
    ways = [
        *((hive.name, "queen") for hive in blueprint.hives),
        *((keeper, "queen") for keeper in blueprint.keepers),
    ]
    plan = FaultPlan.of(
        [
            (
                0.0,
                Link(a, b, latency=0.002, loss=loss, duplicate=duplicate, reorder=reorder),
            )
            for a, b in ways
        ],
        heal_at=10 * 24 * 3600.0,
    )
    traffic = recorded_or_made_up(run, blueprint, workload, limit, per_second=2.0)
    serve_under(run, blueprint, traffic, plan)
