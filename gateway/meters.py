"""What Prometheus reads: vLLM's serving metrics under vLLM's names, and the swarm's own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from gateway.desk import Desk
    from gateway.job import Job

__all__ = ["Meters"]

# The bounds of vLLM's own histograms, in seconds.
_TTFT = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0),
    *(2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
_ITL = (
    *(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0),
    *(2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0),
)
_END_TO_END = (
    *(0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0),
    *(50.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 7680.0),
)

_MODEL = ("model_name",)
_ENDS = ("completed", "failed", "cancelled")


class Meters:
    """Counts what passes the gateway, and reads the rest off the swarm when it is asked."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry(auto_describe=False)
        self._ttft = Histogram(
            "vllm:time_to_first_token_seconds",
            "From the opening of a stream to its first token.",
            _MODEL,
            registry=registry,
            buckets=_TTFT,
        )
        self._itl = Histogram(
            "vllm:inter_token_latency_seconds",
            "Between one token of a stream and its next.",
            _MODEL,
            registry=registry,
            buckets=_ITL,
        )
        self._end_to_end = Histogram(
            "vllm:e2e_request_latency_seconds",
            "From the opening of a stream to its end.",
            _MODEL,
            registry=registry,
            buckets=_END_TO_END,
        )
        self._ended = Counter(
            "glasshive_jobs_ended",
            "Jobs that have ended, by how they did.",
            ("model_name", "state"),
            registry=registry,
        )
        self._tokens = Counter(
            "vllm:generation_tokens", "Tokens that came.", _MODEL, registry=registry
        )

        # Looking a label up takes longer than counting, and is done for every token.
        self._of = cache(self._made)

    def _made(self, model: str) -> _Own:
        """Make what counts for a model; from then on it is told, from 0."""
        for state in _ENDS:
            self._ended.labels(model, state)
        return _Own(
            self._ttft.labels(model),
            self._itl.labels(model),
            self._end_to_end.labels(model),
            self._tokens.labels(model),
        )

    def watch(self, desk: Desk) -> None:
        """Read gauges off a desk and its swarm from now on, and tell of each of its models."""
        self.registry.register(_Gauges(desk))
        for model in desk.apiary.models:
            self._of(model)

    def first_token(self, job: Job, now: float, tokens: int) -> None:
        """Count the first token of each of a job's answers, which came now.

        Args:
            job: whose.
            now: seconds of the runtime's clock.
            tokens: how many they are.
        """
        own = self._of(job.request.model)
        if job.opened_at is not None:
            own.ttft.observe(now - job.opened_at)
        own.tokens.inc(tokens)

    def next_token(self, job: Job, seconds: float, tokens: int) -> None:
        """Count the next token of each of a job's answers.

        Args:
            job: whose.
            seconds: how long after those before.
            tokens: how many they are.
        """
        _, itl, _, counter = self._of(job.request.model)
        itl.observe(seconds)
        counter.inc(tokens)

    def ended(self, job: Job) -> None:
        """Count a job that has ended."""
        model = job.request.model
        self._ended.labels(model, job.state).inc()
        if job.state == "completed" and job.opened_at is not None and job.ended_at is not None:
            self._of(model).end_to_end.observe(job.ended_at - job.opened_at)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


class _Own(NamedTuple):
    """What counts for one model."""

    ttft: Histogram
    itl: Histogram
    end_to_end: Histogram
    tokens: Counter


class _Gauges(Collector):
    """How the swarm is at the moment of asking."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def collect(self) -> Iterable[Metric]:
        yield from self._models()
        yield from self._swarm()

    def _models(self) -> Iterator[Metric]:
        apiary = self._desk.apiary
        running = GaugeMetricFamily(
            "vllm:num_requests_running", "Requests in the workers' batches.", labels=_MODEL
        )
        waiting = GaugeMetricFamily(
            "vllm:num_requests_waiting",
            "Answers of opened requests that no batch has.",
            labels=_MODEL,
        )
        usage = GaugeMetricFamily(
            "vllm:kv_cache_usage_perc",
            "Share of the KV cache that is taken, 0 to 1.",
            labels=_MODEL,
        )
        states = [state for _, state in apiary.workers()]
        opened = [job for job in self._desk.unfinished.values() if job.opened_at is not None]
        for model in apiary.models:
            own = [state for state in states if state.model == model]
            runs = sum(state.running for state in own)
            kv_bytes = sum(state.kv_bytes for state in own)
            free = sum(state.free_vram_bytes for state in own)
            asked = sum(job.going for job in opened if job.request.model == model)
            running.add_metric([model], runs)
            waiting.add_metric([model], max(0, asked - runs))
            usage.add_metric([model], 1 - free / kv_bytes if kv_bytes else 0.0)
        yield from (running, waiting, usage)

    def _swarm(self) -> Iterator[Metric]:
        apiary = self._desk.apiary
        labels = ("hive", "worker", "model_name")
        slots, taken, queued, vram, used = (
            GaugeMetricFamily(f"glasshive_worker_{name}", words, labels=labels)
            for name, words in (
                ("slots", "Sequences that the worker can run at once."),
                ("slots_used", "Sequences that it runs."),
                ("queue", "Jobs that wait at the worker."),
                ("kv_bytes", "VRAM that it has for sequences."),
                ("kv_bytes_used", "VRAM that its sequences take."),
            )
        )
        for hive, state in apiary.workers():
            own = [hive, state.name, state.model]
            slots.add_metric(own, state.max_num_seqs)
            taken.add_metric(own, state.running)
            queued.add_metric(own, state.waiting)
            vram.add_metric(own, state.kv_bytes)
            used.add_metric(own, state.kv_bytes - state.free_vram_bytes)
        yield from (slots, taken, queued, vram, used)
        health = GaugeMetricFamily(
            "glasshive_hive_health",
            "1 for what the queen takes a hive for.",
            labels=("hive", "health"),
        )
        for each in apiary.hives():
            for word in ("healthy", "degraded", "down"):
                health.add_metric([each.name, word], float(each.health == word))
        yield health
        registries = GaugeMetricFamily(
            "glasshive_registry_jobs", "Jobs in each bee's registry.", labels=("bee",)
        )
        for name, count in apiary.registries().items():
            registries.add_metric([name], count)
        yield registries
        jobs = GaugeMetricFamily(
            "glasshive_gateway_jobs", "Jobs that the gateway knows, by state.", labels=("state",)
        )
        counts: dict[str, int] = {}
        for job in self._desk.jobs.values():
            counts[job.state] = counts.get(job.state, 0) + 1
        for state_name, count in sorted(counts.items()):
            jobs.add_metric([state_name], count)
        yield jobs
