"""How hive and queen watch over the nodes below, shown on a queen whose hives are the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from actors import (
    Cancel,
    Cancelled,
    Completed,
    Drain,
    Drained,
    Failed,
    Heartbeat,
    Hello,
    OpenStream,
    Patience,
    Queen,
    Rejected,
    StreamEnd,
    Submit,
    Usage,
)

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Asks, Below, Hives, Logged, Peer, Peers


# -- heartbeats -----------------------------------------------------------------------------


def test_a_node_that_falls_silent_gets_no_more_jobs(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    sim.run(until=4.5)  # its hello was at 0 s, and 3.5 s without a word are too long at 4 s
    client.offer(queen, ask())
    assert len(client.of(Rejected)) == 1
    assert hive.asked() == []


def test_a_node_may_be_silent_for_as_long_as_patience_says(
    sim: Simulation, client: Peer, start_hive: Hives, ask: Asks, logged: Logged
) -> None:
    queen = Queen.start(patience=Patience(silence_seconds=3.0))
    start_hive("hive-1", queen)
    sim.run(until=3.5)
    client.submit(queen, ask())
    sim.run(until=4.5)
    assert logged("node is down") == [
        {
            "event": "node is down",
            "log_level": "warning",
            "node": "queen",
            "below": "hive-1",
            "what": "has been silent for 4 s",
        }
    ]


def test_a_node_that_is_down_is_not_lost_again_and_again(
    sim: Simulation, hive: Below, logged: Logged
) -> None:
    sim.run(until=20.0)
    assert len(logged("node is down")) == 1
    assert hive.asked() == []


def test_a_node_that_was_late_gets_a_job_only_where_no_punctual_one_can_take_it(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], start_hive: Hives, ask: Asks
) -> None:
    late, punctual = start_hive("hive-1", slots=9), start_hive("hive-2", slots=1)
    sim.run(until=2.0)
    punctual.beat()
    sim.run(until=2.21)
    for number in (1, 2):
        client.start(queen, ask(number))
    assert (punctual.asked(), late.asked()) == (["request-1"], ["request-2"])


def test_a_node_counts_as_late_after_2_2_seconds(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], start_hive: Hives, ask: Asks
) -> None:
    first, second = start_hive("hive-1"), start_hive("hive-2")
    sim.run(until=2.0)
    second.beat()
    sim.run(until=2.2)
    client.start(queen, ask())
    assert (first.asked(), second.asked()) == (["request-1"], [])


def test_a_heartbeat_that_was_overtaken_is_not_heeded(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    sim.run(until=0.5)
    full = msgspec.structs.replace(hive.state, max_num_seqs=0)
    hive.beat()
    hive.say(Heartbeat("hive-1", hive.peer.ref, (full,), "", (0, 1)))
    client.start(queen, ask(1))
    assert hive.asked() == ["request-1"]


def test_a_heartbeat_of_an_earlier_life_is_not_taken_for_another_new_one(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.say(Hello("hive-1", hive.peer.ref, (hive.state,), "r1", (1, 1)))
    client.start(queen, ask())
    hive.accept()
    hive.say(Heartbeat("hive-1", hive.peer.ref, (hive.state,), "", (0, 9)))
    assert len(hive.turns()) == 1
    hive.done(0)
    assert client.outcomes(client.reads[0]) == [Completed("stop", Usage(10, 0))]


def test_a_heartbeat_that_is_told_twice_shows_life_twice(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    heartbeat = Heartbeat("hive-1", hive.peer.ref, (hive.state,), "", (0, 2))
    for time in (0.5, 2.5):
        sim.run(until=time)
        hive.say(heartbeat)
    sim.run(until=5.5)
    client.submit(queen, ask())


def test_a_node_at_another_address_is_heeded_whatever_its_count(
    client: Peer, queen: ActorRef[Queen], hive: Below, peer: Peers, ask: Asks
) -> None:
    hive.beats = 9
    hive.beat()
    again = peer("again")
    hive.say(Heartbeat("hive-1", again.ref, (hive.state,), "", (0, 1)))
    client.start(queen, ask())
    assert (hive.asked(), len(again.heard)) == ([], 1)


def test_a_node_that_cannot_tell_how_it_is_keeps_its_jobs_and_gets_more(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask(1))
    hive.accept(1)
    hive.say(Heartbeat("hive-1", hive.peer.ref, None, "", (0, 5)))
    client.start(queen, ask(2))
    assert hive.asked() == ["request-1", "request-2"]


# -- coming back ----------------------------------------------------------------------------


def test_a_node_that_comes_back_is_told_to_drop_the_jobs_that_went_elsewhere(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, logged: Logged
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2)]
    hive.accept(1)
    client.live(4.2)
    hive.beat()
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    (line,) = logged("node is back")
    assert (line["node"], line["below"], line["orphans"]) == ("queen", "hive-1", 1)
    hive.word(0, " late")
    assert [client.tokens(job) for job in jobs] == [[], []]
    client.live(9.0)
    hive.beat()
    assert len(hive.peer.of(Cancel)) == 1  # it was told once


def test_what_it_accepts_by_then_of_an_earlier_turn_is_cancelled(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    client.start(queen, ask())
    client.live(4.2)
    other = start_hive("hive-2")
    assert other.asked() == ["request-1"]
    hive.accept()
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    assert hive.peer.of(OpenStream) == []


def test_a_node_that_comes_back_in_another_life_has_nothing_to_drop(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, logged: Logged
) -> None:
    client.start(queen, ask())
    hive.accept()
    client.live(4.2)
    hive.epoch = "r1"
    hive.beat()
    assert hive.peer.of(Cancel) == []
    assert logged("node is back") == []


def test_a_cancelled_job_of_a_node_that_begins_anew_ends_at_once_if_it_has_surely_stopped(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    client.sim.run(until=0.3)
    hive.accept()
    client.cancel(job)
    hive.live(29.4)  # 29 s after it was opened are over
    hive.epoch = "r1"
    hive.beat()
    hive.live(40.0)
    assert client.ended(job) == [(29.4, Cancelled())]


def test_a_node_that_comes_back_without_having_held_a_job_is_no_news(
    client: Peer, hive: Below, logged: Logged
) -> None:
    client.live(4.2)
    hive.beat()
    assert logged("node is back") == []


@pytest.mark.parametrize("epoch", ["", "r1"])
def test_only_another_epoch_means_that_a_nodes_jobs_are_lost(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, epoch: str
) -> None:
    client.start(queen, ask())
    hive.accept()
    hive.epoch = epoch
    hive.beat()
    hive.live(2.2, client)
    assert len(hive.turns()) == (2 if epoch else 1)


# -- stopped nodes --------------------------------------------------------------------------


def test_a_job_is_not_given_to_a_node_that_is_found_stopped_but_to_the_next(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    other = start_hive("hive-2")
    hive.peer.ref.stop(block=False)
    client.pause()
    job = client.start(queen, ask())
    assert other.asked() == ["request-1"]
    assert other.submitted().turn == (0, 2)
    other.accept()
    other.done(0)
    assert client.outcomes(job) == [Completed("stop", Usage(10, 0))]


def test_a_job_waits_if_the_only_node_is_found_stopped(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    hive.peer.ref.stop(block=False)
    client.pause()
    job = client.start(queen, ask())
    assert client.outcomes(job) == []
    other = start_hive("hive-2")
    assert other.asked() == ["request-1"]


def test_the_jobs_of_a_node_that_is_found_stopped_go_on_elsewhere(
    *,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    start_hive: Hives,
    ask: Asks,
    logged: Logged,
) -> None:
    client.start(queen, ask(1))
    hive.accept()
    other = start_hive("hive-2")
    hive.peer.ref.stop(block=False)
    client.pause()
    # hive-2 has no job and gets the second; then both have one, and the third finds hive-1 stopped.
    for number in (2, 3):
        client.start(queen, ask(number))
    assert other.asked() == ["request-2", "request-3"]
    assert {line["what"] for line in logged("node is down")} == {"was stopped"}
    for number in (2, 3):
        other.accept(number)
    other.done(0, job=2)
    assert other.asked()[2:] == ["request-1"]


def test_they_go_on_in_the_moment_in_which_it_is_found_stopped(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.accept()
    other = start_hive("hive-2")
    hive.peer.ref.stop(block=False)
    other.live(9.0, client)
    assert other.peer.when(Submit)[0] == 3.0  # when its stream was to be renewed


def test_a_relay_that_is_stopped_ends_its_jobs_and_cancels_them_below(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    hive.accept(1)
    queen.stop(block=False)
    client.pause()
    assert [client.outcomes(job) for job in jobs] == [
        [Failed(f"queen was stopped before {job.job_id} had ended", "stopped")] for job in jobs
    ]
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]


# -- closing down ---------------------------------------------------------------------------


def test_a_relay_closes_down_when_its_jobs_have_ended_and_everyone_below_has_closed_down(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    other = start_hive("hive-2")
    client.start(queen, ask())
    hive.accept()
    queen.tell(Drain(client.ref))
    client.pause()
    assert hive.peer.of(Drain) == other.peer.of(Drain) == []
    hive.done(0)
    assert hive.peer.of(Drain) == other.peer.of(Drain) == [Drain(queen)]
    other.say(Drained("hive-2"))
    assert client.of(Drained) == []
    hive.say(Drained("hive-1"))
    assert client.of(Drained) == [Drained("queen")]
    assert not queen.is_alive()
    assert len(client.of(StreamEnd)) == 1


def test_a_relay_that_closes_down_says_so_below_until_it_is_answered(
    client: Peer, queen: ActorRef[Queen], hive: Below
) -> None:
    queen.tell(Drain(client.ref))
    hive.live(2.2)
    assert hive.peer.when(Drain) == [0.0, 1.0, 2.0]


def test_a_relay_that_closes_down_does_not_wait_for_who_is_down(
    client: Peer, queen: ActorRef[Queen], hive: Below
) -> None:
    queen.tell(Drain(client.ref))
    client.live(9.0)
    assert client.when(Drained) == [4.0]
    assert len(hive.peer.of(Drain)) == 4


def test_a_node_that_has_closed_down_gets_no_more_jobs(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.say(Drained("hive-1"), Drained("hive-9"))
    client.offer(queen, ask())
    assert len(client.of(Rejected)) == 1
    assert queen.is_alive()
