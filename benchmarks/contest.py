"""Several ways to do the same work, measured turn by turn."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

from rich.table import Table

from benchmarks.budget import Budget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CLOCK", "Contest", "Ratio", "seconds"]

# In a tuple, out of the simulation's reach: it swaps the names of modules.
CLOCK = (time.perf_counter,)


def seconds() -> float:
    """Return the wall's seconds, also inside a simulation."""
    return CLOCK[0]()


class Ratio(NamedTuple):
    """How one contender compares with another, round by round."""

    median: float
    lowest: float
    highest: float


class Contest:
    """Runs every contender once in each round, and keeps what each reached.

    Args:
        title: what they all do.
        unit: what each returns, more of which is better.
        contenders: each by its name.
        rounds: how many rounds.
        absent: those that cannot run here, and why.
    """

    def __init__(
        self,
        title: str,
        unit: str,
        contenders: Mapping[str, Callable[[], float]],
        rounds: int,
        absent: Mapping[str, str] | None = None,
    ) -> None:
        self.title = title
        self.unit = unit
        self.absent = absent or {}
        self.reached: dict[str, list[float]] = {name: [] for name in contenders}
        # Turn by turn, not one after the other, so that the machine's moods strike all alike.
        for _ in range(rounds):
            for name, run in contenders.items():
                self.reached[name].append(run())

    def ratio(self, ours: str, theirs: str) -> Ratio:
        """Return ours over theirs, round by round."""
        pairs = zip(self.reached[ours], self.reached[theirs], strict=True)
        ratios = [a / b for a, b in pairs]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios))

    def budget(self, work: str, ours: str, theirs: str, goal: float) -> Budget:
        """Hold the ratio of two contenders against what it should be."""
        if theirs in self.absent:
            return Budget(work, f"{goal:g} × {theirs}", self.absent[theirs], held=None)
        ratio = self.ratio(ours, theirs)
        found = f"{ratio.median:.2f} × ({ratio.lowest:.2f} to {ratio.highest:.2f})"
        return Budget(work, f"{goal:g} × {theirs}", found, held=ratio.median >= goal)

    def table(self, ours: str) -> Table:
        """Return what all have reached, and how ours compares with each.

        Args:
            ours: the contender that the others are compared with.
        """
        table = Table(title=self.title, title_justify="left")
        table.add_column("contender")
        columns = (f"{self.unit}, median", "lowest", "highest", f"{ours} is", "lowest", "highest")
        for column in columns:
            table.add_column(column, justify="right")
        for name, values in self.reached.items():
            cells = (statistics.median(values), min(values), max(values))
            ratios = (f"{ratio:.2f} ×" for ratio in self.ratio(ours, name))
            table.add_row(name, *(f"{value:,.0f}" for value in cells), *ratios)
        for name, why in self.absent.items():
            table.add_row(name, why)
        return table
