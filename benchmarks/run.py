"""Print what the design's budgets ask for, as ratios from one run on this machine."""

from __future__ import annotations

import sys

from rich.console import Console

from benchmarks import (
    ask,
    chain,
    deep_bugs,
    explored,
    gateway,
    growth,
    lost_update,
    recording,
    runs,
    traffic,
    workers,
)
from benchmarks.budget import budgets


def main() -> None:
    """Measure every subject, and end with the table of budgets."""
    console = Console(width=100, file=sys.stdout)
    lines = [
        *chain.report(console),
        *ask.report(console),
        *growth.report(console),
        *runs.report(console),
        *workers.report(console),
        *traffic.report(console),
        *explored.report(console),
        *lost_update.report(console),
        *deep_bugs.report(console),
        *gateway.report(console),
    ]
    recording.report(console)
    console.print(budgets(lines))


if __name__ == "__main__":
    main()
