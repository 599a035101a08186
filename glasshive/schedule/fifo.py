"""First in, first out: the plain choice, always."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Option
    from glasshive.schedule.schedule import Strategy

__all__ = ["Fifo", "FifoSearch"]


class Fifo:
    """Takes the oldest, delivers everything and strikes nowhere.

    Good for realistic runs and for the first run of any search. It finds no bug that hides
    behind an unusual order.
    """

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return what the rates have drawn, which is 0 where there are none."""
        return drawn


@dataclass(frozen=True)
class FifoSearch:
    """Runs with `Fifo`, of which there is one: all would be the same."""

    label: ClassVar[str] = "fifo"
    alone: ClassVar[bool] = True
    """A search that comes to an end is not shared."""
    verdict: ClassVar[str] = "one run, the plain one"

    def strategy(self, run: int) -> Strategy | None:
        """Return what decides in a run."""
        return None if run else Fifo()

    def learn(self, strategy: Strategy, *, failed: bool) -> None:
        """Learn nothing."""
