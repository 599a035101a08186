"""A run's decisions: how they are made, and how they are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.schedule.option import Option
    from glasshive.trace import EventSink

__all__ = ["Abandoned", "Attentive", "News", "Schedule", "Strategy", "Watchful", "Written"]


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


News: TypeAlias = Literal["due", "gone", "late", "end", "look", "script"]
"""What a watchful strategy hears: that time has moved on and a thing is due from the next turn on,
that a message has come to nothing, that the last turn was too late to prevent something (it has
cancelled a timer that had fired, or answered who had given up), that somebody has come to an end in
it, that somebody looks between any two turns, or that the script goes on in mid-run."""


@runtime_checkable
class Watchful(Attentive, Protocol):
    """A strategy that is also told what no turn shows, and that one has had an effect on others."""

    def heard(self, news: News, option: Option | None) -> None:
        """Hear of something.

        Args:
            news: of what.
            option: what is due, has come to nothing, or was not prevented.
        """


@runtime_checkable
class Written(Strategy, Protocol):
    """A strategy that has the run written down, where nobody else does."""

    def writer(self, seed: int, order: str) -> EventSink | None:
        """Return where every event is written, or None for nowhere.

        Args:
            seed: the run's.
            order: the run's order of delivery.
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

    def begin(self) -> None:
        """Decide from the first decision on, in another run."""
        self._count = 0

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return the recorded option, or 0."""
        number = self._count
        self._count = number + 1
        return min(self.choices.get(number, 0), len(options) - 1)

    def __repr__(self) -> str:
        return f"Schedule({self.choices!r})"
