"""What is no proper HTTP, or is and odd: a status and a sentence for each."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.gateway.conftest import events_in, spoken, text_of
from tests.gateway.proofs.conftest import FINE, LENGTH, Reply, bodied, request, talk

if TYPE_CHECKING:
    from tests.gateway.conftest import Served

SMUGGLED = b"0\r\n\r\nGET /admin/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

NOT_HTTP = {
    "two lengths that agree": bodied(LENGTH, LENGTH),
    "two lengths that differ": bodied(LENGTH, "Content-Length: 4"),
    "a length and chunks": bodied("Content-Length: 4", "Transfer-Encoding: chunked", body=SMUGGLED),
    "chunks and a length": bodied(
        "Transfer-Encoding: chunked", f"Content-Length: {len(SMUGGLED)}", body=SMUGGLED
    ),
    "chunked, and then not": bodied(
        "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=SMUGGLED
    ),
    "an encoding that is none": bodied("Transfer-Encoding: xchunked", body=SMUGGLED),
    "a length below zero": bodied("Content-Length: -1"),
    "a length beyond numbers": bodied(f"Content-Length: {'9' * 30}"),
    "a length in hexadecimal": bodied("Content-Length: 0x0f"),
    "a length with a sign": bodied("Content-Length: +15"),
    "a chunk without a number": bodied("Transfer-Encoding: chunked", body=b"zz\r\n"),
    "a chunk beyond numbers": bodied("Transfer-Encoding: chunked", body=b"f" * 40 + b"\r\n"),
    "a null byte in a header": request("GET /health", "X-Odd: a\x00b"),
    "a space before the colon": request("GET /health", "X-Odd : a"),
    "a folded header": request("GET /health", "X-Odd: a", " folded"),
    "a null byte in the path": request("GET /hea\x00lth"),
    "bytes in the path": request("GET /h\xe9alth"),
    "line feeds alone": b"GET /health HTTP/1.1\nHost: 127.0.0.1\n\n",
    "a method that is none": request("FOO /health"),
    "a method in small letters": request("get /health"),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": bytes.fromhex("16030100a1010000") + bytes(40),
    "an address that is none": request("GET http://[::1/health"),
    "a proxy's tunnel": request("CONNECT elsewhere.example:443"),
}


@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_not_http_is_refused_and_nothing_after_it_is_heard(
    served: Served, name: str
) -> None:
    reply = talk(served, NOT_HTTP[name])
    assert (reply.status, reply.error["code"]) == (400, "bad_request")
    assert len(re.findall(rb"HTTP/1\.\d \d\d\d ", reply.raw)) == 1


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_request_has_one_host(served: Served, head: bytes) -> None:
    assert talk(served, head).status == 400


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::2]", "0"]
)
def test_a_name_that_was_made_to_point_here_is_refused(served: Served, host: str) -> None:
    for path in ("/v1/jobs", "/admin/state", "/"):
        reply = talk(served, request(f"GET {path}", host=host))
        assert (reply.status, reply.error["code"]) == (403, "foreign_host")


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "127.0.0.1:80", "[::1]:80", "[::1]"])
def test_this_machines_own_names_are_not(served: Served, host: str) -> None:
    assert talk(served, request("GET /v1/jobs", host=host)).status == 200


@pytest.mark.parametrize("origin", ["null", "http://[::1", "http://evil.example", "x", "//"])
def test_a_page_of_any_other_origin_may_not_use_admin(served: Served, origin: str) -> None:
    for path in ("/admin/state", "/admin/faults", "/admin/trace", "/%61dmin/state"):
        reply = talk(served, request(f"GET {path}", f"Origin: {origin}"))
        assert (reply.status, reply.error["code"]) == (403, "foreign_origin")


def test_no_answer_lets_pages_of_other_origins_read_it(served: Served) -> None:
    headers = ("Origin: http://evil.example", "Access-Control-Request-Method: POST")
    for line in ("GET /v1/jobs", "OPTIONS /v1/inference", "OPTIONS /admin/faults"):
        assert b"access-control" not in talk(served, request(line, *headers)).head.lower()


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_what_a_page_can_send_without_asking_makes_no_job(served: Served, kind: str) -> None:
    own = (LENGTH, f"Content-Type: {kind}") if kind else (LENGTH,)
    assert talk(served, request("POST /v1/inference", *own, body=FINE)).status == 400


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /../../etc/passwd", 404),
        ("GET /v1/inference/..%2f..%2f..%2fetc%2fpasswd", 404),
        ("GET /v1/inference/%00", 404),
        ("GET /v1/inference/%zz%", 404),
        ("GET /v1/inference/%ff%fe", 404),
        ("GET /v1/inference/%ed%a0%80", 404),
        ("GET /v1/nodes/%ed%a0%80/jobs", 404),
        (f"GET /v1/inference/{'x' * 8000}", 404),
        ("GET //evil.example/v1/jobs/", 404),
        ("GET /v1/jobs/", 404),
        ("GET /docs", 404),
        ("OPTIONS *", 404),
        ("OPTIONS /v1/inference", 405),
        ("TRACE /v1/inference", 405),
        ("DELETE /v1/inference", 405),
        ("GET /v1/inference/x/stream?after=1&after=x", 422),
        ("GET /v1/inference/x/stream?after=1e3", 422),
        (f"GET /health?{'a=b&' * 20_000}", 431),
        (f"GET /{'a/' * 20_000}", 431),
    ],
)
def test_an_odd_path_has_its_status_and_a_sentence(served: Served, line: str, status: int) -> None:
    reply = talk(served, request(line))
    assert (reply.status, bool(reply.error["message"])) == (status, True)
    assert b"location:" not in reply.head.lower()


def headers_of(reply: Reply) -> dict[bytes, bytes]:
    """Return an answer's headers, without those that no two answers have in common."""
    pairs = [line.split(b": ", 1) for line in reply.head.split(b"\r\n")[1:]]
    return {name: value for name, value in pairs if name not in {b"date", b"x-request-id"}}


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/health", "/ready", "/metrics", "/openapi.json", "/v1/jobs", "/v1/models"),
        *("/v1/nodes", "/v1/nodes/queen/jobs", "/admin/faults", "/v1/inference/x", "/no"),
    ],
)
def test_head_is_answered_as_get_without_the_body(served: Served, path: str) -> None:
    head, get = (talk(served, request(f"{method} {path}")) for method in ("HEAD", "GET"))
    assert head.raw.endswith(b"\r\n\r\n")
    assert (head.status, headers_of(head)) == (get.status, headers_of(get))


