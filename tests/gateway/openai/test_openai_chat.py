"""Chat completions, asked for by OpenAI's own client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import openai
import pytest

from actors import Generation
from gateway.openai.chat import ChatCompletionRequest
from tests.gateway.conftest import LONG, text_of
from tests.gateway.openai.conftest import PROMPT, SING, reasons, spoken, sung

if TYPE_CHECKING:
    from tests.gateway.conftest import Served


def ask(client: openai.OpenAI, tokens: int | None = 8, **body: Any) -> Any:
    """Ask for so many tokens."""
    options: Any = {"model": "honey", "messages": SING, "max_tokens": tokens, **body}
    return client.chat.completions.create(**options)


def spread(copies: int) -> tuple[int, int]:
    """Return a seed and tokens, so that some of its answers end by themselves and some do not."""
    most = 30
    for seed in range(1000):
        lengths = [
            Generation("honey", PROMPT, seed + each).natural_length() for each in range(copies)
        ]
        if min(lengths) < most - 10 and max(lengths) > most:
            return seed, most
    raise AssertionError


def test_an_answer_is_the_models_text(client: openai.OpenAI) -> None:
    answer = ask(client, 5, seed=3, extra_body={"ignore_eos": True})

    assert answer.choices[0].message.content == sung(5, seed=3)
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "length"
    assert answer.choices[0].index == 0
    assert (answer.object, answer.model) == ("chat.completion", "honey")
    assert answer.id.startswith("chatcmpl-")
    assert answer.system_fingerprint.startswith("fp_")
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 5, 10)


def test_a_stream_is_the_same_text_and_one_end(client: openai.OpenAI) -> None:
    with ask(client, 5, stream=True, extra_body={"ignore_eos": True}) as stream:
        chunks = list(stream)

    first, *texts, last = (chunk.choices[0] for chunk in chunks)
    assert (first.delta.role, first.delta.content) == ("assistant", "")
    assert "".join(each.delta.content for each in texts) == sung(5)
    assert len(texts) == 5
    assert (last.delta.content, last.finish_reason) == (None, "length")
    assert {(chunk.id, chunk.created, chunk.object) for chunk in chunks} == {
        (chunks[0].id, chunks[0].created, "chat.completion.chunk")
    }
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)


def test_a_stream_tells_its_usage_at_last_if_it_is_asked_to(client: openai.OpenAI) -> None:
    options = {"include_usage": True}
    chunks = list(ask(client, 4, n=2, stream=True, stream_options=options))

    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert all("usage" in chunk.model_fields_set for chunk in chunks)
    last = chunks[-1]
    assert last.choices == []
    usage = last.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 8, 13)


def test_an_answer_without_a_length_comes_to_its_own_end(client: openai.OpenAI) -> None:
    length = Generation("honey", PROMPT, 0).natural_length()
    answer = ask(client, None)
    assert answer.choices[0].message.content == sung(length)
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens == length


@pytest.mark.parametrize("streams", [False, True])
def test_each_of_several_answers_has_its_own_text_and_end(
    client: openai.OpenAI, streams: bool
) -> None:
    seed, most = spread(4)
    lengths = [Generation("honey", PROMPT, seed + each).natural_length() for each in range(4)]
    texts = [sung(min(most, length), seed + each) for each, length in enumerate(lengths)]
    ends = ["stop" if length < most else "length" for length in lengths]
    assert sorted(set(ends)) == ["length", "stop"]

    answer = ask(client, most, n=4, seed=seed, stream=streams)

    if streams:
        chunks = list(answer)
        assert [spoken(chunks, each) for each in range(4)] == texts
        assert reasons(chunks) == dict(enumerate(ends))
    else:
        assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
        assert [choice.message.content for choice in answer.choices] == texts
        assert [choice.finish_reason for choice in answer.choices] == ends
        assert answer.usage.completion_tokens == sum(min(most, length) for length in lengths)


@pytest.mark.parametrize("streams", [False, True])
def test_a_text_is_cut_before_a_stop_sequence_that_spans_tokens(
    client: openai.OpenAI, streams: bool
) -> None:
    text = sung(40)
    words = text.split()
    stop = f"{words[9][-2:]} {words[10]} {words[11][:2]}"
    body = {"ignore_eos": True}
    answer = ask(client, 40, stop=stop, stream=streams, extra_body=body)

    told = text[: text.index(stop)]
    assert len(told) < len(sung(10))
    if streams:
        chunks = list(answer)
        assert spoken(chunks) == told
        assert reasons(chunks) == {0: "stop"}
    else:
        assert answer.choices[0].message.content == told
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage.completion_tokens == 12


def test_each_answer_is_cut_by_itself(client: openai.OpenAI) -> None:
    stop = sung(8).split()[5]
    answer = ask(client, 20, n=3, stop=[stop, "never"], extra_body={"ignore_eos": True})
    for seed, choice in enumerate(answer.choices):
        text, met, _ = sung(20, seed).partition(stop)
        assert choice.message.content == text
        assert choice.finish_reason == ("stop" if met else "length")


def test_messages_become_one_prompt_of_a_line_each(client: openai.OpenAI) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": parts},
        {"role": "user", "content": "Hum.", "name": "ada"},
    ]
    said = ask(client, 4, messages=messages)
    prompt = "system: Be brief.\ndeveloper: one\ntwo\nuser: Hum.\nassistant:"
    assert said.choices[0].message.content == text_of(prompt, 4)
    assert said.usage.prompt_tokens == 9

    messages += [said.choices[0].message.model_dump(), {"role": "user", "content": "More."}]
    prompt = f"{prompt} {text_of(prompt, 4)}\nuser: More.\nassistant:"
    assert ask(client, 4, messages=messages).choices[0].message.content == text_of(prompt, 4)


def test_the_newer_name_of_a_length_goes_before_the_older_one(client: openai.OpenAI) -> None:
    answer = ask(client, 8, max_completion_tokens=3, extra_body={"ignore_eos": True})
    assert answer.usage.completion_tokens == 3


def test_what_has_no_effect_has_none(client: openai.OpenAI) -> None:
    answer = ask(
        client,
        temperature=1.5,
        top_p=0.1,
        presence_penalty=-2,
        frequency_penalty=2,
        logit_bias={"5": -100},
        user="ada",
        metadata={"a": "b"},
        store=True,
        service_tier="flex",
        reasoning_effort="low",
        logprobs=False,
        response_format={"type": "text"},
        tools=[],
        tool_choice="none",
        extra_body={"top_k": 5, "min_p": 0.5, "repetition_penalty": 1.1, "modalities": ["text"]},
    )
    assert answer.choices[0].message.content == ask(client).choices[0].message.content


def test_a_field_that_is_null_is_as_if_it_were_left_out(served: Served) -> None:
    nulls = dict.fromkeys(ChatCompletionRequest.model_fields)
    body = {**nulls, "messages": SING, "max_tokens": 4}
    answer = served.client.post("/v1/chat/completions", json=body)
    assert answer.json()["choices"][0]["message"]["content"] == sung(4)


def test_clients_on_an_event_loop_get_theirs_side_by_side(served: Served) -> None:
    async def one(client: openai.AsyncOpenAI, seed: int) -> str:
        options: Any = {"model": "honey", "messages": SING, "max_tokens": 20, "seed": seed}
        options["extra_body"] = {"ignore_eos": True}
        if seed % 2:
            return str((await client.chat.completions.create(**options)).choices[0].message.content)
        stream: Any = await client.chat.completions.create(stream=True, **options)
        return spoken([chunk async for chunk in stream])

    async def all_of_them() -> list[str]:
        async with openai.AsyncOpenAI(
            base_url=f"{served.url}/v1",
            api_key="none",
            http_client=openai.DefaultAsyncHttpxClient(trust_env=False),
            max_retries=0,
            timeout=LONG,
        ) as client:
            return list(await asyncio.gather(*(one(client, seed) for seed in range(20))))

    assert asyncio.run(all_of_them()) == [sung(20, seed) for seed in range(20)]


def test_a_key_that_comes_again_gets_the_same_answer(client: openai.OpenAI) -> None:
    headers = {"Idempotency-Key": "a-key"}
    first = ask(client, extra_headers=headers)
    assert ask(client, extra_headers=headers) == first
    chunks = list(ask(client, stream=True, extra_headers={"Idempotency-Key": "another"}))
    again = list(ask(client, stream=True, extra_headers={"Idempotency-Key": "another"}))
    assert spoken(again) == spoken(chunks)
    assert again[0].id == chunks[0].id != first.id
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, 9, extra_headers=headers)
    assert caught.value.code == "idempotency_key_reused"
