"""The streaming half of a node: what becomes of its jobs once they are accepted."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog
from pykka import ActorDeadError

from actors.address import tell
from actors.bee import Bee
from actors.messages import Cancel, OpenStream, StreamEnd, StreamItem
from actors.registry import JobRegistry
from actors.tokens import STOPPED, TIMEOUT, UNKNOWN, UNOPENED, Cancelled, Failed
from glasshive import Message, clock, sometimes

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.messages import Request
    from actors.registry import Job
    from actors.specs import Patience
    from actors.tokens import Outcome

__all__ = ["Deserted", "Server"]

TokenT = TypeVar("TokenT")

log = structlog.get_logger()


class Deserted(Message, frozen=True, gc=False):
    """Nobody is left to read a job's tokens."""

    job_id: str


class Server(Bee, Generic[TokenT]):
    """Sends each job's tokens, and sends them again, ends it once, and forgets it.

    A job that is open must be shown again and again that it is read, by opening its stream; one
    whose readers are gone is given up when its lease is over.

    Args:
        name: the server's name, unique in the colony.
        patience: how long it waits for others.
        birth: which of several servers of this name it is, empty for the first.
    """

    def __init__(self, *, name: str, patience: Patience, birth: str = "") -> None:
        super().__init__(name=name, patience=patience)
        self.epoch = f"{birth}r{self.life}" if self.life else birth
        self.jobs: JobRegistry[TokenT] = JobRegistry(name, self.epoch)
        self.unfinished = 0
        """Jobs that have not ended."""
        self._unopened: dict[str, float] = {}
        self._open: dict[str, Job[TokenT]] = {}
        """Unfinished jobs whose stream was opened."""
        self._look_at = math.inf
        """The earliest time at which an open job may be over."""
        self._finished: deque[tuple[float, str]] = deque()
        self.handlers |= {
            OpenStream: self._on_open_stream,
            Cancel: self._on_cancel,
            Deserted: self._on_deserted,
        }

    # -- what a kind of server adds ---------------------------------------------------------

    @abstractmethod
    def begin(self, job: Job[TokenT], request: Request) -> None:
        """Set a job to work, since its stream was opened for the first time."""

    @abstractmethod
    def withdraw(self, job: Job[TokenT]) -> None:
        """Stop working on an unfinished job, and see to it that it ends."""

    @abstractmethod
    def drop(self, job: Job[TokenT]) -> None:
        """Stop working on an unfinished job at once; the caller ends it."""

    # -- a job's stream ---------------------------------------------------------------------

    def emit(self, job: Job[TokenT], token: TokenT) -> None:
        """Keep a job's next token, and send it to everyone who opened the stream."""
        tokens = job.tokens
        item = StreamItem(job.job_id, len(tokens), token)
        tokens.append(token)
        for sender in job.token_senders:
            try:
                sender.tell(item)
            except ActorDeadError:
                self._desert(job, sender)

    def end(self, job: Job[TokenT], outcome: Outcome) -> None:
        """End a job, and tell everyone who opened the stream.

        Args:
            job: one that has not ended, or the registry refuses.
            outcome: how it ends.
        """
        if isinstance(outcome, Cancelled):
            self.jobs.cancel_job(job.job_id)
        else:
            self.jobs.update_state(job.job_id, outcome)
        self.unfinished -= 1
        self._unopened.pop(job.job_id, None)
        self._open.pop(job.job_id, None)
        self._finished.append((clock.now(), job.job_id))
        end = StreamEnd(job.job_id, len(job.tokens), outcome)
        for sender in job.token_senders:
            tell(sender, end)
        if isinstance(outcome, Failed):
            log.warning("job failed", node=self.name, job=job.job_id, reason=outcome.message)

    def _desert(self, job: Job[TokenT], sender: ActorRef[Any]) -> None:
        """Send a stopped actor nothing more, and drop a job that has lost its last reader."""
        # A new list: the caller is going through the old one.
        job.token_senders = [other for other in job.token_senders if other is not sender]
        if not job.token_senders:
            # Told, not called: the caller is in the middle of a step.
            tell(self.actor_ref, Deserted(job.job_id))

    # -- messages ---------------------------------------------------------------------------

    def on_stop(self) -> None:
        """End what has not ended, so that nobody waits for a node that is gone."""
        for job_id in self.jobs.job_ids():
            job = self.jobs.get_job(job_id)
            if job.outcome is None:
                reason = f"{self.name} was stopped before {job_id} had ended"
                self.end(job, Failed(reason, STOPPED))

    def _on_open_stream(self, message: OpenStream) -> None:
        job_id, subscriber = message.job_id, message.subscriber
        if not self.jobs.has_job(job_id):
            tell(subscriber, StreamEnd(job_id, message.after + 1, self._unknown(job_id)))
            return
        job = self.jobs.get_job(job_id)
        self.jobs.set_token_sender(job_id, subscriber)
        now = clock.now()
        late = now - job.renewed_at >= self.patience.lease_seconds
        if late and job.outcome is None:
            # What a node finds in its inbox that has stood still may be older than the lease, and
            # its sender may have been told that nothing runs any more.
            sometimes("a node that has stood still finds a job that nobody reads")
            self.withdraw(job)
        job.renewed_at = now
        for index in range(max(0, message.after + 1), len(job.tokens)):
            tell(subscriber, StreamItem(job_id, index, job.tokens[index]))
        if job.outcome is not None:
            tell(subscriber, StreamEnd(job_id, len(job.tokens), job.outcome))
        elif self._unopened.pop(job_id, None) is not None:
            self._open[job_id] = job
            self._look_at = min(self._look_at, self._over_at(job))
            self.begin(job, self.jobs.take_payload(job_id))

    def _on_cancel(self, message: Cancel) -> None:
        job_id, client = message.job_id, message.reply_to
        if not self.jobs.has_job(job_id):
            tell(client, StreamEnd(job_id, 0, self._unknown(job_id)))
            return
        job = self.jobs.get_job(job_id)
        if job.outcome is not None:
            # Told again each time it is asked for, since the end may have been lost.
            sometimes("a cancel crosses the end")
            tell(client, StreamEnd(job_id, len(job.tokens), job.outcome))
            return
        if not job.reads(client):
            self.jobs.set_token_sender(job_id, client)
        self.withdraw(job)

    def _on_deserted(self, message: Deserted) -> None:
        if self.jobs.has_job(message.job_id):
            job = self.jobs.get_job(message.job_id)
            if job.outcome is None and not job.token_senders:
                log.info("nobody reads the job any more", node=self.name, job=job.job_id)
                self.withdraw(job)

    def _unknown(self, job_id: str) -> Failed:
        reason = f"{self.name} has no job {job_id!r}: it never was, or it ended and expired"
        return Failed(reason, UNKNOWN)

    # -- time -------------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Give up jobs that nobody opened, reads or has time for, and forget those long ended.

        Args:
            now: seconds of the clock.
        """
        patience = self.patience
        late = [
            job_id
            for job_id, accepted_at in self._unopened.items()
            if now - accepted_at >= patience.open_seconds
        ]
        for job_id in late:
            reason = f"nobody opened {job_id} in the {patience.open_seconds:g} s that it had"
            self.end(self.jobs.get_job(job_id), Failed(reason, UNOPENED))
        if now >= self._look_at:
            self._sweep_open(now)
        finished = self._finished
        while finished and now - finished[0][0] >= patience.keep_seconds:
            self._forget(finished.popleft()[1])

    def _over_at(self, job: Job[TokenT]) -> float:
        """Return when an open job is over unless it is shown to be read, or ends."""
        return min(job.ends_at, job.renewed_at + self.patience.lease_seconds)

    def _sweep_open(self, now: float) -> None:
        for job in list(self._open.values()):
            if job.outcome is not None:
                continue  # it ended with one before it, whose place it would have had
            if now >= job.ends_at:
                self.drop(job)
                reason = f"{job.job_id} has not ended in the time that it had"
                self.end(job, Failed(reason, TIMEOUT))
            elif now >= self._over_at(job):
                sometimes("a job is given up because nobody shows that it is read")
                log.info("nobody shows that it reads the job", node=self.name, job=job.job_id)
                self.withdraw(job)
        left = [at for at in map(self._over_at, self._open.values()) if at > now]
        # A relay's job that is given up stays open until it has ended below, and is seen to there.
        self._look_at = min(left, default=math.inf)

    def _forget(self, job_id: str) -> None:
        self.jobs.remove_job(job_id)
