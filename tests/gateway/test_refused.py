"""What a client is told when it does not get what it wants: a status and a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.limits import LONGEST_PROMPT, MOST_TOKENS
from tests.gateway.conftest import blueprint, eventually, spoken, text_of
from topology.faults import Crash, FaultPlan

if TYPE_CHECKING:
    import httpx

    from tests.gateway.conftest import Served, Serves


def told(answer: httpx.Response) -> tuple[int, str]:
    """Return a problem's status and code, after making sure of its shape."""
    error = answer.json()["error"]
    assert sorted(error) == ["code", "message", "param", "type"]
    assert len(error["message"]) > 10
    return answer.status_code, error["code"]


def test_an_unknown_model_is_not_found(served: Served) -> None:
    answer = served.post(model="nectar")
    assert told(answer) == (404, "model_not_found")
    assert answer.json()["error"]["message"] == "there is no model of this name; models: honey"


def test_a_full_queue_says_when_to_come_back(serves: Serves) -> None:
    drawn = blueprint()
    full = type(drawn.queen)(max_jobs=1)
    served = serves(type(drawn)(**{**_fields(drawn), "queen": full}))
    first = served.submit()
    answer = served.post()
    assert told(answer) == (429, "queue_full")
    assert answer.headers["retry-after"] == "1"
    served.read(first)
    assert served.post().status_code == 202


def _fields(drawn: Any) -> dict[str, Any]:
    return {name: getattr(drawn, name) for name in type(drawn).__dataclass_fields__}


def test_without_a_hive_nothing_is_ready(serves: Serves) -> None:
    served = serves(blueprint(), None, FaultPlan.of([(0.0, Crash("hive-1"))]))
    eventually(lambda: served.client.get("/ready").status_code == 503)
    assert told(served.client.get("/ready")) == (503, "not_ready")
    answer = served.post()
    assert told(answer) == (503, "not_ready")
    assert answer.headers["retry-after"] == "1"
    assert served.client.get("/health").json() == {"status": "ok"}


def test_a_queen_that_is_gone_is_waited_for_a_stated_time(serves: Serves) -> None:
    served = serves(blueprint(), None, FaultPlan.of([(0.0, Crash("queen"))]), accept_seconds=0.2)
    eventually(lambda: served.client.get("/ready").status_code == 503)
    assert told(served.post())[0] == 503


def test_a_key_whose_job_was_refused_is_free_again(serves: Serves) -> None:
    drawn = blueprint()
    full = type(drawn.queen)(max_jobs=1)
    served = serves(type(drawn)(**{**_fields(drawn), "queen": full}))
    first = served.submit()
    assert served.post("hum", {"Idempotency-Key": "k"}).status_code == 429
    served.read(first)
    assert served.post("sing", {"Idempotency-Key": "k"}).status_code == 202


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"prompt": "x" * (LONGEST_PROMPT + 1)}, "prompt"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens"),
        ({"prompt": "x", "max_tokens": -1}, "max_tokens"),
        ({"prompt": "x", "max_tokens": MOST_TOKENS + 1}, "max_tokens"),
        ({"prompt": "x", "max_tokens": "9"}, "max_tokens"),
        ({"prompt": "x", "max_tokens": 1.5}, "max_tokens"),
        ({"prompt": "x", "max_tokens": True}, "max_tokens"),
        ({"prompt": "x", "seed": 1 << 63}, "seed"),
        ({"prompt": "x", "priority": 1 << 40}, "priority"),
        ({"prompt": "x", "ignore_eos": "yes"}, "ignore_eos"),
        ({"prompt": "x", "model": 1}, "model"),
        ({"prompt": "x", "temperature": 1}, "temperature"),
        ([], None),
    ],
)
def test_a_wrong_value_is_named(served: Served, body: Any, param: str | None) -> None:
    answer = served.client.post("/v1/inference", json=body)
    assert told(answer) == (422, "invalid_value")
    assert answer.json()["error"]["param"] == param


def test_what_was_sent_is_not_told_back(served: Served) -> None:
    answer = served.post("x", max_tokens="secret")
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "text", ["", "{", "{'prompt': 1}", '{"prompt": "x"', "\x00", "[" * 100_000, "1" * 6000]
)
def test_what_is_not_json_is_refused(served: Served, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = served.client.post("/v1/inference", content=text, headers=headers)
    assert answer.status_code in {400, 422}
    told(answer)


@pytest.mark.parametrize("after", ["x", "-2", "1.5", "99999999999999999999"])
def test_a_place_that_is_none_is_refused(served: Served, after: str) -> None:
    path = f"/v1/inference/{served.submit()}/stream"
    assert told(served.client.get(path, params={"after": after}))[0] == 422
    if after != "-2":
        headers = {"Last-Event-ID": after}
        assert told(served.client.get(path, headers=headers))[0] == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/nodes/nobody/jobs", 404),
        ("PUT", "/v1/inference", 405),
    ],
)
def test_what_there_is_not_is_said_in_the_same_shape(
    served: Served, method: str, path: str, status: int
) -> None:
    assert told(served.client.request(method, path))[0] == status


def test_all_that_is_refused_leaves_the_gateway_as_it_was(served: Served) -> None:
    assert spoken(served.read(served.submit())) == text_of("sing", 8)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "10.0.0.1", "", "localhost.a"])
