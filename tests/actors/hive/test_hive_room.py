"""How a hive makes room for a worker that is wanted. The queen is the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import (
    Cancelled,
    Completed,
    Device,
    Hang,
    Heartbeat,
    LatencyModel,
    Model,
    Worker,
    WorkerSpec,
)

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Logged, Peer
    from tests.actors.hive.conftest import Found, Founds

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


def full_house(found: Founds) -> Found:
    """Return a hive with two workers, after which there is no room for a third."""
    return found(
        cold("a", resident=True), cold("b", resident=True), cold("c", MISTRAL), devices=[GPU]
    )


def test_the_one_that_has_been_idle_longest_goes_to_make_room(
    sim: Simulation, client: Peer, found: Founds, ask: Asks, logged: Logged
) -> None:
    hive = full_house(found)
    sim.run(until=0.5)
    hive.start(ask(1, 5))
    assert hive.placements() == ["a"]
    sim.run(until=1.5)
    (job,) = hive.start(ask(2, 500, model="mistral"))
    assert hive.phases() == {"a": "ready", "b": "absent", "c": "loading"}
    assert names(sim) == ["a", "c"]
    client.live(5.2)
    assert hive.said(job)[-2:] == [(3.5, "placed on c"), (3.5, "mistral on gpu-0")]
    assert sim.situations["an idle model is unloaded to make room for another"] == 1
    (line,) = logged("unloading")
    assert (line["node"], line["worker"], line["room_for"]) == ("hive-1", "b", "c")
    assert hive.told() == {"a": ("ready", 0, 0), "c": ("ready", 1, 0), "b": ("absent", 0, 0)}


def test_who_has_something_to_do_does_not_go_before_it_is_done(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = full_house(found)
    hive.start(ask(1, 110), ask(2, 160))  # until 2.2 s and 3.2 s
    (job,) = hive.start(ask(3, 5, model="mistral"))
    client.live(2.1)
    assert hive.phases() == {"a": "ready", "b": "ready", "c": "absent"}
    client.live(9.0)
    assert hive.said(job)[0] == (3.0, "c is brought up")  # at the next heartbeat
    assert client.outcomes(job) == [Completed()]


def test_who_has_been_unloaded_comes_back_when_it_is_wanted(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = full_house(found)
    hive.start(ask(1, 500, model="mistral"))
    assert hive.phases() == {"a": "absent", "b": "ready", "c": "loading"}
    client.live(3.0)
    jobs = hive.start(ask(2, 500), ask(3, 500), ask(4, 5))
    assert hive.phases() == {"a": "absent", "b": "ready", "c": "ready"}
    client.live(40.0)
    assert [client.outcomes(job) for job in jobs] == [[Completed()]] * 3
    assert sim.casualties == []


def test_one_that_has_to_go_is_given_no_job_any_more(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = full_house(found)
    hive.worker("a").tell(Hang(60.0))
    client.pause()
    hive.start(ask(1, 5, model="mistral"), ask(2, 5))
    assert hive.phases()["a"] == "leaving"
    assert hive.placements() == ["b"]


def test_the_queen_is_not_told_of_one_that_has_to_go_though_it_still_beats(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = full_house(found)
    client.live(0.2)
    hive.worker("a").tell(Hang(3.0))
    client.live(1.5)
    hive.start(ask(1, 5, model="mistral"))
    client.live(4.2)  # at 3.2 s it beats, and then says farewell
    states = client.of(Heartbeat)[-1].workers
    assert states is not None
    phases = [(state.name, state.phase) for state in states]
    assert phases == [("b", "ready"), ("a", "absent"), ("c", "loading")]


def test_a_job_that_waits_for_its_worker_can_be_cancelled_at_once(
    client: Peer, found: Founds, ask: Asks
) -> None:
    situation = "a cancel comes while the model loads"
    hive = found(cold("a"), devices=[GPU])
    jobs = hive.start(ask(1, 5), ask(2, 500))
    client.live(1.2)
    client.cancel(jobs[0])
    assert client.ended(jobs[0]) == [(1.2, Cancelled())]
    assert client.sim.situations[situation] == 1
    client.live(6.2)
    client.cancel(jobs[1])
    assert client.ended(jobs[1]) == [(6.2, Cancelled())]
    assert client.sim.situations[situation] == 1
    assert hive.placements() == ["a"]


def test_one_that_does_not_say_farewell_is_given_up_after_a_while(
    client: Peer, found: Founds, ask: Asks, logged: Logged
) -> None:
    hive = full_house(found)
    hive.worker("a").tell(Hang(60.0))
    client.live(1.5)
    (job,) = hive.start(ask(1, 5, model="mistral"))
    assert hive.phases() == {"a": "leaving", "b": "ready", "c": "absent"}
    client.live(9.0)
    # At 5 s it has left for 3.5 s, which is not yet too long.
    assert hive.said(job)[0] == (6.0, "c is brought up")
    assert client.outcomes(job) == [Completed()]
    (line,) = logged("node is down")
    assert (line["below"], line["what"]) == ("a", "has not said farewell")
