"""A node's own table of its jobs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from actors.address import same
from actors.tokens import Cancelled, Completed, Failed
from glasshive import GlasshiveError, Message, record_state

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.messages import Request

__all__ = [
    "AlreadySet",
    "AlreadyTaken",
    "IllegalTransition",
    "Job",
    "JobRegistry",
    "JobState",
    "NothingToTake",
    "Queued",
    "RegistryError",
    "Running",
    "StillUnfinished",
    "UnknownJob",
]

TokenT = TypeVar("TokenT")


class RegistryError(GlasshiveError):
    """Base class: a registry was asked for something that its job does not allow."""


class UnknownJob(RegistryError):
    """There is no job of this id: it was never created, or it was removed."""


class IllegalTransition(RegistryError):
    """A job cannot go from the state that it is in to that one."""


class StillUnfinished(RegistryError):
    """A job that has not ended cannot be removed."""


class AlreadySet(RegistryError):
    """A job has its payload; it gets no other."""


class AlreadyTaken(RegistryError):
    """A job's payload was taken, and whoever took it does the job."""


class NothingToTake(RegistryError):
    """A job was given no payload yet."""


class Queued(Message, frozen=True, gc=False):
    """The job is accepted; nothing of it has been generated."""


class Running(Message, frozen=True, gc=False):
    """A worker has the job."""


JobState: TypeAlias = Queued | Running | Completed | Failed | Cancelled
"""A job's state; the last three are final, and are the outcomes that a `StreamEnd` carries."""

_NEXT: dict[type[JobState], tuple[type[JobState], ...]] = {
    Queued: (Running, Failed, Cancelled),
    Running: (Completed, Failed, Cancelled),
    Completed: (),
    Failed: (),
    Cancelled: (),
}


@dataclass(slots=True, eq=False)
class Job(Generic[TokenT]):
    """One request as one node knows it."""

    job_id: str
    request_id: str
    """The request's own name, the same at every hop."""
    state: JobState = field(default_factory=Queued)
    tokens: list[TokenT] = field(default_factory=list)
    """Everything that was sent, so that it can be sent again."""
    token_senders: list[ActorRef[Any]] = field(default_factory=list)
    """Where the tokens go: everyone who opened the stream, each once."""
    payload: Request | None = None
    payload_taken: bool = False
    branch: int = 0
    """Which of the request's answers it is for."""
    generated: int = 0
    """Tokens of the text that its client had before; the job goes on after them."""
    ends_at: float = math.inf
    """When its time is over, in seconds of the clock."""
    renewed_at: float = 0.0
    """When its reader was last heard of, in seconds of the clock."""

    def reads(self, client: ActorRef[Any]) -> bool:
        """Return whether an actor has opened the stream."""
        return any(same(sender, client) for sender in self.token_senders)

    @property
    def outcome(self) -> Completed | Failed | Cancelled | None:
        """How the job ended, None while it has not."""
        state = self.state
        return state if isinstance(state, Completed | Failed | Cancelled) else None


