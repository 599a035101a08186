"""What the design asks for, and what was reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Budget", "budgets"]


@dataclass(frozen=True, slots=True)
class Budget:
    """One line of the design's budgets.

    Args:
        work: what is done.
        goal: what to reach, in words.
        found: what was reached, in words.
        held: whether that is enough; None where it could not be measured.
    """

    work: str
    goal: str
    found: str
    held: bool | None


def budgets(lines: Iterable[Budget]) -> Table:
    """Return the table of budgets."""
    table = Table(title="the design's budgets", title_justify="left")
    for column in ("work", "to reach", "reached", ""):
        table.add_column(column)
    for line in lines:
        verdict = "not here" if line.held is None else "reached" if line.held else "MISSED"
        table.add_row(line.work, line.goal, line.found, verdict)
    return table
