"""Actors of a live run that stand in a handler through their crash, or that listen."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pykka

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive import Live

LONG = 20.0
"""Seconds that nothing here takes, on whatever machine."""


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.002)


class Ear(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if message == "all":
            return list(self.heard)
        self.heard.append(message)
        return None


class Held(pykka.ThreadingActor):
    """Stands in its first handler until it is let go, and then does something."""

    def __init__(self, gate: Gate, act: Callable[[Held], Any]) -> None:
        super().__init__()
        self.gate = gate
        self.act = act
        self.got: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if message != "hold":
            self.got.append(message)
            return self.got
        self.gate.stand()
        return self.act(self)


class Gate:
    """Where the thread of an earlier life stands, in the middle of its handler."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.go = threading.Event()
        self.thread: Any = None

    def stand(self) -> None:
        """Stand here until the thread is let go."""
        self.thread = threading.current_thread()
        self.came.set()
        assert self.go.wait(LONG)

    def open(self) -> None:
        """Let the thread go, and wait until it has ended."""
        self.go.set()
        self.thread.join(LONG)
        assert not self.thread.is_alive()


def held(live: Live, gate: Gate, act: Callable[[Held], Any]) -> pykka.ActorRef[Held]:
    """Return an actor that has crashed in the middle of a handler, and still stands there."""
    ref = Held.start(gate, act)
    ref.tell("hold")
    assert gate.came.wait(LONG)
    live.crash(ref)
    return ref
