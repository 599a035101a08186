"""What every invariant is: a rule that hears what happens, and remembers where it was broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pykka import Actor

    from actors import Receipt, StreamEnd
    from glasshive.trace import Event
    from topology.invariants.bees import Bees

__all__ = ["KEPT", "Invariant"]

KEPT = 20
"""Violations that an invariant remembers in words; it counts the rest."""


class Invariant:
    """A rule that is told what happens in a colony, and remembers where it was broken.

    Args:
        bees: whom it may look inside.
    """

    name: ClassVar[str]
    statement: ClassVar[str]

    def __init__(self, bees: Bees) -> None:
        self.bees = bees
        self.violations: list[str] = []
        self.count = 0
        self.settled = False
        """Whether it has seen the run to its end."""

    def broken(self, how: str) -> None:
        """Note a violation, which stands in the trace at the event that shows it.

        Args:
            how: what happened, naming the job and the bee.
        """
        self.bees.runtime.record("violation", {"invariant": self.name, "how": how})
        self.count += 1
        if self.count <= KEPT:
            self.violations.append(how)
        else:
            self.violations[KEPT:] = [f"and {self.count - KEPT} more"]

    def asked(self, request_id: str) -> None:
        """Hear that the script asked a keeper for something."""

    def lost(self, request_id: str) -> None:
        """Hear that a keeper has forgotten a request, since it was started anew."""

    def opened(self, event: Event, job_id: str) -> None:
        """Hear that an OpenStream came to the server of a job."""

    def cancelled(self, event: Event, job_id: str) -> None:
        """Hear that a Cancel came to the server of a job."""

    def item(self, event: Event, job_id: str, index: int) -> None:
        """Hear that a token of the queen's came to a keeper."""

    def ended(self, event: Event, end: StreamEnd) -> None:
        """Hear that the end of a job's stream came to its reader, at any hop."""

    def receipt(self, receipt: Receipt) -> None:
        """Hear that a keeper gave its receipt for a request."""

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Hear that a registry changed: a job's id, its state before and after."""

    def crashed(self, bee: Actor) -> None:
        """Hear that a bee is about to crash."""

    def at_rest(self) -> None:
        """Hear that every request has ended, and that the time to keep finished jobs is over."""
