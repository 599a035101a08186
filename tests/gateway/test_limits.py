"""What the gateway does not take: too much, too long, too slow, too many."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from gateway.limits import LONGEST_PROMPT
from tests.gateway.conftest import LONG, blueprint, eventually, spoken, text_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves


def talk(served: Served, data: bytes) -> tuple[int, dict[str, Any]]:
    """Send some bytes and nothing more; return the status and the body of the answer."""
    with socket.create_connection(("127.0.0.1", served.port), LONG) as client:
        client.sendall(data)
        answer = b""
        while part := client.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_half_a_head_and_silence_is_a_timeout(serves: Serves) -> None:
    served = serves(request_seconds=0.2)
    status, body = talk(served, b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
    assert (status, body["error"]["code"]) == (408, "request_timeout")


def test_half_a_body_and_silence_is_a_timeout(serves: Serves) -> None:
    served = serves(request_seconds=0.2)
    head = b"POST /v1/inference HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
    status, body = talk(served, head + b'{"prompt"')
    assert (status, body["error"]["code"]) == (408, "request_timeout")


def test_a_connection_on_which_nothing_comes_is_closed(serves: Serves) -> None:
    served = serves(request_seconds=0.2)
    assert talk(served, b"")[0] == 408


def test_a_stream_may_last_longer_than_a_request(serves: Serves) -> None:
    served = serves(blueprint(seconds_per_token=0.02), request_seconds=0.2)
    assert spoken(served.read(served.submit(tokens=30))) == text_of("sing", 30)


def test_a_long_header_is_refused_whole_and_in_parts(serves: Serves) -> None:
    served = serves(header_bytes=1000)
    for data in (
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 1000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 1000,
        b"GET /" + b"x" * 1000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n",
    ):
        status, body = talk(served, data)
        assert (status, body["error"]["code"]) == (431, "headers_too_long")
    assert served.client.get("/health", headers={"X-Long": "x" * 500}).status_code == 200


def test_a_body_that_is_too_large_is_refused(serves: Serves) -> None:
    served = serves(body_bytes=1000)
    assert served.post("x" * 900).status_code == 202
    answer = served.post("x" * 1000)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")

    def parts() -> Any:
        yield b"x" * 600
        yield b"x" * 600

    assert served.client.post("/v1/inference", content=parts()).status_code == 413


def test_the_longest_prompt_may_be_escaped_throughout(served: Served) -> None:
    for more, status in ((0, 202), (1, 422)):
        body = json.dumps({"prompt": "\U0001f41d" * (LONGEST_PROMPT + more), "max_tokens": 1})
        assert len(body) > 12 * LONGEST_PROMPT
        head = {"content-type": "application/json"}
        answer = served.client.post("/v1/inference", content=body, headers=head)
        assert answer.status_code == status, answer.text


def test_what_is_not_http_is_refused(served: Served) -> None:
    for data in (b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"):
        status, body = talk(served, data)
        assert (status, body["error"]["code"]) == (400, "bad_request")


def test_more_connections_than_there_may_be_are_told_so(serves: Serves) -> None:
    served = serves(connections=3)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), LONG)))
        connections = served.gateway.connections
        eventually(lambda: len(connections) == 3)
        status, body = talk(served, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (status, body["error"]["code"]) == (503, "too_many_connections")
    eventually(lambda: served.client.get("/health").status_code == 200)


def test_those_beyond_the_limit_who_say_nothing_are_not_waited_for(serves: Serves) -> None:
    served = serves(connections=3, request_seconds=10 * LONG)
    with ExitStack() as stack:
        for _ in range(3 + 64):
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), LONG)))
        connections = served.gateway.connections
        eventually(lambda: len(connections) == 3 + 64)
        for _ in range(3):
            status, body = talk(served, b"")
            assert (status, body["error"]["code"]) == (503, "too_many_connections")


def test_a_reader_that_takes_nothing_is_cut_off_and_nobody_else_is_slower(serves: Serves) -> None:
    served = serves(stall_seconds=2.0, send_bytes=4096)
    job_id = served.submit(tokens=1500)
    request = f"GET /v1/inference/{job_id}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with socket.socket() as slow, ThreadPoolExecutor(1) as pool:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(LONG)
        slow.connect(("127.0.0.1", served.port))
        slow.sendall(request)
        assert slow.recv(1)
        other = pool.submit(served.read, job_id)
        port = slow.getsockname()[1]
        connections: Any = served.gateway.connections
        (own,) = [each for each in connections if each.client[1] == port]
        eventually(lambda: own.cycle.response_complete)
        answer = b""
        while part := slow.recv(65536):
            answer += part
        assert spoken(other.result()) == text_of("sing", 1500)
    assert b"event: error\n" in answer
    assert b'"code":"slow_reader"' in answer
    assert b"event: end\n" not in answer
    last = int(answer.rpartition(b"\nid: ")[2].split()[0])
    assert last < 1499
    rest = served.read(job_id, {"Last-Event-ID": str(last)})
    assert [event.type for event in rest][-1] == "end"
