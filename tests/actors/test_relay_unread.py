"""What a relay that stood still does first when it goes on: shown on a queen, as elsewhere.

She is told of what came meanwhile before her own heart beats, and her clients may be long gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Cancel, Hang, OpenStream, Queen

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Asks, Below, Peer

UNREAD = "a node that has stood still finds a job that nobody reads"


def hang(sim: Simulation, queen: ActorRef[Queen], seconds: float) -> None:
    """Have a queen stand still from half a second on, before her heart beats for the first time."""
    sim.run(until=0.5)
    queen.tell(Hang(seconds))
    sim.run(until=0.6)


def test_a_gap_in_a_stream_that_nobody_reads_is_not_asked_for(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.accept()
    hang(sim, queen, 20.0)
    hive.word(3, " dew")
    sim.run(until=20.7)
    assert hive.peer.when(OpenStream) == [0.0]
    assert hive.peer.when(Cancel)[0] == 20.5


def test_a_job_that_is_read_in_time_is_opened(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hang(sim, queen, 9.4)
    hive.accept()
    sim.run(until=9.95)
    assert hive.peer.when(OpenStream) == [9.9]
    assert UNREAD not in sim.situations
