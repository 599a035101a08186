"""What a keeper holds in its hand when a request has ended."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.messages import Request
    from actors.tokens import Outcome

__all__ = ["Receipt"]


def _no_indices() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Receipt:
    """One request as its keeper saw it; times in seconds of the runtime's clock.

    Args:
        request: what was asked.
        submitted_at: when it was submitted for the first time.
        accepted_at: when the queen accepted it, None if she never did.
        token_times: when each item of the queen's stream arrived.
        answers: the tokens of each answer; there is one, unless `copies` were asked for.
        ended_at: when the end arrived.
        outcome: how it ended; `Failed` too when it was rejected too often.
        attempts: submissions made.
        indices: the place of each item among all that came, in order of arrival.
    """

    request: Request
    submitted_at: float
    accepted_at: float | None
    token_times: array[float]
    answers: list[list[str]]
    ended_at: float
    outcome: Outcome
    attempts: int
    indices: array[int] = field(default_factory=_no_indices)

    @property
    def texts(self) -> list[str]:
        """The tokens of the first answer."""
        return self.answers[0]
