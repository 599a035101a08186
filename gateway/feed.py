"""The trace as it happens, for whoever subscribes."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from gateway.letterbox import Letterbox
from glasshive.trace.event import KINDS
from glasshive.trace.sink import as_json, fixed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from glasshive import Live
    from glasshive.trace import Event

__all__ = ["Feed", "Subscription"]


class Subscription:
    """Events that wait for one subscriber; the newest are dropped when there are too many.

    Args:
        most: events that may wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: deque[tuple[int, bytes]] = deque()
        self._next: int | None = None
        """Index of the event that comes next, once there was one."""
        self._dropped = 0
        self._bell = asyncio.Event()
        self._closed = False

    def add(self, index: int, line: bytes) -> None:
        """Add an event, or count it as dropped; so are those that never came before it."""
        if self._next is not None:
            self._dropped += index - self._next
        self._next = index + 1
        if len(self._lines) < self._most:
            self._lines.append((index, line))
        else:
            self._dropped += 1
        self._bell.set()

    def close(self) -> None:
        """Have the subscriber come to its end."""
        self._closed = True
        self._bell.set()

    async def events(
        self, quiet_seconds: float
    ) -> AsyncIterator[tuple[list[tuple[int, bytes]], int]]:
        """Yield what came, and how many events were dropped meanwhile.

        Args:
            quiet_seconds: seconds of silence after which nothing is yielded, as an empty list.
        """
        while not self._closed:
            try:
                async with asyncio.timeout(quiet_seconds):
                    await self._bell.wait()
            except TimeoutError:
                yield [], 0
                continue
            self._bell.clear()
            lines, self._lines = list(self._lines), deque()
            dropped, self._dropped = self._dropped, 0
            yield lines, dropped


class Feed:
    """Writes each event once, as a line of a trace file, and hands it to all subscribers.

    Nothing is written while nobody listens.

    Args:
        live: the runtime.
        loop: where subscribers are.
        most: events that may wait for one subscriber that does not say so itself.
    """

    def __init__(self, live: Live, loop: asyncio.AbstractEventLoop, most: int) -> None:
        self._live = live
        self._most = most
        self._box: Letterbox[tuple[int, bytes]] = Letterbox(loop, self._hand_out)
        self._encoder = msgspec.json.Encoder(enc_hook=as_json, order="deterministic")
        self._subscriptions: dict[Subscription, None] = {}
        self._leave: Callable[[], None] | None = None

    @contextmanager
    def subscribe(self, most: int | None = None) -> Iterator[Subscription]:
        """Have every event from now on.

        Args:
            most: events that may wait; the feed's by default.
        """
        subscription = Subscription(self._most if most is None else most)
        self._subscriptions[subscription] = None
        if self._leave is None:
            self._leave = self._live.watch(self._heard, kinds=KINDS)
        try:
            yield subscription
        finally:
            del self._subscriptions[subscription]
            if not self._subscriptions and self._leave is not None:
                self._leave()
                self._leave = None

    def close(self) -> None:
        """Have all subscribers come to their end."""
        for subscription in self._subscriptions:
            subscription.close()

    def _heard(self, event: Event, message: Any) -> None:
        """Write an event, with its data as they are now, on the thread of whoever did it."""
        del message
        if len(self._box) < 4 * self._most:  # else the loop is behind, and every subscriber too
            self._box.put((event.index, self._line(event)))

    def _line(self, event: Event) -> bytes:
        if event.data is not None:
            event = replace(event, data=msgspec.Raw(fixed(event.data, self._encoder)))
        return self._encoder.encode(event)

    def _hand_out(self, line: tuple[int, bytes]) -> None:
        for subscription in self._subscriptions:
            subscription.add(*line)
