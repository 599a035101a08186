"""The situations that many runs came into, or should have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["Situation", "Situations"]


@dataclass(slots=True)
class Situation:
    """A situation that some run came into, or should have."""

    name: str
    must_reach: bool = False
    """Whether some run should."""
    runs: int = 0
    """How many runs came into it."""
    times: int = 0
    """How often all of them together did."""
    seed: int | None = None
    """The first that came into it; in an exploration, its number."""
    rank: tuple[int, int] | None = None
    """The first run that told of it, and at which place."""


@dataclass(slots=True)
class Situations:
    """All of them; the same in whichever order the runs are added."""

    _known: dict[str, Situation] = field(default_factory=dict)

    def add(self, run: int, reached: Mapping[str, int], must_reach: Collection[str]) -> None:
        """Count a run in.

        Args:
            run: its seed, or its number.
            reached: how often it came into each situation, in its own order.
            must_reach: those that some run should come into.
        """
        for place, (name, times) in enumerate(reached.items()):
            situation = self._known.setdefault(name, Situation(name))
            situation.must_reach |= name in must_reach
            situation.rank = min(situation.rank or (run, place), (run, place))
            if times:
                situation.runs += 1
                situation.times += times
                situation.seed = run if situation.seed is None else min(situation.seed, run)

    def sorted(self) -> list[Situation]:
        """Return those that must be reached, then the others as they were reached."""
        return sorted(
            self._known.values(), key=lambda each: (not each.must_reach, each.rank, each.name)
        )
