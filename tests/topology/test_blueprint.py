from __future__ import annotations

import math
import pickle
from dataclasses import fields, replace

import pytest

from actors.specs import PATIENCE, LatencyModel, Model, Patience, WorkerSpec
from glasshive.errors import InputError
from topology.blueprint import GIB, Blueprint, Device, HiveSpec, LinkSpec, QueenSpec
from topology.toml.sizes import gib

SMALL = Model("small", 10 * GIB)
HIVE = HiveSpec("hive", (Device("gpu-0", 80 * GIB),), (WorkerSpec("worker", SMALL),))
PLAIN = Blueprint(name="plain", models=(SMALL,), hives=(HIVE,))


def shares(vram_bytes: int, *stated: int, brought_up: tuple[int, ...] = ()) -> list[int]:
    """Return the shares of workers on one device, by what each states; residents come first."""
    tiny = Model("tiny")
    workers = tuple(
        WorkerSpec(f"worker-{number}", tiny, vram_bytes=share, resident=number < len(stated))
        for number, share in enumerate((*stated, *brought_up))
    )
    hive = HiveSpec("hive", (Device("gpu-0", vram_bytes),), workers)
    blueprint = Blueprint(name="shares", models=(tiny,), hives=(hive,))
    return [worker.vram_bytes for worker in blueprint.workers]


def complaints(**changes: object) -> list[str]:
    """Return every complaint of the plain blueprint after some changes."""
    with pytest.raises(InputError) as caught:
        replace(PLAIN, **changes)  # type: ignore[arg-type]
    return [str(complaint) for complaint in caught.value.complaints]


# -- shares ---------------------------------------------------------------------------------


def test_workers_that_state_no_share_divide_their_device_equally() -> None:
    assert shares(90, 0, 0, 0) == [30, 30, 30]


def test_workers_that_state_no_share_divide_what_the_others_leave() -> None:
    assert shares(90, 40, 0, 0) == [40, 25, 25]


def test_a_byte_that_cannot_be_divided_stays_free() -> None:
    assert shares(91, 0, 0, 0) == [30, 30, 30]


def test_a_worker_that_is_brought_up_when_wanted_gets_the_whole_device_and_takes_none_of_it() -> (
    None
):
    assert shares(90, 40, 0, 0, brought_up=(0, 0)) == [40, 25, 25, 90, 90]


def test_the_share_that_such_a_worker_states_is_its_own_and_leaves_the_others_theirs() -> None:
    assert shares(90, 0, 0, brought_up=(70, 90)) == [45, 45, 70, 90]


def test_residents_that_state_more_than_there_is_are_refused_whatever_the_others_state() -> None:
    assert shares(90, 50, 40, brought_up=(90,)) == [50, 40, 90]
    with pytest.raises(InputError, match="its workers' shares come to 91 bytes; make them smaller"):
        shares(90, 50, 41, brought_up=(10,))


