"""What the plain run of a program shows: how long it is, and where faults could strike."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.schedule.option import Option
    from glasshive.schedule.schedule import Strategy

__all__ = ["Survey", "Surveyed", "Surveyor", "patience"]


def patience(turns: int) -> int:
    """Return after how many turns a strategy that lets some wait begins to take the oldest.

    Else somebody could wait for ever, where something else can always go. It is far beyond the
    turns of the plain run, since the unusual ones are often longer.

    Args:
        turns: of the plain run.
    """
    return 1_000 + 10 * turns


@dataclass(frozen=True, slots=True)
class Survey:
    """What one run has shown; all zero before there was one.

    Args:
        turns: how many turns there were.
        channels: how many pairs of a sender and a receiver, and tasks with other turns.
        strikes: how often something else than a turn was decided, by kind of the decision.
    """

    turns: int = 0
    channels: int = 0
    strikes: Mapping[str, int] = field(default_factory=dict)


class Surveyor:
    """Takes the oldest as `Fifo` does, keeps to what rates have drawn, and counts.

    Good for the first run of a search, which learns its sizes from it. Other orders of the same
    program may take more turns or fewer.
    """

    def __init__(self) -> None:
        self._turns = 0
        self._channels: set[tuple[str, str]] = set()  # asked for its size only
        self._strikes: dict[str, int] = {}

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return what the rates have drawn, which is 0 where there are none."""
        if kind != "next":
            self._strikes[kind] = self._strikes.get(kind, 0) + 1
        return drawn

    def took(self, option: Option, options: Sequence[Option]) -> None:  # noqa: ARG002  Attentive's form
        """Count a turn; that the script goes on when all is at rest competes with no other."""
        if option.does == "rest":
            return
        self._turns += 1
        sender = option.sender if option.does == "deliver" else ""
        self._channels.add((sender, option.receiver))

    @property
    def survey(self) -> Survey:
        """What there was so far."""
        return Survey(self._turns, len(self._channels), dict(self._strikes))


@dataclass
class Surveyed:
    """A search that draws every run by itself, after a plain one that shows how long they are.

    What it holds are plain values, so that other processes can share its runs after the first.

    Args:
        seed: any integer; equal seeds make equal searches.
        survey: what the first run has shown.
    """

    seed: int
    survey: Survey = field(default=Survey(), kw_only=True)

    alone: ClassVar[bool] = False
    verdict: ClassVar[str] = ""

    def strategy(self, run: int) -> Strategy | None:
        """Return what decides in a run: in the first, the plain choice."""
        return self.drawn(f"{self.seed}/{run}") if run else Surveyor()

    def learn(self, strategy: Strategy, *, failed: bool) -> None:  # noqa: ARG002  Search's form
        """Learn from the first run, and from no other."""
        if isinstance(strategy, Surveyor):
            self.survey = strategy.survey

    @abstractmethod
    def drawn(self, seed: str) -> Strategy:
        """Return what decides in a run.

        Args:
            seed: that run's own.
        """
