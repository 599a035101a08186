"""What a scenario is handed: its runtime, and the means to say what happens and what must hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from glasshive.fault import in_words
from glasshive.scenario.chart import Mark, merged
from glasshive.scenario.outcome import CheckedInvariant, Claim, Table, plain
from glasshive.situation import check_words, count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from glasshive.runtime import Runtime
    from glasshive.scenario.chart import Chart
    from glasshive.trace import Event

__all__ = ["Audience", "Run", "SupportsInvariant"]


_TOLD = 3
"""Actors that died of errors of their own, before the rest are only counted."""


class SupportsInvariant(Protocol):
    """A rule that something watches while the run goes on."""

    @property
    def name(self) -> str:
        """A word for it."""

    @property
    def statement(self) -> str:
        """The rule as a sentence."""

    @property
    def violations(self) -> Sequence[str]:
        """Where it was broken so far."""


class Audience(Protocol):
    """Who follows a run while it goes on; the command line is one."""

    def note(self, text: str) -> None:
        """Hear a line of the story."""

    def progress(self, at: float, done: int, total: int | None) -> None:
        """Hear how far the run is.

        Args:
            at: seconds of the runtime's clock.
            done: requests done so far.
            total: requests that there will be, or None where nobody knows.
        """


class Run:
    """One run of a scenario, as the scenario sees it.

    Args:
        runtime: where the actors run.
        audience: who hears the notes and the progress, or None.
        charting: whether anybody wants charts.
    """

    def __init__(
        self, runtime: Runtime, audience: Audience | None = None, *, charting: bool = False
    ) -> None:
        self.runtime = runtime
        self.seed = runtime.seed
        self._audience = audience
        self.actors_may_fail = False
        """Whether actors may die of errors of their own; say so if the story is about that."""
        self._claims: list[Claim] = []
        self._invariants: list[SupportsInvariant] = []
        self._must_reach: dict[str, None] = {}
        self._tables: list[Table] = []
        self._facts: dict[str, Any] = {}
        self.charting = charting
        """Whether anybody wants charts; nothing need be gathered for them otherwise."""
        self._charts: list[Callable[[], Iterable[Chart]]] = []
        self._marks: list[Mark] = []
        self._notes: list[Mark] = []
        if charting:
            runtime.watch(self._mark_fault, kinds=["fault"])

    def note(self, text: str) -> None:
        """Tell a line of the story, which is shown at once and stands in the trace."""
        self.runtime.record("note", text)
        if self.charting:
            self._notes.append(Mark(self.runtime.now(), text))
        if self._audience is not None:
            self._audience.note(text)

    def expect(self, claim: str, held: bool, detail: str = "") -> None:
        """Say what must be so; a claim that does not hold makes the run end with exit code 1.

        Args:
            claim: a sentence that is true when all is well.
            held: whether it is true.
            detail: what was found, such as "3 of 4 arrived".
        """
        self._claims.append(Claim(claim, bool(held), detail))

    def check(self, invariant: SupportsInvariant) -> None:
        """List an invariant at the end; one that was violated is a failure as a claim is.

        Its violations are counted when the run has ended. A second call changes nothing.
        """
        if not any(known is invariant for known in self._invariants):
            self._invariants.append(invariant)

    def sometimes(self, situation: str, so: bool = True) -> None:
        """Mark that the run has come into a situation, as `glasshive.sometimes` does anywhere.

        Args:
            situation: in words, such as "a cancel crosses the end".
            so: whether it is so now.

        Raises:
            TypeError: when the situation is no text.
        """
        if so:
            count(self.runtime, situation)

    def must_reach(self, *situations: str) -> None:
        """Declare situations that some run of a sweep must come into; one run need not.

        Args:
            *situations: in the words in which `sometimes` marks them.

        Raises:
            TypeError: when one is no text.
        """
        for situation in situations:
            check_words(situation)
        self._must_reach |= dict.fromkeys(situations)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Show a table at the end.

        Args:
            title: what it is about.
            columns: a heading for each column.
            rows: numbers stay numbers; what is neither a number nor text is shown by `str`.

        Raises:
            ValueError: when a row has more or fewer cells than there are columns.
        """
        kept = []
        for row in rows:
            if len(row) != len(columns):
                raise ValueError(
                    f"table {title!r}: a row has {len(row)} cells for {len(columns)} columns: "
                    f"{tuple(row)!r}"
                )
            kept.append(tuple(cell if _is_cell(cell) else str(cell) for cell in map(plain, row)))
        self._tables.append(Table(title, tuple(columns), tuple(kept)))

    def result(self, **facts: object) -> None:
        """Keep named facts, which are shown at the end; a later one of a name replaces it."""
        self._facts |= {name: plain(fact) for name, fact in facts.items()}

    def chart(self, *charts: Chart) -> None:
        """Have charts drawn, if anybody wants them; those of one class and title become one."""
        self.chart_at_end(lambda: charts)

    def chart_at_end(self, source: Callable[[], Iterable[Chart]]) -> None:
        """Have charts drawn that are made when the run has ended, however it ends.

        Args:
            source: returns them; not called unless anybody wants charts.
        """
        if self.charting:
            self._charts.append(source)

    def mark(self, time: float, text: str) -> None:
        """Mark a time on every chart that shows time, as faults are marked without asking.

        Args:
            time: seconds of the runtime's clock.
            text: what happened then.

        Raises:
            ValueError: when the time is not finite.
        """
        if not math.isfinite(time):
            raise ValueError(f"mark {text!r}: {time} is no time")
        if self.charting:
            self._marks.append(Mark(float(time), text))

    def _mark_fault(self, event: Event, _: Any) -> None:
        self.mark(event.time, in_words(event.actor, event.data))

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the run is, as often as you like.

        Args:
            done: requests done so far.
            total: requests that there will be, or None where nobody knows.
        """
        if self._audience is not None:
            self._audience.progress(self.runtime.now(), done, total)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What was expected so far, and that no actor died of an error of its own."""
        fallen = self.runtime.casualties
        if not fallen or self.actors_may_fail:
            return tuple(self._claims)
        told = fallen[:_TOLD]
        if len(fallen) > _TOLD:
            told = [*told, f"and {len(fallen) - _TOLD} more"]
        detail = "; ".join(told)
        return (*self._claims, Claim("no actor died of an error of its own", False, detail))

    @property
    def invariants(self) -> tuple[CheckedInvariant, ...]:
        """The invariants as they stand now; those of one name, as of two colonies, are one."""
        checked: dict[str, CheckedInvariant] = {}
        for each in self._invariants:
            violations = tuple(map(str, each.violations))
            # Only a rule that has something left to check at the end says whether it has done so.
            settled = bool(getattr(each, "settled", True))
            if each.name in checked:
                violations = (*checked[each.name].violations, *violations)
                settled = settled and checked[each.name].settled
            checked[each.name] = CheckedInvariant(each.name, each.statement, violations, settled)
        return tuple(checked.values())

    @property
    def declared(self) -> tuple[str, ...]:
        """The situations that were declared so far."""
        return tuple(self._must_reach)

    @property
    def situations(self) -> dict[str, int]:
        """How often each situation was reached so far, those that were declared first."""
        return {**dict.fromkeys(self._must_reach, 0), **self.runtime.situations}

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables so far."""
        return tuple(self._tables)

    @property
    def facts(self) -> dict[str, Any]:
        """The facts so far."""
        return dict(self._facts)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts so far; what is made at the end is made now."""
        return merged(chart for source in self._charts for chart in source())

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks so far, in the order of their times."""
        return tuple(sorted(self._marks, key=lambda mark: mark.time))

    @property
    def notes(self) -> tuple[Mark, ...]:
        """The story so far, which is kept with the charts only."""
        return tuple(self._notes)


def _is_cell(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
