"""How a hive loses workers and gets them back. The queen is the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import (
    Completed,
    Device,
    FailToLoad,
    Hang,
    Heartbeat,
    Hello,
    LatencyModel,
    Lie,
    Model,
    Patience,
    Worker,
    WorkerSpec,
)
from actors.messages import Farewell

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Logged, Peer, Peers, Words
    from tests.actors.hive.conftest import Founds

BACK = "a worker that was replaced comes back"
LLAMA = Model("llama", size_bytes=20, latency=LatencyModel(seconds_per_token=0.02))
GPU = Device("gpu-0", vram_bytes=100, load_bytes_per_second=5.0)
COLD = WorkerSpec("a", LLAMA, "gpu-0", 40, 2, 0)


def workers(sim: Simulation) -> list[Worker]:
    return [actor for actor in sim.actors() if isinstance(actor, Worker)]


# -- losing them ----------------------------------------------------------------------------


def test_the_jobs_of_a_crashed_worker_go_on_elsewhere_after_their_last_token(
    *, sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found()
    lost, kept = hive.start(ask(1, 200), ask(2, 100))
    sim.run(until=1.51)
    sim.crash(hive.worker("worker-1"))
    client.live(20.0)
    # It was heard at 1 s; the hive looks at its own beats, and 3.5 s are over at 5 s.
    reason = "worker-1 has been silent for 4 s; it had worker-1/job-1"
    assert hive.said(lost)[2:] == [
        (5.0, f"to be placed again: {reason}"),
        (5.0, "placed on worker-2"),
        (5.0, "llama on gpu-0"),
    ]
    assert hive.words(lost) == words(ask(1, 200))
    assert [client.outcomes(job) for job in (lost, kept)] == [[Completed()]] * 2


def test_a_resident_that_was_lost_is_brought_back_though_nobody_wants_it(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found(COLD, devices=[GPU])
    sim.run(until=0.5)
    sim.crash(hive.worker("a"))
    sim.run(until=4.5)
    assert hive.phases() == {"a": "absent"}
    sim.run(until=5.5)
    assert hive.phases() == {"a": "loading"}  # it was warm only at first
    sim.run(until=10.5)
    assert hive.phases() == {"a": "ready"}
    assert client.phases()[-1][1] == "ready"


def test_each_worker_that_takes_a_place_has_a_life_of_its_own(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found(COLD)
    epochs = []
    for number in (1, 2, 3):
        node = hive.actor.dispatch.nodes["a"]
        epochs.append(node.epoch)
        sim.crash(node.ref)
        client.live(8.0 * number)
    assert epochs == ["", "1", "2"]


def test_a_worker_that_was_stopped_is_given_up_at_once_and_those_that_wait_are_told(
    sim: Simulation, client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(COLD, devices=[GPU])
    sim.run(until=0.5)
    jobs = hive.start(ask(1, 500), ask(2, 500), ask(3, 500))
    hive.worker("a").stop(block=False)
    client.pause()
    assert hive.phases() == {"a": "absent"}
    assert hive.said(jobs[2])[0] == (0.5, "a was given up: was stopped")


def test_a_place_waits_longer_each_time_that_it_is_lost_before_it_is_ready(
    client: Peer, found: Founds
) -> None:
    hive = found(COLD, devices=[GPU], patience=Patience(heartbeat_seconds=0.1))
    hive.ref.tell(FailToLoad("a", 2))
    hive.worker("a").stop(block=False)
    place = hive.actor.nursery.places["a"]
    waits = []
    for failures in (1, 2):
        client.sim.run(condition=lambda: place.failures == failures)  # noqa: B023 - run returns first
        waits.append(place.retry_at - client.sim.now())
    assert 0.5 <= waits[0] <= 1.0 <= waits[1] <= 2.0


def test_one_that_is_lost_once_it_was_ready_waits_as_after_the_first_time(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found(COLD, devices=[GPU])
    place = hive.actor.nursery.places["a"]
    for _ in range(5):
        sim.crash(hive.worker("a"))
        client.live(sim.now() + 12.0)
        assert (place.phase, place.failures) == ("ready", 0)


# -- coming back ----------------------------------------------------------------------------


def test_a_worker_that_only_hung_is_stopped_when_it_comes_back_and_was_replaced(
    *, sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found(workers=1)
    sim.run(until=0.5)
    (job,) = hive.start(ask(1, 500))
    sim.run(until=1.0)
    hung = hive.worker("worker-1")
    hung.tell(Hang(9.0))
    client.live(9.0)
    assert hive.worker("worker-1") != hung
    client.live(30.0)
    assert not hung.is_alive()
    assert len(workers(sim)) == 1
    assert sim.situations[BACK] == 1
    assert hive.words(job) == words(ask(1, 500))
    assert client.outcomes(job) == [Completed()]


def test_a_worker_that_only_hung_is_stopped_though_it_was_not_replaced_yet(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found(workers=1)
    sim.run(until=0.5)
    hung = hive.worker("worker-1")
    hung.tell(Hang(3.7))
    sim.run(until=4.4)  # it was missed at 4 s, and spoke at 4.2 s
    place = hive.actor.nursery.places["worker-1"]
    assert (place.phase, place.born, place.failures) == ("absent", 1, 1)
    assert not hung.is_alive()
    client.live(9.0)
    assert (place.phase, place.born) == ("ready", 2)


def test_a_worker_that_fate_starts_anew_in_its_place_loses_its_jobs_and_loads_again(
    *, sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found(COLD, devices=[GPU])
    (job,) = hive.start(ask(1, 100))
    client.live(1.51)
    sim.crash(hive.worker("a"))
    sim.restart(hive.worker("a"))
    client.live(20.0)
    assert [text for _, text in hive.said(job)] == [
        "placed on a",
        "llama on gpu-0",
        "to be placed again: a was started anew; it had a/job-1",
        "loading llama on gpu-0: 25%",
        "loading llama on gpu-0: 50%",
        "loading llama on gpu-0: 75%",
        "loading llama on gpu-0: 100%",
        "placed on a",
        "llama on gpu-0",
    ]
    assert hive.words(job) == words(ask(1, 100))
    assert hive.actor.nursery.places["a"].born == 1


def test_while_it_loads_again_its_place_says_so_and_it_is_given_up_if_that_takes_too_long(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found(COLD, devices=[GPU], patience=Patience(load_seconds=2.0))
    sim.run(until=5.5)
    sim.crash(hive.worker("a"))
    sim.restart(hive.worker("a"))
    client.pause()
    assert hive.phases() == {"a": "loading"}
    assert client.phases()[-1][1] == "ready"
    sim.run(until=7.2)
    assert hive.phases() == {"a": "loading"}
    assert client.phases()[-1][1] == "loading"
    sim.run(until=8.2)
    assert hive.phases() == {"a": "absent"}


def test_a_worker_that_comes_back_knowing_all_goes_on_where_it_was(
    *, sim: Simulation, client: Peer, found: Founds, ask: Asks, words: Words
) -> None:
    hive = found(COLD, devices=[GPU])
    (job,) = hive.start(ask(1, 100))
    client.live(1.51)
    sim.crash(hive.worker("a"))
    client.live(3.0)
    sim.restart(hive.worker("a"), state=True)
    client.live(9.0)
    assert len(hive.said(job)) == 2
    assert hive.words(job) == words(ask(1, 100))


def test_a_worker_that_comes_back_after_it_was_given_up_is_stopped_and_replaced(
    sim: Simulation, client: Peer, found: Founds
) -> None:
    hive = found(workers=1)
    client.live(0.5)
    lost = hive.worker("worker-1")
    sim.crash(lost)
    sim.run(until=4.2)  # it was missed at 4 s
    sim.restart(lost, state=True)
    client.pause()
    assert not lost.is_alive()
    client.live(9.0)
    assert hive.phases() == {"worker-1": "ready"}
    assert hive.actor.dispatch.nodes["worker-1"].epoch == "1"


@pytest.mark.parametrize("seconds", [3.7, 9.0], ids=["before it is replaced", "after that"])
def test_the_hive_does_not_wait_until_one_that_it_stops_has_stopped(
    sim: Simulation, client: Peer, found: Founds, seconds: float
) -> None:
    hive = found(workers=1)
    sim.run(until=0.5)
    hung = hive.worker("worker-1")
    hung.tell(Hang(seconds))
    sim.run(until=1.5)
    hung.tell(Hang(60.0))  # after one heartbeat, which is too late
    sim.run(until=20.5)
    assert hung.is_alive()
    assert client.when(Heartbeat) == [float(second) for second in range(1, 21)]


# -- heartbeats of others -------------------------------------------------------------------


def test_a_strangers_heartbeat_is_logged_and_left_out(
    client: Peer, peer: Peers, found: Founds, logged: Logged
) -> None:
    hive = found()
    hive.ref.tell(Hello("worker-9", peer("stranger").ref, ()))
    client.pause()
    assert "worker-9" not in hive.actor.dispatch.nodes
    assert logged("a stranger's heartbeat") == [
        {
            "event": "a stranger's heartbeat",
            "log_level": "warning",
            "node": "hive-1",
            "stranger": "worker-9",
        }
    ]


def test_a_farewell_of_one_that_was_replaced_changes_nothing(
    client: Peer, peer: Peers, found: Founds
) -> None:
    hive = found()
    hive.ref.tell(Farewell("worker-1", peer("other").ref))
    client.pause()
    assert hive.phases() == {"worker-1": "ready", "worker-2": "ready"}


def test_a_worker_that_cannot_tell_how_it_is_keeps_its_place_and_its_jobs(
    client: Peer, found: Founds, ask: Asks
) -> None:
    hive = found(workers=1)
    (job,) = hive.start(ask(1, 300))
    hive.worker("worker-1").tell(Lie(9.0, blind=True))
    client.live(5.0)
    hive.start(ask(2, 300))
    assert hive.placements() == ["worker-1"] * 2
    client.live(15.0)
    assert client.outcomes(job) == [Completed()]
    assert len(hive.said(job)) == 2


def test_a_worker_that_loads_and_cannot_tell_how_it_is_is_not_taken_to_be_ready(
    client: Peer, found: Founds, ask: Asks
) -> None:
    cold = WorkerSpec("a", LLAMA, "gpu-0", 40, 2, 0, resident=False)
    hive = found(cold, devices=[GPU])
    (job,) = hive.start(ask(1, 5))
    hive.worker("a").tell(Lie(8.5, blind=True))
    client.live(8.2)
    assert hive.phases() == {"a": "loading"}  # it has loaded at 4 s, and nobody was told
    client.live(12.0)
    assert hive.said(job)[-2][0] == 9.0
    assert client.outcomes(job) == [Completed()]
