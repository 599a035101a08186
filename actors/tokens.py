"""What streams carry: each node's tokens, and the outcomes that a stream ends with."""

from __future__ import annotations

from typing import TypeAlias

from glasshive import Message

__all__ = [
    "LOST",
    "NO_WORKER",
    "OUT_OF_MEMORY",
    "STOPPED",
    "TIMEOUT",
    "UNKNOWN",
    "UNOPENED",
    "Aggregated",
    "Cancelled",
    "Completed",
    "Done",
    "Error",
    "Failed",
    "HiveToken",
    "ModelInfo",
    "Outcome",
    "QueenToken",
    "Token",
    "TokenResponse",
    "Usage",
    "WorkerOutput",
    "WorkerResponse",
    "WorkerStatus",
]


TIMEOUT = "timeout"
"""Code of a job that did not end in its time; trying it elsewhere would not give it more."""

UNKNOWN = "unknown-job"
"""Code of what a node answers that never had a job, or has forgotten it."""

UNOPENED = "unopened"
"""Code of a job whose stream nobody opened in the time that it had."""

LOST = "lost"
"""Code of a job that was lost below as often as its node tries again."""

NO_WORKER = "no-worker"
"""Code of a job whose model nobody below serves, or will."""

STOPPED = "stopped"
"""Code of a job whose node was stopped."""

OUT_OF_MEMORY = "out-of-memory"
"""Code of a job whose worker was refused VRAM in the middle."""


class Usage(Message, frozen=True, gc=False):
    """How many tokens a request took.

    Args:
        prompt_tokens: tokens of its prompt.
        completion_tokens: tokens that were generated.
    """

    prompt_tokens: int
    completion_tokens: int


class Completed(Message, frozen=True, gc=False):
    """All of the output was generated.

    Below the queen the stream's own `Done` says why and how much, and both fields are None.

    Args:
        stop_reason: "stop" if the text came to its end, "length" if `max_tokens` cut it.
        usage: tokens that the request took.
    """

    stop_reason: str | None = None
    usage: Usage | None = None


class Failed(Message, frozen=True, gc=False):
    """The output is not whole, and nothing more of it will come.

    Args:
        message: what happened, who found out, and to whom.
        code: one word that programs can ask for, the one of the worker's `Error` if there was
            one, or None.
    """

    message: str
    code: str | None = None


class Cancelled(Message, frozen=True, gc=False):
    """The client did not want the rest."""


Outcome: TypeAlias = Completed | Failed | Cancelled
"""How a job can end."""


class Token(Message, frozen=True, gc=False):
    """One token of the generated text."""

    text: str


class Error(Message, frozen=True, gc=False):
    """The worker gave up in the middle; the last item of its stream.

    Args:
        code: one word that programs can ask for.
        message: a sentence for people.
    """

    code: str
    message: str


class Done(Message, frozen=True, gc=False):
    """The whole text was generated; the last item of the worker's stream.

    Args:
        stop_reason: "stop" if the text came to its end, "length" if `max_tokens` cut it.
        usage: tokens that the request took.
    """

    stop_reason: str
    usage: Usage


TokenResponse: TypeAlias = Token | Error | Done
"""A worker's tokens: `Token`s, then one `Done` or `Error`."""


class WorkerOutput(Message, frozen=True, gc=False):
    """A token of the worker that has the job now."""

    token: TokenResponse


class WorkerStatus(Message, frozen=True, gc=False):
    """What the hive does about the job, for people."""

    text: str


class ModelInfo(Message, frozen=True, gc=False):
    """What the job runs on, for people."""

    text: str


HiveToken: TypeAlias = WorkerOutput | WorkerStatus | ModelInfo
"""A hive's tokens."""


class WorkerResponse(Message, frozen=True, gc=False):
    """One token of the generated text, as the client gets it."""

    text: str


class Aggregated(Message, frozen=True, gc=False):
    """One token of each of several answers to one request.

    Args:
        texts: the tokens, answer by answer; empty for an answer that has come to its end.
    """

    texts: tuple[str, ...]


QueenToken: TypeAlias = WorkerResponse | Aggregated
"""The queen's tokens: text and nothing else."""