def test_head_of_a_stream_sets_no_job_to_work(served: Served) -> None:
    job_id = served.submit()
    for path in (f"/v1/inference/{job_id}/stream", "/admin/trace"):
        reply = talk(served, request(f"HEAD {path}"))
        assert (reply.status, headers_of(reply)[b"allow"]) == (405, b"GET")
        assert reply.raw.endswith(b"\r\n\r\n")
    assert served.show(job_id)["started_at"] is None


def test_what_takes_get_says_that_it_takes_head(served: Served) -> None:
    assert headers_of(talk(served, request("PUT /health")))[b"allow"] == b"GET, HEAD"
    assert headers_of(talk(served, request("HEAD /v1/inference")))[b"allow"] == b"POST"


def test_the_document_tells_of_get_alone(served: Served) -> None:
    paths = served.client.get("/openapi.json").json()["paths"]
    assert {method for each in paths.values() for method in each} == {"get", "post", "delete"}


@pytest.mark.parametrize("version", ["0.9", "1.0", "2.0"])
def test_other_versions_of_http_are_refused_by_their_name(served: Served, version: str) -> None:
    for headers in (b"", b"Host: 127.0.0.1\r\n", b"Connection: keep-alive\r\n"):
        for path in (b"/health", b"/admin/trace"):
            head = b"GET %s HTTP/%s\r\n" % (path, version.encode())
            reply = talk(served, head + headers + b"\r\n")
            assert (reply.status, reply.error["code"]) == (400, "http_version")
            assert f"HTTP/{version}; send it as HTTP/1.1" in reply.error["message"]


def test_a_head_that_is_refused_has_no_body_either(served: Served) -> None:
    reply = talk(served, b"HEAD /health HTTP/1.1\r\n\r\n")
    assert reply.status == 400
    assert reply.raw.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("kind", ["websocket", "h2c"])
def test_an_upgrade_is_not_had(served: Served, kind: str) -> None:
    headers = (f"Upgrade: {kind}", "Connection: Upgrade, close", "Sec-WebSocket-Version: 13")
    line = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    reply = talk(served, line + "".join(f"{each}\r\n" for each in headers).encode() + b"\r\n")
    assert reply.status == 200
    assert b"\r\nupgrade:" not in reply.head.lower()


def test_requests_in_one_go_are_answered_in_their_order(served: Served) -> None:
    one = b"GET /v1/inference/%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    lines = b"".join(one % number for number in range(50))
    reply = talk(served, lines + request("GET /health"))
    assert reply.raw.count(b"HTTP/1.1 404 ") == 50
    assert reply.raw.endswith(b'{"status":"ok"}')


def test_all_of_this_leaves_the_gateway_as_it_was(served: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda sent: talk(served, sent), NOT_HTTP.values()))
    nodes = {"queen", "hive-1", "worker-1", "worker-2"}
    assert set(served.client.get("/v1/nodes").json()["nodes"]) == nodes
    assert spoken(served.read(served.submit())) == text_of("sing", 8)
    with served.client.stream("GET", "/admin/trace") as answer:
        assert next(events_in(answer.iter_lines())).type == ":"
