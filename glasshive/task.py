"""The flows of control of a simulation: the script, and each actor behind its inbox."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from greenlet import GreenletExit

from glasshive.trace.recorder import Hearers

if TYPE_CHECKING:
    from weakref import ref

    from pykka import Actor, ActorRef
    from pykka._envelope import Envelope

    from glasshive.future import SimulatedFuture
    from glasshive.lives import Birth
    from glasshive.mail import Mail
    from glasshive.network import Host
    from glasshive.scheduler import Scheduler

__all__ = ["Entry", "Inbox", "Task", "Wait"]

Entry: TypeAlias = tuple[Any, Any, Any, Any, int]
"""Something that is due: `(inbox, envelope, sender, message id, index of the send)` to deliver a
message, or `(None, callback, owner, thing, cause)`, where the callback returns a task to resume.
The thing is 0, or says by its `over` whether the callback has become pointless, and by its
`described` what the callback is as an option of a schedule."""


class Wait:
    """A task's blocking wait for one thing.

    Args:
        task: who waits.
        what: what for, in words, such as "time.sleep".
        future: the future that it waits for, if it is one.
        deadline: the virtual second at which it gives up, or None for never.
    """

    __slots__ = ("deadline", "expired", "future", "since", "task", "what")

    def __init__(
        self,
        task: Task,
        what: str,
        future: SimulatedFuture | None = None,
        deadline: float | None = None,
    ) -> None:
        self.task = task
        self.what = what
        self.future = future
        self.deadline = deadline
        self.since = task.sim.now()
        self.expired = False

    @property
    def described(self) -> tuple[str, str, str]:
        """What its end is as an option: a verb, who sent what, and what that is."""
        return "wake", "", self.what

    @property
    def over(self) -> bool:
        """Whether the wait has ended."""
        return self.task.wait is not self

    def wake(self) -> Task | None:
        """End the wait, once; return the task to resume, or None when it had ended before."""
        if self.task.wait is not self:
            return None
        if self.task.host.paused:
            self.task.host.deferred.append(self)
            return None
        self.task.wait = None
        return self.task

    def expire(self) -> Task | None:
        """End the wait because its time is up."""
        task = self.wake()
        self.expired = task is not None
        return task


class Task:
    """One flow of control that the simulation switches to and from.

    Args:
        sim: the simulation it belongs to.
        name: what traces and errors call it.
        host: the machine it lives on.
    """

    __slots__ = ("alive", "cause", "greenlet", "host", "life", "name", "sim", "wait")

    def __init__(self, sim: Scheduler, name: str, host: Host) -> None:
        self.sim = sim
        self.name = name
        self.host = host
        self.alive = True
        self.life = 0
        """Counts crashes, so that what was set in an earlier life is known to be stale."""
        self.cause = -1
        """Index of the event that is being handled here."""
        self.wait: Wait | None = None
        self.greenlet: Any = None


class Inbox(Task):
    """A simulated actor's inbox, and with it the engine's whole record of that actor.

    Pykka's actor loop asks `get` for its next message; that call itself picks the next event
    of the whole simulation and switches straight to its actor, so that a message costs one
    greenlet switch and no trip through a central loop.
    """

    __slots__ = (
        "actor_class",
        "backlog",
        "birth",
        "idle",
        "owner",
        "ref",
        "watched",
        "watchers",
        "world",
    )

    sim: Mail

    def __init__(self, sim: Mail, host: Host, owner: ref[Actor]) -> None:
        super().__init__(sim, "", host)
        self.world = sim
        """The runtime it belongs to."""
        self.actor_class = type(owner())
        self.birth: Birth | None = None
        """What it was started with, if it was started with `start`."""
        self.owner = owner
        """The actor; weakly, so that it can go when it has stopped, as with Pykka's references."""
        self.idle = False
        """Whether the actor is parked in `get`, ready for its next message."""
        self.backlog: deque[Entry] = deque()
        """What arrived while the actor was busy."""
        self.ref: ActorRef[Any] | None = None
        """The actor's reference, once it has been started."""
        self.watched = False
        """Whether anybody watches its messages."""
        self.watchers = Hearers()

    def put(self, envelope: Envelope[Any]) -> None:
        """Take a message from whoever runs now (called by `tell` and `ask`)."""
        sim = self.sim
        sender = sim.current
        if sender.host is self.host and not sim.recording:
            if envelope.reply_to is not None:
                envelope.reply_to.asked = (self, envelope.message)  # type: ignore[attr-defined]
            sim.ready.append((self, envelope, sender, 0, -1))
        else:
            sim.post(sender, self, envelope)

    def get(self) -> Envelope[Any]:
        """Let the simulation go on until there is a message for this actor, and return it."""
        sim = self.sim
        if self.backlog:
            return sim.take_backlog(self)
        if not self.alive:
            raise GreenletExit
        self.idle = True
        task, envelope = sim.pick()
        if task is self:
            return envelope  # type: ignore[no-any-return]
        return task.greenlet.switch(envelope)  # type: ignore[no-any-return]

    def empty(self) -> bool:
        """Return whether no message has arrived; what is still on its way does not count."""
        return not self.backlog
