"""One client's connection: uvicorn's, with limits on what is taken and how long it may take."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.limits import Limits
from gateway.problem import Problem

if TYPE_CHECKING:
    import asyncio

__all__ = ["Connection", "connection_of"]


_MOST_WAITING = 256
"""Requests that may wait on one connection for the answers of those before them."""


class Connection(HttpToolsProtocol):
    """Answers by itself what is no proper request: too long, too slow, or not HTTP.

    The application finds it as `scope["extensions"]["glasshive.connection"]`.
    """

    limits: ClassVar[Limits] = Limits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, but not for ever."""
        super().connection_made(transport)
        self._length = 0
        """Bytes of the request's first line and headers so far."""
        self._in_head = True
        self._over = False
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        own = transport.get_extra_info("socket")
        if own is not None:
            with suppress(OSError):
                own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.limits.send_bytes)
        transport.set_write_buffer_limits(high=self.limits.send_bytes)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        self._takes_some()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give up a client that takes nothing, later than a stream does, which has a last word."""
        super().pause_writing()
        self._takes_some()
        self._stalled = self.loop.call_later(2 * self.limits.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on with a client that takes something."""
        self._takes_some()
        super().resume_writing()

    def _takes_some(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        if self._over:
            return
        if self._deadline is None and self._in_head:
            self._wait()
        if self._in_head:
            self._length += len(data)
        super().data_received(data)
        if self._in_head and self._length > self.limits.header_bytes:
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Count a request's length from here."""
        super().on_message_begin()
        self._head = 0

    def on_url(self, url: bytes) -> None:
        """Count the path."""
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._head += len(name) + len(value) + 4
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request on if it is one that can be had."""
        self._in_head = False
        self._length = 0
        if self._over:
            return
        if self._head > self.limits.header_bytes:
            self._refuse_head()
            return
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            # RFC 9112, 3.2: a server must refuse these.
            sentence = "the request names no Host, or several; name one"
            self._refuse(Problem(400, sentence, code="bad_host"))
            return
        if len(self.connections) > self.limits.connections:
            sentence = f"there are {self.limits.connections} connections already; try again later"
            self._refuse(Problem(503, sentence, code="too_many_connections", retry_after=1))
            return
        if len(self.pipeline) >= _MOST_WAITING:
            # Each waits in memory, and whoever takes no answers hears no refusal either.
            self._over = True
            self.transport.abort()
            return
        self.scope["extensions"] = {"glasshive.connection": self}  # type: ignore[dict-item]
        super().on_headers_complete()

    def _should_upgrade(self) -> bool:
        """Go on with HTTP, as a server may that is asked to change to something else."""
        return False

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing of it: uvicorn would advise to install what is not wanted here."""

    def on_body(self, body: bytes) -> None:
        """Take in a part of the body."""
        if not self._over:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait no more: the request is here."""
        self._in_head = True
        self._wait_no_more()
        if not self._over:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that this is not HTTP."""
        del msg
        if not self._over:
            self._refuse(Problem(400, "this is not HTTP/1.1 as it should be", code="bad_request"))

    @property
    def takes_more(self) -> bool:
        """Whether what is written goes out, or into the little that may wait, at once."""
        return not self.flow.write_paused

    def let_go(self, seconds: float) -> None:
        """Take what is written from now on without waiting, and close; a last word can be said.

        Args:
            seconds: how long the client has to take what waits for it.
        """
        self.cycle.keep_alive = False
        self.flow.resume_writing()
        self.loop.call_later(seconds, self.transport.abort)

    # -- time -------------------------------------------------------------------------------

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.limits.request_seconds, self._late)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        """Give up a request that does not come to its end."""
        self._deadline = None
        if not self.transport.is_closing():
            sentence = (
                f"the request was not here in {self.limits.request_seconds:g} s; send it again"
            )
            self._refuse(Problem(408, sentence, code="request_timeout"))

    # -- refusing ---------------------------------------------------------------------------

    def _refuse_head(self) -> None:
        sentence = f"the first line and the headers have more than {self.limits.header_bytes} bytes"
        self._refuse(Problem(431, sentence, code="headers_too_long"))

    def _refuse(self, problem: Problem) -> None:
        """Answer with a problem, unless an answer has begun, and close."""
        self._over = True
        self._wait_no_more()
        cycle: Any = self.cycle
        running = cycle is not None and not cycle.response_complete
        if not (running and cycle.response_started):
            self.transport.write(_answer(problem))
        self.transport.close()
        if running:
            cycle.disconnected = True
            cycle.message_event.set()


def connection_of(limits: Limits) -> type[Connection]:
    """Return the class of connections with these limits."""
    return type("LimitedConnection", (Connection,), {"limits": limits})


def _answer(problem: Problem) -> bytes:
    body = msgspec.json.encode(problem.body)
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        **{name.lower(): value for name, value in problem.headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return STATUS_LINE[problem.status] + lines.encode() + b"\r\n" + body
