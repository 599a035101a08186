"""The queen: the one door for keepers, who get text from her and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.relay import Relay, Route
from actors.specs import PATIENCE
from actors.tokens import (
    Completed,
    Done,
    Error,
    Failed,
    HiveToken,
    QueenToken,
    Token,
    WorkerOutput,
    WorkerResponse,
)

if TYPE_CHECKING:
    from actors.dispatch import Below
    from actors.specs import Patience
    from actors.tokens import Outcome

__all__ = ["Queen"]


class Queen(Relay[HiveToken, QueenToken]):
    """Relays between keepers and the hives that have said hello.

    Args:
        name: the queen's name, unique in the colony.
        placement: the policy that chooses the hive, by name.
        max_jobs: unfinished jobs that she holds at most.
        patience: how long she waits for others.

    Raises:
        ValueError: there is no such policy.
    """

    def __init__(
        self,
        *,
        name: str = "queen",
        placement: str = "least_loaded",
        max_jobs: int = 1024,
        patience: Patience = PATIENCE,
    ) -> None:
        super().__init__(
            name=name, parent=None, placement=placement, max_jobs=max_jobs, patience=patience
        )

    def placed(self, route: Route[QueenToken], node: Below) -> None:
        """Say nothing: keepers get text."""

    def translate(self, route: Route[QueenToken], token: HiveToken) -> QueenToken | None:
        """Hand on a worker's text, and keep what it ended with."""
        if isinstance(token, WorkerOutput):
            output = token.token
            if isinstance(output, Token):
                return WorkerResponse(output.text)
            route.last = output
        return None

    def outcome(self, route: Route[QueenToken], below: Outcome) -> Outcome:
        """Say how much was generated, or what went wrong; a text without its `Done` is cut."""
        last = route.last
        if isinstance(below, Completed):
            if isinstance(last, Done):
                return Completed(last.stop_reason, last.usage)
            return Failed(f"{route.below} ended as completed, but its text has no end")
        if isinstance(below, Failed) and isinstance(last, Error):
            return Failed(last.message, last.code)
        return below
