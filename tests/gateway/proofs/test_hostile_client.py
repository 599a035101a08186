"""Clients that are slow, or many, or want to know what is not theirs."""

from __future__ import annotations

import json
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from tests.gateway.conftest import LONG, blueprint, eventually, spoken, text_of
from tests.gateway.proofs.conftest import bodied, connect, post, request, talk

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from typing import TypeAlias

    from tests.gateway.conftest import Served, Serves

    Lines: TypeAlias = list[MutableMapping[str, Any]]

SECRET = "do-not-tell"  # noqa: S105  a word that must not be told back
FIRST = b"GET /%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
"""After whose answer the connection stays open."""


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Ha",
        bodied("Content-Length: 1000", body=b"{"),
        bodied("Content-Length: 1000000000000000000", body=b"{"),
        bodied("Transfer-Encoding: chunked", body=b"5\r\n{"),
        bodied("Content-Length: 10", "Expect: 100-continue", body=b""),
    ],
)
def test_half_a_request_and_silence_is_a_timeout(serves: Serves, sent: bytes) -> None:
    served = serves(request_seconds=0.2)
    reply = talk(served, sent)
    answer = reply.raw.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 413 "))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]


def test_chunks_without_an_end_are_too_much_at_some_time(serves: Serves) -> None:
    served = serves(body_bytes=1000)
    chunk = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    reply = talk(served, bodied("Transfer-Encoding: chunked", body=b""), *[chunk] * 100)
    assert reply.status == 413


def test_a_byte_at_a_time_does_not_lengthen_the_time(serves: Serves) -> None:
    served = serves(request_seconds=0.5)
    with connect(served) as client:
        client.setblocking(False)
        answer = b""

        def drips() -> bool:
            nonlocal answer
            try:
                client.send(b"x")
                answer += client.recv(1000)
            except BlockingIOError:
                pass
            except ConnectionError:
                return True
            return b"\r\n\r\n" in answer

        client.send(b"GET /")
        eventually(drips)
    assert not answer or answer.startswith(b"HTTP/1.1 408 ")


def test_hundreds_of_connections_that_say_nothing_keep_nobody_out(serves: Serves) -> None:
    served = serves(connections=200, request_seconds=2.0)
    with ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), LONG)))
        reply = talk(served, request("GET /health"))
        assert (reply.status, reply.error["code"]) == (503, "too_many_connections")
        assert b"\r\nretry-after: 1" in reply.head
        # They have their time, and then the place is somebody else's.
        eventually(lambda: talk(served, request("GET /health")).status == 200)
    eventually(lambda: len(served.gateway.connections) <= 1)


def stalling(stack: ExitStack, served: Served, job_id: str) -> socket.socket:
    """Return a connection that asks for a stream and takes nothing of it."""
    client = stack.enter_context(closing(socket.socket()))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(LONG)
    client.connect(("127.0.0.1", served.port))
    client.sendall(request(f"GET /v1/inference/{job_id}/stream"))
    return client


def rest(client: socket.socket) -> bytes:
    """Return all that comes on a connection."""
    answer = b""
    while part := client.recv(1 << 16):
        answer += part
    return answer


def test_many_who_stall_do_not_slow_one_who_reads(serves: Serves) -> None:
    served = serves(blueprint(workers_per_hive=2), stall_seconds=2.0, send_bytes=4096)
    jobs = [served.submit(f"song {number}", 1500) for number in range(20)]
    with ExitStack() as stack:
        slow = [stalling(stack, served, job_id) for job_id in jobs]
        assert spoken(served.read(served.submit("mine", 200))) == text_of("mine", 200)
        desk = served.gateway.service.desk
        eventually(lambda: not any(desk.jobs[job_id].readers for job_id in jobs))
        # All at once: each has two seconds now to take what waits for it.
        with ThreadPoolExecutor(len(slow)) as pool:
            for answer in pool.map(rest, slow):
                assert b'"code":"slow_reader"' in answer
    for number, job_id in enumerate(jobs):
        assert spoken(served.read(job_id)) == text_of(f"song {number}", 1500)


def test_whoever_takes_the_last_word_leaves_no_error_in_the_log(serves: Serves) -> None:
    served = serves(stall_seconds=0.5, send_bytes=4096)
    loop, over = served.gateway._loop, threading.Event()
    with structlog.testing.capture_logs() as lines, ExitStack() as stack:
        client = stalling(stack, served, served.submit(tokens=1500))
        eventually(lambda: "a reader was too slow" in [line["event"] for line in lines])
        loop.call_soon_threadsafe(loop.call_later, 0.6, over.set)
        assert b'"code":"slow_reader"' in rest(client)
        assert over.wait(LONG)
    assert [line for line in lines if line["log_level"] == "error"] == []


def test_a_job_that_never_was_and_one_that_has_expired_are_told_apart(serves: Serves) -> None:
    served = serves(keep_seconds=0.1)
    job_id = served.submit()
    served.read(job_id)
    eventually(lambda: served.client.get(f"/v1/inference/{job_id}").status_code == 410)
    for end in ("", "/stream"):
        never = talk(served, request(f"GET /v1/inference/job-{'0' * 32}{end}"))
        assert (never.status, never.error["code"]) == (404, "job_not_found")
        gone = talk(served, request(f"GET /v1/inference/{job_id}{end}"))
        assert (gone.status, gone.error["code"]) == (410, "job_expired")


