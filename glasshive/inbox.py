"""What a live run knows of each flow of control: the script's threads, and actors' lives."""

from __future__ import annotations

import threading
import weakref
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

from pykka._envelope import Envelope

from glasshive.trace.recorder import Hearers

if TYPE_CHECKING:
    from weakref import ref

    from pykka import Actor, ActorRef

    from glasshive.lives import Birth
    from glasshive.network import Host
    from glasshive.post import Post

__all__ = ["Due", "Letter", "Life", "LiveInbox", "LiveTask", "Script"]

Letter: TypeAlias = "tuple[Envelope[Any], LiveTask, int, int]"
"""An envelope, its sender, its number and the index of its send."""


class Due(Envelope[Any]):
    """What a timer tells.

    Args:
        message: the message.
        due: when it should be handled, in seconds of the runtime's clock.
    """

    __slots__ = ("due",)

    def __init__(self, message: Any, due: float) -> None:
        super().__init__(message)
        self.due = due


class LiveTask:
    """A thread of the program as traces know it: the script's, or an actor's."""

    def __init__(self, name: str, host: Host) -> None:
        self.name = name
        self.host = host
        self.alive = True
        self.cause = -1
        """Index of the event that is being handled here."""
        self.late = 0.0
        """Seconds by which a timer's message was late that is being handled here."""


class Script(LiveTask):
    """The script, and every thread that is no actor's; `Runtime.on` moves one of them alone."""

    def __init__(self, host: Host) -> None:
        self._here = threading.local()
        self._home = host
        super().__init__("script", host)

    @property
    def host(self) -> Host:
        """Where the current thread starts actors, and tells them things from."""
        host: Host = getattr(self._here, "host", self._home)
        return host

    @host.setter
    def host(self, host: Host) -> None:
        self._here.host = host


class Life(LiveTask):
    """An actor from its start to its stop or its crash: one thread, and what has come for it.

    A restarted actor has another, so that whatever the thread of the one before still does is
    known to come from there. It changes under the runtime's lock alone.

    Args:
        inbox: the actor's address.
    """

    def __init__(self, inbox: LiveInbox) -> None:
        super().__init__(inbox.name, inbox.host)
        self.inbox = inbox
        self.owner: ref[Actor] | None = None
        """The actor, once it was started."""
        self.letters: SimpleQueue[Letter | None] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self.former: threading.Thread | None = None
        """The thread of an earlier life of the same instance, which may still be in there."""
        self.entered = False
        """Whether its own thread has gone into the instance."""
        self.leaving = False
        """Whether it has begun to stop, or to die of an error."""
        self.dying = False
        """Whether it has begun to die of an error."""
        self.over = ""
        """Why it takes nothing any more, once that is so."""
        self._busy = False

    def begin(self) -> None:
        """Note that the actor has something to do."""
        self._busy = True
        self.inbox.world.works += 1

    def rest(self) -> None:
        """Note that the actor has done what it had to do."""
        if self._busy:
            self._busy = False
            self.inbox.world.works -= 1

    def took_up(self) -> None:
        """Note that the actor is busy with a message, which is on its way no more."""
        self._busy = True

    def end(self, reason: str) -> list[Letter]:
        """Have the thread end at its next look into the inbox; return what is lost by that."""
        self.alive = False
        self.over = reason
        self.rest()
        letters = []
        while not self.letters.empty():
            letter = self.letters.get()
            if letter is not None:
                letters.append(letter)
        self.letters.put(None)
        return letters


class LiveInbox:
    """An actor's address, and what the runtime knows of that actor in all its lives.

    Args:
        live: the runtime.
        host: where its actor lives.
        actor: the actor.
    """

    def __init__(self, live: Post, host: Host, actor: Actor) -> None:
        self.world = live
        self.name = ""
        self.host = host
        self.actor_class = type(actor)
        self.birth: Birth | None = None
        """What it was started with, if it was started with `start`."""
        self.owner = weakref.ref(actor)
        self.ref: ActorRef[Any] | None = None
        """The actor's reference, once it has been started."""
        self.watched = False
        """Whether anybody watches its messages."""
        self.watchers = Hearers()
        self.life = 0
        """How often it has crashed."""
        self.rising = False
        """Whether it is being started again, and has not come so far."""
        self.task = Life(self)
        """The life that it is in, or was in last."""

    @property
    def alive(self) -> bool:
        """Whether it takes messages."""
        return self.task.alive

    @property
    def cause(self) -> int:
        """Index of the event that is being handled here."""
        return self.task.cause

    def put(self, envelope: Envelope[Any]) -> None:
        """Take a message from the current thread; from another host it takes its time."""
        self.world.post(self, envelope)

    def arrive(self, letter: Letter) -> None:
        """Hold a message that has come over its link."""
        with self.world.lock:
            task = self.task
            if task.alive:
                task.letters.put(letter)
                return
        self.world.lost(self, letter, task.over)

    def cut_off(self, letter: Letter) -> None:
        """Lose a message that is under way when the run ends."""
        self.world.lost(self, letter, "end")

    def get(self) -> Envelope[Any]:
        """Wait for the next message of the life that the current thread lives, and return it.

        Pykka calls it outside of its handlers, so that `SystemExit` ends the thread and no more.
        """
        world = self.world
        task = world.life_here(self)
        with world.lock:
            task.rest()
        letter = task.letters.get()
        if letter is None:
            raise SystemExit
        with world.lock:
            if task.alive:
                task.took_up()
                envelope = letter[0]
                task.late = world.now() - envelope.due if isinstance(envelope, Due) else 0.0
                assert self.ref is not None
                if self.ref.actor_stopped.is_set():
                    world.dropped(self, letter, "stopped")  # Pykka's teardown answers it
                else:
                    world.delivered(self, letter)
                world.unless_over()  # a watcher may have crashed it
                return envelope
        world.lost(self, letter, task.over)
        raise SystemExit

    def empty(self) -> bool:
        """Return whether no message has arrived."""
        return self.world.life_here(self).letters.empty()
