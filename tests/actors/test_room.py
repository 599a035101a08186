"""What a relay knows of the room that a node has, and what it promises of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Heartbeat, Request, WorkerState
from actors.dispatch import Below, Dispatch, Room

if TYPE_CHECKING:
    from tests.actors.conftest import Asks

WORKER = WorkerState(
    "worker-1",
    "llama",
    running=0,
    waiting=0,
    free_slots=2,
    free_vram_bytes=60,
    max_num_seqs=2,
    max_waiting=1,
    kv_bytes=60,
    kv_bytes_per_token=2,
)
NOBODY: Any = None


def room(*states: WorkerState) -> Room:
    found = Room(Below("hive-1", 3, NOBODY, 0.0), "llama")
    found.count(states)
    return found


def worker(**changes: Any) -> WorkerState:
    return msgspec.structs.replace(WORKER, **changes)


def test_a_node_that_was_never_heard_of_has_nothing_and_is_not_down() -> None:
    node = Below("hive-1", 3, NOBODY, 0.0)
    assert (node.epoch, node.turn, node.states, node.down) == ("", (0, 0), (), False)
    assert (node.rooms, node.orphans) == ({}, [])


def test_a_room_that_was_never_told_of_has_nothing_and_holds_nothing() -> None:
    found = Room(Below("hive-1", 3, NOBODY, 0.0), "llama")
    assert (found.slots, found.cold_slots, found.max_waiting) == (0, 0, 0)
    assert (found.kv_bytes, found.kv_bytes_per_token, found.promised_bytes) == (0, 0, 0)
    assert (found.jobs, found.others, found.full) == (0, 0, True)


def test_a_room_has_its_nodes_place() -> None:
    assert room().place == 3


def test_what_waits_makes_load_more_than_1_and_free_vram_less_than_nothing(
    ask: Asks,
) -> None:
    found = room(WORKER)
    for number in (1, 2, 3):
        assert not found.full
        found.take(ask(number, 3, prompt_tokens=10))
    assert (found.full, found.load, found.free_vram_bytes) == (True, 1.5, 60 - 3 * 26)


def test_what_is_given_back_is_free_again(ask: Asks) -> None:
    found = room(WORKER)
    found.take(ask(1, 3, prompt_tokens=10))
    found.take(ask(2, 5, prompt_tokens=10))
    found.give_back(ask(1, 3, prompt_tokens=10))
    assert (found.held, found.load, found.free_vram_bytes) == (1, 0.5, 60 - 30)


def test_a_hives_room_is_the_sum_of_its_workers() -> None:
    found = room(
        worker(max_num_seqs=2, max_waiting=5, kv_bytes=100, running=2, waiting=1),
        worker(max_num_seqs=3, max_waiting=6, kv_bytes=50, running=1),
    )
    assert (found.slots, found.max_waiting, found.kv_bytes) == (5, 11, 150)
    assert (found.cold_slots, found.others) == (0, 4)


@pytest.mark.parametrize("phase", ["loading", "absent"])
def test_workers_that_are_not_there_yet_have_slots_and_places_to_wait_and_no_vram(
    phase: str,
) -> None:
    cold = worker(phase=phase, max_num_seqs=3, max_waiting=4, running=9)
    found = room(WORKER, cold, cold)
    assert (found.slots, found.cold_slots, found.max_waiting) == (2, 6, 9)
    assert (found.kv_bytes, found.others) == (60, 0)


def test_a_room_counts_cold_slots_too_before_it_is_full(ask: Asks) -> None:
    found = room(WORKER, worker(phase="absent", max_num_seqs=3, max_waiting=0))
    for number in range(6):
        assert not found.full
        found.take(ask(number))
    assert found.full


def test_the_load_of_a_room_that_is_all_cold_is_that_of_its_cold_slots(
    ask: Asks,
) -> None:
    found = room(worker(phase="absent", max_num_seqs=4))
    assert found.load == 0.0
    found.take(ask())
    assert found.load == 0.25


def test_the_load_of_a_room_with_warm_slots_is_that_of_those_alone(
    ask: Asks,
) -> None:
    found = room(WORKER, worker(phase="absent", max_num_seqs=4))
    found.take(ask())
    assert found.load == 0.5


def test_nothing_can_run_now_in_a_room_that_is_all_cold(ask: Asks) -> None:
    cold = worker(phase="absent", kv_bytes_per_token=0)
    assert not room(cold).fits(ask())
    assert room(msgspec.structs.replace(cold, phase="ready")).fits(ask())


@pytest.mark.parametrize(("max_tokens", "fits"), [(20, True), (21, False)])
def test_a_request_fits_while_its_kv_cache_does(ask: Asks, max_tokens: int, fits: bool) -> None:
    assert room(WORKER).fits(ask(1, max_tokens, prompt_tokens=10)) is fits


def test_a_request_fits_while_a_slot_is_free(ask: Asks) -> None:
    found = room(worker(kv_bytes=1000))
    found.take(ask(1))
    assert found.fits(ask(2))
    found.take(ask(2))
    assert not found.fits(ask(3))


# -- what others have placed there ----------------------------------------------------------


@pytest.mark.parametrize(
    ("placed", "running", "waiting", "held"),
    [(0, 2, 1, 3), (2, 2, 1, 3), (2, 1, 1, 2), (2, 0, 0, 2), (3, 2, 0, 3)],
)
def test_a_room_holds_what_was_placed_there_and_what_its_node_tells_beyond_that(
    ask: Asks, placed: int, running: int, waiting: int, held: int
) -> None:
    found = room(WORKER)
    for number in range(placed):
        found.take(ask(number))
    found.count((worker(running=running, waiting=waiting),))
    assert (found.held, found.others) == (held, held - placed)


def test_what_others_have_placed_counts_against_slots_and_places_to_wait(
    ask: Asks,
) -> None:
    assert room(worker(running=1, kv_bytes=1000)).fits(ask())
    assert not room(worker(running=2, kv_bytes=1000)).fits(ask())
    assert not room(worker(running=2)).full
    assert room(worker(running=2, waiting=1)).full


def test_news_replace_what_was_known_before(ask: Asks) -> None:
    found = room(worker(running=2, max_waiting=9), worker(phase="absent"))
    found.take(ask())
    found.count((worker(running=1),))
    assert (found.slots, found.cold_slots, found.max_waiting, found.others) == (2, 0, 1, 0)
    found.count(())
    assert (found.slots, found.cold_slots, found.max_waiting, found.kv_bytes) == (0, 0, 0, 0)


@given(
    steps=st.lists(st.sampled_from(["place", "arrive", "end", "hear", "hear late"]), max_size=60)
)
def test_however_old_its_news_a_node_is_never_given_more_than_may_run_and_wait_there(
    steps: list[str],
) -> None:
    dispatch = Dispatch("least_loaded", 2.0)
    dispatch.hear(Heartbeat("worker-1", NOBODY, (WORKER,)), 0.0)
    request = Request("request-1", "llama", "", 1, 1)
    there = under_way = 0
    told = [WORKER]
    for step in steps:
        if step == "place":
            chosen = dispatch.choose(request, {}, 0.0)
            if chosen is not None:
                chosen.take(request)
                under_way += 1
        elif step == "arrive" and under_way:
            under_way, there = under_way - 1, there + 1
        elif step == "end" and there:
            dispatch.nodes["worker-1"].rooms["llama"].give_back(request)
            there -= 1
        elif step == "hear":
            told.append(worker(running=min(2, there), waiting=max(0, there - 2)))
            dispatch.hear(Heartbeat("worker-1", NOBODY, (told[-1],)), 0.0)
        elif step == "hear late":
            dispatch.hear(Heartbeat("worker-1", NOBODY, (told[0],)), 0.0)
        assert there + under_way <= 3
