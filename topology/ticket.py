"""What a script holds of a request that it has had a keeper ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors import Completed, Withdraw

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors import Receipt, Request
    from topology.colony import Colony

__all__ = ["Ticket"]


class Ticket:
    """A request that a keeper was asked, and its receipt once there is one.

    Args:
        colony: where it was asked.
        request: what was asked.
        keeper: who asks it.
    """

    def __init__(self, colony: Colony, request: Request, keeper: ActorRef[Any]) -> None:
        self._colony = colony
        self.keeper = keeper
        self.request = request
        self.receipt: Receipt | None = None

    @property
    def text(self) -> str:
        """The whole answer, the first of several; empty before the receipt is there."""
        return "".join(self.receipt.texts) if self.receipt is not None else ""

    @property
    def completed(self) -> bool:
        """Whether it has ended well."""
        return self.receipt is not None and isinstance(self.receipt.outcome, Completed)

    def cancel(self) -> None:
        """Have the keeper give the request up, wherever it is by now."""
        self._colony.tell_at_home(self.keeper, Withdraw(self.request.request_id))

    def wait(self) -> Receipt:
        """Let time pass until the request has ended, and return its receipt.

        Raises:
            GlasshiveError: when it has not ended in the time that the colony promises.
        """
        self._colony.run_until(lambda: self.receipt is not None, f"{self.request.request_id} ends")
        assert self.receipt is not None
        return self.receipt
