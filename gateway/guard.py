"""Who may come in and with how much: in front of every route."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from gateway.problem import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gateway.credential import Credential
    from gateway.limits import Limits

__all__ = ["OPEN", "Guard", "takes_head"]

OPEN = frozenset(("/", "/health"))  # asked for membership only
"""What needs no token; the page at / asks for it itself."""

_LOOKS = frozenset(("/admin/live",))
"""What the page gets, for which its cookie is as good as the token."""

_PATIENCE = 16
"""So many times a body's limit is read and thrown away, so that its sender hears the answer."""

log = structlog.get_logger()


class Guard:
    """Asks for the token, keeps pages of other origins out, and takes bodies in whole.

    Every answer gets a name of its own, which OpenAI's clients show as its request id.

    Args:
        app: what is behind it.
        limits: how large a body may be.
        credential: what clients must know.
    """

    def __init__(self, app: ASGIApp, limits: Limits, credential: Credential) -> None:
        self._app = app
        self._limits = limits
        self._credential = credential

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req-{uuid4().hex}".encode()

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            await send(message)

        problem = self._stranger(scope["path"], Headers(scope=scope))
        body: bytes | None = b""
        if problem is None:
            body = await self._body(receive)
            if body is None:
                return  # the client is gone
            if len(body) > self._limits.body_bytes:
                sentence = f"the body has more than {self._limits.body_bytes} bytes"
                problem = Problem(413, sentence, code="body_too_large")
        if problem is not None:
            log.info("refused", method=scope["method"], status=problem.status, code=problem.code)
            answer = JSONResponse(problem.body, problem.status, problem.headers)
            if body:
                answer.headers["connection"] = "close"  # not all of it was read
            await answer(scope, receive, named)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(_as_get(scope), replay, named)

    def _stranger(self, path: str, headers: Headers) -> Problem | None:
        """Return why somebody may not come in, None if they may."""
        known = self._credential.shows if path in _LOOKS else self._credential.admits
        if path not in OPEN and not known(headers):
            sentence = "send the gateway's token as `Authorization: Bearer TOKEN`"
            return Problem(401, sentence, code="invalid_token")
        host = headers.get("host", "")
        if not self._credential.wanted and not _is_loopback(host):
            # A page whose name was made to point here would be of the same origin, and may look.
            sentence = "the Host of the request is not this gateway's; ask it by its address"
            return Problem(403, sentence, code="foreign_host")
        origin = headers.get("origin")
        if path.startswith("/admin") and origin not in (None, f"http://{host}"):
            sentence = "a page of another origin may not use /admin"
            return Problem(403, sentence, code="foreign_origin")
        return None

    async def _body(self, receive: Receive) -> bytes | None:
        """Return the body, a byte more than may be if it is too large, None if the client left."""
        limit = self._limits.body_bytes
        parts: list[bytes] = []
        length = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            part = message.get("body", b"")
            length += len(part)
            if length <= limit:
                parts.append(part)
            if not message.get("more_body", False) or length > _PATIENCE * limit:
                return b"".join(parts) if length <= limit else bytes(limit + 1)


def _as_get(scope: Scope) -> Scope:
    """Return a request as the routes know it; uvicorn leaves the body of an answer to HEAD out."""
    head = scope["method"] == "HEAD" and takes_head(scope["path"])
    return {**scope, "method": "GET"} if head else scope


def takes_head(path: str) -> bool:
    """Return whether HEAD is answered as GET is there; a stream's GET sets a job to work."""
    return not path.endswith(("/stream", "/trace"))


def _is_loopback(host: str) -> bool:
    """Return whether a Host header names this machine alone."""
    name, _, port = host.rpartition(":") if host[-1:] != "]" else (host, "", "")
    if not port.isdigit():
        name = host
    with suppress(ValueError):
        return ip_address(name.strip("[]")).is_loopback
    return name.lower() == "localhost"
