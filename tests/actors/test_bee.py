"""What every bee has, shown on a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import Accepted, Hang, Heartbeat, Hello, Model, Patience, Worker, WorkerSpec

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Peer

SPEC = WorkerSpec("worker-1", Model("llama"))


def test_the_heart_beats_as_often_as_patience_says(sim: Simulation, client: Peer) -> None:
    Worker.start(spec=SPEC, hive=client.ref, patience=Patience(heartbeat_seconds=2.5))
    sim.run(until=8.0)
    assert client.when(Hello) == [0.0]
    assert client.when(Heartbeat) == [2.5, 5.0, 7.5]


def test_a_message_that_it_does_not_know_is_logged_and_does_no_harm(
    client: Peer, ask: Asks, caplog: pytest.LogCaptureFixture
) -> None:
    worker = Worker.start(spec=SPEC, hive=None)
    worker.tell("buzz")
    client.submit(worker, ask())
    assert "Unexpected message received by Worker" in caplog.text
    assert "buzz" in caplog.text


def test_what_it_is_told_while_it_hangs_waits(sim: Simulation, client: Peer, ask: Asks) -> None:
    worker = Worker.start(spec=SPEC, hive=client.ref)
    sim.run(until=1.5)
    worker.tell(Hang(3.0))
    client.offer(worker, ask())
    assert client.of(Accepted) == []
    sim.run(until=10.0)
    assert client.when(Accepted) == [4.5]
    assert client.when(Heartbeat) == [1.0, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]


@pytest.mark.parametrize(("state", "life"), [(False, 1), (True, 0)])
def test_a_life_is_another_one_if_it_begins_knowing_nothing(
    sim: Simulation, client: Peer, state: bool, life: int
) -> None:
    worker = Worker.start(spec=SPEC, hive=client.ref)
    sim.run(until=1.5)
    sim.crash(worker)
    sim.restart(worker, state=state)
    client.pause()
    assert client.of(Hello)[-1].turn[0] == life
