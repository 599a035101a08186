"""The serving half of the dual call, which worker, hive and queen have in common."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

import structlog

from actors.address import same, tell
from actors.ailment import Lie
from actors.messages import Accepted, Drain, Drained, Heartbeat, Hello, Rejected, Submit
from actors.server import Server
from glasshive import clock, sometimes

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.messages import Request, Turn, WorkerState
    from actors.registry import Job
    from actors.specs import Patience
    from actors.tokens import Outcome

__all__ = ["Node"]

TokenT = TypeVar("TokenT")

log = structlog.get_logger()


class Submission(NamedTuple):
    """Which job was made for a request, for whom, and in which of that client's turns."""

    job_id: str
    client: ActorRef[Any]
    turn: Turn


class Node(Server[TokenT], Generic[TokenT]):
    """Serves jobs to whoever is above: lets requests in, says how it is, and closes down.

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
        super().__init__(name=name, patience=patience, birth=birth)
        self.parent = parent
        self.max_jobs = max_jobs
        self.submissions: dict[tuple[str, int], Submission] = {}
        """By request id and branch, as long as the job is in the registry."""
        self._draining: Drain | None = None
        self._closed = False
        self._beats = 0
        self._lies_until = -math.inf
        self._blind = False
        self.handlers |= {
            Submit: self._on_submit,
            Drain: self._on_drain,
            Lie: self._on_lie,
        }

    # -- what a kind of node adds -----------------------------------------------------------

    @abstractmethod
    def refusal(self, request: Request) -> Rejected | None:
        """Return why this node can have no job for a request, None if it can."""

    @abstractmethod
    def states(self) -> tuple[WorkerState, ...]:
        """Return what the heartbeat says of the workers."""

    def dry(self) -> bool:
        """Return whether all below has stopped, after having told it to if need be."""
        return True

    # -- letting requests in ----------------------------------------------------------------

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

    def _forget(self, job_id: str) -> None:
        job = self.jobs.get_job(job_id)
        key = (job.request_id, job.branch)
        submission = self.submissions.get(key)
        # Else a later job took its place.
        if submission is not None and submission.job_id == job_id:
            del self.submissions[key]
        super()._forget(job_id)

    # -- the heartbeat ----------------------------------------------------------------------

    def on_start(self) -> None:
        """Say hello, and begin to beat."""
        self.announce(Hello)
        self.beat_later()

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

    # -- closing down -----------------------------------------------------------------------

    def end(self, job: Job[TokenT], outcome: Outcome) -> None:
        """End a job, and tell everyone who opened the stream."""
        super().end(job, outcome)
        if self._draining is not None:
            self._close_if_dry()

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
