"""A colony does what its handle says, and leaves nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import Cancelled, Completed, Failed, Generation, Request
from glasshive import GlasshiveError, Live, Run, Simulation
from glasshive.scenario import Series, Spans
from topology import Blueprint, Colony
from topology.workload import Constant, Poisson, Rate

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2)
MODEL = SMALL.models[0].name


@pytest.fixture
def run() -> Iterator[Run]:
    with Simulation(seed=1) as simulation:
        yield Run(simulation)


def violations(run: Run) -> dict[str, tuple[str, ...]]:
    return {each.name: each.violations for each in run.invariants if each.violations}


def test_a_job_gives_the_text_that_its_model_gives(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        job = colony.submit("hum", max_tokens=12, seed=5, ignore_eos=True)
        assert job.text == ""
        receipt = job.wait()
    generation = Generation(MODEL, "hum", 5)
    assert receipt.texts == [generation.token(index) for index in range(12)]
    assert isinstance(receipt.outcome, Completed)
    assert violations(run) == {}


def test_a_workload_is_served_at_its_times_and_all_eight_invariants_hold(run: Run) -> None:
    workload = Poisson(
        Rate(20.0), prompt=Constant(50), output=Constant(9), model=MODEL, seed=3, limit=40
    )
    with Colony(SMALL, run) as colony:
        began = run.runtime.now()
        colony.serve(workload)
        summary = colony.metrics.summary()
    last = max(arrival.time for arrival in workload)
    assert run.runtime.now() - began > last
    assert summary.requests == {"Completed": 40}
    assert summary.output_tokens == {"Completed": 40 * 9}
    assert len(run.invariants) == 8
    assert violations(run) == {}


@pytest.mark.parametrize("after", [0, 1, 7, 19])
def test_a_cancelled_job_ends_cancelled_with_what_had_come(run: Run, after: int) -> None:
    with Colony(SMALL, run) as colony:
        job = colony.submit("hum", max_tokens=20, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= after)
        job.cancel()
        receipt = job.wait()
        assert colony.worker_of(job) is None
    if after < 19:
        assert isinstance(receipt.outcome, Cancelled)
    assert after <= len(receipt.texts) <= 20
    assert violations(run) == {}


@pytest.mark.parametrize("after", [0, 1, 2, 10, 19])
def test_a_job_whose_worker_dies_after_k_tokens_goes_on_elsewhere_with_the_same_text(
    run: Run, after: int
) -> None:
    with Colony(SMALL, run) as colony:
        job = colony.submit("hum", max_tokens=20, ignore_eos=True)
        colony.run_until(lambda: colony.worker_of(job) is not None)
        colony.run_until(lambda: colony.tokens_of(job) >= after)
        worker = colony.worker_of(job)
        assert worker == "worker-1"
        colony.crash(worker)
        receipt = job.wait()
    generation = Generation(MODEL, "hum", 0)
    assert receipt.texts == [generation.token(index) for index in range(20)]
    assert isinstance(receipt.outcome, Completed)
    assert receipt.attempts == 1
    assert colony.jobs_run == {"queen": 1, "hive-1": 1, "worker-1": 1, "worker-2": 1}
    assert violations(run) == {}


def test_a_dead_hive_takes_its_workers_out_of_placement(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        colony.crash("hive-1")
        colony.runtime.run(until=colony.runtime.now() + 10)
        jobs = [colony.submit(f"hum {number}") for number in range(6)]
        assert all(isinstance(job.wait().outcome, Completed) for job in jobs)
        assert colony.jobs_run["worker-1"] == colony.jobs_run["worker-2"] == 0
        assert colony.jobs_run["worker-3"] + colony.jobs_run["worker-4"] == 6


def test_each_keeper_asks_in_turn_unless_one_is_named(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        asked = []
        run.runtime.watch(
            lambda event, _: asked.append(event.actor) if event.type == "Ask" else None,
            kinds=["deliver"],
            actors=[colony.refs["keeper-1"], colony.refs["keeper-2"]],
        )
        for keeper in (None, None, "keeper-2", None):
            colony.submit("hum", keeper=keeper)
        colony.settle()
    assert asked == ["keeper-1", "keeper-2", "keeper-2", "keeper-1"]


def test_a_bee_that_is_not_there_is_named_with_the_near_ones(run: Run) -> None:
    with Colony(SMALL, run) as colony, pytest.raises(GlasshiveError) as caught:
        colony.crash("worker-9")
    assert str(caught.value).startswith("no bee is called 'worker-9'; did you mean 'worker-")


def test_by_default_a_job_is_promised_the_time_its_keeper_waits_and_then_that_of_a_fence(
    run: Run,
) -> None:
    with Colony(SMALL, run) as colony:
        # 600 s, and for each of three nodes its lease of 10 s and a quarter, and two heartbeats.
        assert colony.promise == 600 + 3 * (12.5 + 2)


def test_waiting_for_what_never_comes_ends_with_the_promise(run: Run) -> None:
    with Colony(SMALL, run, promise=20.0) as colony:
        with pytest.raises(GlasshiveError) as caught:
            colony.run_until(lambda: False, "pigs fly")
        assert run.runtime.now() == pytest.approx(21.0)
    assert str(caught.value) == (
        "waited 20 s until pigs fly, in vain; look at the trace, or give the colony a longer "
        "promise"
    )


def test_a_request_for_an_unknown_model_fails_and_says_which_models_there_are(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        outcome = colony.submit("hum", model="gpt-0").wait().outcome
    assert isinstance(outcome, Failed)
    assert MODEL in outcome.message
    assert "gpt-0" in outcome.message


def test_two_colonies_one_after_the_other_do_not_hear_each_other(run: Run) -> None:
    for _ in range(2):
        with Colony(SMALL, run) as colony:
            colony.submit("hum").wait()
            assert colony.jobs_run == {"queen": 1, "hive-1": 1, "worker-1": 1}
    assert len(run.invariants) == 8
    assert violations(run) == {}


def test_a_colony_of_a_run_that_is_drawn_measures_itself_and_any_other_does_not(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        assert colony.gauges is None
    with Colony(SMALL, Run(run.runtime, charting=True)) as colony:
        colony.submit("hum", max_tokens=5, ignore_eos=True).wait()
        assert colony.gauges is not None
        charts = {chart.title: chart for chart in colony.gauges.charts()}
    waiting, requests = charts["queue depth per worker"], charts["requests"]
    assert isinstance(waiting, Series)
    assert isinstance(requests, Spans)
    assert sorted(waiting.lines) == ["worker-1", "worker-2", "worker-3", "worker-4"]
    assert waiting.lapse == SMALL.patience.silence_seconds
    assert {span.label for span in requests.spans} == {"request-1"}


def test_the_same_colony_on_threads_gives_the_same_text() -> None:
    texts = {}
    for runtime in (Simulation, Live):
        with runtime(seed=1) as world:
            run = Run(world)
            blueprint = Blueprint.grid(hives=1, workers_per_hive=2)
            colony = Colony(blueprint, run)
            job = colony.ask(Request("one", blueprint.models[0].name, "hum", 1, 6))
            job.wait()
            texts[world.kind] = job.text
    assert texts["live"] == texts["simulated"] != ""
