"""How a hive brings workers up that are wanted, until they are given up. The queen is the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import (
    Completed,
    Device,
    Failed,
    FailToLoad,
    Heartbeat,
    Hive,
    LatencyModel,
    Model,
    Patience,
    Rejected,
    Request,
    Worker,
    WorkerSpec,
    WorkerState,
)
from glasshive import Simulation

if TYPE_CHECKING:
    from tests.actors.conftest import Asks, Logged, Peer, PeersIn, Words
    from tests.actors.hive.conftest import Founds

LATENCY = LatencyModel(seconds_per_token=0.02)
LLAMA = Model("llama", size_bytes=20, latency=LATENCY)
MISTRAL = Model("mistral", size_bytes=10, latency=LATENCY)
GPU = Device("gpu-0", vram_bytes=100, load_bytes_per_second=5.0)
"""A device on which one takes 4 s to load, and the other 2 s."""


def cold(
    name: str, model: Model = LLAMA, vram_bytes: int = 40, *, slots: int = 2, resident: bool = False
) -> WorkerSpec:
    return WorkerSpec(name, model, "gpu-0", vram_bytes, slots, 0, resident)


def names(sim: Simulation) -> list[str]:
    return [actor.name for actor in sim.actors() if isinstance(actor, Worker)]


# -- brought up -----------------------------------------------------------------------------


def test_a_worker_that_nobody_wants_is_not_there_and_the_queen_is_told_that_it_can_be(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    found(cold("a"), cold("b", resident=True), devices=[GPU])
    sim.run(until=1.5)
    assert names(sim) == ["b"]
    absent = WorkerState("a", "llama", 0, 0, 2, 20, 2, 0, 20, 0, "absent")
    there = WorkerState("b", "llama", 0, 0, 2, 20, 2, 0, 20, 0)
    assert client.of(Heartbeat)[-1].workers == (there, absent)


def test_a_job_has_its_worker_brought_up_and_hears_how_far_it_is(
    sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found(cold("a"), devices=[GPU])
    (job,) = hive.start(ask(1, 5))
    sim.run(until=6.0)
    assert hive.said(job) == [
        (0.0, "a is brought up"),
        (1.0, "loading llama on gpu-0: 25%"),
        (2.0, "loading llama on gpu-0: 50%"),
        (3.0, "loading llama on gpu-0: 75%"),
        (4.0, "loading llama on gpu-0: 100%"),
        (4.0, "placed on a"),
        (4.0, "llama on gpu-0"),
    ]
    assert hive.words(job) == words(ask(1, 5))
    assert client.outcomes(job) == [Completed()]


def test_while_it_loads_the_queen_is_told_so(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(cold("a"), devices=[GPU])
    hive.start(ask(1, 500))
    sim.run(until=5.5)
    # At 4 s the hive beats before it hears that the worker is ready.
    told = [phase for _, phase in client.phases()]
    assert told == ["absent", *["loading"] * 4, "ready"]


def test_a_worker_on_a_device_that_nobody_told_of_is_there_at_once(
    found: Founds, ask: Asks
) -> None:
    hive = found(cold("a"))
    (job,) = hive.start(ask(1, 500))
    assert hive.said(job) == [(0.0, "placed on a"), (0.0, "llama on gpu-0")]


def test_as_many_are_brought_up_as_those_that_wait_need(found: Founds, ask: Asks) -> None:
    hive = found(*(cold(name, vram_bytes=20) for name in "abcd"), devices=[GPU])
    hive.start(ask(1, 500), ask(2, 500))
    assert hive.phases() == {"a": "loading", "b": "absent", "c": "absent", "d": "absent"}
    hive.start(ask(3, 500))
    assert hive.phases() == {"a": "loading", "b": "loading", "c": "absent", "d": "absent"}
    hive.start(ask(4, 500), ask(5, 500))
    assert list(hive.phases().values()) == ["loading"] * 3 + ["absent"]


def test_one_more_is_brought_up_when_those_that_are_there_are_full(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(cold("a"), cold("b", resident=True), devices=[GPU])
    jobs = hive.start(ask(1, 500), ask(2, 500))
    assert hive.phases() == {"a": "absent", "b": "ready"}
    jobs += hive.start(ask(3, 500))
    client.live(5.0)
    assert hive.phases() == {"a": "ready", "b": "ready"}
    assert hive.placements() == ["b", "b", "a"]
    assert sim.casualties == []


def test_a_worker_is_not_brought_up_for_another_model(found: Founds, ask: Asks) -> None:
    hive = found(cold("a"), cold("b", MISTRAL), devices=[GPU])
    hive.start(ask(1, 500, model="mistral"))
    assert hive.phases() == {"a": "absent", "b": "loading"}


def test_a_job_for_a_model_of_no_worker_is_rejected(client: Peer, found: Founds, ask: Asks) -> None:
    hive = found(cold("a"), cold("b", MISTRAL, resident=True), devices=[GPU])
    client.offer(hive.ref, ask(1, model="gemma"))
    reason = "nobody at hive-1 serves 'gemma'; models served: mistral"
    assert client.of(Rejected) == [Rejected("request-1", reason, 0.5)]


# -- failing to load ------------------------------------------------------------------------


def test_one_that_cannot_load_is_given_up_and_tried_again_after_a_while(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(cold("a"), devices=[GPU])
    hive.ref.tell(FailToLoad("a"))
    (job,) = hive.start(ask(1, 5))
    client.live(9.0)
    said = hive.said(job)
    assert said[:3] == [
        (0.0, "a is brought up"),
        (1.0, "a was given up: could not load 'llama'"),
        (2.0, "a is brought up"),
    ]
    assert client.outcomes(job) == [Completed()]
    assert hive.actor.nursery.places["a"].failures == 0
    assert client.sim.situations["a worker could not be brought up at first"] == 1


def test_it_fails_as_often_as_fate_says(client: Peer, found: Founds, ask: Asks) -> None:
    hive = found(cold("a"), devices=[GPU])
    hive.ref.tell(FailToLoad("a"))
    hive.ref.tell(FailToLoad("a", 1))
    (job,) = hive.start(ask(1, 5))
    client.live(20.0)
    given_up = [time for time, text in hive.said(job) if "given up" in text]
    assert len(given_up) == 2
    assert client.outcomes(job) == [Completed()]


def test_one_that_takes_too_long_to_load_is_given_up(
    client: Peer, found: Founds, ask: Asks, logged: Logged
) -> None:
    hive = found(cold("a"), devices=[GPU], patience=Patience(load_seconds=2.0))
    (job,) = hive.start(ask(1, 5))
    client.live(2.9)
    assert hive.phases() == {"a": "loading"}
    client.live(3.2)
    assert (3.0, "a was given up: has not loaded 'llama' in its time") in hive.said(job)
    assert [line["what"] for line in logged("node is down")] == [
        "has not loaded 'llama' in its time"
    ]
    assert hive.phases() == {"a": "absent"}
    assert client.outcomes(job) == []


def test_the_last_word_of_one_that_was_given_up_does_not_bring_it_back(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(cold("a"), devices=[GPU], patience=Patience(load_seconds=2.0))
    (job,) = hive.start(ask(1, 5))
    client.live(3.2)
    given_up = [text for _, text in hive.said(job) if "given up" in text]
    assert given_up == ["a was given up: has not loaded 'llama' in its time"]
    place = hive.actor.nursery.places["a"]
    assert (place.born, place.failures) == (1, 1)


def test_one_that_fails_three_times_is_left_alone_and_its_model_not_hoped_for(
    client: Peer, found: Founds, ask: Asks, logged: Logged
) -> None:
    hive = found(cold("a"), devices=[GPU])
    hive.ref.tell(FailToLoad("a", 3))
    (job,) = hive.start(ask(1, 5))
    client.live(17.9)
    assert [text for _, text in hive.said(job)] == [
        "a is brought up",
        "a was given up: could not load 'llama'",
    ] * 3
    assert logged("giving a worker up for now") == [
        {
            "event": "giving a worker up for now",
            "log_level": "warning",
            "node": "hive-1",
            "worker": "a",
        }
    ]
    assert client.outcomes(job) == [Failed("nobody at hive-1 serves 'llama' any more", "no-worker")]
    assert client.of(Heartbeat)[-1].workers == ()
    client.offer(hive.ref, ask(2))
    assert len(client.of(Rejected)) == 1


def test_a_model_that_nobody_serves_any_more_is_waited_for_15_s(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(cold("a"), devices=[GPU])
    hive.ref.tell(FailToLoad("a", 3))
    (job,) = hive.start(ask(1, 5))
    client.live(20.0)
    assert [time for time, _ in client.ended(job)] == [15.0]


def test_one_that_was_left_alone_is_tried_again_when_its_rest_is_over(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(cold("a"), devices=[GPU])
    hive.ref.tell(FailToLoad("a", 3))
    hive.start(ask(1, 5))
    client.live(140.0)  # its rest of 120 s began within the first 10 s
    client.offer(hive.ref, ask(2))
    assert client.of(Rejected) == []


def test_a_resident_that_was_left_alone_is_brought_up_when_its_rest_is_over(
    client: Peer, found: Founds
) -> None:
    hive = found(cold("a", resident=True), devices=[GPU])
    hive.ref.tell(FailToLoad("a", 2))
    hive.worker("a").stop(block=False)
    client.live(120.0)
    place = hive.actor.nursery.places["a"]
    assert (place.phase, place.born, place.failures) == ("absent", 3, 3)
    client.live(140.0)
    assert (place.phase, place.born, place.failures) == ("ready", 4, 0)


# -- many at once ---------------------------------------------------------------------------


def test_those_that_were_lost_together_are_brought_up_together_again(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(*(cold(name, vram_bytes=20, slots=1) for name in "ab"), devices=[GPU])
    jobs = hive.start(ask(1, 200), ask(2, 200))
    client.live(5.0)
    for name in ("a", "b"):
        sim.crash(hive.worker(name))
    client.live(30.0)
    assert sim.casualties == []
    assert [client.outcomes(job) for job in jobs] == [[Completed()]] * 2


@settings(max_examples=40, deadline=None)
@given(
    workers=st.lists(
        st.tuples(st.sampled_from([LLAMA, MISTRAL]), st.integers(30, 60), st.booleans()),
        min_size=1,
        max_size=4,
    ),
    jobs=st.lists(st.tuples(st.sampled_from(["llama", "mistral"]), st.integers(1, 100))),
    seed=st.integers(0, 100),
)
def test_whatever_is_wanted_the_devices_vram_is_never_oversubscribed(
    peer_in: PeersIn,
    workers: list[tuple[Model, int, bool]],
    jobs: list[tuple[str, int]],
    seed: int,
) -> None:
    free = 100
    specs = []
    for number, (model, share, resident) in enumerate(workers):
        there = resident and share <= free
        free -= share if there else 0
        specs.append(cold(f"worker-{number}", model, share, slots=1, resident=there))
    with structlog.testing.capture_logs(), Simulation(seed=seed) as sim:
        client = peer_in(sim, "client")
        hive = Hive.start(name="hive-1", queen=client.ref, workers=specs, devices=[GPU])

        def at_change(*_: object) -> None:
            held = [a.spec.vram_bytes for a in sim.actors() if isinstance(a, Worker)]
            assert sum(held) <= 100

        sim.watch(at_change, kinds=["spawn", "state"])
        for number, (wanted, tokens) in enumerate(jobs):
            request = Request(f"request-{number}", wanted, "", 1, tokens, ignore_eos=True)
            client.offer(hive, request)
            client.live(sim.now() + 0.7)
        client.live(sim.now() + 5.0)
        assert sim.casualties == []
