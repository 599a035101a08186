"""What every bee has: a name, a way to handle messages, and a heart that beats."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pykka import ThreadingActor

from actors.ailment import Hang
from glasshive import Message, clock, life

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.specs import Patience

__all__ = ["Beat", "Bee"]


class Beat(Message, frozen=True, gc=False):
    """It is time for a heartbeat."""


class Bee(ThreadingActor):
    """Handles each message by its class, and looks after what it has at every heartbeat.

    Args:
        name: the bee's name, unique in the colony.
        patience: how long it waits for others.
    """

    def __init__(self, *, name: str, patience: Patience) -> None:
        super().__init__()
        self.name = name
        self.patience = patience
        self.life = life(self.actor_ref)
        """How often it has crashed and begun anew, knowing nothing."""
        self.handlers: dict[type[Any], Callable[[Any], None]] = {
            Beat: self._on_beat,
            Hang: self._on_hang,
        }
        """What is done with each class of message."""

    def on_receive(self, message: Any) -> None:
        """Handle a message by its class; one that is not known is logged by Pykka."""
        handler = self.handlers.get(type(message))
        if handler is None:
            super().on_receive(message)
        else:
            handler(message)

    def tend(self, now: float) -> None:
        """Look after everything at a heartbeat.

        Args:
            now: seconds of the clock.
        """

    def beat_later(self) -> None:
        """Have the heart beat once more."""
        clock.after(self.patience.heartbeat_seconds, self.actor_ref, Beat())

    def _on_beat(self, _: Beat) -> None:
        self.tend(clock.now())
        self.beat_later()

    def _on_hang(self, message: Hang) -> None:
        time.sleep(message.seconds)
