"""Messages to be told later, in virtual time or in the wall's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pykka._envelope import Envelope

from glasshive.inbox import Due
from glasshive.runtime import Timer

if TYPE_CHECKING:
    from glasshive.inbox import LiveInbox
    from glasshive.live import Live
    from glasshive.mail import Mail
    from glasshive.task import Inbox

__all__ = ["Alarm", "LiveTimer", "SimulatedTimer"]


class Alarm(Envelope[Any]):
    """What a timer tells, which does not wait for what the timer's owner tells by itself."""

    __slots__ = ()


class SimulatedTimer(Timer):
    """A message that a simulation will deliver at a virtual time."""

    __slots__ = ("_inbox", "_index", "_life", "_message", "_owner", "_sim")

    def __init__(self, sim: Mail, delay: float, inbox: Inbox, message: Any) -> None:
        self._sim = sim
        self._inbox: Inbox | None = inbox
        self._message = message
        self._owner = owner = sim.current
        self._life = owner.life
        self._index = _set(sim, owner, inbox, delay, message)
        agenda = sim.agenda
        agenda.at(
            agenda.now + owner.host.lasting(delay), (None, self._fire, owner, self, self._index)
        )

    def cancel(self) -> None:
        """Forget the message; does nothing when it was told already."""
        if self._inbox is not None:
            self._inbox = None
            if self._sim.recording:
                self._sim.seen("timer-cancelled", self._owner.name, self._index)
        else:
            self._sim.agenda.late(self)

    @property
    def described(self) -> tuple[str, str, str]:
        """What its firing is as an option: a verb, who sent what, and what that is."""
        return "fire", self._owner.name, type(self._message).__name__

    @property
    def over(self) -> bool:
        """Whether it was cancelled, or died with its owner or its target."""
        inbox, owner = self._inbox, self._owner
        return inbox is None or self._life != owner.life or not (owner.alive and inbox.alive)

    def _fire(self) -> None:
        inbox, sim, owner = self._inbox, self._sim, self._owner
        if inbox is None or self.over:
            return
        self._inbox = None
        number, index = _fired(sim, owner, inbox, self._index, self._message)
        # First in line: the timer is this instant's event, not something sent after it.
        sim.ready.appendleft((inbox, Alarm(self._message), owner, number, index))


class LiveTimer(Timer):
    """A message that the clock's thread will tell at a wall time.

    What an actor sets while it handles a timer's message counts from when that was due: in a
    simulation nothing is late, and here what repeats keeps its pace. More than the delay is not
    made up for, so that nothing comes all at once after a long halt.
    """

    def __init__(self, live: Live, delay: float, inbox: LiveInbox, message: Any) -> None:
        self._live = live
        self._inbox: LiveInbox | None = inbox
        self._message = message
        self._owner = live.current
        self._index = _set(live, self._owner, inbox, delay, message)
        with live.lock:
            live.timers[self] = None
        self._due = live.now() + max(0.0, delay - self._owner.late)
        live.clock.at(self._due, LiveTimer._fire, self)

    @property
    def over(self) -> bool:
        """Whether it was cancelled, or died with its owner or its target."""
        inbox = self._inbox
        return inbox is None or not (self._owner.alive and inbox.alive)

    def cancel(self) -> None:
        """Forget the message; does nothing when it was told already."""
        with self._live.lock:
            self._live.timers.pop(self, None)
            fired, self._inbox = self._inbox is None, None
            if not fired and self._live.recording:
                self._live.seen("timer-cancelled", self._owner.name, self._index)

    def _fire(self) -> None:
        live, owner = self._live, self._owner
        with live.lock:
            live.timers.pop(self, None)
            inbox = self._inbox
            if inbox is None or self.over:
                return
            self._inbox = None
            live.works += 1
            number, index = _fired(live, owner, inbox, self._index, self._message)
        inbox.arrive((Due(self._message, self._due), owner, number, index))


def _set(
    world: Mail | Live, owner: Any, inbox: Inbox | LiveInbox, delay: float, message: Any
) -> int:
    """Record that a timer was set; return what its firing will be caused by."""
    if not world.recording:
        cause: int = owner.cause
        return cause
    return world.seen(
        "timer-set",
        owner.name,
        owner.cause,
        peer=inbox.name,
        data={"delay": delay, "type": type(message).__name__},
    )


def _fired(
    world: Mail | Live, owner: Any, inbox: Inbox | LiveInbox, index: int, message: Any
) -> tuple[int, int]:
    """Record that a timer fired; return its message's number and what the delivery is caused by."""
    if not world.recording:
        return 0, index
    world.messages = number = world.messages + 1
    return number, world.seen(
        "timer-fired",
        owner.name,
        index,
        message=number,
        peer=inbox.name,
        data=message,
        payload=message,
    )
