"""The serving half of the dual call, which worker, hive and queen have in common."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

import structlog
from pykka import ActorDeadError

from actors.address import same, tell
from actors.ailment import Lie
from actors.bee import Bee
from actors.messages import (
    Accepted,
    Cancel,
    Drain,
    Drained,
    Heartbeat,
    Hello,
    OpenStream,
    Rejected,
    StreamEnd,
    StreamItem,
    Submit,
)
from actors.registry import JobRegistry
from actors.tokens import STOPPED, TIMEOUT, UNKNOWN, UNOPENED, Cancelled, Failed
from glasshive import Message, clock, sometimes

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.messages import Request, Turn, WorkerState
    from actors.registry import Job
    from actors.specs import Patience
    from actors.tokens import Outcome

__all__ = ["Node"]

TokenT = TypeVar("TokenT")

log = structlog.get_logger()


class Deserted(Message, frozen=True, gc=False):
    """Nobody is left to read a job's tokens."""

    job_id: str


class Submission(NamedTuple):
    """Which job was made for a request, for whom, and in which of that client's turns."""

    job_id: str
    client: ActorRef[Any]
    turn: Turn


class Node(Bee, Generic[TokenT]):
    """Serves jobs to whoever is above: accepts, sends and sends again, ends once, forgets.

    A job that is open must be shown again and again that it is read, by opening its stream; one
    whose readers are gone is given up when its lease is over.

    Args:
        name: the node's name, unique in the colony.
        parent: who is told the heartbeats, None for nobody.
        max_jobs: unfinished jobs that it holds at most.
        patience: how long it waits for others.
        birth: which of several nodes of this name it is, empty for the first.
    """

    height: ClassVar[int]
    """How many nodes there are from here down to a worker, both counted."""

    def __init__(
        self,
        *,
        name: str,
        parent: ActorRef[Any] | None,
        max_jobs: int,
        patience: Patience,
        birth: str = "",
    ) -> None:
        super().__init__(name=name, patience=patience)
        self.parent = parent
        self.max_jobs = max_jobs
        self.epoch = f"{birth}r{self.life}" if self.life else birth
        self.jobs: JobRegistry[TokenT] = JobRegistry(name, self.epoch)
        self.unfinished = 0
        """Jobs that have not ended."""
        self.submissions: dict[tuple[str, int], Submission] = {}
        """By request id and branch, as long as the job is in the registry."""
        self._unopened: dict[str, float] = {}
        self._open: dict[str, Job[TokenT]] = {}
        """Unfinished jobs whose stream was opened."""
        self._look_at = math.inf
        """The earliest time at which an open job may be over."""
        self._finished: deque[tuple[float, str]] = deque()
        self._draining: Drain | None = None
        self._closed = False
        self._beats = 0
        self._lies_until = -math.inf
        self._blind = False
        self.handlers |= {
            Submit: self._on_submit,
            OpenStream: self._on_open_stream,
            Cancel: self._on_cancel,
            Deserted: self._on_deserted,
            Drain: self._on_drain,
            Lie: self._on_lie,
        }

    # -- what a kind of node adds -----------------------------------------------------------

    @abstractmethod
    def refusal(self, request: Request) -> Rejected | None:
        """Return why this node can have no job for a request, None if it can."""

    @abstractmethod
    def begin(self, job: Job[TokenT], request: Request) -> None:
        """Set a job to work, since its stream was opened for the first time."""

    @abstractmethod
    def withdraw(self, job: Job[TokenT]) -> None:
        """Stop working on an unfinished job, and see to it that it ends."""

    @abstractmethod
    def drop(self, job: Job[TokenT]) -> None:
        """Stop working on an unfinished job at once; the caller ends it."""

    @abstractmethod
    def states(self) -> tuple[WorkerState, ...]:
        """Return what the heartbeat says of the workers."""

    def dry(self) -> bool:
        """Return whether all below has stopped, after having told it to if need be."""
        return True

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
        if self._draining is not None:
            self._close_if_dry()

    def _desert(self, job: Job[TokenT], sender: ActorRef[Any]) -> None:
        """Send a stopped actor nothing more, and drop a job that has lost its last reader."""
        # A new list: the caller is going through the old one.
        job.token_senders = [other for other in job.token_senders if other is not sender]
        if not job.token_senders:
            # Told, not called: the caller is in the middle of a step.
            tell(self.actor_ref, Deserted(job.job_id))

    # -- messages ---------------------------------------------------------------------------

    def on_start(self) -> None:
        """Say hello, and begin to beat."""
        self.announce(Hello)
        self.beat_later()

    def on_stop(self) -> None:
        """End what has not ended, so that nobody waits for a node that is gone."""
        for job_id in self.jobs.job_ids():
            job = self.jobs.get_job(job_id)
            if job.outcome is None:
                reason = f"{self.name} was stopped before {job_id} had ended"
                self.end(job, Failed(reason, STOPPED))

    def _on_submit(self, message: Submit) -> None:
        request, client, turn = message.request, message.reply_to, message.turn
        key = (request.request_id, request.branch)
        submission = self.submissions.get(key)
        own = submission is not None and same(submission.client, client)
        if own and submission is not None and turn <= submission.turn:
            if turn == submission.turn:
                self._accept(client, request, submission.job_id, turn)
            return  # or it was overtaken by a later one
        rejected = self._malformed(request, submission if not own else None)
        rejected = rejected or self.refusal(request) or self._full(request)
        if rejected is not None:
            tell(client, Rejected(request.request_id, rejected.reason, rejected.retry_after, turn))
            return
        if submission is not None:
            self._supersede(submission.job_id)
        job_id = self.jobs.create_job(*key)
        job = self.jobs.get_job(job_id)
        job.generated = message.generated
        now = clock.now()
        if message.seconds is not None:
            job.ends_at = now + message.seconds
        self.jobs.set_payload(job_id, request)
        self.unfinished += 1
        self.submissions[key] = Submission(job_id, client, turn)
        job.renewed_at = now
        self._unopened[job_id] = now
        self._accept(client, request, job_id, turn)

    def _accept(self, client: ActorRef[Any], request: Request, job_id: str, turn: Turn) -> None:
        tell(client, Accepted(request.request_id, job_id, self.actor_ref, turn))

    def _supersede(self, job_id: str) -> None:
        """Give up a job whose client has lost it, and wants another."""
        job = self.jobs.get_job(job_id)
        if job.outcome is None:
            sometimes("a client that lost its job gets another one where it was")
            self.withdraw(job)

    def _malformed(self, request: Request, submission: Submission | None) -> Rejected | None:
        if submission is not None:
            reason = f"{self.name} has a request {request.request_id!r} from another client"
        elif request.max_tokens < 1:
            reason = f"max_tokens is at least 1, not {request.max_tokens}"
        elif request.prompt_tokens < 0:
            reason = f"prompt_tokens is at least 0, not {request.prompt_tokens}"
        elif request.copies < 1:
            reason = f"copies is at least 1, not {request.copies}"
        else:
            return None
        return Rejected(request.request_id, reason, None)

    def _full(self, request: Request) -> Rejected | None:
        if self._draining is not None:
            reason = f"{self.name} is closing down"
        elif self.unfinished < self.max_jobs:
            return None
        else:
            reason = f"{self.name} is full: it has {self.unfinished} unfinished jobs"
        return Rejected(request.request_id, reason, self.patience.retry_seconds)

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

    # -- the heartbeat ----------------------------------------------------------------------

    def tend(self, now: float) -> None:
        """Give up and forget jobs whose time is over, and say how this node is."""
        self.sweep(now)
        if self._draining is not None:
            self._close_if_dry()
        self.announce(Heartbeat)

    def announce(self, kind: type[Heartbeat]) -> None:
        """Tell the parent that this node lives, and how its workers are.

        Args:
            kind: `Hello` at first, then `Heartbeat`.
        """
        if self.parent is None:
            return
        self._beats += 1
        turn = (self.life, self._beats)
        heartbeat = kind(self.name, self.actor_ref, self._said(), self.epoch, turn)
        if not tell(self.parent, heartbeat):
            log.warning("nobody hears the heartbeat", node=self.name)

    def _on_lie(self, message: Lie) -> None:
        self._lies_until = clock.now() + message.seconds
        self._blind = message.blind

    def _said(self) -> tuple[WorkerState, ...] | None:
        """Return what the heartbeat says of the workers, be it true or not."""
        states = self.states()
        if clock.now() >= self._lies_until:
            return states
        return None if self._blind else tuple(map(_idle, states))

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
        job = self.jobs.get_job(job_id)
        key = (job.request_id, job.branch)
        submission = self.submissions.get(key)
        if (
            submission is not None and submission.job_id == job_id
        ):  # else a later job took its place
            del self.submissions[key]
        self.jobs.remove_job(job_id)

    # -- closing down -----------------------------------------------------------------------

    def _on_drain(self, message: Drain) -> None:
        if self._draining is None:
            log.info("closing down", node=self.name, jobs=self.unfinished)
        self._draining = message
        self._close_if_dry()

    def _close_if_dry(self) -> None:
        if self.unfinished or self._closed or not self.dry():
            return
        assert self._draining is not None
        self._closed = True
        if self._draining.reply_to is not None:
            tell(self._draining.reply_to, Drained(self.name))
        self.stop()


def _idle(state: WorkerState) -> WorkerState:
    """Return how a worker would be that has nothing to do."""
    return type(state)(
        state.name,
        state.model,
        running=0,
        waiting=0,
        free_slots=state.max_num_seqs,
        free_vram_bytes=state.kv_bytes,
        max_num_seqs=state.max_num_seqs,
        max_waiting=state.max_waiting,
        kv_bytes=state.kv_bytes,
        kv_bytes_per_token=state.kv_bytes_per_token,
        phase="ready",
    )
