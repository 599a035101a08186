"""The way of one answer of an unfinished job: from the node below through a relay."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from actors.reading import Reading

if TYPE_CHECKING:
    from actors.dispatch import Room
    from actors.messages import Request, Turn
    from actors.registry import Job
    from actors.tokens import Done, Error

__all__ = ["Route"]

TokenT = TypeVar("TokenT")


@dataclass(slots=True, eq=False)
class Route(Reading, Generic[TokenT]):
    """One answer's way; what it waits for is told by what is set.

    Without a `turn` it waits for a place; with one and without a `below` it was submitted and
    waits for an answer; with both it is being read.
    """

    job: Job[TokenT]
    request: Request
    order: tuple[int, int]
    """Its place among those that wait: by priority, then in order of arrival."""
    since: float
    """When it began to wait for a place, in seconds of the clock."""
    tokens: int
    """Tokens of the text that there are so far, from wherever they came."""
    room: Room | None = None
    """Where it was placed, None while it waits."""
    turn: Turn | None = None
    """The turn in which it was submitted there."""
    told_at: float = 0.0
    """When it was last submitted there, in seconds of the clock."""
    below: str | None = None
    """The job's id there, None until it is accepted."""
    cancelling: bool = False
    cancel_by: float = math.inf
    """When it has surely stopped below, whether anybody says so or not."""
    fenced_until: float = -math.inf
    """When it has surely stopped wherever it was lost."""
    moves: int = 0
    """How often it was lost since a token came last."""
    tokens_when_placed: int = 0
    last: Done | Error | None = None
    """What the worker ended its stream with."""
    refused: dict[str, float] = field(default_factory=dict)
    """Until when each node that refused or lost it is not asked again, by its name."""
    reason: str = ""
    """Why it was refused or lost last."""

    def leave(self) -> None:
        """Take it from where it was placed, and give its place back."""
        if self.room is not None:
            self.room.give_back(self.request)
        self.room = self.turn = self.below = None
