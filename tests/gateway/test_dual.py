"""The dual call: a job is made, read from anywhere, and ends once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.gateway.conftest import blueprint, spoken, text_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves


def test_a_job_is_made_and_its_stream_is_the_models_text_and_one_end(served: Served) -> None:
    answer = served.post("sing to me", max_tokens=5, ignore_eos=True, seed=3)

    assert answer.status_code == 202
    job_id = answer.json()["job_id"]
    assert answer.json() == {"job_id": job_id, "sse_url": f"/v1/inference/{job_id}/stream"}
    events = served.read(job_id)
    assert [(event.type, event.id) for event in events] == [
        ("started", None),
        *(("token", str(index)) for index in range(5)),
        ("end", None),
    ]
    assert spoken(events) == text_of("sing to me", 5, seed=3)
    assert events[-1].data == {
        "job_id": job_id,
        "state": "completed",
        "finish_reason": "length",
        "tokens": 5,
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    }


def test_a_stream_is_not_kept_by_anybody_on_the_way(served: Served) -> None:
    with served.client.stream("GET", f"/v1/inference/{served.submit()}/stream") as answer:
        answer.read()
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers


def test_nothing_runs_before_the_stream_is_opened(served: Served) -> None:
    held, other = served.submit("held"), served.submit("other")
    served.read(other)

    shown = served.show(held)
    assert (shown["state"], shown["tokens"], shown["started_at"]) == ("queued", 0, None)
    below = served.held("hive-1")
    assert other in below
    assert held not in below
    assert spoken(served.read(held)) == text_of("held", 8)


def test_a_text_that_ends_by_itself_says_so(served: Served) -> None:
    answer = served.post("end", max_tokens=4096)
    events = served.read(answer.json()["job_id"])
    assert events[-1].data["finish_reason"] == "stop"


@pytest.mark.parametrize("way", ["after", "Last-Event-ID"])
def test_a_stream_is_resumed_after_every_token(served: Served, way: str) -> None:
    job_id = served.submit(tokens=64)
    whole = served.read(job_id)
    words = [event.data["text"] for event in whole if event.type == "token"]
    for index in range(64):
        if way == "after":
            rest = served.read(job_id, after=index)
        else:
            rest = served.read(job_id, {"Last-Event-ID": str(index)}, after=0)
        assert words[: index + 1] + [e.data["text"] for e in rest if e.type == "token"] == words
        assert [event.type for event in rest if event.type != "token"] == ["started", "end"]


def test_a_stream_that_is_cut_while_it_runs_is_resumed(steady: Served) -> None:
    job_id = steady.submit(tokens=40)
    text = ""
    last = -1
    for _ in range(4):
        headers = {} if last < 0 else {"Last-Event-ID": str(last)}
        with steady.reading(job_id, headers) as events:
            for event in events:
                if event.type == "token":
                    text, last = text + event.data["text"], event.data["index"]
                    if last % 10 == 3:
                        break
    rest = steady.read(job_id, {"Last-Event-ID": str(last)})
    assert text + spoken(rest) == text_of("sing", 40)
    assert rest[-1].type == "end"


def test_two_readers_both_get_all_of_it(steady: Served) -> None:
    job_id = steady.submit(tokens=20)
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(steady.read, [job_id, job_id])
    assert one == two
    assert spoken(one) == text_of("sing", 20)


def test_a_job_tells_its_state_and_times(served: Served) -> None:
    job_id = served.submit(tokens=3)
    served.read(job_id)
    shown = served.show(job_id)
    assert (shown["job_id"], shown["model"], shown["state"]) == (job_id, "honey", "completed")
    assert (shown["tokens"], shown["attempts"], shown["finish_reason"]) == (3, 1, "length")
    times = ("created", "accepted", "started", "first_token", "last_token", "ended")
    at = [shown[f"{name}_at"] for name in times]
    assert at == sorted(at)
    assert served.client.get("/v1/jobs").json()["jobs"][-1] == shown


def test_a_quiet_stream_gets_comments(serves: Serves) -> None:
    served = serves(blueprint(seconds_per_token=0.5), comment_seconds=0.05)
    events = served.read(served.submit(tokens=2))
    assert ":" in [event.type for event in events]
    assert spoken(events) == text_of("sing", 2)
