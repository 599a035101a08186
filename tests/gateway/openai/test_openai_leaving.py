"""A client that leaves: its work is given up at once, down to the worker."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.gateway.conftest import LONG, PATIENCE, blueprint, eventually, text_of
from tests.gateway.openai.conftest import SING, job_of, spoken, sung

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves
    from tests.gateway.openai.conftest import Connects

ENDLESS = 4000
"""Tokens that take a minute and more."""


@pytest.fixture
def remembering(serves: Serves) -> Served:
    """Return a gateway before workers that can be asked for long what became of a job."""
    patience = replace(PATIENCE, keep_seconds=LONG)
    return serves(blueprint(seconds_per_token=0.02, patience=patience), grace_seconds=LONG)


def ask(client: openai.OpenAI, tokens: int = ENDLESS, **body: Any) -> Any:
    options: dict[str, Any] = {"model": "honey", "messages": SING, "max_tokens": tokens, **body}
    return client.chat.completions.create(**options, extra_body={"ignore_eos": True})


def spent(served: Served, job_id: str) -> int:
    """Return the tokens that workers have made for a job, when it is cancelled at every node."""
    nodes = served.client.get("/v1/nodes").json()["nodes"]
    found = {name: served.held(name).get(job_id) for name in nodes}
    jobs = {name: job for name, job in found.items() if job is not None}
    assert {"queen", "hive-1"} < set(jobs)
    eventually(lambda: all(served.held(name)[job_id]["state"] == "cancelled" for name in jobs))
    return sum(served.held(name)[job_id]["tokens"] for name in jobs if "worker" in name)


def stays_given_up(served: Served, client: openai.OpenAI, job_id: str) -> None:
    """Make sure that a job takes no more steps, while another takes some."""
    before = spent(served, job_id)
    assert 0 < before < ENDLESS
    assert ask(client, 20).choices[0].message.content == sung(20)
    assert spent(served, job_id) == before
    assert served.gateway.service.desk.jobs[job_id].readers == 0


def test_a_stream_that_is_left_takes_no_step_more(remembering: Served, connects: Connects) -> None:
    client = connects(remembering)
    with ask(client, stream=True) as stream:
        heard = [chunk for chunk, _ in zip(stream, range(5), strict=False)]
    job_id = job_of(heard[-1])
    stays_given_up(remembering, client, job_id)


def test_who_leaves_at_the_first_chunk_leaves_nothing_that_waits(
    remembering: Served, connects: Connects
) -> None:
    client = connects(remembering)
    for seed in range(20):
        with ask(client, stream=True, seed=seed) as stream:
            next(iter(stream))
    eventually(lambda: not remembering.gateway.service.desk.unfinished)


def post(**body: Any) -> bytes:
    """Return a request for an endless answer, as bytes."""
    asked = {"messages": SING, "max_tokens": ENDLESS, "ignore_eos": True, **body}
    content = json.dumps(asked).encode()
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
    kind = "Content-Type: application/json\r\n"
    return f"{head}{kind}Content-Length: {len(content)}\r\n\r\n".encode() + content


def test_who_asks_and_leaves_at_once_leaves_nothing_that_waits(
    remembering: Served, connects: Connects
) -> None:
    for number in range(20):
        with socket.create_connection(("127.0.0.1", remembering.port), LONG) as gone:
            gone.sendall(post(stream=bool(number % 2)))
    assert ask(connects(remembering), 3).choices
    desk = remembering.gateway.service.desk
    assert len(desk.jobs) > 1
    eventually(lambda: not desk.unfinished)


def test_who_leaves_while_it_waits_for_a_whole_answer_is_noticed(
    remembering: Served, connects: Connects
) -> None:
    desk = remembering.gateway.service.desk
    with socket.create_connection(("127.0.0.1", remembering.port), LONG) as waiting:
        waiting.sendall(post())
        eventually(lambda: any(job.rows for job in list(desk.jobs.values())))
        (job_id,) = desk.jobs
    stays_given_up(remembering, connects(remembering), job_id)


def test_a_client_that_waits_no_longer_has_its_answer_given_up(
    remembering: Served, connects: Connects
) -> None:
    with pytest.raises(openai.APITimeoutError):
        ask(connects(remembering, timeout=1.0))
    (job,) = remembering.gateway.service.desk.jobs.values()
    eventually(lambda: job.state == "cancelled")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
@pytest.mark.parametrize("streams", [False, True])
def test_a_stop_sequence_is_the_end_of_the_work_too(
    remembering: Served, connects: Connects, streams: bool, headers: dict[str, str]
) -> None:
    client = connects(remembering)
    text = sung(30)
    stop = text[len(sung(10)) - 2 : len(sung(11)) - 1]
    answer = ask(client, stop=stop, stream=streams, extra_headers=headers)
    if streams:
        chunks = list(answer)
        job_id, told = job_of(chunks[0]), spoken(chunks)
    else:
        job_id, told = job_of(answer), answer.choices[0].message.content
    assert told == text[: text.index(stop)]
    stays_given_up(remembering, client, job_id)


def test_all_answers_to_all_prompts_are_given_up(remembering: Served, connects: Connects) -> None:
    client = connects(remembering)
    body: dict[str, Any] = {"model": "honey", "prompt": ["a", "b", "c"], "max_tokens": ENDLESS}
    with client.completions.create(
        **body, n=2, stream=True, extra_body={"ignore_eos": True}
    ) as stream:
        heard = {chunk.choices[0].index for chunk, _ in zip(stream, range(60), strict=False)}
    assert heard == set(range(6))
    jobs = list(remembering.gateway.service.desk.jobs)
    assert len(jobs) == 3
    for job_id in jobs:
        spent(remembering, job_id)


def test_one_prompt_that_met_its_stop_sequence_does_not_wait_for_the_others(
    remembering: Served, connects: Connects
) -> None:
    stop = text_of("a", 8).split()[5]
    assert stop not in text_of("b", 60)
    body: dict[str, Any] = {"model": "honey", "prompt": ["a", "b"], "max_tokens": 60}
    answer = connects(remembering).completions.create(
        **body, stop=stop, extra_body={"ignore_eos": True}
    )
    first, second = remembering.gateway.service.desk.jobs.values()
    assert [choice.finish_reason for choice in answer.choices] == ["stop", "length"]
    assert answer.choices[1].text == text_of("b", 60)
    assert (first.state, second.state) == ("cancelled", "completed")
    assert len(first.rows) < 60


def test_a_reader_that_takes_nothing_is_cut_off_and_its_work_given_up(serves: Serves) -> None:
    served = serves(stall_seconds=1.0, send_bytes=4096)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(LONG)
        slow.connect(("127.0.0.1", served.port))
        slow.sendall(post(stream=True))
        assert slow.recv(1)
        desk = served.gateway.service.desk
        eventually(lambda: not desk.unfinished)
        told = b""
        while part := slow.recv(65536):
            told += part
    assert b"data: [DONE]" not in told
    last = told[told.rindex(b"data: {") :]
    assert last.startswith(b'data: {"error":')
    assert b'"code":"slow_reader"' in last


def test_with_a_key_a_client_may_come_back_for_its_answer(
    remembering: Served, connects: Connects
) -> None:
    client = connects(remembering)
    headers = {"Idempotency-Key": "k"}
    with ask(client, 60, stream=True, extra_headers=headers) as stream:
        first = next(iter(stream))
    desk = remembering.gateway.service.desk
    eventually(lambda: desk.jobs[job_of(first)].readers == 0)
    assert desk.jobs[job_of(first)].state == "running"
    chunks = list(ask(client, 60, stream=True, extra_headers=headers))
    assert chunks[0].id == first.id
    assert spoken(chunks) == sung(60)


def test_who_comes_back_too_late_is_told_so(serves: Serves, connects: Connects) -> None:
    served = serves(blueprint(seconds_per_token=0.02), grace_seconds=0.1)
    client = connects(served)
    whole = {"Idempotency-Key": "whole"}
    with pytest.raises(openai.APITimeoutError):
        ask(client, timeout=0.5, extra_headers=whole)
    piecemeal = {"Idempotency-Key": "piecemeal"}
    with ask(client, stream=True, extra_headers=piecemeal) as stream:
        next(iter(stream))
    jobs = served.gateway.service.desk.jobs
    eventually(lambda: [job.state for job in jobs.values()] == ["cancelled", "cancelled"])

    with pytest.raises(openai.ConflictError) as caught:
        ask(client, extra_headers=whole)
    assert caught.value.code == "job_cancelled"
    with pytest.raises(openai.APIError) as told:
        list(ask(client, stream=True, extra_headers=piecemeal))
    assert told.value.code == "job_cancelled"
