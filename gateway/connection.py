"""One client's connection: uvicorn's, with limits on what is taken and how long it may take."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.desk import CLOSING
from gateway.limits import Limits
from gateway.problem import Problem

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["Connection", "connection_of"]


_MOST_WAITING = 256
"""Requests that may wait on one connection for the answers of those before them."""

_TO_BE_HEARD = 64
"""Connections beyond the limit whose requests are read before they are refused."""


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
        self._bodiless = False
        """Whether the request is one whose answer has no body."""
        self._answering: RequestResponseCycle | None = None
        """The request that the application is at work on; `cycle` is the last that has come."""
        self._over = False
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._last_word: asyncio.TimerHandle | None = None
        own = transport.get_extra_info("socket")
        if own is not None:
            with suppress(OSError):
                own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.limits.send_bytes)
        transport.set_write_buffer_limits(high=self.limits.send_bytes)
        if len(self.connections) > self.limits.connections + _TO_BE_HEARD:
            # Not even those who say nothing can be waited for: each holds a file of the system's.
            self._refuse(self._too_many())
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        self._takes_some()
        if self._last_word is not None:
            self._last_word.cancel()  # what is closed cannot be aborted
        super().connection_lost(exc)
        self._leave()  # uvicorn tells only the last request

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
        """Count a request's length and its time from here."""
        super().on_message_begin()
        if self._deadline is None:  # it came together with the end of the one before
            self._wait()
        self._head = 0
        self._bodiless = False

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
        self._length = 0
        if self._over:
            return
        if self._head > self.limits.header_bytes:
            self._refuse_head()
            return
        self._bodiless = self.parser.get_method() == b"HEAD"
        version = self.parser.get_http_version()
        if version != "1.1":
            # A stream has no length, and its chunks are what HTTP/1.0 does not know.
            sentence = f"the request is of HTTP/{version}; send it as HTTP/1.1"
            self._refuse(Problem(400, sentence, code="http_version"))
            return
        if sum(name == b"host" for name, _ in self.headers) != 1:
            # RFC 9112, 3.2: a server must refuse these.
            sentence = "the request names no Host, or several; name one"
            self._refuse(Problem(400, sentence, code="bad_host"))
            return
        if len(self.connections) > self.limits.connections:
            self._refuse(self._too_many())
            return
        if len(self.pipeline) >= _MOST_WAITING:
            # Each waits in memory, and whoever takes no answers hears no refusal either.
            self._over = True
            self.transport.abort()
            return
        self.scope["extensions"] = {"glasshive.connection": self}  # type: ignore[dict-item]
        super().on_headers_complete()
        self._in_head = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

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

    def shutdown(self) -> None:
        """Close once what was asked is answered; what is not here in full is not waited for."""
        if self._in_head or self.cycle.response_complete:
            super().shutdown()
        elif not self._over:
            sentence = "the gateway is closing down"
            self._refuse(Problem(503, sentence, code=CLOSING, retry_after=1))

    @property
    def takes_more(self) -> bool:
        """Whether what is written goes out, or into the little that may wait, at once."""
        return not self.flow.write_paused

    def let_go(self, seconds: float) -> None:
        """Take what is written from now on without waiting, and close; a last word can be said.

        Args:
            seconds: how long the client has to take what waits for it.
        """
        assert self._answering is not None
        self._answering.keep_alive = False
        self.flow.resume_writing()
        self._last_word = self.loop.call_later(seconds, self.transport.abort)

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

    def _too_many(self) -> Problem:
        sentence = f"there are {self.limits.connections} connections already; try again later"
        return Problem(503, sentence, code="too_many_connections", retry_after=1)

    def _refuse(self, problem: Problem) -> None:
        """Answer with a problem, unless another answer is under way, and close."""
        self._over = True
        self._wait_no_more()
        busy = self._busy
        if self._in_head if busy is None else busy is self.cycle and not busy.response_started:
            self.transport.write(_answer(problem, bodiless=self._bodiless))
        self.transport.close()
        self._leave()

    @property
    def _busy(self) -> RequestResponseCycle | None:
        """The request that is being answered."""
        cycle = self._answering
        return None if cycle is None or cycle.response_complete else cycle

    def _leave(self) -> None:
        """Have the application know that nobody waits for its answer."""
        busy = self._busy
        if busy is not None:
            busy.disconnected = True
            busy.message_event.set()


def connection_of(limits: Limits) -> type[Connection]:
    """Return the class of connections with these limits."""
    return type("LimitedConnection", (Connection,), {"limits": limits})


def _answer(problem: Problem, *, bodiless: bool) -> bytes:
    body = msgspec.json.encode(problem.body)
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        **{name.lower(): value for name, value in problem.headers.items()},
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = STATUS_LINE[problem.status] + lines.encode() + b"\r\n"
    return head if bodiless else head + body
