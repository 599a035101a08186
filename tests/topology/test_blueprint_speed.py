from __future__ import annotations

import math

import pytest

from glasshive.errors import InputError
from topology import Blueprint, sample_blueprint
from topology.blueprint import faster


def times(blueprint: Blueprint) -> list[float]:
    """Return what each worker's steps and loads take, by the devices that they are on."""
    devices = {(h.name, d.name): d for h in blueprint.hives for d in h.devices}
    found = []
    for hive in blueprint.hives:
        for worker in hive.workers:
            device = devices[hive.name, worker.device]
            step = worker.model.latency.step_seconds(3, 100)
            found += [step / device.speed, device.load_seconds(worker.model)]
    return found


def test_steps_prefills_and_loads_take_a_share_of_the_time() -> None:
    drawn = sample_blueprint("two_hives")
    assert times(faster(drawn, 4)) == pytest.approx([each / 4 for each in times(drawn)])
    assert times(faster(drawn, 0.5)) == pytest.approx([each * 2 for each in times(drawn)])


def test_everything_but_the_devices_stays_as_it_is() -> None:
    drawn = sample_blueprint("two_hives")
    fast = faster(drawn, 10)
    assert fast.patience == drawn.patience
    assert (fast.links, fast.models, fast.latency_seconds) == (
        drawn.links,
        drawn.models,
        drawn.latency_seconds,
    )
    assert fast.workers == drawn.workers


def test_a_speed_of_one_changes_nothing() -> None:
    drawn = sample_blueprint("two_hives")
    assert faster(drawn, 1) == drawn


@pytest.mark.parametrize("wrong", [0, -1, math.inf, math.nan])
def test_a_speed_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="give a finite number above 0"):
        faster(sample_blueprint("one_worker"), wrong)


def test_a_speed_beyond_all_numbers_is_refused() -> None:
    with pytest.raises(InputError, match="speed is inf"):
        faster(faster(sample_blueprint("one_worker"), 1e200), 1e200)
