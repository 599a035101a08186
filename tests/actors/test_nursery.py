from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Device, Model, WorkerSpec, WorkerState
from actors.nursery import MOST_FAILURES, Nursery, Place

LLAMA = Model("llama", size_bytes=20, kv_bytes_per_token=2)
MISTRAL = Model("mistral", size_bytes=30)
GPU = Device("gpu-0", 100, load_bytes_per_second=5.0)
OTHER = Device("gpu-1", 60)


def spec(
    name: str, vram_bytes: int = 40, model: Model = LLAMA, device: str = "gpu-0"
) -> WorkerSpec:
    return WorkerSpec(name, model, device, vram_bytes, max_num_seqs=3, max_waiting=5)


def nursery(*specs: WorkerSpec) -> Nursery:
    return Nursery(specs, (GPU, OTHER))


def ready(nursery: Nursery, *names: str, used_at: float = 0.0) -> list[Place]:
    places = [nursery.places[name] for name in names]
    for place in places:
        nursery.reserve(place, 0.0)
        place.phase = "ready"
        place.used_at = used_at
    return places


def names(places: list[Place]) -> list[str]:
    return [place.spec.name for place in places]


def anyone(_: Place) -> bool:
    return True


# -- the ledger -----------------------------------------------------------------------------


def test_a_place_is_empty_at_first_and_its_model_takes_its_time() -> None:
    place = nursery(spec("a")).places["a"]
    assert (place.phase, place.ref, place.born, place.failures, place.fails) == (
        *("absent", None),
        *(0, 0, 0),
    )
    assert place.load_seconds == 4.0


def test_a_device_has_what_no_worker_holds() -> None:
    found = nursery(spec("a", 40), spec("b", 30), spec("c", 50, device="gpu-1"))
    assert (found.free_bytes(GPU), found.free_bytes(OTHER)) == (100, 60)
    ready(found, "a", "c")
    assert (found.free_bytes(GPU), found.free_bytes(OTHER)) == (60, 10)
    ready(found, "b")
    assert found.free_bytes(GPU) == 30


@pytest.mark.parametrize("phase", ["loading", "ready", "leaving"])
def test_a_worker_holds_its_share_until_it_is_gone(phase: str) -> None:
    found = nursery(spec("a", 40))
    (place,) = ready(found, "a")
    place.phase = phase
    assert found.free_bytes(GPU) == 60
    found.release(place)
    assert (found.free_bytes(GPU), place.phase, place.ref) == (100, "absent", None)


def test_there_is_room_for_what_takes_all_that_is_left_and_not_for_more() -> None:
    found = nursery(spec("a", 40), spec("b", 60), spec("c", 61))
    ready(found, "a")
    assert found.has_room(found.places["b"])
    assert not found.has_room(found.places["c"])


def test_a_worker_on_a_device_that_nobody_told_of_needs_no_room() -> None:
    found = nursery(spec("a", 1000, device="gpu-9"))
    place = found.places["a"]
    assert (place.device, place.load_seconds, found.has_room(place)) == (None, 0.0, True)


def test_who_is_brought_up_loads_from_then_on() -> None:
    found = nursery(spec("a"))
    place = found.places["a"]
    found.reserve(place, 7.0)
    assert (place.phase, place.since, place.born) == ("loading", 7.0, 1)


@pytest.mark.parametrize("phase", ["loading", "ready", "leaving"])
def test_nobody_is_brought_up_twice(phase: str) -> None:
    found = nursery(spec("a"))
    (place,) = ready(found, "a")
    place.phase = phase
    with pytest.raises(AssertionError):
        found.reserve(place, 0.0)


def test_nobody_is_brought_up_without_room() -> None:
    found = nursery(spec("a", 60), spec("b", 60))
    ready(found, "a")
    with pytest.raises(AssertionError):
        found.reserve(found.places["b"], 0.0)


# -- who there is ---------------------------------------------------------------------------


def test_the_places_of_a_model_are_those_that_serve_it() -> None:
    found = nursery(spec("a"), spec("b", model=MISTRAL), spec("c"))
    assert names(found.of("llama")) == ["a", "c"]


def test_who_is_absent_may_be_brought_up_when_its_time_has_come() -> None:
    found = nursery(spec("a"), spec("b"), spec("c"), spec("d", model=MISTRAL))
    ready(found, "a")
    found.places["b"].retry_at = 5.0
    assert names(found.absent("llama", 4.9)) == ["c"]
    assert names(found.absent("llama", 5.0)) == ["b", "c"]


@pytest.mark.parametrize(
    ("phase", "failures", "hopeful"),
    [
        ("absent", 0, True),
        ("absent", 2, True),
        ("absent", 3, False),
        ("loading", 3, True),
        ("ready", 3, True),
        ("leaving", 3, False),
        ("leaving", 0, True),
    ],
)
def test_there_is_hope_for_a_model_while_a_worker_is_there_or_may_be_tried(
    phase: str, failures: int, hopeful: bool
) -> None:
    found = nursery(spec("a"))
    place = found.places["a"]
    place.phase, place.failures = phase, failures
    place.retry_at = 5.0
    assert found.hopeful("llama", 4.9) is hopeful
    assert not found.hopeful("mistral", 4.9)


