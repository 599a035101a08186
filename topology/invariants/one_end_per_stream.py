"""Every opened stream gets exactly one end, and nothing after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.tokens import UNKNOWN, Failed
from topology.invariants.invariant import Invariant

if TYPE_CHECKING:
    from actors import Receipt, StreamEnd
    from glasshive.trace import Event
    from topology.invariants.bees import Bees

__all__ = ["OneEndPerStream"]


class OneEndPerStream(Invariant):
    """Compares whatever ends come of one job at one hop, and counts the keepers' receipts.

    An end may be told more than once, since a reader asks again for what may have been lost, and
    links repeat. But all of them must be the same one. While no fault has struck none may come
    that was not asked for.
    """

    name = "one-end-per-stream"
    statement = "every opened stream gets exactly one end, and nothing after it"

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self._due: dict[tuple[str, str | None], int] = {}
        """Ends that each reader of each job was promised and has not got."""
        self._readers: dict[str, dict[str | None, None]] = {}
        """Who has opened or cancelled each job that is still in a registry."""
        self._over: set[str] = set()  # asked for membership only, never iterated
        """Jobs that have ended at their server and are still in its registry."""
        self._ends: dict[str, StreamEnd] = {}
        """The end of each of those that was told."""
        self._receipts: set[str] = set()  # asked for membership only, never iterated

    def opened(self, event: Event, job_id: str) -> None:
        """Count an end that is due: one for each reader, and one more for each that asks later."""
        self._readers.setdefault(job_id, {})[event.peer] = None
        stream = (job_id, event.peer)
        due = self._due.get(stream, 0)
        self._due[stream] = due + 1 if job_id in self._over else max(due, 1)

    def cancelled(self, event: Event, job_id: str) -> None:
        """Count the end that answers a cancel."""
        self.opened(event, job_id)

    def item(self, event: Event, job_id: str, index: int) -> None:
        """Make sure that a token is not one past the end, or after it."""
        end = self._ends.get(job_id)
        if end is None:
            return
        if index >= end.index:
            self.broken(f"{event.actor} got token {index} of {job_id}, which ended at {end.index}")
        elif not self.bees.disturbed and not self._due.get((job_id, event.actor)):
            self.broken(f"{event.actor} got a token of {job_id} after its end, {event.time:.6f} s")

    def ended(self, event: Event, end: StreamEnd) -> None:
        """Make sure that it was due, and is the end that there was before."""
        job_id, outcome = end.job_id, end.outcome
        left = self._due.pop((job_id, event.actor), 0) - 1
        if left > 0:
            self._due[job_id, event.actor] = left
        if isinstance(outcome, Failed) and outcome.code == UNKNOWN:
            return  # not an end of the job, but word that there is none of this id
        known = self._ends.setdefault(job_id, end)
        if known != end:
            first, second = type(known.outcome).__name__, type(outcome).__name__
            self.broken(
                f"{job_id} ended twice for {event.actor}: {first} at {known.index}, "
                f"then {second} at {end.index}"
            )
        elif left < 0 and not self.bees.disturbed:
            if event.actor in self._readers.get(job_id, ()):
                self.broken(f"{event.actor} got a second end of {job_id} at {event.time:.6f} s")
            else:
                self.broken(f"{event.actor} got the end of {job_id}, which it did not open")

    def receipt(self, receipt: Receipt) -> None:
        """Make sure that it is the first one of its request."""
        request_id = receipt.request.request_id
        if request_id in self._receipts:
            self.broken(f"{request_id} ended twice for its keeper")
        self._receipts.add(request_id)

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Note that a job is over at its server, and forget it with the registry."""
        del before
        if after in ("Completed", "Failed", "Cancelled"):
            self._over.add(subject)
        elif after is None:
            self._over.discard(subject)
            self._ends.pop(subject, None)
            self._readers.pop(subject, None)

    def at_rest(self) -> None:
        """Make sure that every stream has ended, if nothing has got in its way."""
        if self.bees.disturbed:
            return  # readers have left what they lost; that each request ended is told by receipts
        for job_id, reader in self._due:
            self.broken(f"the stream of {job_id} was opened by {reader} and never ended")