def test_a_page_whose_name_was_made_to_point_here_is_refused(served: Served, host: str) -> None:
    answer = served.client.get("/admin/state", headers={"Host": host, "Origin": f"http://{host}"})
    assert told(answer) == (403, "foreign_host")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "[::1]:99", "[::1]"])
def test_this_machine_is_asked_by_any_of_its_names(served: Served, host: str) -> None:
    assert served.client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://[::1", "https://localhost", "null"])
def test_another_origin_has_no_business_with_admin(served: Served, origin: str) -> None:
    headers = {"Host": "localhost", "Origin": origin}
    answer = served.client.get("/admin/faults", headers=headers)
    assert told(answer) == (403, "foreign_origin")


def test_a_path_is_not_led_elsewhere(served: Served) -> None:
    assert served.client.get("/v1/jobs/", headers={"Host": "localhost"}).status_code == 404


def test_a_method_that_a_path_has_not_is_answered_with_all_it_has(served: Served) -> None:
    assert served.client.put("/admin/faults").headers["allow"] == "DELETE, GET, HEAD, POST"
    assert served.client.put("/v1/inference/x").headers["allow"] == "DELETE, GET, HEAD"


def test_the_document_of_all_routes_is_there(served: Served) -> None:
    paths = served.client.get("/openapi.json").json()["paths"]
    assert {"/v1/inference", "/admin/trace", "/v1/chat/completions"} <= set(paths)


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"", "application/toml", "there is no plan; send one as TOML or JSON"),
        (b'{"strikes": null}', "application/json", "and no null in it"),
        (b'{"strikes": [{"at": null}]}', "application/json", "and no null in it"),
        (b"[[strikes]]\n" * 1001, "application/toml", "a plan has 1,000 strikes at most"),
        (b"[[strikes]]\n" * 50, "application/toml", " more"),
    ],
)
def test_a_plan_that_is_none_is_refused(
    served: Served, body: bytes, kind: str, sentence: str
) -> None:
    headers = {"Content-Type": kind}
    answer = served.client.post("/admin/faults", content=body, headers=headers)
    assert told(answer) == (422, "invalid_plan")
    assert sentence in answer.json()["error"]["message"]
    assert answer.json()["error"]["message"].count("\n") <= 10


def test_an_empty_idempotency_key_is_none(served: Served) -> None:
    headers = {"Idempotency-Key": ""}
    answer = served.client.post("/v1/inference", json={"prompt": "Hum."}, headers=headers)
    assert told(answer) == (422, "invalid_value")


def test_half_a_character_is_refused(served: Served) -> None:
    answer = served.client.post(
        "/v1/inference",
        content=b'{"prompt": "\\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert told(answer) == (422, "invalid_value")


def test_many_unknown_fields_are_not_all_repeated(served: Served) -> None:
    fields: dict[str, Any] = {f"field-{number:05}": 1 for number in range(50_000)}
    answer = served.post(**fields)
    assert told(answer) == (422, "invalid_value")
    message = answer.json()["error"]["message"]
    assert message.startswith("field-00000: ")
    assert message.endswith("; and 49990 more")
    assert len(message) < 1000


@pytest.mark.parametrize("path", ["/v1/inference", "/v1/completions"])
def test_the_name_of_an_unknown_field_is_cut_short(served: Served, path: str) -> None:
    answer = served.client.post(path, json={"prompt": "x", "y" * 100_000: 1})
    assert len(answer.text) < 500
    assert "y" * 100 + "…" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/inference", "/v1/completions", "/v1/chat/completions"])
def test_a_body_that_is_not_said_to_be_json_is_told_how_to_say_so(
    served: Served, path: str
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}  # as curl has it
    for headers in (form, {}):
        answer = served.client.post(path, content=b'{"prompt": "x"}', headers=headers)
        assert told(answer) == (400, "invalid_json")
        assert "send `Content-Type: application/json`" in answer.json()["error"]["message"]
    body = {"prompt": "x", "messages": []}
    answer = served.client.post(path, json=[body])
    assert "Content-Type" not in answer.text


@pytest.mark.parametrize("path", ["/v1/inference", "/v1/completions", "/v1/chat/completions"])
def test_an_empty_idempotency_key_is_refused(served: Served, path: str) -> None:
    body = (
        {"prompt": "x"} if "chat" not in path else {"messages": [{"role": "user", "content": "x"}]}
    )
    answer = served.client.post(path, json=body, headers={"Idempotency-Key": ""})
    assert answer.status_code == (422 if path == "/v1/inference" else 400)
    assert answer.json()["error"]["param"] == "idempotency-key"


def test_every_answer_has_a_name_of_its_own(served: Served) -> None:
    answers = [
        served.client.get("/health"),
        served.client.get("/health"),
        served.client.get("/nowhere"),
        served.client.get("/health", headers={"Host": "evil.example"}),
        served.client.post("/v1/completions", json={"prompt": "x", "stream": True}),
    ]
    names = {answer.headers["x-request-id"] for answer in answers}
    assert len(names) == len(answers)
    assert all(name.startswith("req-") for name in names)


def test_without_a_named_origin_no_page_of_another_may_read_an_answer(served: Served) -> None:
    page = {"Origin": "http://localhost:3000"}
    asks = {**page, "Access-Control-Request-Method": "POST"}
    assert served.client.options("/v1/inference", headers=asks).status_code == 405
    answer = served.post(headers=page)
    assert not any(name.startswith("access-control") for name in answer.headers)
