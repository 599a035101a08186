"""How a job is given up: by its client's word, or because its client is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gateway.conftest import blueprint, eventually, spoken, text_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves


def test_a_cancel_stops_the_worker_and_ends_the_stream(steady: Served) -> None:
    job_id = steady.submit(tokens=2000)
    with steady.reading(job_id) as events:
        assert next(events).type == "started"
        assert next(events).type == "token"
        worker = steady.worker_of(job_id)
        answer = steady.client.delete(f"/v1/inference/{job_id}")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
        done = steady.held(worker)[job_id]
        rest = list(events)
    assert [event.type for event in rest if event.type != "token"] == ["end"]
    assert (rest[-1].data["state"], rest[-1].data["finish_reason"]) == ("cancelled", "cancelled")
    assert done["state"] == "cancelled"
    assert steady.held(worker).get(job_id, done) == done
    assert steady.held("queen")[job_id]["state"] == "cancelled"


def test_what_was_never_opened_is_cancelled_at_once(served: Served) -> None:
    job_id = served.submit()
    answer = served.client.delete(f"/v1/inference/{job_id}")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert [event.type for event in served.read(job_id)] == ["started", "end"]
    eventually(lambda: served.held("queen")[job_id]["state"] == "cancelled")


def test_what_has_ended_cannot_be_cancelled(served: Served) -> None:
    job_id = served.submit()
    served.read(job_id)
    answer = served.client.delete(f"/v1/inference/{job_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "job_ended")


@pytest.mark.parametrize("path", ["/v1/inference/job-1", "/v1/inference/job-1/stream"])
def test_a_job_that_never_was_is_not_found(served: Served, path: str) -> None:
    answer = served.client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found")
    assert served.client.delete("/v1/inference/job-1").status_code == 404


def test_a_client_that_leaves_has_its_job_cancelled_after_the_time_of_grace(
    serves: Serves,
) -> None:
    served = serves(blueprint(seconds_per_token=0.02), grace_seconds=0.2)
    job_id = served.submit(tokens=3000)
    with served.reading(job_id) as events:
        next(events)
    eventually(lambda: served.state(job_id) == "cancelled")


def test_a_client_that_comes_back_in_time_gets_the_rest(serves: Serves) -> None:
    served = serves(blueprint(seconds_per_token=0.02), grace_seconds=20)
    job_id = served.submit(tokens=30)
    with served.reading(job_id) as events:
        assert next(events).type == "started"
        assert next(events).data["index"] == 0
    eventually(lambda: served.show(job_id)["tokens"] >= 10)
    assert spoken(served.read(job_id)) == text_of("sing", 30)


def test_to_cancel_again_what_is_cancelled_is_no_failure(served: Served) -> None:
    job_id = served.submit()
    first = served.client.delete(f"/v1/inference/{job_id}")
    assert first.status_code == 200
    eventually(lambda: served.show(job_id)["ended_at"] is not None)
    again = served.client.delete(f"/v1/inference/{job_id}")
    assert (again.status_code, again.json()) == (200, served.show(job_id))
    assert again.json()["state"] == "cancelled"
