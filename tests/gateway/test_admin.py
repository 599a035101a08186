"""What can be seen of the swarm from outside, and who may look."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from glasshive.trace.event import KINDS
from tests.gateway.conftest import events_in, spoken, text_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves


def test_the_state_shows_every_registry(served: Served) -> None:
    job_id = served.submit()
    state = served.client.get("/admin/state").json()
    assert {"queen", "hive-1", "worker-1", "worker-2", "keeper-1"} <= set(state)
    assert state["keeper-1"]["class"] == "Door"
    assert job_id in state["keeper-1"]["requests"]
    assert job_id in json.dumps(state["queen"]["jobs"])


def test_the_state_can_be_seen_while_everything_changes(served: Served) -> None:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            served.read(served.submit(tokens=20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        states = [served.client.get("/admin/state") for _ in range(30)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert {state.status_code for state in states} == {200}


def test_the_trace_is_streamed_as_it_happens(served: Served) -> None:
    with served.client.stream("GET", "/admin/trace") as answer:
        events = events_in(answer.iter_lines())
        assert next(events).type == ":"
        job_id = served.submit("a trace")
        served.read(job_id)
        seen = []
        for event in events:
            assert event.type == "event"
            assert event.id == str(event.data["index"])
            assert event.data["kind"] in KINDS
            seen.append(event.data)
            if event.data.get("type") == "Ask" and event.data["kind"] == "deliver":
                break
    indices = [event["index"] for event in seen]
    assert indices == list(range(indices[0], indices[0] + len(indices)))
    asked = [event for event in seen if event.get("type") == "Ask" and event["kind"] == "send"]
    assert asked[-1]["data"]["request"]["request_id"] == job_id


def test_a_subscriber_who_is_behind_is_told_how_much_was_dropped(serves: Serves) -> None:
    served = serves(feed_events=10)
    with served.client.stream("GET", "/admin/trace") as answer:
        events = events_in(answer.iter_lines())
        next(events)
        for _ in range(3):
            served.read(served.submit(tokens=200))
        for event in events:
            if event.type == "dropped":
                assert event.data["events"] >= 1
                break


def test_metrics_have_vllms_names(serves: Serves) -> None:
    served = serves()
    served.read(served.submit(tokens=5))
    text = served.client.get("/metrics").text
    for line in (
        'vllm:num_requests_running{model_name="honey"} 0.0',
        'vllm:num_requests_waiting{model_name="honey"} 0.0',
        'vllm:kv_cache_usage_perc{model_name="honey"} 0.0',
        'vllm:time_to_first_token_seconds_count{model_name="honey"} 1.0',
        'vllm:inter_token_latency_seconds_count{model_name="honey"} 4.0',
        'vllm:e2e_request_latency_seconds_count{model_name="honey"} 1.0',
        'glasshive_worker_slots{hive="hive-1",model_name="honey",worker="worker-1"} 16.0',
        'glasshive_hive_health{health="healthy",hive="hive-1"} 1.0',
        'glasshive_jobs_ended_total{model_name="honey",state="completed"} 1.0',
    ):
        assert line in text.splitlines()


def test_what_runs_is_counted(steady: Served) -> None:
    with steady.reading(steady.submit(tokens=2000)) as events:
        for event in events:
            if event.type == "token":
                break
        lines = steady.client.get("/metrics").text.splitlines()
    assert 'vllm:num_requests_running{model_name="honey"} 1.0' in lines
    (usage,) = [line for line in lines if line.startswith("vllm:kv_cache_usage_perc{")]
    assert 0.0 <= float(usage.split()[-1]) < 1.0


# -- the token ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic secret"},
        {"Authorization": "secret"},
        {"Authorization": "Bearer secret\xff"},
    ],
)
def test_without_the_token_nothing_is_open_but_health(
    serves: Serves, headers: dict[str, str]
) -> None:
    served = serves(token="secret")  # noqa: S106  a test's
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    with httpx.Client(base_url=served.url, headers=raw, trust_env=False) as stranger:
        for path in ("/ready", "/metrics", "/v1/jobs", "/admin/state", "/openapi.json", "/no"):
            answer = stranger.get(path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
        assert stranger.post("/v1/inference", json={"prompt": "x"}).status_code == 401
        assert stranger.get("/health").status_code == 200


def test_with_the_token_everything_is_open(serves: Serves) -> None:
    served = serves(token="secret")  # noqa: S106  a test's
    assert spoken(served.read(served.submit())) == text_of("sing", 8)
    assert served.client.get("/admin/state").status_code == 200


def test_a_page_of_another_origin_may_not_use_admin(served: Served) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    answer = served.client.post("/admin/faults", headers=foreign, content="")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")
    own = {"Origin": served.url}
    assert served.client.get("/admin/faults", headers=own).status_code == 200
