"""What becomes of clients who are in the middle of something when the gateway closes down."""

from __future__ import annotations

import logging
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import structlog

from tests.gateway.conftest import LONG, blueprint, eventually, serving
from tests.gateway.proofs.conftest import Reply, bodied, connect, request

if TYPE_CHECKING:
    import pytest

    from tests.gateway.conftest import Served

HALF = bodied("Content-Length: 100", body=b"{")


def stalled(served: Served, stack: ExitStack) -> socket.socket:
    """Return a connection whose stream waits for its reader."""
    client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(LONG)
    client.connect(("127.0.0.1", served.port))
    client.sendall(request(f"GET /v1/inference/{served.submit(tokens=4000)}/stream"))
    connections = list(served.gateway.connections)
    eventually(lambda: any(not each.takes_more for each in connections))  # type: ignore[attr-defined]
    return client


def read(client: socket.socket) -> Reply:
    """Return what comes until the gateway closes."""
    raw = b""
    while part := client.recv(1 << 16):
        raw += part
    return Reply(raw)


def test_whoever_stalls_or_has_sent_half_a_request_leaves_no_error_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("gateway.server._FAREWELL_SECONDS", 1.0)
    with structlog.testing.capture_logs() as lines, ExitStack() as stack:
        with serving(blueprint(seconds_per_token=0.0001), send_bytes=4096) as served:
            stalled(served, stack)
            for sent in (b"", b"GET /hea", HALF, request("GET /admin/trace") + HALF):
                stack.enter_context(connect(served)).sendall(sent)
            eventually(lambda: len(served.gateway.connections) > 4)
            eventually(lambda: bool(served.gateway.service.feed._subscriptions))
        assert served.whole
    assert "job ended" in [line["event"] for line in lines]
    assert [line for line in lines if line["log_level"] in {"error", "critical"}] == []
    # Nor after the gateway has ceased to listen to the standard library's logging.
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_half_a_request_is_told_that_the_gateway_closes_and_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.server._FAREWELL_SECONDS", 10 * LONG)
    with ExitStack() as stack:
        with serving(request_seconds=10 * LONG) as served:
            client = stack.enter_context(connect(served))
            client.sendall(HALF)
            connections = served.gateway.connections
            eventually(lambda: any(each.cycle is not None for each in connections))  # type: ignore[attr-defined]
        reply = read(client)
    assert (reply.status, reply.error["code"]) == (503, "closing")


def test_half_a_request_that_was_answered_already_is_not_answered_again() -> None:
    with ExitStack() as stack:
        with serving(token="t", request_seconds=10 * LONG) as served:  # noqa: S106  a test's
            client = stack.enter_context(connect(served))
            client.sendall(HALF.replace(b"Connection: close\r\n", b""))
            assert client.recv(12) == b"HTTP/1.1 401"
        assert b"HTTP/1.1" not in read(client).raw
