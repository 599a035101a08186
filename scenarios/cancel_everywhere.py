"""Requests are given up in every place where they can be."""

from __future__ import annotations

from typing import Annotated

from actors import Cancelled, Completed, LatencyModel, Model, WorkerSpec
from glasshive import Between, Run, scenario
from scenarios.trial import story_of, tried
from topology import GIB, Blueprint, Device, HiveSpec
from topology.faults import FaultPlan, Heal, Partition

NEAR = Model("near-8b", 15 * GIB, 131_072, LatencyModel(0.0001, 0.012, 0.02))
FAR = Model("far-13b", 24 * GIB, 819_200, LatencyModel(0.00016, 0.02, 0.03))


def drawing() -> Blueprint:
    """Return a hive with one worker of two slots that is there, and one that has to be loaded."""
    return Blueprint(
        name="cancel",
        models=(NEAR, FAR),
        hives=(
            HiveSpec(
                "hive-1",
                (Device("gpu-0", 80 * GIB),),
                (
                    WorkerSpec(
                        "worker-1", NEAR, vram_bytes=30 * GIB, max_num_seqs=2, max_waiting=1
                    ),
                    WorkerSpec("worker-2", FAR, vram_bytes=40 * GIB, resident=False),
                ),
            ),
        ),
        keepers=("keeper-1", "keeper-2"),
    )


@scenario
def cancel_everywhere(
    run: Run,
    *,
    jobs: Annotated[int, Between(1, 1000), "requests, each given up somewhere"] = 14,
) -> None:
    """Requests are withdrawn queued, loading, running, ended and cut off; each is acknowledged."""
    random = story_of(run)
    blueprint = drawing()
    cut = random.uniform(0.5, 3.0)
    plan = FaultPlan.of(
        [
            (cut, Partition((random.choice(("hive-1", "keeper-1")),), ("queen",))),
            (cut + random.uniform(1.0, 40.0), Heal()),
        ]
    )
    with tried(run, blueprint, plan) as colony:
        withdrawn: dict[str, float] = {}
        tickets = []
        for number in range(jobs):
            model = FAR.name if random.random() < 0.3 else NEAR.name  # noqa: PLR2004  a few load
            ticket = colony.submit(
                f"{run.seed}, {number}",
                model=model,
                max_tokens=random.randint(1, 150),
                ignore_eos=True,
            )
            tickets.append(ticket)
            if random.random() < 0.3:  # noqa: PLR2004  some are withdrawn at once
                colony.run_some(random.uniform(0.0, 0.005))
            else:
                colony.run_some(random.uniform(0.0, 0.6))
            victim = random.choice(tickets)
            if victim.receipt is None and victim.request.request_id not in withdrawn:
                withdrawn[victim.request.request_id] = colony.runtime.now()
                victim.cancel()
        for ticket in tickets:
            if ticket.receipt is None and ticket.request.request_id not in withdrawn:
                colony.run_some(random.uniform(0.0, 1.0))
                if ticket.receipt is None:
                    withdrawn[ticket.request.request_id] = colony.runtime.now()
                    ticket.cancel()
        colony.settle()
        receipts = {each.request.request_id: each.receipt for each in tickets}
        longest = 0.0
        for request_id, since in withdrawn.items():
            receipt = receipts[request_id]
            if receipt is not None:
                longest = max(longest, receipt.ended_at - since)
        stated = blueprint.patience.fence_seconds(3) + blueprint.patience.heartbeat_seconds
        run.result(longest_acknowledgement_seconds=longest, stated_seconds=stated)
        run.expect("every cancel is acknowledged in its stated time", longest <= stated)
        kinds = [type(each.outcome) for each in receipts.values() if each is not None]
        run.expect("every request has ended", len(kinds) == len(tickets))
        run.expect(
            "each is cancelled, or had ended before",
            all(k in (Cancelled, Completed) for k in kinds),
        )
        run.must_reach(
            "a cancel crosses the end",
            "a cancel comes while the model loads",
            "a cancel comes while the job waits for a place",
            "a cancel waits for a job that was lost below to have stopped",
        )
