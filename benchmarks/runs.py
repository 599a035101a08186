"""Whole small runs: a colony comes up, does five jobs, comes to rest and is checked."""

from __future__ import annotations

import statistics
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from benchmarks.budget import Budget, budgets
from benchmarks.contest import seconds
from glasshive import Run, Simulation
from topology import Blueprint, Colony

JOBS = 5
TOKENS = 8
RUNS = 100
TURNS = 5
A_SECOND = 300
PARTS = ("draw the blueprint", "enter the simulation", "colony up", "jobs", "rest, checks", "leave")


def whole(seed: int, marks: list[float]) -> None:
    """Play one run.

    Args:
        seed: the simulation's.
        marks: gets the time after each of the parts.
    """
    blueprint = Blueprint.grid(hives=2, workers_per_hive=2)
    marks.append(seconds())
    with Simulation(seed=seed) as sim:
        marks.append(seconds())
        run = Run(sim)
        with Colony(blueprint, run) as colony:
            marks.append(seconds())
            jobs = [
                colony.submit(f"job {number}", max_tokens=TOKENS, ignore_eos=True)
                for number in range(JOBS)
            ]
            # No condition, which would be looked at after every event.
            colony.settle()
            assert all(job.completed for job in jobs)
            marks.append(seconds())
        assert not any(invariant.violations for invariant in colony.invariants)
        marks.append(seconds())
    marks.append(seconds())


def report(console: Console) -> list[Budget]:
    """Measure, print the table, and return what became of the budget."""
    whole(0, [])
    speeds, parts = [], []
    for turn in range(TURNS):
        began = seconds()
        for number in range(RUNS):
            marks = [seconds()]
            whole(turn * RUNS + number, marks)
            parts.append([b - a for a, b in pairwise(marks)])
        speeds.append(RUNS / (seconds() - began))
    table = Table(
        title=f"whole small runs: 4 workers, {JOBS} jobs of {TOKENS} tokens", title_justify="left"
    )
    table.add_column("part")
    table.add_column("ms, median", justify="right")
    for name, took in zip(PARTS, zip(*parts, strict=True), strict=True):
        table.add_row(name, f"{1e3 * statistics.median(took):.2f}")
    console.print(table)
    median = statistics.median(speeds)
    return [
        Budget(
            "whole small runs, no faults yet",
            f"{A_SECOND} a second",
            f"{median:.0f} ({min(speeds):.0f} to {max(speeds):.0f})",
            held=median >= A_SECOND,
        )
    ]


if __name__ == "__main__":
    screen = Console(width=100)
    screen.print(budgets(report(screen)))
