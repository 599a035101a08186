"""Hypothesis draws small colonies and what is asked of them, and shrinks both to the simplest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from actors import Patience, Request, WorkerSpec
from glasshive import Run, Simulation
from glasshive.testing import schedules
from topology import GIB, Blueprint, Colony, Device, HiveSpec, QueenSpec
from topology.blueprint import read_blueprint
from topology.strategies import BRISK, MODELS, blueprints, fault_plans, requests, workloads
from topology.workload import Arrival

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive.schedule import Schedule

QUIET = settings(database=None, derandomize=True, max_examples=300)


@given(blueprints())
def test_a_colony_that_is_drawn_can_be_built_and_is_small(blueprint: Blueprint) -> None:
    assert 1 <= len(blueprint.hives) <= 2
    assert all(1 <= len(hive.workers) <= 2 for hive in blueprint.hives)
    assert 1 <= len(blueprint.keepers) <= 2
    assert blueprint.patience is BRISK
    # Nobody can ask for a model that no worker has.
    assert set(blueprint.models) == {worker.model for worker in blueprint.workers}


def test_a_drawn_colony_can_be_written_down_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "drawn.toml"

    @settings(max_examples=20)
    @given(blueprints())
    def is_read_again(blueprint: Blueprint) -> None:
        file.write_text(blueprint.to_toml(), encoding="utf-8")
        assert read_blueprint(file) == blueprint

    is_read_again()


def test_the_simplest_colony_is_one_hive_with_one_worker_that_is_there() -> None:
    worker = WorkerSpec("worker-1", MODELS[0], "gpu-0", 2 * GIB, 2, 2)
    assert find(blueprints(), lambda _: True, settings=QUIET) == Blueprint(
        name="drawn",
        models=MODELS[:1],
        hives=(
            HiveSpec(
                "hive-1",
                (Device("gpu-0", 2 * GIB, load_bytes_per_second=2.0 * GIB),),
                (worker,),
                max_jobs=64,
            ),
        ),
        queen=QueenSpec(max_jobs=64),
        latency_seconds=0.03125,
        patience=BRISK,
    )


def test_colonies_are_drawn_whose_workers_must_make_room_for_one_another() -> None:
    def crowded(blueprint: Blueprint) -> bool:
        (first, *others) = blueprint.hives[0].workers
        return any(each.device == first.device and not each.resident for each in others)

    (hive,) = find(blueprints(), crowded, settings=QUIET).hives
    assert [worker.vram_bytes for worker in hive.workers] == [2 * GIB] * 2
    assert [device.vram_bytes for device in hive.devices] == [2 * GIB]


@given(st.data(), st.integers(1, 3), st.integers(1, 3))
def test_a_colony_has_no_more_bees_than_it_may(data: st.DataObject, hives: int, bees: int) -> None:
    slow = Patience()
    drawn = blueprints(hives=hives, workers=bees, keepers=bees, patience=slow)
    blueprint = data.draw(drawn)
    assert len(blueprint.hives) <= hives
    assert max(len(hive.workers) for hive in blueprint.hives) <= bees
    assert len(blueprint.keepers) <= bees
    assert blueprint.patience is slow


@pytest.mark.parametrize("wrong", [{"hives": 0}, {"workers": 0}, {"keepers": -1}], ids=str)
def test_a_colony_of_nobody_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a colony has 1 or more of each"):
        blueprints(**wrong)


@given(st.data())
def test_a_workload_comes_in_order_in_its_time_and_asks_for_what_there_is(
    data: st.DataObject,
) -> None:
    blueprint = data.draw(blueprints())
    arrivals = data.draw(workloads(blueprint, most=5, seconds=2.0, tokens=3))
    assert 1 <= len(arrivals) <= 5
    times = [arrival.time for arrival in arrivals]
    assert times == sorted(times)
    assert 0.0 <= times[0] <= times[-1] <= 2.0
    asked = [arrival.request for arrival in arrivals]
    assert [each.request_id for each in asked] == [
        f"request-{number}" for number in range(1, len(asked) + 1)
    ]
    assert {each.model for each in asked} <= {model.name for model in blueprint.models}
    assert all(1 <= each.max_tokens <= 3 for each in asked)


def test_the_simplest_workload_is_one_request_for_one_token_at_once() -> None:
    blueprint = Blueprint.grid(hives=1, workers_per_hive=1, models=MODELS)
    simplest = Request("request-1", "model-1", "Hum.", 1, 1, ignore_eos=True)
    assert find(workloads(blueprint), lambda _: True, settings=QUIET) == (Arrival(0.0, simplest),)
    assert find(requests(blueprint, "r"), lambda each: each.copies > 1, settings=QUIET) == Request(
        "r", "model-1", "Hum.", 1, 1, ignore_eos=True, copies=2
    )


def test_two_requests_that_come_at_one_instant_are_drawn_and_shrink_to_the_beginning() -> None:
    blueprint = Blueprint.grid(hives=1, workers_per_hive=1, models=MODELS)

    def at_once(arrivals: tuple[Arrival, ...]) -> bool:
        times = [arrival.time for arrival in arrivals]
        return len(set(times)) < len(times)

    assert [each.time for each in find(workloads(blueprint), at_once, settings=QUIET)] == [0.0, 0.0]


@pytest.mark.parametrize("wrong", [{"most": 0}, {"tokens": 0}], ids=str)
def test_a_workload_of_nothing_is_refused_at_once(wrong: dict[str, Any]) -> None:
    blueprint = Blueprint.grid(hives=1, workers_per_hive=1, models=MODELS)
    with pytest.raises(ValueError, match="a workload has 1 or more"):
        workloads(blueprint, **wrong)


@settings(max_examples=40, deadline=None)
@given(st.data(), blueprints(), schedules())
def test_every_promise_holds_for_any_colony_workload_plan_of_faults_and_order(
    data: st.DataObject, blueprint: Blueprint, schedule: Schedule
) -> None:
    arrivals = data.draw(workloads(blueprint))
    plan = data.draw(fault_plans(blueprint, seconds=6.0))
    with Simulation(schedule=schedule) as simulation:
        with Colony(blueprint, Run(simulation)) as colony:
            colony.strike(plan)
            colony.serve(arrivals)
        broken = [how for invariant in colony.invariants for how in invariant.violations]
        assert not broken
        assert not simulation.casualties
