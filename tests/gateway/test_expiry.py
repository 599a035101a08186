"""How long the gateway knows a job, and a key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.gateway.conftest import PATIENCE, blueprint, eventually

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves


def test_a_finished_job_expires(serves: Serves) -> None:
    served = serves(keep_seconds=0.2)
    job_id = served.submit()
    served.read(job_id)
    eventually(lambda: served.client.get(f"/v1/inference/{job_id}").status_code == 410)
    answer = served.client.get(f"/v1/inference/{job_id}/stream")
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "job_expired")
    assert served.client.get("/v1/jobs").json() == {"jobs": []}


def test_a_job_that_nobody_opens_expires_and_leaves_the_swarm(serves: Serves) -> None:
    served = serves(open_seconds=0.2)
    job_id = served.submit()
    eventually(lambda: served.client.get(f"/v1/inference/{job_id}").status_code == 410)
    assert served.held("queen")[job_id]["state"] == "cancelled"


def test_a_job_expires_before_the_swarm_gives_it_up(serves: Serves) -> None:
    served = serves(blueprint(patience=replace(PATIENCE, open_seconds=1.0)))
    assert served.gateway.limits.open_seconds == 60.0
    desk = served.gateway.service.desk
    assert desk.open_seconds == 0.9
    job_id = served.submit()
    job = desk.get(job_id)
    eventually(lambda: served.client.get(f"/v1/inference/{job_id}").status_code == 410)
    answer = served.client.get(f"/v1/inference/{job_id}")
    assert "it was never read in 0.9 s" in answer.json()["error"]["message"]
    assert job.attempts == 1
    eventually(lambda: served.held("queen")[job_id]["state"] == "cancelled")


def test_nothing_is_said_of_a_loss_before_the_first_token(serves: Serves) -> None:
    served = serves()
    job_id = served.submit()
    strikes = [
        {"at": 0, "do": "crash", "bee": "queen"},
        {"at": 0.1, "do": "restart", "bee": "queen"},
    ]
    assert served.client.post("/admin/faults", json={"strikes": strikes}).status_code == 202
    nodes = "/v1/nodes/queen/jobs"
    eventually(lambda: served.client.get(nodes).json().get("jobs") == [])
    types = [event.type for event in served.read(job_id)]
    assert types == ["started", *["token"] * 8, "end"]
    assert served.show(job_id)["attempts"] > 1


def test_finished_jobs_hold_so_many_tokens_at_most_and_the_oldest_go_first(
    serves: Serves,
) -> None:
    served = serves(kept_tokens=20)
    ids = []
    for tokens in (8, 12):
        ids.append(served.submit(tokens=tokens))
        served.read(ids[-1])
    served.gateway.service.desk.tick()
    assert [served.state(job_id) for job_id in ids] == ["completed", "completed"]
    ids.append(served.submit(tokens=1))
    served.read(ids[-1])
    eventually(lambda: served.client.get(f"/v1/inference/{ids[0]}").status_code == 410)
    assert [served.state(job_id) for job_id in ids[1:]] == ["completed", "completed"]


def test_each_answer_counts_among_the_tokens_that_finished_jobs_hold(serves: Serves) -> None:
    served = serves(kept_tokens=20)
    first, second = (served.submit(tokens=tokens) for tokens in (4, 8))
    served.read(first)
    served.read(second)
    # Of two answers, so it holds 10 with 5 tokens each, and 22 together are too many.
    asked = {"prompt": "sing", "n": 2, "max_tokens": 5, "ignore_eos": True}
    answer = served.client.post("/v1/completions", json=asked)
    assert answer.json()["usage"]["completion_tokens"] == 10
    eventually(lambda: served.client.get(f"/v1/inference/{first}").status_code == 410)
    assert served.state(second) == "completed"
    assert served.gateway.service.desk._held == 18


def test_the_oldest_finished_job_goes_first_when_there_are_too_many(serves: Serves) -> None:
    served = serves(kept_jobs=2)
    ids = [served.submit() for _ in range(3)]
    for job_id in ids:
        served.read(job_id)
    eventually(lambda: served.client.get(f"/v1/inference/{ids[0]}").status_code == 410)
    assert [served.state(job_id) for job_id in ids[1:]] == ["completed", "completed"]


def test_the_same_key_and_the_same_body_are_the_same_job(served: Served) -> None:
    one, two = (
        served.post("sing", {"Idempotency-Key": "k"}, max_tokens=4).json() for _ in range(2)
    )
    assert one == two
    assert served.post("sing", max_tokens=4).json() != one


def test_the_same_key_with_another_body_is_refused(served: Served) -> None:
    served.post("sing", {"Idempotency-Key": "k"})
    answer = served.post("hum", {"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_a_key_is_free_again_when_its_job_has_expired(serves: Serves) -> None:
    served = serves(open_seconds=0.2)
    job_id = served.post("sing", {"Idempotency-Key": "k"}).json()["job_id"]
    eventually(lambda: served.client.get(f"/v1/inference/{job_id}").status_code == 410)
    assert served.post("hum", {"Idempotency-Key": "k"}).status_code == 202
