"""The gateway's foot in the swarm: a keeper that tells what becomes of each request as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from actors import Failed, Keeper, WorkerResponse
from glasshive import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from actors import Outcome, Patience, QueenToken, Receipt, StreamItem
    from actors.keeper import Pending

__all__ = ["Admitted", "Came", "Door", "Ended", "Letter", "Open", "Refused"]


class Open(Message, frozen=True, gc=False):
    """Open the stream of a request; it does not run before."""

    request_id: str


class Admitted(NamedTuple):
    """The queen has a job for a request."""

    request_id: str
    attempts: int
    """Submissions so far; more than one when she had lost the job before."""


class Refused(NamedTuple):
    """The queen takes no job for a request; its receipt comes after this."""

    request_id: str
    reason: str
    retry_after: float | None
    """Seconds to wait before another try; None if that will not help."""


class Came(NamedTuple):
    """The next token of each answer to a request came."""

    request_id: str
    texts: tuple[str, ...]
    """Answer by answer, empty for one that has come to its end."""


class Ended(NamedTuple):
    """A request has ended."""

    receipt: Receipt

    @property
    def request_id(self) -> str:
        """The request."""
        return self.receipt.request.request_id


Letter: TypeAlias = Admitted | Refused | Came | Ended
"""What a door tells."""


class Door(Keeper):
    """A keeper whose requests run when they are told to, and which tells everything onward.

    Whatever a keeper does for a request that was once accepted it does here too: it asks again for
    what was lost, and submits anew what its queen has lost. A first submission that is rejected is
    the client's own to repeat.

    Args:
        name: its name, unique in the colony.
        queen: who is asked.
        tell: called with each letter, in the door's own time; it must not block.
        patience: how long it waits for others.
    """

    def __init__(
        self,
        *,
        name: str,
        queen: ActorRef[Any],
        tell: Callable[[Letter], None],
        patience: Patience,
    ) -> None:
        super().__init__(
            name=name,
            queen=queen,
            on_receipt=lambda receipt: tell(Ended(receipt)),
            patience=patience,
        )
        self._letter = tell
        self._wanted: dict[str, None] = {}
        """Requests that were told to run and have not ended."""
        self.handlers |= {Open: self._on_open}

    def _on_open(self, message: Open) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None:
            return  # it has ended
        self._wanted[message.request_id] = None
        if pending.stream is not None:
            self.open_stream(pending)

    def accepted(self, pending: Pending) -> None:
        """Tell that the queen has a job, and open its stream if it is to run."""
        self._letter(Admitted(pending.request.request_id, pending.attempts))
        super().accepted(pending)

    def open_stream(self, reading: Pending) -> None:
        """Open the queen's stream if the request was told to run."""
        if reading.request.request_id in self._wanted:
            super().open_stream(reading)

    def rejected(self, pending: Pending, reason: str, retry_after: float | None) -> None:
        """Have the client try again what was never accepted, and try all else again here."""
        if pending.accepted_at is not None:
            super().rejected(pending, reason, retry_after)
            return
        self._letter(Refused(pending.request.request_id, reason, retry_after))
        self.end(pending, Failed(f"rejected: {reason}"))

    def take(self, reading: Pending, item: StreamItem[QueenToken]) -> None:
        """Keep the next token, and tell it."""
        super().take(reading, item)
        token = item.token
        texts = (token.text,) if isinstance(token, WorkerResponse) else token.texts
        self._letter(Came(reading.request.request_id, texts))

    def end(self, pending: Pending, outcome: Outcome) -> None:
        """Forget a request and tell its receipt."""
        self._wanted.pop(pending.request.request_id, None)
        super().end(pending, outcome)
