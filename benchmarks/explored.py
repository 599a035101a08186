"""Explored runs a second: the small colony, by each strategy, as `glasshive explore` runs it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.contest import Contest, seconds
from benchmarks.runs import JOBS, SECONDS, TOKENS
from glasshive import Run, scenario
from glasshive.cli.logs import show_logs
from glasshive.explore import Program, explore
from glasshive.scenario import run as run_scenario
from glasshive.schedule.searches import search_of
from topology import Blueprint, Colony

if TYPE_CHECKING:
    from benchmarks.budget import Budget

STRATEGIES = ("random", "few", "pct", "pos", "swarm", "coverage", "exhaustive")
COLONY_RUNS = 30
TURNS = 5


@scenario
def small_colony(run: Run) -> None:
    """One queen, two hives, four workers; five jobs of eight tokens, and every invariant."""
    blueprint = Blueprint.grid(hives=2, workers_per_hive=2)
    with Colony(blueprint, run) as colony:
        for number in range(JOBS):
            colony.submit(f"job {number}", max_tokens=TOKENS, ignore_eos=True)
            colony.run_some(SECONDS / JOBS)
        colony.settle()


def plain() -> float:
    """Return how many runs a second there are when nobody explores."""
    began = seconds()
    for number in range(COLONY_RUNS):
        assert run_scenario(small_colony, seed=number).status == "held"
    return COLONY_RUNS / (seconds() - began)


def explored(strategy: str) -> float:
    """Return how many runs a second a search makes of the small colony.

    Args:
        strategy: the name of the search.
    """
    # Loaded once, as a scenario is that is installed.
    program = Program(small_colony.address, small_colony.bind({}), _loaded=small_colony)
    began = seconds()
    found = explore(program, search_of(strategy), runs=COLONY_RUNS)
    took = seconds() - began
    assert found.found is None, found.found
    return found.runs / took


def report(console: Console) -> list[Budget]:
    """Measure and print the table; the design has no budget for this."""
    show_logs(silent=True)
    colony = Contest(
        "explored runs of the small colony, all invariants on",
        "runs/s",
        {"one plain run after another": plain}
        | {f"explore, {name}": partial(explored, name) for name in STRATEGIES},
        TURNS,
    )
    console.print(colony.table("explore, random"))
    return []


if __name__ == "__main__":
    report(Console(width=100))
