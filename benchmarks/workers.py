"""Ten thousand workers: how long until they are up, and how much memory they take."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from actors import Worker, WorkerSpec
from benchmarks.apart import apart, resident_mb
from benchmarks.budget import Budget, budgets
from benchmarks.contest import seconds
from glasshive import Run, Simulation
from topology import Blueprint, Colony
from topology.blueprint.drawing import GRID_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORKERS = 10_000
HIVES = 10
TURNS = 3
SECONDS_AT_MOST = 2.0
MB_AT_MOST = 300.0


def bare(workers: int) -> dict[str, float]:
    """Start workers without a hive, and let each have its first turn."""
    with Simulation() as sim:
        began = seconds()
        specs = (WorkerSpec(f"worker-{n}", GRID_MODEL, vram_bytes=80 << 30) for n in range(workers))
        refs = [Worker.start(spec=spec, hive=None) for spec in specs]
        sim.run(until=0.0)
        took = seconds() - began
        assert all(ref.is_alive() for ref in refs)
        return {"seconds": took, "mb": resident_mb(peak=True)}


def colony(workers: int) -> dict[str, float]:
    """Draw and start a colony, up to where all have heard of one another."""
    with Simulation() as sim:
        began = seconds()
        blueprint = Blueprint.grid(hives=HIVES, workers_per_hive=workers // HIVES)
        drawn = seconds()
        alive = Colony(blueprint, Run(sim))
        took = seconds() - began
        assert len(alive.bees.workers) == workers
        return {"seconds": took, "drawing": drawn - began, "mb": resident_mb(peak=True)}


def report(console: Console) -> list[Budget]:
    """Measure, print the table, and return what became of the budget."""
    table = Table(title=f"{WORKERS:,} workers", title_justify="left")
    table.add_column("")
    for column in ("seconds, median", "lowest", "highest", "MB at the peak"):
        table.add_column(column, justify="right")
    found = {}
    for name, work in (("started alone", "bare"), (f"as a colony of {HIVES} hives", "colony")):
        turns = [apart(f"benchmarks.workers:{work}", WORKERS) for _ in range(TURNS)]
        found[work] = turns
        took = [turn["seconds"] for turn in turns]
        cells = (f"{value:.2f}" for value in (statistics.median(took), min(took), max(took)))
        table.add_row(name, *cells, f"{max(turn['mb'] for turn in turns):,.0f}")
    console.print(table)
    drawing = statistics.median(turn["drawing"] for turn in found["colony"])
    console.print(f"of the colony's, {drawing:.2f} s are for the blueprint\n")
    return [
        _budget(f"{WORKERS:,} workers, started alone", found["bare"]),
        _budget(f"{WORKERS:,} workers, as a colony", found["colony"]),
    ]


def _budget(work: str, turns: Sequence[Mapping[str, float]]) -> Budget:
    took = statistics.median(turn["seconds"] for turn in turns)
    mb = max(turn["mb"] for turn in turns)
    return Budget(
        work,
        f"{SECONDS_AT_MOST:g} s, {MB_AT_MOST:g} MB",
        f"{took:.2f} s, {mb:,.0f} MB",
        held=took <= SECONDS_AT_MOST and mb <= MB_AT_MOST,
    )


if __name__ == "__main__":
    screen = Console(width=100)
    screen.print(budgets(report(screen)))
