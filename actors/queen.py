"""The queen: the one door for keepers, who get text from her and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from actors.fan import Fan
from actors.relay import Relay
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
    from actors.messages import Request
    from actors.registry import Job
    from actors.route import Route
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

    height: ClassVar[int] = 3

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
        self._fans: dict[str, Fan] = {}
        """By the id of a job of several answers, until it ends."""

    def placed(self, route: Route[QueenToken], node: Below) -> None:
        """Say nothing: keepers get text."""

    def begin(self, job: Job[QueenToken], request: Request) -> None:
        """Have a job wait for its turn, which may be now."""
        if request.copies > 1:
            self._fans[job.job_id] = Fan(request.copies)
        super().begin(job, request)

    def answers(self, request: Request) -> list[Request]:
        """Return a request for each answer, the seeds counted up from the first one's."""
        if request.copies == 1:
            return [request]
        return [
            replace(request, copies=1, branch=branch, seed=request.seed + branch)
            for branch in range(request.copies)
        ]

    def relay(self, route: Route[QueenToken], token: HiveToken) -> None:
        """Hand on a worker's text, and keep what it ended with."""
        if not isinstance(token, WorkerOutput):
            return
        output = token.token
        fan = self._fans.get(route.job.job_id)
        if isinstance(output, Token):
            route.tokens += 1
            if fan is None:
                self.emit(route.job, WorkerResponse(output.text))
                return
            told = fan.add(route.request.branch, output.text)
        else:
            route.last = output
            if fan is None or isinstance(output, Error):
                return
            told = fan.close(route.request.branch, output)
        for row in told:
            self.emit(route.job, row)

    def outcome(self, route: Route[QueenToken], below: Outcome) -> Outcome:
        """Say how much was generated, or what went wrong; a text without its `Done` is cut."""
        last = route.last
        if isinstance(below, Completed):
            if not isinstance(last, Done):
                return Failed(f"{route.below} ended as completed, but its text has no end")
            fan = self._fans.get(route.job.job_id)
            whole = last if fan is None else fan.whole() or last
            return Completed(whole.stop_reason, whole.usage)
        if isinstance(below, Failed) and isinstance(last, Error):
            return Failed(last.message, last.code)
        return below

    def end(self, job: Job[QueenToken], outcome: Outcome) -> None:
        """End a job, and tell everyone who opened the stream."""
        self._fans.pop(job.job_id, None)
        super().end(job, outcome)