def test_there_is_hope_again_when_the_rest_of_one_that_failed_too_often_is_over() -> None:
    found = nursery(spec("a"))
    place = found.places["a"]
    place.failures, place.retry_at = MOST_FAILURES, 5.0
    assert [found.hopeful("llama", now) for now in (4.9, 5.0)] == [False, True]
    assert [len(found.not_ready(now)) for now in (4.9, 5.0)] == [0, 1]


def test_one_worker_is_hope_enough() -> None:
    found = nursery(spec("a"), spec("b"))
    found.places["a"].failures, found.places["a"].retry_at = MOST_FAILURES, 5.0
    assert found.hopeful("llama", 4.9)


@pytest.mark.parametrize(
    ("phase", "failures", "told"),
    [
        ("absent", 2, "absent"),
        ("absent", 3, None),
        ("loading", 2, "loading"),
        ("leaving", 0, "absent"),
        ("ready", 0, None),
    ],
)
def test_who_is_not_ready_is_told_of_unless_it_was_given_up(
    phase: str, failures: int, told: str | None
) -> None:
    found = nursery(spec("a", 60))
    place = found.places["a"]
    place.phase, place.failures = phase, failures
    expected = []
    if told is not None:
        expected = [
            WorkerState(
                "a",
                "llama",
                running=0,
                waiting=0,
                free_slots=3,
                free_vram_bytes=40,
                max_num_seqs=3,
                max_waiting=5,
                kv_bytes=40,
                kv_bytes_per_token=2,
                phase=told,
            )
        ]
    place.retry_at = 5.0
    assert found.not_ready(4.9) == expected


# -- making room ----------------------------------------------------------------------------


def test_the_idle_ones_go_that_were_used_longest_ago_and_no_more_than_needed() -> None:
    found = nursery(spec("a", 30), spec("b", 30), spec("c", 30), spec("d", 40))
    for name, used_at in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        ready(found, name, used_at=used_at)
    assert names(found.to_unload(found.places["d"], anyone)) == ["b"]


def test_several_go_if_one_is_not_enough() -> None:
    found = nursery(spec("a", 30), spec("b", 30), spec("c", 30), spec("d", 41))
    for name, used_at in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        ready(found, name, used_at=used_at)
    assert names(found.to_unload(found.places["d"], anyone)) == ["b", "c"]


@pytest.mark.parametrize("wanted", [51, 60])  # there would be 50
def test_nobody_goes_if_all_of_them_would_not_be_enough(wanted: int) -> None:
    found = nursery(spec("a", 40), spec("b", 50), spec("c", wanted))
    ready(found, "a", "b")
    assert found.to_unload(found.places["c"], lambda place: place.spec.name == "a") == []


def test_nobody_goes_if_there_is_room() -> None:
    found = nursery(spec("a", 40), spec("b", 60))
    ready(found, "a")
    assert found.to_unload(found.places["b"], anyone) == []


@pytest.mark.parametrize(
    ("phase", "idle"), [("loading", True), ("leaving", True), ("absent", True), ("ready", False)]
)
def test_who_is_not_ready_or_not_idle_does_not_go(phase: str, idle: bool) -> None:
    found = nursery(spec("a", 60), spec("b", 60))
    (place,) = ready(found, "a")
    place.phase = phase
    assert found.to_unload(found.places["b"], lambda _: idle) == []


def test_who_is_on_another_device_does_not_go() -> None:
    found = nursery(spec("a", 60, device="gpu-1"), spec("b", 90), spec("c", 90))
    ready(found, "a", "b")
    assert names(found.to_unload(found.places["c"], anyone)) == ["b"]


def test_nobody_has_to_go_for_a_worker_that_needs_no_room() -> None:
    found = nursery(spec("a"), spec("b", device="gpu-9"), spec("c", device="gpu-9"))
    ready(found, "a", "b")
    assert found.to_unload(found.places["c"], anyone) == []


def test_room_is_being_made_while_somebody_leaves_the_same_device() -> None:
    found = nursery(spec("a"), spec("b"), spec("c", device="gpu-1"))
    (place,) = ready(found, "a")
    assert not found.leaving(found.places["b"])
    place.phase = "leaving"
    assert found.leaving(found.places["b"])
    assert not found.leaving(found.places["c"])


# -- whatever happens -----------------------------------------------------------------------


@given(
    shares=st.lists(st.integers(1, 100), min_size=1, max_size=6),
    steps=st.lists(st.tuples(st.sampled_from(["up", "down", "make room"]), st.integers(0, 5))),
    idle=st.sets(st.integers(0, 5)),
)
def test_the_devices_vram_is_never_promised_twice_and_what_goes_is_enough(
    shares: list[int], steps: list[tuple[str, int]], idle: set[int]
) -> None:
    found = nursery(*(spec(str(number), share) for number, share in enumerate(shares)))
    for what, number in steps:
        place = found.places[str(number % len(shares))]
        if what == "up" and place.phase == "absent" and found.has_room(place):
            found.reserve(place, 0.0)
            place.phase = "ready"
        elif what == "down":
            found.release(place)
        elif what == "make room" and place.phase == "absent":
            going = found.to_unload(place, lambda each: int(each.spec.name) in idle)
            assert {int(each.spec.name) for each in going} <= idle
            for each in going:
                found.release(each)
            assert found.has_room(place) or not going
        held = sum(each.spec.vram_bytes for each in found.places.values() if each.phase == "ready")
        assert found.free_bytes(GPU) == 100 - held >= 0
