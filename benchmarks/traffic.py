"""An hour of recorded traffic, whole: a message for each token at every hop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.apart import apart, resident_mb
from benchmarks.budget import Budget, budgets
from glasshive.scenario import run

if TYPE_CHECKING:
    from collections.abc import Mapping

AZURE = Path("../shared/data/azure_llm_2023_conv.csv")
"""The Azure LLM inference trace of 2023, conversation service; it is not part of the project."""

REAL_TIME = 60.0
MB_AT_MOST = 1024.0


def replay(scenario: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Run a scenario; return how long it took, on both clocks, and its peak of memory."""
    outcome = run(scenario, parameters)
    assert outcome.status == "held", outcome
    return {
        "virtual": outcome.virtual_seconds,
        "wall": outcome.wall_seconds,
        "tokens": sum(outcome.facts["output_tokens"].values()),
        "mb": resident_mb(peak=True),
    }


def report(console: Console) -> list[Budget]:
    """Measure, print a line, and return what became of the budget."""
    if AZURE.exists():
        what = "the Azure conversation trace, whole"
        found = apart("benchmarks.traffic:replay", "workload_replay", {"workload": str(AZURE)})
    else:
        what = "the project's own busy hour (no Azure trace here)"
        found = apart("benchmarks.traffic:replay", "busy_hour", {})
    speed = found["virtual"] / found["wall"]
    console.print(
        f"{what}: {found['tokens']:,} tokens, {found['virtual']:,.0f} s in {found['wall']:.1f} s\n"
    )
    return [
        Budget(
            what,
            f"{REAL_TIME:g} × real time, {MB_AT_MOST:,.0f} MB",
            f"{speed:.1f} ×, {found['mb']:,.0f} MB",
            held=speed >= REAL_TIME and found["mb"] <= MB_AT_MOST,
        )
    ]


if __name__ == "__main__":
    screen = Console(width=100)
    screen.print(budgets(report(screen)))
