"""How a hive goes on after a crash, and what of its workers it takes in. The queen is the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import (
    Completed,
    Device,
    Drain,
    Drained,
    Hello,
    LatencyModel,
    Model,
    Patience,
    Worker,
    WorkerSpec,
)

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Peer, Peers, Words
    from tests.actors.hive.conftest import Found, Founds

LLAMA = Model("llama", size_bytes=20, latency=LatencyModel(seconds_per_token=0.02))
GPU = Device("gpu-0", vram_bytes=100, load_bytes_per_second=5.0)


def workers(sim: Simulation) -> list[Worker]:
    return [actor for actor in sim.actors() if isinstance(actor, Worker)]


def crash(sim: Simulation, hive: Found, *, until: float) -> None:
    """Have a hive begin anew at a time, whose workers live on."""
    hive.client.live(until)
    sim.crash(hive.ref)
    sim.restart(hive.ref)
    hive.client.reads.clear()


def test_a_hive_that_begins_anew_takes_in_the_workers_that_have_outlived_it(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found()
    before = workers(sim)
    crash(sim, hive, until=1.5)
    client.pause()
    assert client.of(Hello)[-1].workers is not None
    assert hive.told() == {"worker-1": ("absent", 0, 0), "worker-2": ("absent", 0, 0)}
    sim.run(until=20.0)
    assert workers(sim) == before
    assert hive.told() == {"worker-1": ("ready", 0, 0), "worker-2": ("ready", 0, 0)}
    hive.start(ask(1))
    assert hive.placements() == ["worker-1"]


def test_a_hive_that_begins_anew_waits_for_the_survivors_before_it_brings_others_up(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(workers=1)
    client.live(1.5)
    sim.crash(hive.worker("worker-1"))
    crash(sim, hive, until=1.6)
    job = client.start(hive.ref, ask(1, 5), (0, 1))
    client.live(5.0)
    assert hive.phases() == {"worker-1": "absent"}  # 3.5 s are over at 5.1 s
    client.live(7.0)
    assert hive.said(job)[-2:] == [(5.6, "placed on worker-1"), (5.6, "llama on gpu-0")]
    assert hive.actor.dispatch.nodes["worker-1"].epoch == "1.1"


def test_they_are_brought_up_at_the_very_heartbeat_at_which_that_wait_is_over(
    sim: Simulation, found: Founds
) -> None:
    hive = found(workers=1, patience=Patience(heartbeat_seconds=0.5))
    hive.client.live(1.5)
    sim.crash(hive.worker("worker-1"))
    crash(sim, hive, until=1.5)
    sim.run(until=9.0)
    place = hive.actor.nursery.places["worker-1"]
    assert (place.phase, place.since) == ("ready", 5.0)


def test_a_survivor_that_loads_is_taken_in_as_one_that_has_begun_to(
    sim: Simulation, found: Founds, ask: Asks
) -> None:
    hive = found(WorkerSpec("a", LLAMA, "gpu-0", 40, 2, 0, resident=False), devices=[GPU])
    hive.start(ask(1))
    crash(sim, hive, until=1.5)
    sim.run(until=3.2)
    place = hive.actor.nursery.places["a"]
    assert (place.phase, place.since) == ("loading", 2.0)
    sim.run(until=4.2)
    assert (place.phase, place.since) == ("ready", 4.0)


def test_a_job_that_a_client_wants_again_of_a_hive_that_begins_anew_takes_the_old_ones_place(
    *, sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found(workers=1)
    (lost,) = hive.start(ask(1, 500))
    crash(sim, hive, until=1.6)
    had = hive.words(lost)
    client.live(2.6)
    job = client.start(hive.ref, ask(1, 500), (0, 1), generated=len(had))
    client.live(2.63)
    (worker,) = workers(sim)
    assert [each.job.job_id for each in worker.batch.running.values()] == ["worker-1/job-2"]
    client.live(20.0)
    assert had + hive.words(job) == words(ask(1, 500))
    assert job.job_id == "hive-1/life-r1/job-1"


def test_a_survivor_for_which_there_is_no_room_is_not_taken_in(
    client: Peer, peer: Peers, found: Founds, ask: Asks
) -> None:
    specs = [WorkerSpec(name, LLAMA, "gpu-0", 60, 2, 0, resident=False) for name in ("a", "b")]
    hive = found(*specs, devices=[GPU])
    hive.start(ask(1))
    assert hive.phases() == {"a": "loading", "b": "absent"}
    hive.ref.tell(Hello("b", peer("survivor").ref, ()))
    client.pause()
    assert hive.phases() == {"a": "loading", "b": "absent"}
    assert "b" not in hive.actor.dispatch.nodes


def test_a_hive_that_begins_anew_does_not_close_down_before_its_survivors(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found()
    crash(sim, hive, until=1.7)
    hive.ref.tell(Drain(client.ref))
    sim.run(until=5.1)
    assert hive.phases() == {"worker-1": "ready", "worker-2": "ready"}
    sim.run(until=9.0)
    assert client.when(Drained) == [5.7]  # the first heartbeat after 3.5 s
    assert [actor.actor_ref for actor in sim.actors()] == [client.ref]


def test_what_a_survivor_still_runs_for_the_earlier_life_takes_up_its_place(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(workers=1, slots=1, max_waiting=0)
    hive.start(ask(1, 1000))
    crash(sim, hive, until=1.6)
    client.live(4.6)
    hive.start(ask(2, 5))
    assert hive.placements() == ["worker-1"]  # of the first; the second is not submitted
    assert hive.told()["worker-1"] == ("ready", 1, 0)
    client.live(14.0)
    assert hive.placements() == ["worker-1"] * 2  # nobody has read the first for 10 s


def test_a_hive_that_comes_back_knowing_all_goes_on(
    *, sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found()
    (job,) = hive.start(ask(1, 300))
    client.live(2.2)
    sim.crash(hive.ref)
    sim.restart(hive.ref, state=True)
    client.live(20.0)
    assert len(workers(sim)) == 2
    assert hive.words(job) == words(ask(1, 300))
    assert client.outcomes(job) == [Completed()]
