"""One line of a trace."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

__all__ = ["KINDS", "Event", "Reply"]

KINDS = (
    "spawn",  # an actor begins; data: its host and class
    "send",  # a message leaves; data: the message
    "deliver",  # the receiver begins to handle it
    "drop",  # it will never arrive; data: the reason
    "unread",  # an answer came, and nobody has looked at it when the run ends
    "duplicate",  # a link sends it a second time
    "timer-set",  # data: the seconds until it fires
    "timer-fired",
    "timer-cancelled",
    "state",  # a registry changed; data: subject, before, after
    "note",  # a line that an actor logged
    "fault",  # something was done to the run from outside
    "fail",  # an actor's code raised; data: the error
    "stop",  # an actor ends
    "violation",  # an invariant did not hold; data: its name and what broke it
)
"""Every kind of event."""


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Something that happened in a run."""

    index: int
    """Its place in the run, from 0."""
    time: float
    """Seconds since the run began."""
    kind: str
    """One of `KINDS`."""
    actor: str
    """Whose event it is: the sender of a send, the receiver of a deliver."""
    cause: int | None = None
    """Index of the event whose handling produced this one."""
    message: int | None = None
    """Number of the message, the same in its send, deliver, drop and duplicate."""
    peer: str | None = None
    """The actor at the message's other end."""
    type: str | None = None
    """The message's class."""
    data: Any = None
    """What else there is to say, by kind."""


class Reply(NamedTuple):
    """The answer to an `ask`, as a message of its own."""

    value: Any
    """What the actor answered."""
    error: BaseException | None
    """What it raised instead, or None."""
