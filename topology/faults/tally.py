"""How many tokens of each request its keeper has been delivered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actors.messages import Accepted, StreamItem
    from topology.faults.condition import AfterToken

__all__ = ["Tally"]


@dataclass(slots=True)
class _Stream:
    """One stream of the queen's.

    Args:
        request_id: the request that it answers.
        before: tokens of the request that came in earlier streams.
    """

    request_id: str
    before: int
    taken: int = 0
    """Tokens of this stream that came in their order, as keepers take them."""


class Tally:
    """Counts tokens as keepers do: each once and in order, whatever is lost or repeated."""

    def __init__(self) -> None:
        self.tokens: dict[str, int] = {}
        """By request id, of those that were accepted since counting began."""
        self._streams: dict[str, _Stream] = {}

    def accepted(self, message: Accepted) -> None:
        """Count a job's tokens for its request from now on.

        Args:
            message: what its keeper is delivered.
        """
        before = self.tokens.setdefault(message.request_id, 0)
        self._streams.setdefault(message.job_id, _Stream(message.request_id, before))

    def item(self, message: StreamItem[Any]) -> str | None:
        """Count a token; return the id of its request if it is a new one.

        Args:
            message: what a keeper is delivered.
        """
        stream = self._streams.get(message.job_id)
        if stream is None or message.index != stream.taken:
            return None
        stream.taken += 1
        count = max(self.tokens[stream.request_id], stream.before + stream.taken)
        self.tokens[stream.request_id] = count
        return stream.request_id

    def met(self, waiting: dict[int, AfterToken], request_id: str) -> list[int]:
        """Take out what has waited for the last token of a request, and return its places.

        Args:
            waiting: strikes that wait for a token, by their place in the plan.
            request_id: the request.
        """
        count = self.tokens[request_id]
        places = [
            place
            for place, when in waiting.items()
            if when.request in {None, request_id} and count >= when.number
        ]
        for place in places:
            del waiting[place]
        return places

    def most(self) -> tuple[str, int] | None:
        """Return the request with the most tokens and how many, None if there is none."""
        if not self.tokens:
            return None
        longest = max(self.tokens, key=lambda request_id: self.tokens[request_id])
        return longest, self.tokens[longest]
