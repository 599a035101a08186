"""The time of the run: virtual in a simulation, the wall's when live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glasshive.runtime import Timer, active

if TYPE_CHECKING:
    from pykka import ActorRef

__all__ = ["Timer", "after", "now"]


def now() -> float:
    """Return the seconds since the run began, by the clock of the current actor's host.

    Raises:
        NotRunning: outside of a Simulation and of Live.
    """
    return active().local_now()


def after(delay: float, ref: ActorRef[Any], message: Any) -> Timer:
    """Tell an actor something later; the timer dies with the actor that set it.

    Args:
        delay: seconds from now, zero or more.
        ref: the actor to tell.
        message: what to tell it.

    Raises:
        NotRunning: outside of a Simulation and of Live.
        ValueError: for a delay below zero.
    """
    return active().after(delay, ref, message)
