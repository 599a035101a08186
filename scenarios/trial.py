"""What the scenarios of faults have in common: a small swarm, its traffic, and what must come."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

from actors import Cancelled, Completed
from topology import Blueprint, Colony
from topology.workload import Exponential, Poisson, Rate, Uniform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive import Run
    from topology import Ticket
    from topology.faults import FaultPlan

__all__ = ["ELSEWHERE", "RESUMED", "expect_complete", "story_of", "swarm", "traffic", "tried"]

ELSEWHERE = "a job that was lost below goes on elsewhere"
RESUMED = "a text goes on after its k-th token on another worker"


def swarm(*, hives: int = 2, workers: int = 2, keepers: int = 2, slots: int = 4) -> Blueprint:
    """Return a small swarm of one model, its hives alike.

    Args:
        hives: how many.
        workers: workers of each hive.
        keepers: how many.
        slots: sequences that a worker runs at once.
    """
    return Blueprint.grid(
        hives=hives, workers_per_hive=workers, keepers=keepers, max_num_seqs=slots, name="swarm"
    )


def story_of(run: Run) -> Random:
    """Return what a scenario draws the details of its story from, the same for equal seeds."""
    return Random(f"{run.seed}/story")


def traffic(
    run: Run, blueprint: Blueprint, jobs: int, per_second: float, *, tokens: float = 80.0
) -> Poisson:
    """Return requests of a few sentences each, drawn by the run's seed.

    Args:
        run: the scenario's run.
        blueprint: whose first model is asked.
        jobs: how many.
        per_second: mean arrivals per second.
        tokens: mean length of the answers.
    """
    return Poisson(
        Rate(per_second),
        prompt=Uniform(20, 400),
        output=Exponential(mean=tokens),
        model=blueprint.models[0].name,
        seed=run.seed,
        limit=jobs,
    )


@contextmanager
def tried(run: Run, blueprint: Blueprint, plan: FaultPlan | None = None) -> Iterator[Colony]:
    """Build a colony, have a plan's faults strike it, and see it to its rest.

    Args:
        run: the scenario's run.
        blueprint: the colony.
        plan: what strikes; it must put right whatever it breaks.
    """
    with Colony(blueprint, run) as colony:
        if plan is not None:
            plan.must_heal(blueprint)
            colony.strike(plan)
        yield colony
        colony.settle()


def expect_complete(run: Run, tickets: Sequence[Ticket]) -> None:
    """Expect that every request was answered whole, but for those that were withdrawn.

    Args:
        run: the scenario's run.
        tickets: what was asked.
    """
    receipts = [ticket.receipt for ticket in tickets]
    ended = [receipt for receipt in receipts if receipt is not None]
    run.expect("every request has ended", len(ended) == len(tickets), f"{len(ended)}")
    failed = [
        receipt for receipt in ended if not isinstance(receipt.outcome, Completed | Cancelled)
    ]
    run.expect(
        "no request has failed",
        not failed,
        "; ".join(f"{each.request.request_id}: {each.outcome}" for each in failed[:3]),
    )
