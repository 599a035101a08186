"""Messages to be told later, in a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pykka._envelope import Envelope

from glasshive.runtime import Timer

if TYPE_CHECKING:
    from glasshive.mail import Mail
    from glasshive.task import Inbox

__all__ = ["SimulatedTimer"]


class SimulatedTimer(Timer):
    """A message that a simulation will deliver at a virtual time."""

    __slots__ = ("_inbox", "_index", "_life", "_message", "_owner", "_sim")

    def __init__(self, sim: Mail, delay: float, inbox: Inbox, message: Any) -> None:
        self._sim = sim
        self._inbox: Inbox | None = inbox
        self._message = message
        self._owner = owner = sim.current
        self._life = owner.life
        self._index = owner.cause
        if sim.recording:
            self._index = sim.seen(
                "timer-set",
                owner.name,
                owner.cause,
                peer=inbox.name,
                data={"delay": delay, "type": type(message).__name__},
            )
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
        number = 0
        index = self._index
        if sim.recording:
            sim.messages = number = sim.messages + 1
            index = sim.seen(
                "timer-fired",
                owner.name,
                index,
                message=number,
                peer=inbox.name,
                data=self._message,
                payload=self._message,
            )
        # First in line: the timer is this instant's event, not something sent after it.
        sim.ready.appendleft((inbox, Envelope(self._message), owner, number, index))