class JobRegistry(Generic[TokenT]):
    """The jobs of one node, by the ids that it gives them.

    Its node is an actor, and nobody else touches it, so it has no locks. Every change of a job's
    state is recorded in the trace under the job's id.

    Args:
        owner: the node's name, the first part of every job id.
        epoch: the node's life, empty for its first; it keeps the ids of two lives apart.
    """

    def __init__(self, owner: str, epoch: str = "") -> None:
        self.owner = owner
        self._stem = f"{owner}/life-{epoch}/job-" if epoch else f"{owner}/job-"
        self._jobs: dict[str, Job[TokenT]] = {}
        self._created = 0

    def create_job(self, request_id: str, branch: int = 0) -> str:
        """Create a queued job and return its id, such as "worker-2/job-7".

        In a later life of the node it is one such as "worker-2/life-1/job-7".

        Args:
            request_id: the request that the job is for.
            branch: which of the request's answers.
        """
        self._created += 1
        job_id = f"{self._stem}{self._created}"
        self._jobs[job_id] = Job(job_id, request_id, branch=branch)
        record_state(job_id, None, "Queued", request_id=request_id)
        return job_id

    def get_job(self, job_id: str) -> Job[TokenT]:
        """Return a job.

        Raises:
            UnknownJob: there is none of this id.
        """
        try:
            return self._jobs[job_id]
        except KeyError:
            raise UnknownJob(
                f"{self.owner} has no job {job_id!r}: it has created {self._created}, from "
                f"{self._stem}1 on, and holds {self.job_count()} that were not removed"
            ) from None

    def has_job(self, job_id: str) -> bool:
        """Return whether there is a job of this id."""
        return job_id in self._jobs

    def update_state(self, job_id: str, state: JobState) -> None:
        """Move a job to its next state.

        Args:
            job_id: the job.
            state: where to; a final state says how the job ended.

        Raises:
            UnknownJob: there is none of this id.
            IllegalTransition: the job's state does not lead there.
        """
        job = self.get_job(job_id)
        before = type(job.state)
        if type(state) not in _NEXT[before]:
            legal = ", ".join(after.__name__ for after in _NEXT[before])
            raise IllegalTransition(
                f"job {job_id} is {before.__name__} and cannot become {type(state).__name__}; "
                + (f"from {before.__name__} it may become {legal}" if legal else "that is final")
            )
        job.state = state
        if isinstance(state, Failed):
            record_state(job_id, before.__name__, "Failed", message=state.message)
        else:
            record_state(job_id, before.__name__, type(state).__name__)

    def set_token_sender(self, job_id: str, sender: ActorRef[Any]) -> None:
        """Add an address where the job's tokens go; one that is there already stays there once.

        Raises:
            UnknownJob: there is none of this id.
        """
        job = self.get_job(job_id)
        job.token_senders = [each for each in job.token_senders if not same(each, sender)]
        job.token_senders.append(sender)

    def get_token_sender(self, job_id: str) -> ActorRef[Any] | None:
        """Return the address that was set last, None if there is none.

        Raises:
            UnknownJob: there is none of this id.
        """
        senders = self.get_job(job_id).token_senders
        return senders[-1] if senders else None

    def set_payload(self, job_id: str, payload: Request) -> None:
        """Leave what the job is to do, for whoever will do it.

        Raises:
            UnknownJob: there is none of this id.
            AlreadySet: the job has a payload, taken or not.
        """
        job = self.get_job(job_id)
        if job.payload is not None or job.payload_taken:
            raise AlreadySet(
                f"job {job_id} was given its payload before; another request is another job"
            )
        job.payload = payload

    def take_payload(self, job_id: str) -> Request:
        """Return what the job is to do, once: whoever takes it does the job.

        Raises:
            UnknownJob: there is none of this id.
            AlreadyTaken: somebody took it before.
            NothingToTake: it was not set yet.
        """
        job = self.get_job(job_id)
        if job.payload_taken:
            raise AlreadyTaken(
                f"the payload of job {job_id} ({type(job.state).__name__}) was taken before; "
                "open its stream to see what becomes of it"
            )
        if job.payload is None:
            raise NothingToTake(f"job {job_id} has no payload yet: set_payload comes first")
        payload, job.payload, job.payload_taken = job.payload, None, True
        return payload

    def cancel_job(self, job_id: str) -> None:
        """Move a job to Cancelled.

        Raises:
            UnknownJob: there is none of this id.
            IllegalTransition: the job has ended.
        """
        self.update_state(job_id, Cancelled())

    def remove_job(self, job_id: str) -> None:
        """Forget a job that has ended, and its tokens.

        Raises:
            UnknownJob: there is none of this id.
            StillUnfinished: the job has not ended.
        """
        job = self.get_job(job_id)
        before = type(job.state).__name__
        if job.outcome is None:
            raise StillUnfinished(
                f"job {job_id} is {before} and cannot be removed; "
                "it may be once it is Completed, Failed or Cancelled"
            )
        del self._jobs[job_id]
        record_state(job_id, before, None)

    def job_ids(self) -> list[str]:
        """Return the ids of all jobs, oldest first."""
        return list(self._jobs)

    def job_count(self) -> int:
        """Return how many jobs there are, finished ones too."""
        return len(self._jobs)
