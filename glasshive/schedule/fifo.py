"""First in, first out: the plain choice, always."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Option

__all__ = ["Fifo"]


class Fifo:
    """Takes the oldest, delivers everything and strikes nowhere.

    Good for realistic runs and for the first run of any search. It finds no bug that hides
    behind an unusual order.
    """

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return what the rates have drawn, which is 0 where there are none."""
        return drawn
