"""A stream whose connection breaks again and again, and is resumed by the last id that came."""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from typing import TYPE_CHECKING

from tests.gateway.conftest import blueprint, events_in, eventually, text_of
from tests.gateway.proofs.conftest import connect, request

if TYPE_CHECKING:
    from tests.gateway.conftest import Event, Served, Serves

TOKENS = 64


def read_some(served: Served, job_id: str, last: str | None, count: int) -> list[Event]:
    """Return so many tokens after the last one, or those up to the end; then cut the connection."""
    headers = () if last is None else (f"Last-Event-ID: {last}",)
    events = []
    with connect(served) as client:
        client.sendall(request(f"GET /v1/inference/{job_id}/stream", *headers))
        with closing(client.makefile(encoding="utf-8", newline="\n")) as lines:
            assert " 200 " in next(lines)
            while next(lines) != "\r\n":
                pass
            # What ends a chunk or tells its length ends in CRLF, and no line of an event does.
            own = (line.removesuffix("\n") for line in lines if not line.endswith("\r\n"))
            for event in events_in(own):
                events.append(event)
                if len([each for each in events if each.type == "token"]) == count:
                    break
            # Both ways are cut at once, and what is under way is thrown away.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return events


def read_in_pieces(served: Served, job_id: str, count: int) -> tuple[str, list[str | None], int]:
    """Return the text, the ids in the order in which they came, and how often it was opened."""
    text, ids, opened = "", list[str | None](), 0
    while True:
        events = read_some(served, job_id, ids[-1] if ids else None, count)
        opened += 1
        assert [event.type for event in events].count("started") == 1
        for event in events:
            if event.type == "token":
                text += event.data["text"]
                ids.append(event.id)
        if events[-1].type == "end":
            return text, ids, opened


def test_a_stream_that_is_cut_after_every_kth_token_gives_the_same_text(serves: Serves) -> None:
    served = serves(blueprint(seconds_per_token=0.001))
    whole = text_of("cut", TOKENS), [str(index) for index in range(TOKENS)]
    for count in range(1, TOKENS + 1):
        text, ids, opened = read_in_pieces(served, served.submit("cut", TOKENS), count)
        assert (count, text, ids, opened) == (count, *whole, TOKENS // count + 1)
    eventually(lambda: not any(job.readers for job in served.gateway.service.desk.jobs.values()))


def test_a_stream_that_is_cut_after_every_kth_token_survives_a_crash_too(serves: Serves) -> None:
    served = serves(blueprint(seconds_per_token=0.002, workers_per_hive=1))
    plan = {"strikes": [{"after_token": 30, "do": "crash", "bee": "worker-1"}]}
    assert served.client.post("/admin/faults", json=plan).status_code == 202
    text, ids, _ = read_in_pieces(served, served.submit("cut", TOKENS), 5)
    assert served.client.get("/admin/faults").json() == {"armed": []}
    assert (text, ids) == (text_of("cut", TOKENS), [str(index) for index in range(TOKENS)])
