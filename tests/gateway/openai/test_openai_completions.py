"""Completions and models, asked for by OpenAI's own client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.gateway.conftest import text_of
from tests.gateway.openai.conftest import reasons, spoken

if TYPE_CHECKING:
    from tests.gateway.conftest import Served


def ask(client: openai.OpenAI, prompt: Any = "Hum to me", **body: Any) -> Any:
    """Ask for a text to go on to its full length."""
    options: dict[str, Any] = {"model": "honey", "prompt": prompt, **body}
    return client.completions.create(**options, extra_body={"ignore_eos": True})


def test_a_text_goes_on_for_sixteen_tokens_by_default(client: openai.OpenAI) -> None:
    answer = ask(client, seed=2)
    (choice,) = answer.choices
    assert (choice.index, choice.text) == (0, text_of("Hum to me", 16, seed=2))
    assert choice.finish_reason == "length"
    assert (answer.object, answer.model) == ("text_completion", "honey")
    assert answer.id.startswith("cmpl-")
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 16, 19)


def test_a_stream_is_the_same_text_and_one_end(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True, stream_options={"include_usage": True}))
    assert spoken(chunks) == text_of("Hum to me", 16)
    assert reasons(chunks) == {0: "length"}
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * 17
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 19)


@pytest.mark.parametrize("streams", [False, True])
def test_each_of_several_prompts_has_its_own_answers(client: openai.OpenAI, streams: bool) -> None:
    prompts = ["one", "two words", "three words more"]
    answer = ask(client, prompts, n=2, max_tokens=5, stream=streams)
    texts = [text_of(prompt, 5, seed) for prompt in prompts for seed in range(2)]
    if streams:
        chunks = list(answer)
        assert [spoken(chunks, index) for index in range(6)] == texts
        assert reasons(chunks) == dict.fromkeys(range(6), "length")
    else:
        assert [choice.index for choice in answer.choices] == list(range(6))
        assert [choice.text for choice in answer.choices] == texts
        usage = answer.usage
        assert (usage.prompt_tokens, usage.completion_tokens) == (6, 30)


@pytest.mark.parametrize("streams", [False, True])
def test_a_prompt_is_told_before_each_of_its_answers_if_it_is_asked_for(
    client: openai.OpenAI, streams: bool
) -> None:
    answer = ask(client, ["a", "b"], n=2, max_tokens=3, echo=True, stop="a", stream=streams)
    wanted = [
        prompt + text_of(prompt, 3, seed).partition("a")[0] for prompt in "ab" for seed in range(2)
    ]
    if streams:
        chunks = list(answer)
        told = [spoken(chunks, index) for index in range(4)]
    else:
        told = [choice.text for choice in answer.choices]
    assert told == wanted


def test_the_best_of_as_many_as_are_told_is_all_of_them(client: openai.OpenAI) -> None:
    assert len(ask(client, n=2, best_of=2).choices) == 2


def test_a_key_that_comes_again_gets_the_same_answers_to_all_prompts(
    client: openai.OpenAI, served: Served
) -> None:
    body: dict[str, Any] = {"prompt": ["one", "two", "three"], "model": "honey"}
    headers = {"Idempotency-Key": "several"}
    first = client.completions.create(**body, extra_headers=headers)
    assert client.completions.create(**body, extra_headers=headers) == first

    body["prompt"] += ["four"]
    with pytest.raises(openai.BadRequestError):
        client.completions.create(**body, extra_headers=headers)
    assert not served.gateway.service.desk.unfinished


def test_the_models_are_those_of_the_blueprint(client: openai.OpenAI, served: Served) -> None:
    (model,) = client.models.list()
    assert (model.id, model.object, model.owned_by) == ("honey", "model", "glasshive")
    assert client.models.retrieve("honey") == model
    assert served.client.get("/v1/models").json()["object"] == "list"
