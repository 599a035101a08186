"""What OpenAI's own client raises when it does not get what it wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

from gateway.limits import LONGEST_PROMPT, MOST_TOKENS
from tests.gateway.conftest import blueprint, eventually
from tests.gateway.openai.conftest import SING, sung
from topology.faults import Crash, FaultPlan

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves
    from tests.gateway.openai.conftest import Connects

TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}


def user(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"messages": None}, "messages", "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages", "missing_required_parameter"),
        ({"messages": [{"role": "boss", "content": "x"}]}, "messages", "invalid_value"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages", "unsupported_parameter"),
        ({"messages": [{"role": [], "content": "x"}]}, "messages", "invalid_value"),
        (user(5), "messages", "invalid_value"),
        (user(None), "messages", "invalid_value"),
        (user([IMAGE]), "messages", "unsupported_parameter"),
        (user([{"type": "text"}]), "messages", "missing_required_parameter"),
        (user("x" * LONGEST_PROMPT), "messages", "context_length_exceeded"),
        (user("\ud800"), None, "invalid_value"),
        ({"model": 1}, "model", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"max_tokens": -1}, "max_tokens", "invalid_value"),
        ({"max_tokens": MOST_TOKENS + 1}, "max_tokens", "invalid_value"),
        ({"max_tokens": "9"}, "max_tokens", "invalid_value"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens", "invalid_value"),
        ({"n": 0}, "n", "invalid_value"),
        ({"n": 129}, "n", "invalid_value"),
        ({"seed": 1 << 63}, "seed", "invalid_value"),
        ({"stop": ""}, "stop", "invalid_value"),
        ({"stop": 5}, "stop", "invalid_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "invalid_value"),
        ({"stream": "yes"}, "stream", "invalid_value"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_value"),
        ({"temperature": 2.1}, "temperature", "invalid_value"),
        ({"temperature": float("nan")}, "temperature", "invalid_value"),
        ({"top_p": -0.1}, "top_p", "invalid_value"),
        ({"presence_penalty": 3}, "presence_penalty", "invalid_value"),
        ({"logit_bias": {"5": 101}}, "logit_bias", "invalid_value"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"top_logprobs": 2}, "top_logprobs", "unsupported_parameter"),
        ({"tools": [TOOL]}, "tools", "unsupported_parameter"),
        ({"tool_choice": "required"}, "tool_choice", "unsupported_parameter"),
        ({"functions": [{}]}, "functions", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"modalities": ["text", "audio"]}, "modalities", "unsupported_parameter"),
        ({"prediction": {}}, "prediction", "unsupported_parameter"),
        ({"max_length": 5}, "max_length", "unknown_parameter"),
    ],
)
def test_a_wrong_value_of_a_chat_is_a_bad_request(
    served: Served, body: dict[str, Any], param: str | None, code: str
) -> None:
    told(served, "chat/completions", {"messages": SING, **body}, param, code)


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "prompt", "missing_required_parameter"),
        ({"prompt": ""}, "prompt", "invalid_value"),
        ({"prompt": []}, "prompt", "invalid_value"),
        ({"prompt": ["a", ""]}, "prompt", "invalid_value"),
        ({"prompt": [1, 2]}, "prompt", "unsupported_parameter"),
        ({"prompt": [[1, 2]]}, "prompt", "unsupported_parameter"),
        ({"prompt": {}}, "prompt", "invalid_value"),
        ({"prompt": "x" * (LONGEST_PROMPT + 1)}, "prompt", "invalid_value"),
        ({"prompt": ["x"] * 65, "n": 2}, "n", "invalid_value"),
        ({"prompt": "x", "best_of": 2}, "best_of", "unsupported_parameter"),
        ({"prompt": "x", "suffix": "y"}, "suffix", "unsupported_parameter"),
        ({"prompt": "x", "logprobs": 0}, "logprobs", "unsupported_parameter"),
        ({"prompt": "x", "messages": []}, "messages", "unknown_parameter"),
        ([], None, "invalid_value"),
    ],
)
def test_a_wrong_value_of_a_completion_is_a_bad_request(
    served: Served, body: Any, param: str | None, code: str
) -> None:
    told(served, "completions", body, param, code)


def told(served: Served, path: str, body: Any, param: str | None, code: str) -> None:
    """Make sure of what is said of a body, and that it is not told back."""
    answer = served.client.post(
        f"/v1/{path}", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert error["type"] == "invalid_request_error"
    assert 10 < len(error["message"]) < 200


def test_the_client_reads_what_is_wrong(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="honey", messages=[], max_tokens=-5)
    error = caught.value
    assert (error.status_code, error.type) == (400, "invalid_request_error")
    assert error.param in {"messages", "max_tokens"}


@pytest.mark.parametrize("text", ["", "{", "\x00", "[" * 100_000, "null", '"x"'])
def test_what_is_not_json_is_a_bad_request(served: Served, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/v1/chat/completions", "/v1/completions"):
        answer = served.client.post(path, content=text, headers=headers)
        assert answer.status_code == 400
        assert answer.json()["error"]["type"] == "invalid_request_error"


def test_a_key_that_is_too_long_is_a_bad_request(served: Served) -> None:
    headers = {"Idempotency-Key": "x" * 201}
    body = {"messages": SING}
    answer = served.client.post("/v1/chat/completions", json=body, headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "idempotency-key")


def test_a_model_that_there_is_not_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="nectar", messages=SING)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("sweet/nectar")
    assert caught.value.code == "model_not_found"


def test_a_full_queue_is_a_rate_limit_and_the_client_comes_back(
    serves: Serves, connects: Connects
) -> None:
    drawn = blueprint()
    fields = {name: getattr(drawn, name) for name in type(drawn).__dataclass_fields__}
    served = serves(type(drawn)(**{**fields, "queen": type(drawn.queen)(max_jobs=1)}))
    waiting = served.submit()
    with pytest.raises(openai.RateLimitError) as caught:
        connects(served).completions.create(model="honey", prompt="x")
    assert caught.value.code == "queue_full"
    assert caught.value.response.headers["retry-after"] == "1"

    with pytest.raises(openai.RateLimitError):
        connects(served).completions.create(model="honey", prompt=["x", "y"])
    served.read(waiting)
    patient = connects(served, max_retries=5)
    assert patient.completions.create(model="honey", prompt="x").choices


def test_what_is_refused_for_one_prompt_leaves_nothing_of_the_others(
    serves: Serves, connects: Connects
) -> None:
    drawn = blueprint()
    fields = {name: getattr(drawn, name) for name in type(drawn).__dataclass_fields__}
    served = serves(type(drawn)(**{**fields, "queen": type(drawn.queen)(max_jobs=3)}))
    with pytest.raises(openai.RateLimitError):
        connects(served).completions.create(model="honey", prompt=["x"] * 5)
    assert not served.gateway.service.desk.unfinished
    assert connects(served).completions.create(model="honey", prompt=["x"] * 3).choices


def test_without_a_hive_the_service_is_unavailable(serves: Serves, connects: Connects) -> None:
    served = serves(blueprint(), None, FaultPlan.of([(0.0, Crash("hive-1"))]))
    eventually(lambda: served.client.get("/ready").status_code == 503)
    with pytest.raises(openai.APIStatusError) as caught:
        connects(served).completions.create(model="honey", prompt="x")
    assert (caught.value.status_code, caught.value.code) == (503, "not_ready")
    assert caught.value.type == "server_error"
    assert "retry-after" in caught.value.response.headers


def test_a_wrong_token_is_an_authentication_error(serves: Serves, connects: Connects) -> None:
    served = serves(blueprint(), "secret")
    with pytest.raises(openai.AuthenticationError) as caught:
        connects(served, "guess").models.list()
    assert (caught.value.code, caught.value.type) == ("invalid_token", "authentication_error")
    body: Any = {"model": "honey", "messages": SING, "max_tokens": 3}
    answer = connects(served, "secret").chat.completions.create(**body)
    assert answer.choices[0].message.content == sung(3)
