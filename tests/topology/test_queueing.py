"""A worker is a queue: its mean wait is the one that queueing theory computes."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any, NamedTuple

import pykka
import pytest

from actors.messages import Accepted, OpenStream, StreamItem, Submit
from actors.specs import LatencyModel, Model, Patience, WorkerSpec
from actors.worker import Worker
from glasshive import Simulation, clock
from topology.workload import Constant, Exponential, Poisson, Rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.messages import Request
    from topology.workload import Arrival

STEP_SECONDS = 0.02
MEAN_TOKENS = 50
SERVICE_SECONDS = STEP_SECONDS * MEAN_TOKENS

REPLICATIONS = 25
WARM_UP = 100
MEASURED = 900
REQUESTS = WARM_UP + MEASURED

STUDENT_T_99 = 2.797
"""Student's t for a two-sided interval of 99 % and `REPLICATIONS` - 1 degrees of freedom."""

NEVER = 1e9
"""Seconds of patience that no run here outlasts: heartbeats would only take computing time."""

PATIENCE = Patience(
    heartbeat_seconds=NEVER, lease_seconds=NEVER, keep_seconds=1.0, open_seconds=NEVER
)


class Due(NamedTuple):
    """The time of a request has come."""

    request: Request


class Probe(pykka.ThreadingActor):
    """Submits a workload to one worker and notes how long each request waited for a slot."""

    def __init__(self, workload: Poisson, waits: list[float]) -> None:
        super().__init__()
        self.name = "probe"
        self.arrivals: Iterator[Arrival] = iter(workload)
        self.waits = waits
        self.worker: pykka.ActorRef[Any] | None = None
        self.submitted_at: dict[str, float] = {}

    def on_receive(self, message: object) -> None:
        match message:
            case pykka.ActorRef() as worker:
                self.worker = worker
                self.submit_in_time(next(self.arrivals, None))
            case Due(request):
                assert self.worker is not None
                self.submitted_at[request.request_id] = clock.now()
                self.worker.tell(Submit(request=request, reply_to=self.actor_ref))
                self.submit_in_time(next(self.arrivals, None))
            case Accepted(request_id=request_id, job_id=job_id, stream=stream):
                self.submitted_at[job_id] = self.submitted_at.pop(request_id)
                stream.tell(OpenStream(job_id=job_id, after=-1, subscriber=self.actor_ref))
            case StreamItem(job_id=job_id, index=0):
                # The first token comes at the end of the first step of its service.
                waited = clock.now() - STEP_SECONDS - self.submitted_at.pop(job_id)
                self.waits.append(waited)
            case _:
                pass  # what a hive would do with the rest is not measured

    def submit_in_time(self, arrival: Arrival | None) -> None:
        if arrival is not None:
            clock.after(arrival.time - clock.now(), self.actor_ref, Due(arrival.request))


def erlang_c(servers: int, offered_load: float) -> float:
    """Return the probability that an arrival waits in an M/M/c queue, by Erlang B's recursion."""
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = offered_load * blocked / (server + offered_load * blocked)
    utilisation = offered_load / servers
    return blocked / (1 - utilisation * (1 - blocked))


def theoretical_wait(servers: int, per_second: float) -> float:
    waiting = erlang_c(servers, per_second * SERVICE_SECONDS)
    return waiting / (servers / SERVICE_SECONDS - per_second)


def simulated_wait(slots: int, per_second: float, seed: int) -> float:
    """Return the mean wait in seconds of the requests that come after the warm-up.

    A request that finds a slot free still waits for the step under way, half of one on average.
    That is a fiftieth of the mean wait here, well inside the interval.
    """
    workload = Poisson(
        Rate(per_second),
        prompt=Constant(1),
        output=Exponential(MEAN_TOKENS),
        model="llama",
        seed=seed,
        limit=REQUESTS,
    )
    spec = WorkerSpec(
        name="worker-1",
        model=Model("llama", latency=LatencyModel(seconds_per_token=STEP_SECONDS)),
        max_num_seqs=slots,
        max_waiting=REQUESTS,
    )
    waits: list[float] = []
    with Simulation(seed=seed) as runtime:
        probe = Probe.start(workload, waits)
        probe.tell(Worker.start(spec=spec, hive=probe, patience=PATIENCE))
        assert runtime.run(condition=lambda: len(waits) == REQUESTS)
    return statistics.mean(waits[WARM_UP:])


def test_erlang_c_has_its_known_values() -> None:
    assert erlang_c(1, 0.6) == pytest.approx(0.6)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("slots", "utilisation"),
    [pytest.param(1, 0.5, id="M/M/1"), pytest.param(3, 0.6, id="M/M/3")],
)
def test_the_mean_wait_agrees_with_queueing_theory(slots: int, utilisation: float) -> None:
    per_second = utilisation * slots / SERVICE_SECONDS
    expected = theoretical_wait(slots, per_second)
    means = [simulated_wait(slots, per_second, seed) for seed in range(REPLICATIONS)]
    half_width = STUDENT_T_99 * statistics.stdev(means) / math.sqrt(REPLICATIONS)
    assert statistics.mean(means) == pytest.approx(expected, abs=half_width)
    # An interval as wide as the wait itself would agree with any theory.
    assert half_width < 0.2 * expected
