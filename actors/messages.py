"""What the bees tell one another: the dual call at every hop, and the signs of life beside it.

Down go `Submit`, `OpenStream` and `Cancel`; up come `Accepted` or `Rejected`, then `StreamItem`s
and one `StreamEnd`. Each node makes its own job ids and numbers its own streams from 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from glasshive import Message

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.tokens import Outcome

__all__ = [
    "Accepted",
    "Ask",
    "Cancel",
    "Drain",
    "Drained",
    "Farewell",
    "Heartbeat",
    "Hello",
    "LoadFailed",
    "Loading",
    "OpenStream",
    "Rejected",
    "Request",
    "StreamEnd",
    "StreamItem",
    "Submit",
    "Turn",
    "Withdraw",
    "WorkerState",
]

TokenT = TypeVar("TokenT")

Turn: TypeAlias = "tuple[int, int]"
"""A bee's life and a count of its own: of two that it tells, the later is what it means."""


class Request(Message, frozen=True, gc=False):
    """One inference request, the same object at every hop.

    Args:
        request_id: its name, unique in the colony; every job made for it carries it.
        model: the model that is to generate.
        prompt: the text to go on from.
        prompt_tokens: tokens of the prompt.
        max_tokens: tokens to generate at most.
        seed: chooses among the texts that the model could give.
        ignore_eos: generate exactly `max_tokens`, as vLLM's benchmarks ask with `--ignore-eos`.
        priority: one of a higher priority goes before all of a lower one wherever jobs wait; what
            has begun is not interrupted.
        copies: answers that are wanted, each from a worker of its own where there are so many;
            the seeds of the others count up from `seed`.
        branch: which of those answers this is, from 0.
    """

    request_id: str
    model: str
    prompt: str
    prompt_tokens: int
    max_tokens: int
    seed: int = 0
    ignore_eos: bool = False
    priority: int = 0
    copies: int = 1
    branch: int = 0


# -- the dual call, down ------------------------------------------------------------------


class Submit(Message, frozen=True):
    """Create a job; told again by the same client in the same turn it answers with the same job.

    In a later turn the client wants another job for the request, since it has lost the one before,
    and that one is given up. In an earlier one it was overtaken on its way, and is left out.

    Args:
        request: what to generate.
        reply_to: who is told `Accepted` or `Rejected`.
        turn: which of the client's submissions this is.
        generated: tokens of the text that the client holds already; the job goes on after them.
        seconds: the time in which the job is to end, None for any.
    """

    request: Request
    reply_to: ActorRef[Any]
    turn: Turn = (0, 0)
    generated: int = 0
    seconds: float | None = None


class OpenStream(Message, frozen=True):
    """Send a job's items; the first one sets the job to work.

    Args:
        job_id: the job, by the id of the node that this is told to.
        after: index of the last item that the subscriber holds, -1 for none.
        subscriber: who is told the items and the end.
    """

    job_id: str
    after: int
    subscriber: ActorRef[Any]


class Cancel(Message, frozen=True):
    """Stop a job; its `StreamEnd` is the answer, which may be of another outcome.

    Args:
        job_id: the job, by the id of the node that this is told to.
        reply_to: who is told the end, even if it never opened the stream.
    """

    job_id: str
    reply_to: ActorRef[Any]


# -- the dual call, up --------------------------------------------------------------------


class Accepted(Message, frozen=True):
    """There is a job for the request; it waits for its stream to be opened.

    Args:
        request_id: the request.
        job_id: the job, by the id of the node that accepted it.
        stream: whom to tell `OpenStream` and `Cancel`.
        turn: the turn of the submission.
    """

    request_id: str
    job_id: str
    stream: ActorRef[Any]
    turn: Turn = (0, 0)


class Rejected(Message, frozen=True, gc=False):
    """There is no job for the request.

    Args:
        request_id: the request.
        reason: why not.
        retry_after: seconds to wait before it is worth another try; None if it never will be.
        turn: the turn of the submission.
    """

    request_id: str
    reason: str
    retry_after: float | None
    turn: Turn = (0, 0)


class StreamItem(Message, Generic[TokenT], frozen=True, gc=False):
    """One token of a job.

    Args:
        job_id: the job, by the id of the node that sends it.
        index: its place in that node's stream, from 0.
        token: of the type of that node.
    """

    job_id: str
    index: int
    token: TokenT


class StreamEnd(Message, frozen=True, gc=False):
    """A job has ended; nothing comes after this.

    Args:
        job_id: the job, by the id of the node that sends it.
        index: its place in that node's stream, one past the last item's.
        outcome: how it ended.
    """

    job_id: str
    index: int
    outcome: Outcome


# -- signs of life ------------------------------------------------------------------------


class WorkerState(Message, frozen=True, gc=False):
    """How a worker is.

    Args:
        name: the worker.
        model: the model that it serves.
        running: sequences that its steps carry.
        waiting: jobs that it accepted and does not run yet.
        free_slots: sequences that it could run besides those and these.
        free_vram_bytes: VRAM that no running sequence takes.
        max_num_seqs: sequences that it can run at once.
        max_waiting: jobs that may wait besides those.
        kv_bytes: VRAM that it has for all its sequences.
        kv_bytes_per_token: VRAM that one token of a sequence takes.
        phase: "ready"; "loading" while it is being brought up, or "absent" while it is not there
            and can be.
    """

    name: str
    model: str
    running: int
    waiting: int
    free_slots: int
    free_vram_bytes: int
    max_num_seqs: int
    max_waiting: int
    kv_bytes: int
    kv_bytes_per_token: int
    phase: str = "ready"


class Heartbeat(Message, frozen=True):
    """I live, and this is how my workers are; who does not know me yet knows me now.

    Args:
        name: the worker or hive.
        node: where it is.
        workers: its workers; a worker speaks of itself alone. None if it cannot tell, which says
            nothing of them.
        epoch: the life of the node; in another one it has forgotten its jobs.
        turn: the node's life and its count of heartbeats, so that one which was overtaken on its
            way is known to be old.
    """

    name: str
    node: ActorRef[Any]
    workers: tuple[WorkerState, ...] | None
    epoch: str = ""
    turn: Turn = (0, 0)


class Hello(Heartbeat, frozen=True):
    """A node's first heartbeat, sent as soon as it is there."""


class Loading(Message, frozen=True, gc=False):
    """How far a worker is with loading its model.

    Args:
        name: the worker.
        share: what of the weights is there, up to 1.
    """

    name: str
    share: float


class LoadFailed(Message, frozen=True, gc=False):
    """A worker could not load its model, and is gone.

    Args:
        name: the worker.
        reason: why.
    """

    name: str
    reason: str


class Farewell(Message, frozen=True):
    """A worker has stopped, and holds nothing any more.

    Args:
        name: the worker.
        node: where it was.
    """

    name: str
    node: ActorRef[Any]


# -- closing down -------------------------------------------------------------------------


class Drain(Message, frozen=True):
    """Take no more jobs, finish those there are, have everyone below do the same, and stop.

    Args:
        reply_to: who is told `Drained` when all that is done, None for nobody.
    """

    reply_to: ActorRef[Any] | None


class Drained(Message, frozen=True, gc=False):
    """A node has finished its jobs and stopped, and so has everyone below it.

    Args:
        name: the node.
    """

    name: str


# -- what a script tells a keeper ---------------------------------------------------------


class Ask(Message, frozen=True, gc=False):
    """Have a request answered; the keeper's receipt says how that went."""

    request: Request


class Withdraw(Message, frozen=True, gc=False):
    """Give a request up, wherever it is by now."""

    request_id: str
