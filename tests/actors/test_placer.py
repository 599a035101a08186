"""Where hive and queen place a job, shown on a queen whose hives are the test itself."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
import pytest

from actors import (
    Accepted,
    Cancel,
    Completed,
    Failed,
    OpenStream,
    Patience,
    Queen,
    Rejected,
    Submit,
    Usage,
)

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Asks, Below, Hives, Peer


def test_a_job_is_submitted_below_in_turns_that_count_up(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    for number in (1, 2):
        client.start(queen, ask(number))
    assert hive.peer.of(Submit) == [
        Submit(ask(1), queen, (0, 1), 0, None),
        Submit(ask(2), queen, (0, 2), 0, None),
    ]


def test_a_relay_that_begins_anew_counts_its_turns_anew_in_its_next_life(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask(1))
    sim.crash(queen)
    sim.restart(queen)
    hive.beat()
    job = client.start(queen, ask(1), (0, 1))
    assert job.job_id == "queen/life-r1/job-1"
    assert [submit.turn for submit in hive.peer.of(Submit)] == [(0, 1), (1, 1)]


def test_what_the_client_has_of_the_text_goes_below_with_the_job(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask(), generated=2)
    assert hive.submitted().generated == 2


def test_each_hop_keeps_a_margin_of_the_time_for_itself(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.submit(queen, ask(), seconds=20.0)
    sim.run(until=1.5)
    client.open(job)
    client.pause()
    assert hive.submitted().seconds == 15.5


def test_the_time_below_is_never_less_than_nothing(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask(), seconds=2.0)
    assert hive.submitted().seconds == 0.0


def test_where_a_relay_places_follows_the_random_numbers_of_its_program(client: Peer) -> None:
    random.seed(5)
    own = random.Random(random.Random(5).getrandbits(64))
    Queen.start()
    client.pause()
    (queen,) = [actor for actor in client.sim.actors() if isinstance(actor, Queen)]
    assert queen.dispatch.random.random() == own.random()


# -- waiting --------------------------------------------------------------------------------


def test_a_job_waits_until_a_slot_is_free_below_first_come_first_served(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    for number in (1, 2, 3, 4):
        client.start(queen, ask(number))
    hive.accept(1)
    assert hive.asked() == ["request-1", "request-2"]
    hive.done(0, job=1)
    assert hive.asked() == ["request-1", "request-2", "request-3"]


def test_one_of_a_higher_priority_gets_the_next_place(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    for number, priority in ((1, 0), (2, 0), (3, 0), (4, 1)):
        client.start(queen, ask(number, priority=priority))
    hive.accept(1)
    hive.done(0, job=1)
    assert hive.asked()[2:] == ["request-4"]


def test_a_node_is_given_its_slots_and_its_places_to_wait_and_the_rest_waits_here(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.state = msgspec.structs.replace(hive.state, max_num_seqs=1, max_waiting=2)
    hive.beat()
    for number in (1, 2, 3, 4):
        client.start(queen, ask(number))
    hive.accept(1)
    assert hive.asked() == ["request-1", "request-2", "request-3"]
    hive.done(0, job=1)
    assert hive.asked()[3:] == ["request-4"]


def test_what_others_have_placed_below_leaves_that_much_less_for_this_relays_jobs(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.state = msgspec.structs.replace(hive.state, running=1)
    hive.beat()
    for number in (1, 2):
        client.start(queen, ask(number))
    assert hive.asked() == ["request-1"]
    hive.state = msgspec.structs.replace(hive.state, running=1)  # which is the first by now
    hive.beat()
    assert hive.asked() == ["request-1", "request-2"]


def test_a_hive_whose_workers_have_to_be_brought_up_is_given_jobs(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.state = msgspec.structs.replace(hive.state, phase="absent")
    hive.beat()
    client.start(queen, ask())
    assert hive.asked() == ["request-1"]


# -- refused --------------------------------------------------------------------------------


def test_a_job_that_one_node_rejects_goes_to_the_next(
    client: Peer, start_hive: Hives, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    other = start_hive("hive-2")
    job = client.start(queen, ask())
    hive.reject(1, retry_after=5.0)
    assert other.asked() == ["request-1"]
    other.accept()
    other.word(0, " bee")
    assert client.texts(job) == [" bee"]


def test_a_job_that_all_reject_waits_for_its_time_and_a_heartbeat(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.state = msgspec.structs.replace(hive.state, max_num_seqs=1)
    hive.beat()
    jobs = [client.start(queen, ask(number)) for number in (1, 2)]
    hive.reject(1, retry_after=1.5)
    sim.run(until=1.4)
    hive.beat()
    assert hive.asked() == ["request-1"]
    sim.run(until=1.5)
    hive.beat()
    assert hive.asked() == ["request-1", "request-1"]  # and it is still before the second
    assert [client.outcomes(job) for job in jobs] == [[], []]


def test_a_job_that_waits_for_its_time_is_placed_at_the_relays_own_heartbeat_too(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.reject(1, retry_after=1.5)
    sim.run(until=2.5)
    assert hive.peer.when(Submit) == [0.0, 2.0]


def test_jobs_that_are_rejected_wait_in_the_order_in_which_they_came(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    for number in (1, 2, 3, 4):
        client.start(queen, ask(number))
    for number in (1, 2):
        hive.reject(number, retry_after=0.5)
    sim.run(until=0.6)
    hive.beat()
    assert hive.asked()[2:] == ["request-1", "request-2"]
    for number in (2, 1):
        hive.reject(number, retry_after=0.2)
    sim.run(until=0.9)
    hive.beat()
    assert hive.asked()[4:] == ["request-1", "request-2"]


def test_a_job_that_nobody_can_ever_take_fails_with_the_last_reason(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    other = start_hive("hive-2")
    job = client.start(queen, ask())
    hive.reject(1, retry_after=None)
    assert client.outcomes(job) == []
    other.say(Rejected("request-1", "no VRAM", None, other.submitted().turn))
    reason = "nobody at queen can ever take the request: no VRAM"
    assert client.outcomes(job) == [Failed(reason)]


def test_a_job_that_one_can_never_take_waits_for_another_that_may(
    *,
    sim: Simulation,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    start_hive: Hives,
    ask: Asks,
) -> None:
    other = start_hive("hive-2")
    job = client.start(queen, ask())
    hive.reject(1, retry_after=None)
    other.reject(1, retry_after=0.5)
    sim.run(until=1.2)
    assert client.outcomes(job) == []
    assert hive.asked() == ["request-1"]
    assert other.asked() == ["request-1"] * 2


def test_a_rejected_job_gives_its_place_back(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    hive.reject(1, retry_after=None)
    assert len(client.outcomes(jobs[0])) == 1
    assert hive.asked()[2:] == ["request-3"]


# -- answers that come late or again --------------------------------------------------------


def test_a_rejection_after_the_acceptance_changes_nothing(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.reject(1, retry_after=0.0)
    hive.done(0)
    assert hive.asked() == ["request-1"]
    assert client.outcomes(job) == [Completed("stop", Usage(10, 0))]


def test_a_job_below_that_nobody_asked_for_is_cancelled(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.say(Accepted("request-1", "hive-1/job-9", hive.peer.ref, (0, 7)))
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-9", queen)]
    assert hive.peer.of(OpenStream) == []
    assert sim.situations["a job is accepted that is not wanted any more"] == 1


def test_a_second_job_below_for_one_submission_is_cancelled(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.accept()
    hive.accept(1, job=2)
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-2", queen)]
    assert hive.peer.of(OpenStream) == [OpenStream("hive-1/job-1", -1, queen)]


def test_an_answer_in_a_turn_that_was_rejected_is_not_wanted_any_more(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.reject(1, retry_after=5.0)
    hive.accept()
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    hive.reject(1, retry_after=0.0)  # told twice
    assert hive.asked() == ["request-1"]


@pytest.mark.parametrize("answers", [False, True])
def test_a_submission_that_is_not_answered_is_told_again_in_the_same_turn(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, answers: bool
) -> None:
    client.start(queen, ask(), seconds=20.0)
    if answers:
        hive.accept()
    hive.live(2.2, client)
    times = [0.0] if answers else [0.0, 1.0, 2.0]
    assert hive.peer.when(Submit) == times
    assert hive.peer.of(Submit) == [Submit(ask(), queen, (0, 1), 0, 17.0 - time) for time in times]


def test_how_soon_it_is_told_again_follows_patience(
    client: Peer, start_hive: Hives, ask: Asks
) -> None:
    queen = Queen.start(patience=Patience(reply_seconds=2.0))
    hive = start_hive("hive-1", queen)
    hive.live(1.5)
    client.start(queen, ask())
    hive.live(7.0, client)
    assert hive.peer.when(Submit) == [1.5, 4.0, 6.0]
