"""The report at the end of a run, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from glasshive.cli.settings import again
from glasshive.units import cell, counted, fact, is_number, seconds

if TYPE_CHECKING:
    from glasshive.scenario import CheckedInvariant, Claim, Outcome, Scenario, Table

__all__ = ["Report"]

_COLUMNS = 100
"""Width of a report that goes into a pipe."""
_SHOWN_VIOLATIONS = 3
_STYLES = {"held": "green", "violated": "red", "failed": "red", "interrupted": "yellow"}


class Report:
    """Writes the end of a run.

    Args:
        stream: a terminal, or a pipe, which gets no colours.
        scenario: what was run.
        outcome: how it ended.
    """

    def __init__(self, stream: TextIO, scenario: Scenario, outcome: Outcome) -> None:
        width = None if stream.isatty() else _COLUMNS
        self._console = Console(file=stream, width=width, highlight=False, markup=False)
        self._scenario = scenario
        self._outcome = outcome

    def write(self) -> None:
        """Write all of it: tables, facts, claims, invariants, and how to run it again."""
        for table in self._outcome.tables:
            self._line()
            self._line((table.title, "bold"))
            self._console.print(_grid(table))
        self._facts()
        if self._outcome.claims:
            self._line()
            self._line("claims")
            for claim in self._outcome.claims:
                self._claim(claim)
        if self._outcome.invariants:
            self._line()
            self._line("invariants")
            for invariant in self._outcome.invariants:
                self._invariant(invariant)
        self._situations()
        self._line()
        self.write_briefly(always_again=True)

    def write_briefly(self, *, always_again: bool = False) -> None:
        """Write how it ended in a line; if it did not hold, what broke and how to repeat it."""
        outcome = self._outcome
        if not always_again:
            for claim in outcome.claims:
                if not claim.held:
                    self._claim(claim)
            for invariant in outcome.invariants:
                if invariant.violations:
                    self._invariant(invariant)
        if outcome.failure is not None:
            error = outcome.failure
            self._mark(False, f"the scenario raised {error.type}: {error.message}")
        speed = ""
        if outcome.runtime == "simulated":
            speed = f"{seconds(outcome.virtual_seconds)} virtual · "
        self._line(
            (outcome.status, _STYLES[outcome.status]),
            f" · {outcome.scenario} · seed {outcome.seed} · {outcome.runtime} · "
            f"{speed}{seconds(outcome.wall_seconds)} wall",
        )
        if outcome.trace is not None:
            self._line(
                f"trace  {outcome.trace} · {outcome.events:,} events · digest {outcome.digest}"
            )
        if always_again or outcome.status != "held":
            self._line(f"again  {again(self._scenario, outcome)}")

    def _facts(self) -> None:
        facts = self._outcome.facts
        if not facts:
            return
        self._line()
        width = max(map(len, facts))
        for name, value in facts.items():
            self._line(f"{name:{width}}  {fact(value)}")

    def _situations(self) -> None:
        declared = self._outcome.must_reach
        if not declared:
            return
        self._line()
        self._line("situations")
        for situation in declared:
            times = self._outcome.situations[situation]
            reached = f"reached {counted(times, 'time')}" if times else "not in this run"
            # No cross: it is for a sweep of runs to reach them all.
            mark = ("✓", "green") if times else ("·", "dim")
            self._line("  ", mark, f" {situation} ({reached})")

    def _claim(self, claim: Claim) -> None:
        self._mark(claim.held, claim.claim + (f" ({claim.detail})" if claim.detail else ""))

    def _invariant(self, invariant: CheckedInvariant) -> None:
        broken = invariant.violations
        count = f" ({len(broken):,} violations)" if len(broken) > 1 else ""
        if not broken and not invariant.settled:
            text = f" {invariant.name}: not checked to the end, which the run never reached"
            self._line("  ", ("?", "yellow"), text)
            return
        self._mark(not broken, f"{invariant.name}: {invariant.statement}{count}")
        for violation in broken[:_SHOWN_VIOLATIONS]:
            self._line(f"      {violation}")
        if len(broken) > _SHOWN_VIOLATIONS:
            self._line(f"      and {len(broken) - _SHOWN_VIOLATIONS:,} more")

    def _mark(self, held: bool, text: str) -> None:
        self._line("  ", ("✓", "green") if held else ("✗", "red"), f" {text}")

    def _line(self, *parts: str | tuple[str, str]) -> None:
        # Not wrapped by hand: a command line that is broken in two cannot be copied.
        self._console.print(Text.assemble(*parts), soft_wrap=True)


def _grid(table: Table) -> Grid:
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False)
    for index, column in enumerate(table.columns):
        cells = [row[index] for row in table.rows]
        numeric = any(map(is_number, cells)) and all(
            each is None or is_number(each) for each in cells
        )
        grid.add_column(Text(column), justify="right" if numeric else "left")
    for row in table.rows:
        grid.add_row(*(Text(cell(each)) for each in row))
    return grid
