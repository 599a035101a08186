"""What a scenario is handed: its runtime, and the means to say what happens and what must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from glasshive.scenario.outcome import CheckedInvariant, Claim, Table, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from glasshive.runtime import Runtime

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
    """

    def __init__(self, runtime: Runtime, audience: Audience | None = None) -> None:
        self.runtime = runtime
        self.seed = runtime.seed
        self._audience = audience
        self.actors_may_fail = False
        """Whether actors may die of errors of their own; say so if the story is about that."""
        self._claims: list[Claim] = []
        self._invariants: list[SupportsInvariant] = []
        self._tables: list[Table] = []
        self._facts: dict[str, Any] = {}

    def note(self, text: str) -> None:
        """Tell a line of the story, which is shown at once and stands in the trace."""
        self.runtime.record("note", text)
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
    def tables(self) -> tuple[Table, ...]:
        """The tables so far."""
        return tuple(self._tables)

    @property
    def facts(self) -> dict[str, Any]:
        """The facts so far."""
        return dict(self._facts)


def _is_cell(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
