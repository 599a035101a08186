"""Server-sent events: how one is written, and how a stream of them is sent."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from starlette.types import Receive, Scope, Send

    from gateway.limits import Limits

__all__ = ["COMMENT", "EventStream", "frame", "until_left"]

COMMENT = b": still here\n\n"
"""What keeps a silent connection open; clients leave it out."""

T = TypeVar("T")

log = structlog.get_logger()


def frame(event: str, data: Any, number: int | None = None) -> bytes:
    """Return one event.

    Args:
        event: its type.
        data: anything that JSON can hold.
        number: its id, which a client names when it comes back.
    """
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, event.encode(), msgspec.json.encode(data))


class EventStream(Response):
    """Sends what is yielded, for as long as somebody takes it.

    A reader that takes nothing for too long is cut off: it gets one last event after what waits
    for it, and the connection is closed.

    Args:
        frames: what to send; it is closed whatever happens.
        limits: how long a reader may stall.
        too_slow: the last event for one that does.
    """

    media_type = "text/event-stream"

    def __init__(
        self, frames: AsyncGenerator[bytes, None], limits: Limits, too_slow: bytes
    ) -> None:
        super().__init__(
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )
        del self.headers["content-length"]
        self._frames = frames
        self._limits = limits
        self._too_slow = too_slow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, and stop when the client leaves."""
        async with aclosing(self._frames):
            await until_left(receive, self._write(scope, send))

    async def _write(self, scope: Scope, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        seconds = self._limits.stall_seconds
        connection = scope["extensions"]["glasshive.connection"]
        try:
            async with asyncio.timeout(seconds):
                await send(start)
            async for each in self._frames:
                message = {"type": "http.response.body", "body": each, "more_body": True}
                if connection.takes_more:
                    await send(message)  # at once, without the price of a time limit
                    continue
                async with asyncio.timeout(seconds):
                    await send(message)
            async with asyncio.timeout(seconds):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.info("a reader was too slow", path=scope["path"])
            connection.let_go(seconds)
            last = {"type": "http.response.body", "body": self._too_slow, "more_body": False}
            await send(last)


async def until_left(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """Do some work for a client, and give it up when the client leaves.

    Args:
        receive: what tells of its leaving.
        work: what to do.

    Returns:
        What comes of it, None if it was given up.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
