from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Worker, WorkerSpec
from actors.address import same, tell
from actors.specs import Model

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Peer, Peers


def test_an_actor_that_is_there_is_told(client: Peer) -> None:
    assert tell(client.ref, "hello")
    client.pause()
    assert client.heard == [(0.0, "hello")]


def test_an_actor_that_was_stopped_cannot_be_told(client: Peer) -> None:
    client.ref.stop()
    assert not tell(client.ref, "hello")
    assert client.heard == []


def test_an_actor_that_crashed_is_told_as_if_nothing_had_happened(
    sim: Simulation, client: Peer
) -> None:
    sim.crash(client.ref)
    assert tell(client.ref, "hello")
    sim.run(until=1.0)
    assert client.heard == []


def test_two_actors_have_two_addresses(client: Peer, peer: Peers) -> None:
    assert same(client.ref, client.ref)
    assert not same(client.ref, peer("other").ref)


def test_an_actor_has_its_address_in_its_next_life_too(sim: Simulation, client: Peer) -> None:
    before = Worker.start(spec=WorkerSpec("worker-1", Model("llama")), hive=client.ref)
    sim.crash(before)
    sim.restart(before)
    client.pause()
    now = client.heard[-1][1].node
    assert now is not before
    assert same(now, before)
