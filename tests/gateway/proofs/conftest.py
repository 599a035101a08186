"""Clients that nobody here has written: a browser, and bytes on a socket."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error

from benchmarks.browser import chromium
from tests.gateway.conftest import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.gateway.conftest import Served


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the clients that come and go at random do so for longer than the tests take."""
    parser.addoption("--rounds", type=int, help="how often each client comes and goes")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the system's Chromium, or the one that Playwright has brought."""
    try:
        with chromium() as started:
            yield started
    except Error as error:
        pytest.fail(
            f"no browser could be started ({error.message.splitlines()[0]}); "
            "run `make test`, which brings one, or install the package chromium",
            pytrace=False,
        )


FINE = b'{"prompt": "x"}'
LENGTH = f"Content-Length: {len(FINE)}"


@dataclass(frozen=True)
class Reply:
    """What came back on a socket until the gateway closed it.

    Args:
        raw: all of it.
    """

    raw: bytes

    @property
    def head(self) -> bytes:
        """The first answer's status line and headers."""
        return self.raw.partition(b"\r\n\r\n")[0]

    @property
    def status(self) -> int:
        """The first answer's status."""
        return int(self.head.split(maxsplit=2)[1])

    @property
    def error(self) -> dict[str, Any]:
        """What the first answer says is wrong, after making sure of its shape."""
        body = json.loads(self.raw.partition(b"\r\n\r\n")[2])
        assert list(body) == ["error"]
        error: dict[str, Any] = body["error"]
        assert sorted(error) == ["code", "message", "param", "type"]
        assert len(error["message"].split()) > 2, "a sentence"
        return error


def connect(served: Served) -> socket.socket:
    """Return a connection to a gateway."""
    return socket.create_connection(("127.0.0.1", served.port), LONG)


def talk(served: Served, *parts: bytes) -> Reply:
    """Send some bytes and nothing more, and return what comes until the gateway closes."""
    with connect(served) as client:
        raw = b""
        with suppress(ConnectionError):  # it has heard enough
            for part in parts:
                client.sendall(part)
        with suppress(ConnectionError):
            while part := client.recv(1 << 16):
                raw += part
    return Reply(raw)


def request(line: str, *headers: str, body: bytes = b"", host: str = "127.0.0.1") -> bytes:
    """Return a request after whose answer the connection is closed."""
    head = [f"{line} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return "".join(f"{each}\r\n" for each in head).encode("latin-1") + b"\r\n" + body


def post(body: bytes, *headers: str, path: str = "/v1/inference") -> bytes:
    """Return a request with a body that is said to be JSON."""
    own = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    return request(f"POST {path}", *own, *headers, body=body)


def bodied(*headers: str, body: bytes = FINE) -> bytes:
    """Return a request whose headers alone say how long its body is."""
    kind = "Content-Type: application/json"
    return request("POST /v1/inference", kind, *headers, body=body)
