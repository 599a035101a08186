"""A run's decisions: how they are made, and how they are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.schedule.option import Option

__all__ = ["Abandoned", "Attentive", "Schedule", "Strategy"]


class Abandoned(Exception):
    """A strategy raises this in `choose` or `took` to end the run: it has seen enough of it."""


class Strategy(Protocol):
    """Answers each free choice of a run."""

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return the index of the option to take.

        Args:
            kind: what is decided: "next" for whose turn it is, "fate" for what becomes of a
                message on a link, "fault" for whether one strikes.
            options: two or more; 0 is always the plain choice (oldest first, deliver, no fault).
            drawn: the option that rates have drawn; 0 where there are no rates.
        """


@runtime_checkable
class Attentive(Strategy, Protocol):
    """A strategy that is told of every turn, also of those that nothing else competed for."""

    def took(self, option: Option, options: Sequence[Option]) -> None:
        """Hear whose turn it is.

        Args:
            option: whose.
            options: all that could have been next, this one among them.
        """


class Schedule:
    """Recorded decisions: the plain choice everywhere, except where one is written down.

    With its program and its seed this is the whole of a run, so a failing one is repeated by
    `Simulation(seed=..., schedule=Schedule({62: 1}))`. An index that a changed program no
    longer offers falls back to the last option there is.

    Args:
        choices: option by number of the decision, counted from 0.
    """

    def __init__(self, choices: Mapping[int, int]) -> None:
        self.choices = dict(sorted(choices.items()))
        self._count = 0

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return the recorded option, or 0."""
        number = self._count
        self._count = number + 1
        return min(self.choices.get(number, 0), len(options) - 1)

    def __repr__(self) -> str:
        return f"Schedule({self.choices!r})"
