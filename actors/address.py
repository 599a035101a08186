"""An actor's address: telling it something when it may be gone, and knowing it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pykka import ActorDeadError

if TYPE_CHECKING:
    from pykka import ActorRef

__all__ = ["same", "tell"]


def tell(ref: ActorRef[Any], message: Any) -> bool:
    """Tell an actor something; return whether it was there to be told.

    An actor that crashed is told as if nothing had happened: only its silence gives it away.

    Args:
        ref: the actor.
        message: what to tell it.
    """
    try:
        ref.tell(message)
    except ActorDeadError:
        return False
    return True


def same(one: ActorRef[Any], other: ActorRef[Any]) -> bool:
    """Return whether two references lead to one address, be it of an earlier life.

    Args:
        one: a reference.
        other: another.
    """
    # An actor that starts again keeps its inbox, and Pykka makes it a new reference.
    return one.actor_inbox is other.actor_inbox
