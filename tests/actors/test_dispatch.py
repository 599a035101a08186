from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from actors import POLICIES, Heartbeat, Request, WorkerState
from actors.dispatch import Dispatch, Room

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from tests.actors.conftest import Peer


def state(
    name: str,
    model: str = "llama",
    *,
    slots: int = 2,
    max_waiting: int = 0,
    kv_bytes: int = 0,
    kv_bytes_per_token: int = 0,
) -> WorkerState:
    return WorkerState(
        name,
        model,
        running=0,
        waiting=0,
        free_slots=slots,
        free_vram_bytes=kv_bytes,
        max_num_seqs=slots,
        max_waiting=max_waiting,
        kv_bytes=kv_bytes,
        kv_bytes_per_token=kv_bytes_per_token,
    )


@pytest.fixture
def ref(client: Peer) -> ActorRef[Any]:
    return client.ref


def place(dispatch: Dispatch, request: Request) -> str | None:
    room = dispatch.choose(request, {}, now=0.0)
    if room is None:
        return None
    room.take(request)
    return room.node.name


def test_an_unknown_placement_is_an_error_that_says_which_is_near() -> None:
    expected = "no placement is called 'least_loadde'; did you mean 'least_loaded'?"
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        Dispatch("least_loadde")


def test_a_node_gets_no_more_jobs_than_may_run_and_wait_there_however_old_its_news(
    ref: ActorRef[Any], ask: Callable[..., Request]
) -> None:
    dispatch = Dispatch("least_loaded")
    hello = Heartbeat("worker-1", ref, (state("worker-1", slots=1, max_waiting=1),))
    dispatch.hear(hello, 0.0)
    assert [place(dispatch, ask(number)) for number in (1, 2, 3)] == ["worker-1", "worker-1", None]
    dispatch.hear(hello, 1.0)  # it was sent before the jobs arrived
    assert place(dispatch, ask(4)) is None


@pytest.mark.parametrize("placement", POLICIES)
def test_nodes_that_can_run_a_job_now_come_before_those_where_it_would_wait(
    ref: ActorRef[Any], ask: Callable[..., Request], placement: str
) -> None:
    dispatch = Dispatch(placement)
    # 10 + 3 tokens of 2 bytes take 26: the first has a slot for two and VRAM for one, the second
    # VRAM for many and one slot.
    narrow = state("narrow", slots=2, max_waiting=9, kv_bytes=40, kv_bytes_per_token=2)
    short = state("short", slots=1, max_waiting=9, kv_bytes=4000, kv_bytes_per_token=2)
    for worker in (narrow, short):
        dispatch.hear(Heartbeat(worker.name, ref, (worker,)), 0.0)
    places = [place(dispatch, ask(number)) for number in range(22)]
    assert sorted(map(str, places[:2])) == ["narrow", "short"]
    # 2 + 9 places and 1 + 9, of which all are used before anything waits above.
    assert [places.count(name) for name in ("narrow", "short", None)] == [11, 10, 1]


def test_what_waits_makes_load_more_than_1_and_free_vram_less_than_nothing(
    ref: ActorRef[Any], ask: Callable[..., Request]
) -> None:
    found = room(kv_bytes=60, promised_bytes=0, ref=ref, slots=2, max_waiting=1)
    for number in (1, 2, 3):
        assert not found.full
        found.take(ask(number, 3, prompt_tokens=10))
    assert (found.full, found.load, found.free_vram_bytes) == (True, 1.5, 60 - 3 * 26)


def test_a_slot_that_is_given_back_is_there_at_once(
    ref: ActorRef[Any], ask: Callable[..., Request]
) -> None:
    dispatch = Dispatch("least_loaded")
    dispatch.hear(Heartbeat("worker-1", ref, (state("worker-1", slots=1),)), 0.0)
    room = dispatch.choose(ask(1), {}, 0.0)
    assert room is not None
    room.take(ask(1))
    assert place(dispatch, ask(2)) is None
    room.give_back(ask(1))
    assert place(dispatch, ask(2)) == "worker-1"


