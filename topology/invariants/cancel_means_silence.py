"""After a cancel is acknowledged no token arrives, and no worker spends another step on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from actors import Cancelled, Worker
from topology.invariants.invariant import Invariant

if TYPE_CHECKING:
    from actors import Receipt
    from actors.batch import Sequence
    from topology.invariants.bees import Bees

__all__ = ["CancelMeansSilence"]


class Leftover(NamedTuple):
    """What a worker still had of a request when its cancel was acknowledged."""

    worker: str
    sequence: Sequence
    generated: int
    """Tokens that there were then."""
    at: float


class CancelMeansSilence(Invariant):
    """Looks into the workers when a cancel is acknowledged, and at whatever they do later.

    A worker that stands still may have the request in its batch for as long as it does: what
    counts is that it spends no step on it when it goes on.
    """

    name = "cancel-means-silence"
    statement = "after a cancel is acknowledged no token arrives, and no worker spends another step"

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self._cancelled: dict[str, float] = {}
        """When the cancel of each request was acknowledged."""
        self._leftovers: dict[str, Leftover] = {}
        """By the worker's job id."""

    def receipt(self, receipt: Receipt) -> None:
        """Note which workers still have the request, and how far they are."""
        if not isinstance(receipt.outcome, Cancelled):
            return
        request_id = receipt.request.request_id
        self._cancelled[request_id] = receipt.ended_at
        for worker, sequence in self.bees.running(request_id):
            self._leftovers[sequence.job.job_id] = Leftover(
                worker.name, sequence, sequence.generated, receipt.ended_at
            )

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Make sure that a worker has not gone on, and that none begins with it."""
        del before
        if subject in self._leftovers:
            self._look_at(self._leftovers.pop(subject))
        if after != "Running" or not self._cancelled:
            return
        worker = self.bees.server(subject)
        if not isinstance(worker, Worker):
            return
        request_id = worker.jobs.get_job(subject).request_id
        if request_id in self._cancelled:
            self.broken(
                f"{subject} begins to run {request_id}, whose cancel was acknowledged "
                f"at {self._cancelled[request_id]:.6f} s"
            )

    def at_rest(self) -> None:
        """Make sure that no worker has gone on."""
        for leftover in self._leftovers.values():
            self._look_at(leftover)
        self._leftovers.clear()

    def _look_at(self, leftover: Leftover) -> None:
        steps = leftover.sequence.generated - leftover.generated
        if steps:
            self.broken(
                f"{leftover.worker} spent {steps} more steps on "
                f"{leftover.sequence.request.request_id}, whose cancel was acknowledged "
                f"at {leftover.at:.6f} s"
            )
