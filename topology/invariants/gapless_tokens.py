"""The keeper sees indices 0, 1, 2 and so on, whatever was retried below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topology.invariants.invariant import Invariant

if TYPE_CHECKING:
    from actors import Receipt

__all__ = ["GaplessTokens"]


class GaplessTokens(Invariant):
    """Reads the indices off each receipt."""

    name = "gapless-tokens"
    statement = "a keeper sees indices 0, 1, 2 … with no gap, repeat or swap"

    def receipt(self, receipt: Receipt) -> None:
        """Compare the indices with 0, 1, 2 and so on."""
        for place, index in enumerate(receipt.indices):
            if index != place:
                self.broken(
                    f"{receipt.request.request_id} got index {index} where {place} was next"
                )
                return
