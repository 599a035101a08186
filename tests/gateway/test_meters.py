"""What Prometheus reads: tokens, answers and times are counted as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

from actors import Generation, Request
from gateway.desk import Desk
from gateway.door import Came
from gateway.job import Job
from gateway.limits import Limits
from gateway.meters import Meters

if TYPE_CHECKING:
    from tests.gateway.conftest import Served, Serves


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return every sample, by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(served: Served) -> dict[tuple[str, ...], float]:
    return samples(served.client.get("/metrics").text)


def completed(served: Served, **asked: Any) -> dict[str, Any]:
    answer = served.client.post("/v1/completions", json={"prompt": "sing", **asked})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


class StillSwarm:
    """A swarm of which only the names and the clock are wanted."""

    models = ("honey",)
    runtime: Any = None

    def __init__(self) -> None:
        self.runtime = self

    def now(self) -> float:
        return 7.0

    def workers(self) -> list[Any]:
        return []

    def hives(self) -> list[Any]:
        return []

    def registries(self) -> dict[str, int]:
        return {}


def desk_of(*copies: int) -> Desk:
    """Return a desk with opened jobs of so many answers each, which are called "0", "1", …"""
    desk = Desk(Limits(), Meters())
    desk.apiary = StillSwarm()  # type: ignore[assignment]
    desk.meters.watch(desk)
    for number, each in enumerate(copies):
        request = Request(str(number), "honey", "sing", 1, 9, copies=each)
        job = Job(request, None, 0.0, 15.0)  # type: ignore[arg-type]
        job.opened_at = 1.0
        desk.jobs[job.job_id] = desk.unfinished[job.job_id] = job
    return desk


def waiting(desk: Desk) -> float:
    return samples(desk.meters.text().decode())["vllm:num_requests_waiting", "honey"]


def test_each_token_of_each_answer_is_counted(serves: Serves) -> None:
    served = serves()
    # So chosen that the four end apart.
    lengths = [Generation("honey", "sing", seed).natural_length() for seed in range(4)]
    assert len(set(lengths)) == 4
    told = completed(served, n=4, max_tokens=max(lengths), seed=0)
    assert told["usage"]["completion_tokens"] == sum(lengths)
    found = scraped(served)
    assert found["vllm:generation_tokens_total", "honey"] == sum(lengths)
    # One time to the first tokens, and one to each later one of the longest.
    assert found["vllm:time_to_first_token_seconds_count", "honey"] == 1
    assert found["vllm:inter_token_latency_seconds_count", "honey"] == max(lengths) - 1


def test_an_answer_that_has_ended_does_not_wait() -> None:
    desk = desk_of(2, 1)
    assert waiting(desk) == 3
    desk.read(Came("0", ("a", "b")))
    assert waiting(desk) == 3
    desk.read(Came("0", ("a", "")))
    assert waiting(desk) == 2
    desk.read(Came("1", ("a",)))
    assert waiting(desk) == 2


def test_all_that_counts_is_there_from_0_before_the_first_request(serves: Serves) -> None:
    found = scraped(serves())
    for name in (
        "vllm:generation_tokens_total",
        "vllm:time_to_first_token_seconds_count",
        "vllm:inter_token_latency_seconds_count",
        "vllm:e2e_request_latency_seconds_count",
    ):
        assert found[name, "honey"] == 0
    for state in ("completed", "failed", "cancelled"):
        assert found["glasshive_jobs_ended_total", "honey", state] == 0
