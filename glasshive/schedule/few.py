"""The plain order, but for a few decisions."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.schedule.option import Option
    from glasshive.schedule.schedule import Strategy

__all__ = ["Few", "FewSearch"]


class Few:
    """Goes another way at a few decisions and is plain at all others.

    Good at bugs that want one or two messages at an unusual moment, or one or two faults, in an
    otherwise ordinary run: each such run is as likely as any other, however long the run is, and
    what it finds is short to read. A bug that wants many messages in another order than first in,
    first out it does not find. With one deviation of `n` options at the right one of `k` decisions
    a run finds the bug with a probability of `1 / (n * k)`. This is delay-bounded scheduling
    (Emmi, Qadeer and Rakamarić, POPL 2011), drawn at random.

    Args:
        turns: for the decisions of whose turn it is, which one (from 0) goes which other way, as a
            number from 0 up to but not including 1.
        faults: the same for all other decisions.
    """

    def __init__(self, turns: Mapping[int, float], faults: Mapping[int, float]) -> None:
        self._turns = turns
        self._faults = faults
        self.turns = 0
        """Decisions of whose turn it is so far."""
        self.faults = 0
        """Other decisions so far."""

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return the plain option, or another one at one of the few decisions."""
        if kind == "next":
            part = self._turns.get(self.turns)
            self.turns += 1
        else:
            part = self._faults.get(self.faults)
            self.faults += 1
        return drawn if part is None else 1 + int(part * (len(options) - 1))


@dataclass(slots=True)
class FewSearch:
    """Runs with `Few`: the plain run first, then runs with one to three deviations each.

    Args:
        seed: any integer; equal seeds make equal searches.
        most: deviations of a run at most.
    """

    seed: int
    most: int = 3
    turns: int = 0
    """Decisions of whose turn it is in the plain run."""
    faults: int = 0
    """Other decisions in the plain run."""

    alone: ClassVar[bool] = False
    verdict: ClassVar[str] = ""

    @property
    def label(self) -> str:
        """What it is, as a report calls it."""
        return f"few, up to {self.most}"

    def strategy(self, run: int) -> Few:
        """Return what decides in a run."""
        turns: dict[int, float] = {}
        faults: dict[int, float] = {}
        if run and self.turns + self.faults:
            random = Random(f"{self.seed}/few/{run}")
            for _ in range(random.randint(1, self.most)):
                fault = random.random() < (0.5 if self.turns and self.faults else self.faults)
                ways, known = (faults, self.faults) if fault else (turns, self.turns)
                ways[random.randrange(known)] = random.random()
        return Few(turns, faults)

    def learn(self, strategy: Strategy, *, failed: bool) -> None:  # noqa: ARG002  Search's form
        """Count the decisions of the plain run."""
        if isinstance(strategy, Few) and not self.turns and not self.faults:
            self.turns, self.faults = strategy.turns, strategy.faults
