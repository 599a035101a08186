"""Telling an actor something when it may be gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pykka import ActorDeadError

if TYPE_CHECKING:
    from pykka import ActorRef

__all__ = ["tell"]


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
