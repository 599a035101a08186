"""A run told message by message, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors import Heartbeat

if TYPE_CHECKING:
    from glasshive import Run
    from glasshive.trace import Event, Watcher

__all__ = ["in_words", "tell_to"]

# What makes a message this one and no other; the rest of it would only fill the line.
_TELLING = ("request_id", "name", "job_id", "after", "index", "token", "outcome", "reason", "share")


def tell_to(run: Run) -> Watcher:
    """Return a watcher that tells each message of the protocol as a line of the story."""

    def tell(event: Event, message: Any) -> None:
        if type(message).__module__ == Heartbeat.__module__ and not isinstance(message, Heartbeat):
            way = f"{event.peer:>8} → {event.actor:<8}"
            run.note(f"{event.time:7.3f} s  {way}  {in_words(message)}")

    return tell


def in_words(message: Any) -> str:
    """Return a message's class and what is telling about it."""
    told = [f"{name}={getattr(message, name)}" for name in _TELLING if hasattr(message, name)]
    if hasattr(message, "request"):
        told = [message.request.request_id]
        if getattr(message, "generated", 0):
            told.append(f"generated={message.generated}")
    return f"{type(message).__name__}({', '.join(told)})"
