"""The last events of the run, kept for as long as somebody looks at them."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.feed import Feed
    from gateway.limits import Limits

__all__ = ["Recent", "Since"]

_GLANCE_SECONDS = 1.0
_BEHIND = 2
"""Times as many events are kept for who was there before, and is behind, as for who comes anew."""


class Since(NamedTuple):
    """What there is after an event.

    Args:
        of: what the events are called that are kept now.
        after: the index of the last event before these lines.
        lines: the lines of the events, all that there are, without their ends.
        anew: whether these are not what was asked for, but the first that there are.
    """

    of: str
    after: int
    lines: Sequence[bytes]
    anew: bool


class Recent:
    """Keeps the last events from when somebody first looks until nobody has for a while.

    While nobody looks nothing is written down. So events before the first look are not there, and
    whoever looks again in time finds those that were there before.

    Args:
        feed: where events come from.
        limits: how many a looker wants, and how long they are kept after the last look.
    """

    def __init__(self, feed: Feed, limits: Limits) -> None:
        self._feed = feed
        self._limits = limits
        self._of = ""
        self._after = -1
        """Index of the last event before those that are kept, if there are any."""
        self._lines: list[bytes] = []
        self._looked = 0.0
        self._keeping: asyncio.Task[None] | None = None

    def since(self, of: str, after: int) -> Since:
        """Look; return what comes after an event, or all that is there if it cannot be told.

        Args:
            of: what the events were called of which the looker has some.
            after: the index of the last one that the looker has.
        """
        self._looked = asyncio.get_running_loop().time()
        if self._keeping is None or self._keeping.done():
            self._begin()
            self._keeping = asyncio.create_task(self._keep())
        place = after - self._after
        anew = of != self._of or not 0 <= place <= len(self._lines)
        if anew:
            place = max(0, len(self._lines) - self._limits.recent_events)
        return Since(self._of, self._after + place, self._lines[place:], anew)

    def _begin(self) -> None:
        """Forget everything, under a new name."""
        self._of = secrets.token_hex(8)
        self._after = -1
        self._lines = []

    async def _keep(self) -> None:
        limits = self._limits
        loop = asyncio.get_running_loop()
        with self._feed.subscribe(limits.recent_events) as subscription:
            async for lines, dropped in subscription.events(_GLANCE_SECONDS):
                self._add(lines)
                if dropped:
                    # Without what is missing, it could not be told what came of what.
                    self._begin()
                if loop.time() - self._looked > limits.recent_seconds:
                    break
        self._begin()

    def _add(self, lines: Sequence[tuple[int, bytes]]) -> None:
        if not lines:
            return
        if not self._lines:
            self._after = lines[0][0] - 1
        self._lines += [line for _, line in lines]
        over = len(self._lines) - _BEHIND * self._limits.recent_events
        if over > 0:
            del self._lines[:over]
            self._after += over
