"""What a relay that stood still does first when it goes on: shown on a queen, as elsewhere.

She is told of what came meanwhile before her own heart beats, and her clients may be long gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from actors import Cancel, Cancelled, Hang, OpenStream, Queen

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Asks, Below, Hives, Logged, Peer

UNREAD = "a node that has stood still finds a job that nobody reads"


def hang(sim: Simulation, queen: ActorRef[Queen], seconds: float) -> None:
    """Have a queen stand still from half a second on, before her heart beats for the first time."""
    sim.run(until=0.5)
    queen.tell(Hang(seconds))
    sim.run(until=0.6)


@pytest.mark.parametrize("until", [10.0, 20.5])
def test_a_gap_in_a_stream_that_nobody_reads_is_not_asked_for(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, until: float
) -> None:
    client.start(queen, ask())
    hive.accept()
    hang(sim, queen, until - 0.5)
    hive.word(3, " dew")
    sim.run(until=until + 0.2)
    assert hive.peer.when(OpenStream) == [0.0]
    assert hive.peer.when(Cancel)[0] == until
    assert sim.situations[UNREAD] == 1


@pytest.mark.parametrize("until", [10.0, 20.5])
def test_who_says_too_late_that_it_reads_has_said_it_in_vain(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, until: float
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hang(sim, queen, until - 0.5)
    client.open(job)
    hive.live(until + 5.2)
    assert hive.peer.when(OpenStream) == [0.0]
    assert hive.peer.when(Cancel)[0] == until
    assert sim.situations[UNREAD] == 1


def test_who_waits_behind_a_job_that_nobody_reads_gets_the_place(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    sim.run(until=0.5)
    sim.crash(queen)  # after which no cancel is acknowledged before 29.5 s
    sim.restart(queen)
    hive.beat()
    sim.run(until=0.6)
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3, 4)]
    hive.accept(1)
    hive.accept(2)
    client.reads.remove(jobs[2])
    hive.live(10.7, client)
    assert hive.asked() == ["request-1", "request-2"]
    hive.done(0, job=1)
    assert hive.asked()[2:] == ["request-4"]


def test_a_job_that_is_read_in_time_is_opened(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hang(sim, queen, 9.4)
    hive.accept()
    sim.run(until=9.95)
    assert hive.peer.when(OpenStream) == [9.9]
    assert UNREAD not in sim.situations


def test_every_job_that_nobody_reads_is_given_up_though_one_ended_with_another(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    first = client.start(queen, ask(1))
    hive.reject(1, retry_after=60.0)
    behind = client.start(queen, ask(2))  # and ends when the first one lets it go
    other = start_hive("hive-2", slots=0)  # so that they do not go there
    other.state = replace(other.state, model="mistral", max_num_seqs=2)
    other.beat()
    client.start(queen, ask(3, model="mistral"))
    other.accept(3)
    hive.live(10.2, other)
    assert client.ended(first) == client.ended(behind) == [(10.0, Cancelled())]
    assert other.peer.when(Cancel)[0] == 10.0


def test_a_job_that_nobody_reads_is_given_up_once(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, logged: Logged
) -> None:
    client.start(queen, ask())
    hive.accept()
    hive.live(13.2)  # and it is cancelled from 10 s on, which nobody answers
    said = logged("nobody shows that it reads the job")
    assert [line["job"] for line in said] == ["queen/job-1"]
