"""What an error in an actor's code says about where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glasshive.frames import place_of
from glasshive.trace.plain import describe

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["annotate", "casualty", "doing", "handling"]

_LENGTH = 200
"""Characters of a message that a note shows."""

_NOTES = 16
"""Notes on one error; an object that is raised again and again would gather them without end."""


def annotate(error: BaseException, time: float, actor: str, what: str) -> None:
    """Note on an error when, where and at what it was raised; its traceback stays.

    Args:
        error: what was raised; asked on from actor to actor, it gathers one note at each.
        time: seconds since the run began.
        actor: whose code raised it.
        what: what that code was doing.
    """
    note = f"at {time:.6f} s, in {actor}, {what}"
    notes = getattr(error, "__notes__", ())
    if note not in notes and len(notes) < _NOTES:
        error.add_note(note)


def handling(message: Any) -> str:
    """Say that a message was being handled."""
    text = describe(message)
    return f"handling {text if len(text) <= _LENGTH else text[:_LENGTH] + '…'}"


def casualty(name: str, error: BaseException) -> str:
    """Say which actor died of which error, and where that was raised.

    Args:
        name: the actor's.
        error: what it died of.
    """
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = "" if traceback is None else f", at {place_of(traceback.tb_frame, traceback.tb_lineno)}"
    return f"{name} died of {type(error).__name__}: {error}{where}"


def doing(traceback: TracebackType | None) -> str:
    """Say what Pykka's loop was doing, read from the loop's own frame.

    Reading it here, after a failure, costs nothing on the way of each message.
    """
    if traceback is None:
        return "nothing that is known"
    frame = traceback.tb_frame
    if frame.f_code.co_name == "_actor_loop_running":
        return handling(frame.f_locals["envelope"].message)
    hook = {"_actor_loop_setup": "on_start", "_stop": "on_stop"}
    return f"in {hook.get(frame.f_code.co_name, frame.f_code.co_name)}()"
