"""An actor of the chain as Thespian wants it: in a module that needs Thespian."""

from __future__ import annotations

from typing import Any, NamedTuple

from thespian.actors import Actor

__all__ = ["Hop", "Setting"]


class Setting(NamedTuple):
    """Whom to pass messages on to, and how many to take before stopping (0 for no end)."""

    following: Any
    left: int


class Hop(Actor):  # type: ignore[misc]
    """Passes every message on; a number begins as many, and is answered when all have passed."""

    def __init__(self) -> None:
        super().__init__()
        self.setting = Setting(None, 0)
        self.taken = 0
        self.asker: Any = None

    def receiveMessage(self, message: Any, sender: Any) -> None:  # noqa: N802  Thespian's name
        """Take a message."""
        if isinstance(message, Setting):
            self.setting = message
        elif isinstance(message, int):
            self.asker = sender
            for _ in range(message):
                self.send(self.setting.following, "message")
        elif message == "done":
            self.send(self.asker, "done")
        elif isinstance(message, str):
            self.taken += 1
            if self.taken == self.setting.left:
                self.send(self.setting.following, "done")
            elif not self.setting.left or self.taken < self.setting.left:
                self.send(self.setting.following, message)