def test_all_who_open_one_stream_get_all_of_it(steady: Served) -> None:
    job_id = steady.submit("for all", 20)
    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(steady.read, [job_id] * 8))
    assert {spoken(events) for events in heard} == {text_of("for all", 20)}
    assert {events[-1].type for events in heard} == {"end"}


@pytest.fixture
def logged() -> Iterator[Lines]:
    """Return all that is logged, by structlog and by the standard library."""
    with structlog.testing.capture_logs() as lines:

        class Handler(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                lines.append({"event": record.getMessage(), "exception": record.exc_info})

        handler = Handler()
        logging.getLogger().addHandler(handler)
        yield lines
        logging.getLogger().removeHandler(handler)


def test_nothing_that_was_sent_is_logged(serves: Serves, logged: Lines) -> None:
    served = serves(token=SECRET)
    known = f"Authorization: Bearer {SECRET}"
    for sent in (
        request(f"GET /{SECRET}", known),
        request(f"GET /v1/inference/{SECRET}?{SECRET}={SECRET}", known),
        request(f"GET /health {SECRET}", known),
        request("GET /health", f"Cookie: {SECRET}"),
        request("GET /v1/jobs", f"Authorization: Bearer not-{SECRET}"),
        request("GET /admin/state", known, f"Origin: http://{SECRET}"),
        request("GET /v1/inference/x/stream", known, f"Last-Event-ID: {SECRET}"),
        post(f'{{"prompt": "{SECRET}"}}'.encode(), known, f"Idempotency-Key: {SECRET}"),
        post(f'{{"prompt": "{SECRET}", "seed": "{SECRET}"}}'.encode(), known),
        post(f'{{"prompt": "{SECRET}'.encode(), known),
        post(f'{{"prompt": "x", "model": "{SECRET}"}}'.encode(), known),
        post(f'{{"strikes": [{{"do": "{SECRET}"}}]}}'.encode(), known, path="/admin/faults"),
        SECRET.encode() + b"\r\n\r\n",
    ):
        assert talk(served, sent).status < 500
    served.read(served.submit(SECRET))
    events = [line["event"] for line in logged]
    assert {"job ended", "refused", "Invalid HTTP request received."} <= set(events)
    assert SECRET not in repr(logged)
    served.client.close()


def test_what_the_event_loop_logs_is_told_as_all_else_is(serves: Serves) -> None:
    served = serves()
    with structlog.testing.capture_logs() as lines:
        loop = served.gateway._loop
        loop.call_soon_threadsafe(loop.call_exception_handler, {"message": "an odd thing"})
        eventually(lambda: bool(lines))
    assert lines == [{"event": "an odd thing", "log_level": "error"}]


def test_an_empty_key_is_no_key(served: Served) -> None:
    answers = [served.post(text, {"Idempotency-Key": ""}) for text in ("one", "two")]
    assert {answer.status_code for answer in answers} in ({202}, {422})
    if answers[0].status_code == 202:
        assert answers[0].json() != answers[1].json()


def test_an_answer_that_nobody_takes_is_not_kept_for_ever(serves: Serves) -> None:
    served = serves(stall_seconds=0.2, send_bytes=4096)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.connect(("127.0.0.1", served.port))
        slow.sendall(request("GET /openapi.json"))
        connections = served.gateway.connections
        eventually(lambda: len(connections) == 1)
        eventually(lambda: not connections)


def test_a_request_behind_a_stream_does_not_keep_it_when_its_client_leaves(serves: Serves) -> None:
    served = serves(comment_seconds=0.1)
    subscriptions = served.gateway.service.feed._subscriptions
    with connect(served) as client:
        client.sendall(FIRST % b"admin/trace" + FIRST % b"health")
        eventually(lambda: bool(subscriptions))
    eventually(lambda: not subscriptions)


def test_half_a_request_behind_a_stream_is_not_answered_within_it(serves: Serves) -> None:
    served = serves(request_seconds=0.2)
    half = bodied("Content-Length: 10", body=b"{")
    reply = talk(served, FIRST % b"admin/trace" + half)
    assert reply.status == 200
    assert reply.raw.count(b"HTTP/1.1 ") == 1


def test_half_a_request_that_came_with_the_one_before_it_is_a_timeout(serves: Serves) -> None:
    served = serves(request_seconds=0.2)
    for half in (bodied("Content-Length: 10", body=b"{"), b"GET /health HT"):
        reply = talk(served, FIRST % b"health" + half)
        statuses = [answer.split()[0] for answer in reply.raw.split(b"HTTP/1.1 ")[1:]]
        assert statuses == [b"200", b"408"]


def test_half_a_request_that_was_refused_is_not_refused_again(serves: Serves) -> None:
    served = serves(request_seconds=0.2, token=SECRET)
    half = bodied("Content-Length: 10", body=b"{").replace(b"Connection: close\r\n", b"")
    reply = talk(served, half)
    assert reply.status == 401
    assert reply.raw.count(b"HTTP/1.1 ") == 1


def test_requests_without_end_whose_answers_nobody_takes_are_cut_off(serves: Serves) -> None:
    served = serves()
    with connect(served) as client:

        def send_on() -> None:
            for _ in range(1000):
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 100)

        with pytest.raises(ConnectionError):
            send_on()
    assert served.client.get("/health").status_code == 200
