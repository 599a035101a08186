"""A live actor's inbox: a queue that notes what goes in and out."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

from glasshive.trace.recorder import Hearers

if TYPE_CHECKING:
    from weakref import ref

    from pykka import Actor, ActorRef
    from pykka._envelope import Envelope

    from glasshive.live import Live
    from glasshive.network import Host

__all__ = ["Letter", "LiveInbox", "LiveTask"]

Letter: TypeAlias = "tuple[Envelope[Any], LiveTask, int, int]"
"""An envelope, its sender, its number and the index of its send."""


class LiveTask:
    """A thread of the program as traces know it: the script, or an actor."""

    def __init__(self, name: str, host: Host) -> None:
        self.name = name
        self.host = host
        self.alive = True
        self.crashed = False
        self.cause = -1
        """Index of the event that is being handled here."""


class LiveInbox(LiveTask):
    """The inbox of an actor, and what the runtime knows of that actor.

    Args:
        live: the runtime.
        host: where its actor lives.
        owner: the actor.
    """

    def __init__(self, live: Live, host: Host, owner: ref[Actor]) -> None:
        super().__init__("", host)
        self.owner = owner
        self.ref: ActorRef[Any] | None = None
        """The actor's reference, once it has been started."""
        self.thread: threading.Thread | None = None
        self.watched = False
        """Whether anybody watches its messages."""
        self.watchers = Hearers()
        self.world = live
        self._queue: queue.Queue[Letter | None] = queue.Queue()
        self._door = threading.Lock()
        self._busy = False

    def put(self, envelope: Envelope[Any]) -> None:
        """Take a message from the current thread; from another host it takes its time."""
        self.world.post(self, envelope)

    def arrive(self, letter: Letter) -> None:
        """Hold a message that has come over its link."""
        with self._door:
            if self.alive:
                self._queue.put(letter)
                return
        self.world.lost(self, letter, "crash" if self.crashed else "stopped")

    def get(self) -> Envelope[Any]:
        """Wait for the next message and return it."""
        self.rest()
        letter = self._queue.get()
        if letter is not None and not self.alive:
            self.world.lost(self, letter, "crash")
        if letter is None or not self.alive:
            # Pykka calls get outside of its handlers, so this ends the thread and nothing else.
            raise SystemExit
        self._busy = True
        assert self.ref is not None
        if self.ref.actor_stopped.is_set():
            self.world.dropped(self, letter, "stopped")  # Pykka's teardown answers it
        else:
            self.world.delivered(self, letter)
        return letter[0]

    def empty(self) -> bool:
        """Return whether no message has arrived."""
        return self._queue.empty()

    def begin(self) -> None:
        """Note that the actor has something to do."""
        self._busy = True
        self.world.work(1)

    def rest(self) -> None:
        """Note that the actor has done what it had to do."""
        with self._door:
            busy, self._busy = self._busy, False
        if busy:
            self.world.work(-1)

    def close(self, reason: str) -> None:
        """Have the actor end at its next look into the inbox, and lose what lies in there."""
        with self._door:
            self.alive = False
            letters = self._emptied()
            self._queue.put(None)
        for letter in letters:
            self.world.lost(self, letter, reason)

    def _emptied(self) -> list[Letter]:
        letters = []
        while not self._queue.empty():
            letter = self._queue.get()
            if letter is not None:
                letters.append(letter)
        return letters
