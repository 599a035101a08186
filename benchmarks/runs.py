"""Whole small runs: a colony comes up, does five jobs, comes to rest and is checked."""

from __future__ import annotations

import statistics
from itertools import pairwise
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.budget import Budget, budgets
from benchmarks.contest import seconds
from glasshive import Run, Simulation
from glasshive.cli.logs import show_logs
from topology import Blueprint, Colony
from topology.faults import FaultPlan, swarm_plan

JOBS = 5
TOKENS = 8
SECONDS = 1.0
"""In which the jobs come, and the faults strike."""
RUNS = 50
TURNS = 5
A_SECOND = 300
PARTS = ("draw", "enter the simulation", "colony up", "jobs", "rest, checks", "leave")


def whole(seed: int, marks: list[float], *, faults: bool) -> int:
    """Play one run.

    Args:
        seed: the simulation's, and that of the plan of faults.
        marks: gets the time after each of the parts.
        faults: whether any strike.

    Returns:
        How often some fault has struck.
    """
    blueprint = Blueprint.grid(hives=2, workers_per_hive=2)
    plan = swarm_plan(blueprint, seed, seconds=SECONDS) if faults else FaultPlan()
    marks.append(seconds())
    with Simulation(seed=seed) as sim:
        marks.append(seconds())
        run = Run(sim)
        with Colony(blueprint, run) as colony:
            marks.append(seconds())
            injector = colony.strike(plan)
            jobs = []
            for number in range(JOBS):
                jobs.append(colony.submit(f"job {number}", max_tokens=TOKENS, ignore_eos=True))
                colony.run_some(SECONDS / JOBS)
            # No condition, which would be looked at after every event.
            colony.settle()
            assert all(job.receipt is not None for job in jobs)
            assert faults or all(job.completed for job in jobs)
            marks.append(seconds())
        assert not any(invariant.violations for invariant in colony.invariants)
        marks.append(seconds())
    marks.append(seconds())
    return sum(injector.struck)


class Measured(NamedTuple):
    """What was reached, with faults or without."""

    speeds: list[float]
    """Runs a second, in each turn."""
    parts: list[list[float]]
    """Seconds that each part took, run by run."""
    strikes: int
    """Faults that have struck in all runs together."""

    @property
    def median(self) -> float:
        """Runs a second, in the middle turn."""
        return statistics.median(self.speeds)

    def budget(self, work: str) -> Budget:
        """Hold it against what it should be."""
        return Budget(
            work,
            f"{A_SECOND} a second",
            f"{self.median:.0f} ({min(self.speeds):.0f} to {max(self.speeds):.0f})",
            held=self.median >= A_SECOND,
        )


def measured(turn: int, found: Measured, *, faults: bool) -> Measured:
    """Play the runs of one turn, and add what came of them to what was found before."""
    strikes = 0
    began = seconds()
    for number in range(RUNS):
        marks = [seconds()]
        strikes += whole(turn * RUNS + number, marks, faults=faults)
        found.parts.append([b - a for a, b in pairwise(marks)])
    found.speeds.append(RUNS / (seconds() - began))
    return found._replace(strikes=found.strikes + strikes)


def report(console: Console) -> list[Budget]:
    """Measure, print the table, and return what became of the budget."""
    show_logs(silent=True)
    for faults in (True, False):
        whole(0, [], faults=faults)
    faulty, peaceful = Measured([], [], 0), Measured([], [], 0)
    # Turn by turn, so that the machine's moods strike both alike.
    for turn in range(TURNS):
        faulty = measured(turn, faulty, faults=True)
        peaceful = measured(turn, peaceful, faults=False)
    each = faulty.strikes / (TURNS * RUNS)
    table = Table(
        title=f"whole small runs: 4 workers, {JOBS} jobs of {TOKENS} tokens, "
        f"{each:.1f} strikes in each that has faults",
        title_justify="left",
    )
    table.add_column("part")
    for column in ("with faults, ms, median", "without"):
        table.add_column(column, justify="right")
    for name, *took in zip(
        PARTS,
        zip(*faulty.parts, strict=True),
        zip(*peaceful.parts, strict=True),
        strict=True,
    ):
        table.add_row(name, *(f"{1e3 * statistics.median(each):.2f}" for each in took))
    console.print(table)
    return [
        faulty.budget("whole small runs, faults on"),
        peaceful.budget("whole small runs, no faults"),
    ]


if __name__ == "__main__":
    screen = Console(width=100)
    screen.print(budgets(report(screen)))
