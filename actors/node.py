"""The serving half of the dual call, which worker, hive and queen have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import structlog
from pykka import ActorDeadError, ThreadingActor

from actors.address import tell
from actors.messages import (
    Accepted,
    Cancel,
    Heartbeat,
    Hello,
    OpenStream,
    Rejected,
    StreamEnd,
    StreamItem,
    Submit,
)
from actors.registry import JobRegistry
from actors.tokens import Cancelled, Failed
from glasshive import Message, clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from actors.messages import Request, WorkerState
    from actors.registry import Job
    from actors.specs import Patience
    from actors.tokens import Outcome

__all__ = ["Node"]

TokenT = TypeVar("TokenT")

log = structlog.get_logger()


class Beat(Message, frozen=True, gc=False):
    """It is time for a heartbeat."""


class Deserted(Message, frozen=True, gc=False):
    """Nobody is left to read a job's tokens."""

    job_id: str


class Submission(NamedTuple):
    """Which job was made for a request, and for whom."""

    job_id: str
    client: ActorRef[Any]


class Node(ThreadingActor, Generic[TokenT]):
    """Serves jobs to whoever is above: accepts, sends and sends again, ends once, forgets.

    Args:
        name: the node's name, unique in the colony.
        parent: who is told the heartbeats, None for nobody.
        max_jobs: unfinished jobs that it holds at most.
        patience: how long it waits for others.
    """

    def __init__(
        self, *, name: str, parent: ActorRef[Any] | None, max_jobs: int, patience: Patience
    ) -> None:
        super().__init__()
        self.name = name
        self.parent = parent
        self.max_jobs = max_jobs
        self.patience = patience
        self.jobs: JobRegistry[TokenT] = JobRegistry(name)
        self.unfinished = 0
        """Jobs that have not ended."""
        self.submissions: dict[str, Submission] = {}
        """By request id, as long as the job is in the registry."""
        self._unopened: dict[str, float] = {}
        self._finished: deque[tuple[float, str]] = deque()
        self.handlers: dict[type[Any], Callable[[Any], None]] = {
            Submit: self._on_submit,
            OpenStream: self._on_open_stream,
            Cancel: self._on_cancel,
            Deserted: self._on_deserted,
            Beat: self._on_beat,
        }
        """What is done with each class of message."""

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
    def states(self) -> tuple[WorkerState, ...]:
        """Return what the heartbeat says of the workers."""

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

    def on_start(self) -> None:
        """Say hello, and begin to beat."""
        self._announce(Hello)
        clock.after(self.patience.heartbeat_seconds, self.actor_ref, Beat())

    def on_stop(self) -> None:
        """End what has not ended, so that nobody waits for a node that is gone."""
        for job_id in self.jobs.job_ids():
            job = self.jobs.get_job(job_id)
            if job.outcome is None:
                self.end(job, Failed(f"{self.name} was stopped before {job_id} had ended"))

    def on_receive(self, message: Any) -> None:
        """Handle a message by its class; one that is not known is logged by Pykka."""
        handler = self.handlers.get(type(message))
        if handler is None:
            super().on_receive(message)
        else:
            handler(message)

    def _on_submit(self, message: Submit) -> None:
        request, client = message.request, message.reply_to
        submission = self.submissions.get(request.request_id)
        if submission is not None and submission.client is client:
            tell(client, Accepted(request.request_id, submission.job_id, self.actor_ref))
            return
        rejected = (
            self._malformed(request, submission) or self.refusal(request) or self._full(request)
        )
        if rejected is not None:
            tell(client, rejected)
            return
        job_id = self.jobs.create_job(request.request_id)
        self.jobs.set_payload(job_id, request)
        self.unfinished += 1
        self.submissions[request.request_id] = Submission(job_id, client)
        self._unopened[job_id] = clock.now()
        tell(client, Accepted(request.request_id, job_id, self.actor_ref))

    def _malformed(self, request: Request, submission: Submission | None) -> Rejected | None:
        if submission is not None:
            reason = f"{self.name} has a request {request.request_id!r} from another client"
        elif request.max_tokens < 1:
            reason = f"max_tokens is at least 1, not {request.max_tokens}"
        elif request.prompt_tokens < 0:
            reason = f"prompt_tokens is at least 0, not {request.prompt_tokens}"
        else:
            return None
        return Rejected(request.request_id, reason, None)

    def _full(self, request: Request) -> Rejected | None:
        if self.unfinished < self.max_jobs:
            return None
        reason = f"{self.name} is full: it has {self.unfinished} unfinished jobs"
        return Rejected(request.request_id, reason, self.patience.retry_seconds)

    def _on_open_stream(self, message: OpenStream) -> None:
        job_id, subscriber = message.job_id, message.subscriber
        if not self.jobs.has_job(job_id):
            tell(subscriber, StreamEnd(job_id, message.after + 1, self._unknown(job_id)))
            return
        job = self.jobs.get_job(job_id)
        self.jobs.set_token_sender(job_id, subscriber)
        for index in range(max(0, message.after + 1), len(job.tokens)):
            tell(subscriber, StreamItem(job_id, index, job.tokens[index]))
        if job.outcome is not None:
            tell(subscriber, StreamEnd(job_id, len(job.tokens), job.outcome))
        elif self._unopened.pop(job_id, None) is not None:
            self.begin(job, self.jobs.take_payload(job_id))

    def _on_cancel(self, message: Cancel) -> None:
        job_id, client = message.job_id, message.reply_to
        if not self.jobs.has_job(job_id):
            tell(client, StreamEnd(job_id, 0, self._unknown(job_id)))
            return
        job = self.jobs.get_job(job_id)
        # Whoever opened the stream has been told its end, or will be; others ask for it with this.
        told = client in job.token_senders
        if not told:
            self.jobs.set_token_sender(job_id, client)
        if job.outcome is None:
            self.withdraw(job)
        elif not told:
            tell(client, StreamEnd(job_id, len(job.tokens), job.outcome))

    def _on_deserted(self, message: Deserted) -> None:
        if self.jobs.has_job(message.job_id):
            job = self.jobs.get_job(message.job_id)
            if job.outcome is None and not job.token_senders:
                log.info("nobody reads the job any more", node=self.name, job=job.job_id)
                self.withdraw(job)

    def _unknown(self, job_id: str) -> Failed:
        return Failed(f"{self.name} has no job {job_id!r}: it never was, or it ended and expired")

    # -- the heartbeat ----------------------------------------------------------------------

    def _on_beat(self, _: Beat) -> None:
        self._sweep(clock.now())
        self._announce(Heartbeat)
        clock.after(self.patience.heartbeat_seconds, self.actor_ref, Beat())

    def _announce(self, kind: type[Heartbeat]) -> None:
        if self.parent is not None and not tell(
            self.parent, kind(self.name, self.actor_ref, self.states())
        ):
            log.warning("nobody hears the heartbeat", node=self.name)

    def _sweep(self, now: float) -> None:
        """Give up jobs that nobody opened, and forget those that ended long ago."""
        patience = self.patience
        late = [
            job_id
            for job_id, accepted_at in self._unopened.items()
            if now - accepted_at >= patience.open_seconds
        ]
        for job_id in late:
            reason = f"nobody opened {job_id} in the {patience.open_seconds:g} s that it had"
            self.end(self.jobs.get_job(job_id), Failed(reason))
        finished = self._finished
        while finished and now - finished[0][0] >= patience.keep_seconds:
            job_id = finished.popleft()[1]
            del self.submissions[self.jobs.get_job(job_id).request_id]
            self.jobs.remove_job(job_id)
