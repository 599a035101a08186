"""The bar that shows how far a sweep is."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from glasshive.cli.linebar import LineBar

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from glasshive.scenario.sweep import Sweep

__all__ = ["SweepBar", "sweep_line"]


class SweepBar(LineBar):
    """Shows runs done, how many of them did not hold, and their rate.

    Args:
        stream: the terminal it is drawn on.
        clock: real seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = perf_counter) -> None:
        super().__init__(stream, clock, width=30, total=100.0)

    def update(self, sweep: Sweep) -> None:
        """Show how far a sweep is.

        Args:
            sweep: what is known so far.
        """
        self.draw(lambda: sweep_line(sweep, self.elapsed), len(sweep.seeds), sweep.runs)


def sweep_line(sweep: Sweep, wall_seconds: float) -> str:
    """Return what stands beside the bar: runs, those that did not hold, and their rate.

    Args:
        sweep: what is known so far.
        wall_seconds: real seconds since it began.
    """
    parts = [f"{sweep.runs:,}/{len(sweep.seeds):,} runs"]
    if sweep.held < sweep.runs:
        parts.append(f"{sweep.runs - sweep.held:,} did not hold")
    if sweep.runs and wall_seconds > 0:
        parts.append(f"{sweep.runs / wall_seconds:,.1f} runs/s")
    return " · ".join(parts)
