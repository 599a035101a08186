"""What OpenAI's own client sees while the swarm is struck."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest

from tests.gateway.conftest import PATIENCE, blueprint
from tests.gateway.openai.conftest import SING, job_of, reasons, spoken, sung
from topology.faults import AfterToken, Crash, FaultPlan

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves
    from tests.gateway.openai.conftest import Connects


def ask(client: openai.OpenAI, tokens: int, **body: Any) -> Any:
    options: dict[str, Any] = {"model": "honey", "messages": SING, "max_tokens": tokens, **body}
    return client.chat.completions.create(**options, extra_body={"ignore_eos": True})


def crash(served: Served, bee: str) -> None:
    plan = {"strikes": [{"at": 0, "do": "crash", "bee": bee}]}
    assert served.client.post("/admin/faults", json=plan).status_code == 202


@pytest.mark.parametrize("victim", ["worker", "hive"])
def test_a_stream_goes_on_after_a_crash_in_its_middle(
    serves: Serves, connects: Connects, victim: str
) -> None:
    served = serves(blueprint(seconds_per_token=0.02, hives=2, workers_per_hive=1))
    chunks = []
    for chunk in ask(connects(served), 60, stream=True):
        chunks.append(chunk)
        if len(chunks) == 6:
            name = served.worker_of(job_of(chunk))
            crash(served, name if victim == "worker" else name.replace("worker", "hive"))
    assert spoken(chunks) == sung(60)
    assert reasons(chunks) == {0: "length"}


def test_whole_answers_come_through_a_crash_each_with_its_text(
    serves: Serves, connects: Connects
) -> None:
    plan = FaultPlan.of([(AfterToken(20), Crash("worker-1"))])
    served = serves(blueprint(seconds_per_token=0.02), None, plan)
    answer = ask(connects(served), 60, n=2)
    assert [choice.message.content for choice in answer.choices] == [sung(60), sung(60, 1)]
    assert served.client.get("/admin/faults").json() == {"armed": []}


def hopeless(serves: Serves) -> Served:
    """Return a gateway whose one hive is not waited for when it is gone."""
    patience = replace(PATIENCE, place_seconds=0.5, margin_seconds=0.5, answer_seconds=8.0)
    drawn = blueprint(seconds_per_token=0.02, patience=patience)
    return serves(drawn)


def test_what_goes_wrong_in_the_middle_of_a_stream_is_raised(
    serves: Serves, connects: Connects
) -> None:
    served = hopeless(serves)
    chunks: list[Any] = []
    with pytest.raises(openai.APIError) as caught:  # noqa: PT012  where it is raised is the claim
        for chunk in ask(connects(served), 3000, stream=True):
            chunks.append(chunk)
            if len(chunks) == 6:
                crash(served, "hive-1")
    error = caught.value
    assert type(error) is openai.APIError
    text = spoken(chunks)
    assert text == sung(3000)[: len(text)]
    assert len(text) > 0
    assert reasons(chunks) == {}
    assert isinstance(error.body, dict)
    assert error.body["type"] == "server_error"
    assert error.message == error.body["message"]
    assert error.code in {"no-worker", "lost", "timeout"}


def test_an_error_is_the_last_of_a_stream(serves: Serves) -> None:
    served = hopeless(serves)
    body = {"messages": SING, "max_tokens": 3000, "ignore_eos": True, "stream": True}
    events = []
    with served.client.stream("POST", "/v1/chat/completions", json=body) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        for line in answer.iter_lines():
            if line.startswith("data: "):
                events.append(line)
                if len(events) == 6:
                    crash(served, "hive-1")
    assert events[-1].startswith('data: {"error":')
    assert not any("[DONE]" in event for event in events)


def test_an_answer_that_cannot_be_whole_is_an_error(serves: Serves, connects: Connects) -> None:
    served = hopeless(serves)
    served.gateway.service.apiary.crash("hive-1")
    with pytest.raises(openai.InternalServerError) as caught:
        ask(connects(served), 3000)
    assert caught.value.status_code == 503


def test_a_gateway_that_closes_down_says_so_in_the_middle_of_a_stream(
    serves: Serves, connects: Connects
) -> None:
    served = serves(blueprint(seconds_per_token=0.02), drain_seconds=0.1)
    with pytest.raises(openai.APIError) as caught:  # noqa: PT012  as above
        for number, _ in enumerate(ask(connects(served), 3000, stream=True)):
            if number == 3:
                served.gateway.stop()
    assert caught.value.code == "closing"
