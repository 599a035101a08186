"""Once the faults heal, every accepted job ends within a stated time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topology.invariants.invariant import Invariant

if TYPE_CHECKING:
    from actors import Receipt
    from topology.invariants.bees import Bees

__all__ = ["EveryJobEnds"]


class EveryJobEnds(Invariant):
    """Remembers who has asked and has no receipt yet."""

    name = "every-job-ends"
    statement = "once the faults heal, every accepted job ends within a stated time"

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self.waiting: dict[str, None] = {}
        """Requests without a receipt, in the order in which they were asked."""

    def asked(self, request_id: str) -> None:
        """Wait for one more receipt."""
        self.waiting[request_id] = None

    def lost(self, request_id: str) -> None:
        """Wait no more for a receipt that nobody can give."""
        self.waiting.pop(request_id, None)

    def receipt(self, receipt: Receipt) -> None:
        """Wait for one receipt less."""
        request_id = receipt.request.request_id
        if request_id not in self.waiting:
            self.broken(f"{request_id} has a receipt that nobody waits for")
        took = receipt.ended_at - max(receipt.submitted_at, self.bees.healed_at)
        if took > self.bees.promise:
            self.broken(f"{request_id} took {took:g} s of the {self.bees.promise:g} s it had")
        self.waiting.pop(request_id, None)

    def at_rest(self) -> None:
        """Make sure that nobody waits any more."""
        for request_id in self.waiting:
            self.broken(f"{request_id} was asked and has not ended in the time it had")
