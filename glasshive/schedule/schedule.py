"""A run's decisions: how they are made, and how they are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Schedule", "Strategy"]


class Strategy(Protocol):
    """Answers each free choice of a run."""

    def choose(self, kind: str, options: Sequence[str], drawn: int = 0) -> int:
        """Return the index of the option to take.

        Args:
            kind: what is decided, such as "next".
            options: two or more, in words; 0 is always the plain choice (oldest first,
                deliver, no fault).
            drawn: the option that a link's rates have drawn; 0 where there are no rates.
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

    def choose(self, kind: str, options: Sequence[str], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return the recorded option, or 0."""
        number = self._count
        self._count = number + 1
        return min(self.choices.get(number, 0), len(options) - 1)

    def __repr__(self) -> str:
        return f"Schedule({self.choices!r})"