def test_workers_on_two_devices_divide_each_its_own() -> None:
    hive = HiveSpec(
        "hive",
        (Device("gpu-0", 80 * GIB), Device("gpu-1", 24 * GIB)),
        (
            WorkerSpec("worker-1", SMALL, device="gpu-1"),
            WorkerSpec("worker-2", SMALL, device="gpu-0"),
            WorkerSpec("worker-3", SMALL, device="gpu-1"),
        ),
    )

    blueprint = replace(PLAIN, hives=(hive,))

    assert [worker.vram_bytes // GIB for worker in blueprint.workers] == [12, 80, 12]


# -- what it tells --------------------------------------------------------------------------


def test_the_hosts_are_the_queens_each_hives_and_each_keepers() -> None:
    blueprint = Blueprint.grid(hives=2, keepers=2)

    assert blueprint.hosts == ("queen", "hive-1", "hive-2", "keeper-1", "keeper-2")


def test_a_grid_has_a_device_for_each_worker_and_deals_the_models_in_turn() -> None:
    large = Model("large", 40 * GIB)

    grid = Blueprint.grid(
        hives=2, workers_per_hive=3, models=(SMALL, large), placement="round_robin"
    )

    assert [
        (hive.name, worker.name, worker.device, worker.model.name, worker.vram_bytes // GIB)
        for hive in grid.hives
        for worker in hive.workers
    ] == [
        ("hive-1", "worker-1", "gpu-0", "small", 80),
        ("hive-1", "worker-2", "gpu-1", "large", 80),
        ("hive-1", "worker-3", "gpu-2", "small", 80),
        ("hive-2", "worker-4", "gpu-0", "large", 80),
        ("hive-2", "worker-5", "gpu-1", "small", 80),
        ("hive-2", "worker-6", "gpu-2", "large", 80),
    ]
    assert grid.queen.placement == "round_robin"
    assert [hive.placement for hive in grid.hives] == ["round_robin", "round_robin"]


def test_a_blueprint_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(PLAIN)) == PLAIN  # noqa: S301  our own bytes


def test_its_complaints_survive_pickling() -> None:
    with pytest.raises(InputError) as caught:
        replace(PLAIN, keepers=())

    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301  ours


def test_a_size_is_told_in_gib_where_that_is_exact_and_else_in_bytes() -> None:
    assert gib(80 * GIB) == "80 GiB"
    assert gib(80 * GIB + GIB // 2) == "80.5 GiB"
    assert gib(80 * GIB + 1) == "85899345921 bytes"
    assert gib(-3 * GIB) == "-3 GiB"
    assert gib(0) == "0 GiB"


# -- what it refuses ------------------------------------------------------------------------


def test_a_complaint_names_the_blueprint_and_the_bee() -> None:
    hive = replace(HIVE, workers=(WorkerSpec("worker", SMALL, device="gpu-7"),))

    assert complaints(hives=(hive,)) == [
        (
            "blueprint 'plain', hive 'hive', worker 'worker': there is no device 'gpu-7' in "
            "'hive'; its devices: gpu-0"
        )
    ]


def test_a_worker_whose_model_differs_from_the_one_of_that_name_is_refused() -> None:
    hive = replace(HIVE, workers=(WorkerSpec("worker", Model("small", 9 * GIB)),))

    assert complaints(hives=(hive,)) == [
        (
            "blueprint 'plain', hive 'hive', worker 'worker': its model 'small' differs from the "
            "blueprint's model of that name; give the worker the same model"
        )
    ]


def test_every_part_of_a_blueprint_that_is_wrong_is_told() -> None:
    assert complaints(
        name="",
        queen=QueenSpec("fastest", 0),
        keepers=("hive", "hive"),
        links=(LinkSpec(("queen", "hove"), -1.0),),
        latency_seconds=math.inf,
        patience=Patience(retry_seconds=0.0, keep_seconds=math.nan),
        models=(replace(SMALL, latency=LatencyModel(load_factor=math.inf)),),
    ) == [
        "blueprint '': the name '' is empty; write letters, digits, - or _",
        "blueprint '': latency_seconds is inf; write a finite number of seconds, 0 to 31,536,000",
        (
            "blueprint '', queen: there is no placement policy 'fastest'; "
            "known: least_loaded, most_free_vram, power_of_two, round_robin"
        ),
        "blueprint '', queen: max_jobs is 0; write a whole number from 1 to 1000000",
        (
            "blueprint '', patience: retry_seconds is 0.0; "
            "write a finite number of seconds, 1e-06 to 31,536,000"
        ),
        (
            "blueprint '', patience: keep_seconds is nan; "
            "write a finite number of seconds, 1e-06 to 31,536,000"
        ),
        "blueprint '', model 'small': load_factor is inf; write a finite number, 0 or more",
        (
            "blueprint '', hive 'hive', worker 'worker': its model 'small' differs from the "
            "blueprint's model of that name; give the worker the same model"
        ),
        "blueprint '': the name 'hive' is taken by a keeper; give each bee a name of its own",
        (
            "blueprint '', hive 'hive': the name 'hive' is taken by a keeper; "
            "give each bee a name of its own"
        ),
        "blueprint '', links[0]: there is no host 'hove'; did you mean 'hive'?",
        (
            "blueprint '', links[0]: latency_seconds is -1.0; "
            "write a finite number of seconds, 0 to 31,536,000"
        ),
    ]


@pytest.mark.parametrize(
    ("longer", "least", "shorter"),
    [
        ("silence_seconds", 1.0, "heartbeat_seconds, 1.0"),
        ("degraded_seconds", 1.0, "heartbeat_seconds, 1.0"),
        ("lease_seconds", 6.0, "2 times renew_seconds, 3.0"),
        ("answer_seconds", 9.0, "3 times margin_seconds, 3.0"),
    ],
)
def test_a_wait_that_must_be_longer_than_another_is_refused_up_to_that(
    longer: str, least: float, shorter: str
) -> None:
    (told,) = complaints(patience=replace(PATIENCE, **{longer: least}))
    assert told.startswith(
        f"blueprint 'plain', patience: {longer} is {least}, not longer than {shorter}; write more"
    )
    more = math.nextafter(least, math.inf)
    replace(PLAIN, patience=replace(PATIENCE, **{longer: more}))


@pytest.mark.parametrize("wait", [field.name for field in fields(Patience)])
def test_every_wait_is_a_finite_time_above_nothing(wait: str) -> None:
    for wrong in (0.0, -1.0, math.inf):
        (told,) = complaints(patience=replace(PATIENCE, **{wait: wrong}))
        assert told.startswith(f"blueprint 'plain', patience: {wait} is {wrong}; write a finite")


@pytest.mark.parametrize("wrong", [0.0, -2.0, math.inf, math.nan])
def test_a_device_that_never_gets_anything_done_is_refused(wrong: float) -> None:
    for device, key in (
        (Device("gpu-0", 80 * GIB, speed=wrong), "speed"),
        (Device("gpu-0", 80 * GIB, load_bytes_per_second=wrong * GIB), "load_gib_per_second"),
    ):
        (told,) = complaints(hives=(replace(HIVE, devices=(device,)),))
        assert told.endswith(f"device 'gpu-0': {key} is {wrong}; write a number above 0")


def test_a_grid_of_nothing_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        Blueprint.grid(hives=0, keepers=0)

    assert str(caught.value) == (
        "blueprint 'grid': there are no hives; draw at least one\n"
        "blueprint 'grid': there are no keepers; draw at least one"
    )
