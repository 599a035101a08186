"""What is drawn of a colony is what its keepers and hives have seen."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from actors import Cancelled, Completed, Failed, Heartbeat, Hello, Receipt, Request, WorkerState
from glasshive import Run, Simulation
from glasshive.scenario import Distribution, Points, Series, Span, Spans
from topology import Blueprint, Colony
from topology.gauges import Gauges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.tokens import Outcome


class Hive(pykka.ThreadingActor):
    """Hears heartbeats, as far as gauges can tell."""


@pytest.fixture
def run() -> Iterator[Run]:
    with Simulation(seed=1) as simulation:
        yield Run(simulation, charting=True)


def charts_of(gauges: Gauges) -> dict[str, Any]:
    return {chart.title: chart for chart in gauges.charts()}


def receipt_of(
    name: str,
    times: list[float],
    *,
    outcome: Outcome | None = None,
    accepted_at: float | None = 1.5,
    ended_at: float = 9.0,
    model: str = "honey",
) -> Receipt:
    return Receipt(
        request=Request(name, model, "hum", prompt_tokens=1, max_tokens=9),
        submitted_at=1.0,
        accepted_at=accepted_at,
        token_times=array("d", times),
        answers=[["a"] * len(times)],
        ended_at=ended_at,
        outcome=outcome or Completed(),
        attempts=1,
    )


def state_of(name: str, running: int, waiting: int, slots: int = 4) -> WorkerState:
    return WorkerState(
        name=name,
        model="honey",
        running=running,
        waiting=waiting,
        free_slots=slots,
        free_vram_bytes=0,
        max_num_seqs=slots,
        max_waiting=8,
        kv_bytes=0,
        kv_bytes_per_token=0,
    )


def test_each_request_is_drawn_phase_by_phase_with_how_it_ended(run: Run) -> None:
    gauges = Gauges(run, [Hive.start()])
    gauges.receipt(receipt_of("good", [2.0, 3.0, 5.0], ended_at=5.0))
    gauges.receipt(receipt_of("cut", [2.0, 3.0], outcome=Cancelled(), ended_at=4.0))
    gauges.receipt(receipt_of("lost", [], outcome=Failed("lost"), ended_at=7.0))
    gauges.receipt(receipt_of("none", [], outcome=Failed("no"), accepted_at=None, ended_at=6.0))
    gauges.receipt(receipt_of("empty", [], ended_at=2.0))

    drawn = charts_of(gauges)["requests"]

    assert isinstance(drawn, Spans)
    assert list(drawn.spans) == [
        Span("good", 1.0, 1.5, "to be accepted"),
        Span("good", 1.5, 2.0, "to the first token"),
        Span("good", 2.0, 5.0, "generating"),
        Span("cut", 1.0, 1.5, "to be accepted"),
        Span("cut", 1.5, 2.0, "to the first token"),
        Span("cut", 2.0, 3.0, "generating"),
        Span("cut", 3.0, 4.0, "cancelled"),
        Span("lost", 1.0, 1.5, "to be accepted"),
        Span("lost", 1.5, 7.0, "failed"),
        Span("none", 1.0, 6.0, "failed"),
        Span("empty", 1.0, 1.5, "to be accepted"),
    ]


def test_a_request_that_was_accepted_again_after_its_first_tokens_does_not_go_back(
    run: Run,
) -> None:
    gauges = Gauges(run, [Hive.start()])
    gauges.receipt(receipt_of("again", [2.0, 8.0], accepted_at=4.0))

    assert list(charts_of(gauges)["requests"].spans) == [
        Span("again", 1.0, 4.0, "to be accepted"),
        Span("again", 4.0, 4.0, "to the first token"),
        Span("again", 4.0, 8.0, "generating"),
    ]


def test_only_completed_requests_give_samples_and_each_has_its_time(run: Run) -> None:
    gauges = Gauges(run, [Hive.start()])
    gauges.receipt(receipt_of("good", [2.0, 3.0, 5.0]))
    gauges.receipt(receipt_of("lost", [2.0, 3.0], outcome=Failed("lost")))
    gauges.receipt(receipt_of("large", [4.0], model="nectar"))

    charts = charts_of(gauges)

    assert charts["time to first token"] == Distribution(
        "time to first token", "s", {"honey": Points([2.0], [1.0]), "nectar": Points([4.0], [3.0])}
    )
    assert charts["inter-token latency"].samples == {
        "honey": Points([3.0, 5.0], [1.0, 2.0]),
        "nectar": Points(),
    }
    assert charts["end-to-end latency"].samples == {
        "honey": Points([5.0], [4.0]),
        "nectar": Points([4.0], [3.0]),
    }


def test_tokens_per_second_count_every_token_that_came(run: Run) -> None:
    gauges = Gauges(run, [Hive.start()])
    gauges.receipt(receipt_of("good", [at / 4 for at in range(4, 404)]))
    gauges.receipt(receipt_of("lost", [50.0, 50.25], outcome=Failed("lost")))
    gauges.receipt(receipt_of("large", [2.0, 3.0], model="nectar"))

    drawn = charts_of(gauges)["tokens per second"]

    assert isinstance(drawn, Series)
    assert drawn.unit == "tokens/s in each 1 s"
    honey, nectar = drawn.lines["honey"], drawn.lines["nectar"]
    assert list(honey.times) == list(nectar.times) == [float(at) for at in range(1, 102)]
    assert [honey.values[at - 1] for at in (1, 49, 50, 51, 100, 101)] == [4, 4, 6, 4, 4, 0]
    assert sum(honey.values) == 402
    assert list(nectar.values[:4]) == [0, 1, 1, 0]


def test_the_bins_of_a_short_run_are_short_and_those_of_a_long_one_long(run: Run) -> None:
    units = []
    for length in (0.0, 0.9, 3600.0, 86400.0):
        gauges = Gauges(run, [Hive.start()])
        gauges.receipt(receipt_of("one", [1.0, 1.0 + length]))
        units.append(charts_of(gauges)["tokens per second"].unit)

    assert units == [
        "tokens/s in each 0.001 s",
        "tokens/s in each 0.005 s",
        "tokens/s in each 20 s",
        "tokens/s in each 500 s",
    ]


def test_workers_are_as_their_hives_hear_of_them(run: Run) -> None:
    hive, deaf = Hive.start(), Hive.start()
    gauges = Gauges(run, [hive], lapse=2.5)
    hive.tell(Hello("worker-1", hive, (state_of("worker-1", 0, 0),)))
    hive.tell(Heartbeat("worker-2", hive, (state_of("worker-2", 1, 0, slots=0),)))
    deaf.tell(Hello("worker-3", deaf, (state_of("worker-3", 1, 1),)))
    run.runtime.run(until=1.0)
    hive.tell(Heartbeat("worker-1", hive, (state_of("worker-1", 3, 5),)))
    run.runtime.run(until=2.0)

    charts = charts_of(gauges)

    assert charts["queue depth per worker"] == Series(
        "queue depth per worker",
        "requests",
        {"worker-1": Points([0, 1], [0, 5]), "worker-2": Points([0], [0])},
        drawn="steps",
        lapse=2.5,
    )
    assert charts["slot use per worker"].unit == "% of its slots"
    assert charts["slot use per worker"].lines == {
        "worker-1": Points([0, 1], [0.0, 75.0]),
        "worker-2": Points([0], [0.0]),
    }


def test_a_heartbeat_that_cannot_tell_says_nothing(run: Run) -> None:
    hive = Hive.start()
    gauges = Gauges(run, [hive])
    hive.tell(Heartbeat("worker-1", hive, None))
    run.runtime.run(until=1.0)

    assert charts_of(gauges)["queue depth per worker"].lines == {}


def test_the_charts_are_the_runs_without_another_word(run: Run) -> None:
    gauges = Gauges(run, [Hive.start()])
    gauges.receipt(receipt_of("good", [2.0, 3.0]))

    assert [chart.title for chart in run.charts] == [
        "requests",
        "tokens per second",
        "queue depth per worker",
        "slot use per worker",
        "time to first token",
        "inter-token latency",
        "end-to-end latency",
    ]
    assert run.charts == tuple(gauges.charts())


def test_two_colonies_of_one_run_share_their_charts(run: Run) -> None:
    for name in ("first", "second"):
        Gauges(run, [Hive.start()]).receipt(receipt_of(name, [2.0, 3.0]))

    assert len(run.charts) == 7
    drawn = run.charts[0]
    assert isinstance(drawn, Spans)
    assert {span.label for span in drawn.spans} == {"first", "second"}


def test_a_colony_is_drawn_as_its_metrics_count_it() -> None:
    blueprint = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2)
    with Simulation(seed=3) as simulation:
        # The run wants no charts, so these gauges are the only ones.
        run = Run(simulation)
        with Colony(blueprint, run) as colony:
            hives = [colony.refs[hive.name] for hive in blueprint.hives]
            gauges = Gauges(run, hives)
            jobs = [colony.submit("hum", max_tokens=20, ignore_eos=True) for _ in range(6)]
            for job in jobs:
                gauges.receipt(job.wait())
            summary = colony.metrics.summary()
    charts = charts_of(gauges)

    (ttft,) = charts["time to first token"].samples.values()
    (itl,) = charts["inter-token latency"].samples.values()
    assert len(ttft.values) == summary.ttft.count == 6
    assert max(ttft.values) == summary.ttft.max
    assert len(itl.values) == summary.itl.count == 6 * 19
    assert len(charts["requests"].spans) == 3 * 6
    for title in ("queue depth per worker", "slot use per worker"):
        assert sorted(charts[title].lines) == [f"worker-{number}" for number in range(1, 5)]
