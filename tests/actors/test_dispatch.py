"""Which node a relay gives a request to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from actors import POLICIES, Heartbeat, Request, WorkerState
from actors.dispatch import Dispatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from tests.actors.conftest import Asks, Peer, Peers


def state(
    name: str,
    model: str = "llama",
    *,
    slots: int = 2,
    max_waiting: int = 0,
    kv_bytes: int = 0,
    kv_bytes_per_token: int = 0,
    phase: str = "ready",
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
        phase=phase,
    )


@pytest.fixture
def ref(client: Peer) -> ActorRef[Any]:
    return client.ref


@pytest.fixture
def dispatch() -> Dispatch:
    return Dispatch("least_loaded", degraded_seconds=2.0)


@pytest.fixture
def hear(ref: ActorRef[Any]) -> Callable[..., None]:
    """Return what tells of workers that are nodes by themselves."""

    def tell(dispatch: Dispatch, *workers: WorkerState, at: float = 0.0) -> None:
        for worker in workers:
            dispatch.hear(Heartbeat(worker.name, ref, (worker,)), at)

    return tell


def place(
    dispatch: Dispatch, request: Request, now: float = 0.0, avoided: tuple[str, ...] = ()
) -> str | None:
    room = dispatch.choose(request, {}, now, avoided)
    if room is None:
        return None
    room.take(request)
    return room.node.name


def test_an_unknown_placement_is_an_error_that_says_which_is_near() -> None:
    expected = "no placement is called 'least_loadde'; did you mean 'least_loaded'?"
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        Dispatch("least_loadde", 2.0)


def test_nodes_are_kept_in_the_order_in_which_they_were_met(
    dispatch: Dispatch, hear: Callable[..., None]
) -> None:
    hear(dispatch, state("b"), state("a"), state("b"))
    assert [(node.name, node.place) for node in dispatch.nodes.values()] == [("b", 0), ("a", 1)]


def test_a_node_is_as_its_last_heartbeat_says(
    dispatch: Dispatch, ref: ActorRef[Any], peer: Peers
) -> None:
    dispatch.hear(Heartbeat("worker-1", ref, (state("worker-1"),), "", (0, 1)), 1.0)
    again = peer("again").ref
    slots = (state("worker-1", slots=5),)
    node = dispatch.hear(Heartbeat("worker-1", again, slots, "r1", (1, 1)), 2.0)
    assert list(dispatch.nodes.values()) == [node]
    assert (node.ref, node.epoch, node.turn, node.heard_at) == (again, "r1", (1, 1), 2.0)
    assert node.states == slots
    assert (node.rooms["llama"].model, node.rooms["llama"].slots) == ("llama", 5)


def test_the_rooms_of_a_model_are_in_the_order_in_which_their_nodes_were_met(
    dispatch: Dispatch, hear: Callable[..., None]
) -> None:
    hear(dispatch, state("first", "mistral"), state("second"), state("first"))
    assert [room.node.name for room in dispatch.serving("llama")] == ["first", "second"]


def test_a_model_whose_workers_are_gone_from_the_news_is_served_no_more(
    dispatch: Dispatch, ref: ActorRef[Any], ask: Asks
) -> None:
    dispatch.hear(Heartbeat("hive-1", ref, (state("worker-1"),)), 0.0)
    assert dispatch.models() == ["llama"]
    dispatch.hear(Heartbeat("hive-1", ref, ()), 1.0)
    assert (dispatch.serving("llama"), dispatch.models()) == ([], [])
    assert place(dispatch, ask(1)) is None


def test_a_node_that_cannot_tell_is_taken_to_be_as_it_was(
    dispatch: Dispatch, ref: ActorRef[Any], ask: Asks
) -> None:
    dispatch.hear(Heartbeat("hive-1", ref, (state("worker-1"),)), 0.0).down = True
    node = dispatch.hear(Heartbeat("hive-1", ref, None, "r1", (1, 2)), 5.0)
    assert (node.epoch, node.turn, node.heard_at, node.down) == ("r1", (1, 2), 5.0, False)
    assert node.states == (state("worker-1"),)
    assert place(dispatch, ask(1), 5.0) == "hive-1"


def test_a_node_that_could_never_tell_serves_nothing(
    dispatch: Dispatch, ref: ActorRef[Any]
) -> None:
    node = dispatch.hear(Heartbeat("hive-1", ref, None), 0.0)
    assert (node.states, node.rooms, dispatch.models()) == ((), {}, [])


# -- choosing -------------------------------------------------------------------------------


@pytest.mark.parametrize("placement", POLICIES)
def test_nodes_that_can_run_a_job_now_come_before_those_where_it_would_wait(
    hear: Callable[..., None], ask: Asks, placement: str
) -> None:
    dispatch = Dispatch(placement, 2.0)
    # 10 + 3 tokens of 2 bytes take 26: the first has a slot for two and VRAM for one, the second
    # VRAM for many and one slot.
    hear(
        dispatch,
        state("narrow", slots=2, max_waiting=9, kv_bytes=40, kv_bytes_per_token=2),
        state("short", slots=1, max_waiting=9, kv_bytes=4000, kv_bytes_per_token=2),
    )
    places = [place(dispatch, ask(number)) for number in range(22)]
    assert sorted(map(str, places[:2])) == ["narrow", "short"]
    # 2 + 9 places and 1 + 9, of which all are used before anything waits above.
    assert [places.count(name) for name in ("narrow", "short", None)] == [11, 10, 1]


def test_a_node_whose_workers_have_to_be_brought_up_comes_after_one_that_can_run_it_now(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("cold", slots=9, phase="absent"), state("warm", slots=1))
    assert [place(dispatch, ask(number)) for number in (1, 2)] == ["warm", "cold"]


def test_a_degraded_node_comes_after_a_healthy_one(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("older"), at=0.0)
    hear(dispatch, state("newer", slots=1), at=1.0)
    assert dispatch.choose(ask(1), {}, 2.0) is dispatch.nodes["older"].rooms["llama"]
    assert place(dispatch, ask(1), 2.1) == "newer"


def test_a_degraded_node_that_can_run_it_now_comes_before_a_healthy_one_where_it_would_wait(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("older", slots=1), at=0.0)
    hear(dispatch, state("newer", slots=1, max_waiting=1), at=2.0)
    dispatch.nodes["newer"].rooms["llama"].take(ask(9))
    assert place(dispatch, ask(1), 3.0) == "older"


def test_an_avoided_node_comes_after_its_equals_and_before_a_degraded_one(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("older", slots=9), at=0.0)
    hear(dispatch, state("one", slots=9), state("other", slots=9), at=2.0)
    assert place(dispatch, ask(1), 3.0, avoided=("one",)) == "other"
    assert place(dispatch, ask(2), 3.0, avoided=("other",)) == "one"
    assert place(dispatch, ask(3), 3.0, avoided=("one", "other")) == "one"


def test_a_request_that_can_never_fit_goes_below_to_be_rejected(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("worker-1", kv_bytes=25, kv_bytes_per_token=2))
    assert place(dispatch, ask(max_tokens=3, prompt_tokens=10)) == "worker-1"


def test_a_slot_that_is_given_back_is_there_at_once(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("worker-1", slots=1))
    room = dispatch.choose(ask(1), {}, 0.0)
    assert room is not None
    room.take(ask(1))
    assert place(dispatch, ask(2)) is None
    room.give_back(ask(1))
    assert place(dispatch, ask(2)) == "worker-1"


def test_a_node_that_refused_is_not_asked_before_its_time(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("worker-1"))
    refused = {"worker-1": 2.0}
    assert dispatch.choose(ask(), refused, now=1.9) is None
    assert dispatch.choose(ask(), refused, now=2.0) is not None


def test_a_policy_draws_from_the_random_numbers_of_its_relay(
    hear: Callable[..., None], ask: Asks
) -> None:
    def drawn(seed: int) -> list[str | None]:
        dispatch = Dispatch("power_of_two", 2.0)
        hear(dispatch, *(state(str(number), slots=99) for number in range(9)))
        dispatch.random.seed(seed)
        return [place(dispatch, ask(number)) for number in range(20)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


# -- health ---------------------------------------------------------------------------------


def test_a_node_that_is_down_gets_nothing_until_it_is_heard_again(
    dispatch: Dispatch, hear: Callable[..., None], ask: Asks
) -> None:
    hear(dispatch, state("worker-1"))
    dispatch.nodes["worker-1"].down = True
    assert dispatch.serving("llama") == []
    hear(dispatch, state("worker-1"), at=5.0)
    assert place(dispatch, ask()) == "worker-1"


def test_a_node_is_healthy_then_degraded_and_down_when_it_is_said_to_be(
    dispatch: Dispatch, hear: Callable[..., None]
) -> None:
    hear(dispatch, state("worker-1"), at=1.0)
    node = dispatch.nodes["worker-1"]
    assert [dispatch.health(node, now) for now in (1.0, 3.0, 3.1, 99.0)] == [
        *("healthy", "healthy"),
        *("degraded", "degraded"),
    ]
    node.down = True
    assert dispatch.health(node, 1.0) == "down"


def test_silent_are_those_that_were_not_heard_for_longer_than_allowed(
    dispatch: Dispatch, hear: Callable[..., None]
) -> None:
    for number in (1, 2, 3):
        hear(dispatch, state(f"worker-{number}"), at=float(number))
    dispatch.nodes["worker-1"].down = True
    # At 5.5 s: 1 is known to be down, 2 was silent for 3.5 s, which is allowed, and 3 for less.
    assert dispatch.silent(5.5, longest=3.5) == []
    assert [node.name for node in dispatch.silent(5.6, longest=3.5)] == ["worker-2"]
