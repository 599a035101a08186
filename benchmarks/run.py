"""Print what the design's budgets ask for, as ratios from one run on this machine."""

from __future__ import annotations

import statistics
import sys

from rich.console import Console
from rich.table import Table

from benchmarks import chain

ROUNDS_OF_THE_CHAIN = 20_000
ROUNDS_OF_MEASURING = 7
WINDOWS = (1, 100)

# What to reach: our contender, theirs, the ratio.
BUDGETS = (
    ("glasshive", "SimPy", 2.0),
    ("glasshive", "Pykka's threads", 2.0),
    ("glasshive", "bare heapq loop", 0.4),
    ("glasshive, recording", "SimPy", 1.2),
)


def main() -> None:
    """Measure every contender in turn, several rounds, and print medians and ratios."""
    console = Console(width=100, file=sys.stdout)
    for window in WINDOWS:
        speeds: dict[str, list[float]] = {name: [] for name in chain.CONTENDERS}
        # Turn by turn, not one after the other, so that the machine's moods strike all alike.
        for _ in range(ROUNDS_OF_MEASURING):
            for name, run in chain.CONTENDERS.items():
                speeds[name].append(run(ROUNDS_OF_THE_CHAIN, window))
        console.print(_speeds(speeds, window))
        console.print(_ratios(speeds))


def _speeds(speeds: dict[str, list[float]], window: int) -> Table:
    table = Table(title=f"three-hop chain, {window} in flight", title_justify="left")
    table.add_column("contender")
    for column in ("messages/s, median", "lowest", "highest"):
        table.add_column(column, justify="right")
    for name, values in speeds.items():
        cells = (statistics.median(values), min(values), max(values))
        table.add_row(name, *(f"{value:,.0f}" for value in cells))
    return table


def _ratios(speeds: dict[str, list[float]]) -> Table:
    table = Table()
    table.add_column("ours")
    table.add_column("theirs")
    for column in ("ratio, median", "lowest", "highest", "to reach", ""):
        table.add_column(column, justify="right")
    for ours, theirs, goal in BUDGETS:
        # Round by round, so that a slow moment of the machine is in both or in neither.
        ratios = [a / b for a, b in zip(speeds[ours], speeds[theirs], strict=True)]
        median = statistics.median(ratios)
        cells = (f"{ratio:.2f}" for ratio in (median, min(ratios), max(ratios)))
        verdict = "reached" if median >= goal else "missed"
        table.add_row(ours, theirs, *cells, f"{goal:.1f}", verdict)
    return table


if __name__ == "__main__":
    main()