def test_a_hives_room_for_a_model_is_the_sum_of_its_workers(ref: ActorRef[Any]) -> None:
    dispatch = Dispatch("least_loaded")
    node = dispatch.hear(
        Heartbeat(
            "hive-1",
            ref,
            (
                state("worker-1", slots=2, max_waiting=5, kv_bytes=100),
                state("worker-2", slots=3, max_waiting=6, kv_bytes=50),
                state("worker-3", "mistral", slots=4, max_waiting=7, kv_bytes=70),
            ),
        ),
        0.0,
    )
    summed = {
        model: (room.slots, room.max_waiting, room.kv_bytes) for model, room in node.rooms.items()
    }
    assert summed == {"llama": (5, 11, 150), "mistral": (4, 7, 70)}
    assert dispatch.models() == ["llama", "mistral"]


def test_a_model_whose_workers_are_gone_from_the_news_is_served_no_more(
    ref: ActorRef[Any], ask: Callable[..., Request]
) -> None:
    dispatch = Dispatch("least_loaded")
    dispatch.hear(Heartbeat("hive-1", ref, (state("worker-1"),)), 0.0)
    dispatch.hear(Heartbeat("hive-1", ref, ()), 1.0)
    assert dispatch.serving("llama") == []
    assert place(dispatch, ask(1)) is None


def room(
    *, kv_bytes: int, promised_bytes: int, ref: ActorRef[Any], slots: int = 9, max_waiting: int = 0
) -> Room:
    dispatch = Dispatch("least_loaded")
    worker = state(
        "worker-1", slots=slots, max_waiting=max_waiting, kv_bytes=kv_bytes, kv_bytes_per_token=2
    )
    found = dispatch.hear(Heartbeat("worker-1", ref, (worker,)), 0.0).rooms["llama"]
    found.promised_bytes = promised_bytes
    return found


@pytest.mark.parametrize(
    ("promised_bytes", "fits"), [(0, True), (74, True), (75, False), (100, False)]
)
def test_a_request_fits_while_its_kv_cache_does(
    ref: ActorRef[Any], ask: Callable[..., Request], promised_bytes: int, fits: bool
) -> None:
    # (10 + 3) x 2 = 26 bytes
    request = ask(max_tokens=3, prompt_tokens=10)
    assert room(kv_bytes=100, promised_bytes=promised_bytes, ref=ref).fits(request) is fits


def test_a_request_that_can_never_fit_goes_below_to_be_rejected(
    ref: ActorRef[Any], ask: Callable[..., Request]
) -> None:
    dispatch = Dispatch("least_loaded")
    small = state("worker-1", kv_bytes=25, kv_bytes_per_token=2)
    dispatch.hear(Heartbeat("worker-1", ref, (small,)), 0.0)
    assert place(dispatch, ask(max_tokens=3, prompt_tokens=10)) == "worker-1"


def test_a_node_that_refused_is_not_asked_before_its_time(
    ref: ActorRef[Any], ask: Callable[..., Request]
) -> None:
    dispatch = Dispatch("least_loaded")
    dispatch.hear(Heartbeat("worker-1", ref, (state("worker-1"),)), 0.0)
    refused = {"worker-1": 2.0}
    assert dispatch.choose(ask(), refused, now=1.9) is None
    assert dispatch.choose(ask(), refused, now=2.0) is not None


def test_a_node_that_is_down_gets_nothing_until_it_is_heard_again(
    ref: ActorRef[Any], ask: Callable[..., Request]
) -> None:
    dispatch = Dispatch("least_loaded")
    heartbeat = Heartbeat("worker-1", ref, (state("worker-1"),))
    dispatch.hear(heartbeat, 0.0).down = True
    assert dispatch.serving("llama") == []
    dispatch.hear(heartbeat, 5.0)
    assert place(dispatch, ask()) == "worker-1"


def test_silent_are_those_that_were_not_heard_for_longer_than_allowed(ref: ActorRef[Any]) -> None:
    dispatch = Dispatch("least_loaded")
    for number in (1, 2, 3):
        dispatch.hear(Heartbeat(f"worker-{number}", ref, ()), float(number))
    dispatch.nodes["worker-1"].down = True
    # At 5.5 s: 1 is known to be down, 2 was silent for 3.5 s, which is allowed, and 3 for less.
    assert dispatch.silent(5.5, longest=3.5) == []
    assert [node.name for node in dispatch.silent(5.6, longest=3.5)] == ["worker-2"]
