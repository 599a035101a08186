"""The OpenAPI document of OpenAI's conventions."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.document import Documented
from gateway.openai import chat, completions, models


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = Documented(open_paths=None)
    for router in (chat.router, completions.router, models.router):
        app.include_router(router)
    return app.openapi()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
def test_every_status_of_a_completion_is_documented(document: dict[str, Any], path: str) -> None:
    asked = document["paths"][path]["post"]
    statuses = {"200", "400", "401", "404", "408", "409", "413", "429", "431", "503"}
    assert statuses | {"403"} == set(asked["responses"])
    assert set(asked["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}


def test_every_status_of_a_model_is_documented(document: dict[str, Any]) -> None:
    assert {"200", "400", "401", "404"} <= set(
        document["paths"]["/v1/models/{model}"]["get"]["responses"]
    )


def test_a_string_may_stand_where_a_list_may(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    prompt = schemas["CompletionRequest"]["properties"]["prompt"]
    assert {each["type"] for each in prompt["anyOf"]} == {"string", "array"}
    stop = schemas["ChatCompletionRequest"]["properties"]["stop"]
    assert {each["type"] for each in stop["anyOf"]} == {"string", "array", "null"}


@pytest.mark.parametrize("status", ["429", "503"])
def test_it_says_that_a_refusal_tells_when_to_come_back(
    document: dict[str, Any], status: str
) -> None:
    asked = document["paths"]["/v1/completions"]["post"]["responses"][status]
    assert asked["headers"]["Retry-After"]["schema"]["type"] == "integer"


@pytest.mark.parametrize("open_paths", [None, frozenset(("/v1/models",))])
def test_it_says_what_wants_the_token(open_paths: frozenset[str] | None) -> None:
    app = Documented(open_paths=open_paths)
    app.include_router(models.router)
    told = app.openapi()
    asked = {path: each["get"].get("security") for path, each in told["paths"].items()}
    if open_paths is None:
        assert "security" not in told
        assert asked == {"/v1/models": None, "/v1/models/{model}": None}
        return
    assert told["security"] == [{"token": []}]
    assert told["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert asked == {"/v1/models": [], "/v1/models/{model}": None}
