"""How long the gateway knows a job, and a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.gateway.conftest import eventually

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
