"""A request of several answers, shown on a queen whose hives are the test itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from actors import (
    Aggregated,
    Cancel,
    Cancelled,
    Completed,
    Done,
    Error,
    Failed,
    OpenStream,
    Queen,
    Submit,
    Usage,
    WorkerOutput,
)

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Asks, Below, Hives, Peer


@pytest.fixture
def other(start_hive: Hives, hive: Below) -> Below:  # noqa: ARG001 - it is met after the first
    return start_hive("hive-2")


def test_each_answer_is_asked_for_by_itself_with_a_seed_of_its_own(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.state = msgspec.structs.replace(hive.state, max_num_seqs=3)
    hive.beat()
    client.start(queen, ask(copies=3, seed=7, priority=5), seconds=20.0)
    assert hive.peer.of(Submit) == [
        Submit(ask(branch=n, seed=7 + n, priority=5), queen, (0, n + 1), 0, 17.0) for n in range(3)
    ]


def test_a_request_of_one_answer_goes_below_as_it_is(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask(seed=7, branch=2))
    assert hive.submitted(1, 2).request == ask(seed=7, branch=2)


def test_answers_go_to_nodes_that_have_none_yet_where_there_are_some(
    client: Peer, queen: ActorRef[Queen], start_hive: Hives, ask: Asks
) -> None:
    hives = [start_hive(f"hive-{number}", slots=9) for number in (1, 2, 3)]
    # The first hive is the least loaded of all for each of them.
    for hive in hives[1:]:
        hive.state = msgspec.structs.replace(hive.state, running=2)
        hive.beat()
    client.start(queen, ask(copies=4))
    branches = [[submit.request.branch for submit in hive.peer.of(Submit)] for hive in hives]
    assert branches == [[0, 3], [1], [2]]


def test_rows_go_up_when_every_answer_has_its_token(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    hive.word(0, " a")
    hive.word(1, " b")
    assert client.tokens(job) == []
    other.word(0, " x")
    other.item(1, WorkerOutput(Done("stop", Usage(10, 1))))
    assert client.items(job) == [(0, Aggregated((" a", " x"))), (1, Aggregated((" b", "")))]


def test_all_answers_together_are_the_end(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    hive.word(0, " a")
    hive.done(1, reason="length")
    assert client.outcomes(job) == []
    other.word(0, " x")
    other.word(1, " y")
    other.done(2)
    rows = [Aggregated((" a", " x")), Aggregated(("", " y"))]
    assert client.tokens(job) == rows
    assert client.outcomes(job) == [Completed("length", Usage(10, 3))]


def test_one_answer_that_fails_for_good_fails_the_request_and_cancels_the_others(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    hive.item(0, WorkerOutput(Error("timeout", "worker-1 had no more time")))
    hive.end(1, Failed("late", "timeout"))
    assert client.outcomes(job) == []
    assert other.peer.of(Cancel) == [Cancel("hive-2/job-1", queen)]
    other.end(0, Cancelled())
    assert client.outcomes(job) == [Failed("worker-1 had no more time", "timeout")]


def test_what_the_others_end_with_after_that_does_not_make_it_well(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    hive.end(0, Failed("no"))
    other.done(0)
    assert client.outcomes(job) == [Failed("no")]


def test_one_that_fails_for_good_before_the_others_were_accepted_fails_the_request_at_once(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    hive.accept(1, branch=0)
    hive.end(0, Failed("no"))
    assert client.outcomes(job) == [Failed("no")]
    other.accept(1, branch=1)
    assert other.peer.of(Cancel) == [Cancel("hive-2/job-1", queen)]


def test_one_that_completes_after_another_has_failed_is_not_waited_for_again(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    hive.state = msgspec.structs.replace(hive.state, max_num_seqs=3)
    hive.beat()
    job = client.start(queen, ask(copies=3))
    for branch in range(3):
        hive.accept(1, job=branch + 1, branch=branch)
    hive.done(0, job=1)
    hive.end(0, Failed("no"), job=2)
    hive.end(0, Cancelled(), job=3)
    assert client.outcomes(job) == [Failed("no")]
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-3", queen)]
    client.start(queen, ask(2))
    assert hive.asked()[-1] == "request-2"


def test_a_cancel_cancels_every_answer_and_is_acknowledged_when_all_have_ended(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    client.cancel(job)
    assert hive.peer.of(Cancel) == [Cancel("hive-1/job-1", queen)]
    assert other.peer.of(Cancel) == [Cancel("hive-2/job-1", queen)]
    other.end(0, Cancelled())
    assert client.outcomes(job) == []
    hive.end(0, Cancelled())
    assert client.outcomes(job) == [Cancelled()]


def test_an_answer_that_was_lost_goes_on_by_itself(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    hive.word(0, " a")
    hive.end(1, Failed("no", "lost"))
    assert [(s.request.branch, s.generated) for s in other.peer.of(Submit)] == [(1, 0), (0, 1)]
    other.accept(1, job=2, branch=0)
    assert other.peer.of(OpenStream)[1:] == [OpenStream("hive-2/job-2", -1, queen)]
    other.word(0, " x")
    other.word(1, " y")
    other.word(0, " b", job=2)
    assert client.tokens(job) == [Aggregated((" a", " x")), Aggregated((" b", " y"))]


def test_a_node_that_is_lost_with_all_answers_of_a_request_that_cannot_go_on_ends_it_once(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    for number in range(4):
        for branch in (0, 1):
            hive.accept(1, job=2 * number + branch, branch=branch)
            hive.end(0, Failed("no", "lost"), job=2 * number + branch)
        hive.live(client.sim.now() + 9.0, client)
    for branch in (0, 1):
        hive.accept(1, job=8 + branch, branch=branch)
    hive.epoch = "r1"
    hive.beat()
    hive.live(80.0, client)
    assert [failed.code for failed in client.outcomes(job)] == ["lost"]


def test_an_answer_that_ended_with_another_is_not_lost_with_their_node(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    for number in range(1, 5):
        hive.accept(1, job=number, branch=0)
        hive.end(0, Failed("no", "lost"), job=number)
        hive.live(client.sim.now() + 9.0, client)
    hive.accept(1, job=5, branch=0)  # and the other was submitted all the time
    hive.epoch = "r1"
    hive.beat()
    reason = "lost 5 times, at last: hive-1 was started anew; it had hive-1/job-5"
    assert client.outcomes(job) == [Failed(reason, "lost")]
    client.start(queen, ask(2))
    assert hive.asked()[-1] == "request-2"
    assert client.sim.casualties == []


def test_a_request_of_several_answers_that_nobody_serves_any_more_ends_once(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2))
    client.live(40.0)  # its hive is missed at 4 s
    failed = Failed("nobody at queen serves 'llama' any more", "no-worker")
    assert client.ended(job) == [(34.0, failed)]
    assert len(hive.turns()) == 2
    assert client.sim.casualties == []


def test_a_request_that_goes_on_gives_each_answer_what_the_client_has_of_it(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    client.start(queen, ask(1, 9, copies=2), generated=4)
    assert [hive.submitted(1, 0).generated, other.submitted(1, 1).generated] == [4, 4]


def test_a_request_of_several_answers_out_of_time_is_cancelled_everywhere(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2), seconds=2.0)
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    hive.live(2.2, other, client)
    assert [failed.code for failed in client.outcomes(job)] == ["timeout"]
    assert hive.peer.when(Cancel) == other.peer.when(Cancel) == [2.0]
    hive.word(0, " late")
    other.word(0, " late")
    assert client.tokens(job) == []


def test_a_request_that_failed_and_then_ran_out_of_time_leaves_nothing_behind(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(copies=2), seconds=2.0)
    hive.accept(1, branch=0)
    other.accept(1, branch=1)
    hive.end(0, Failed("no"))
    hive.live(3.2, other, client)
    assert len(client.outcomes(job)) == 1
    actor = queen._actor_weakref()
    assert actor is not None
    assert not any((actor.routes, actor.readings, actor._verdicts))


def test_a_finished_request_leaves_nothing_behind(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    for number in (1, 2, 3):
        client.start(queen, ask(number, copies=2), seconds=2.0)
    for branch in (0, 1):
        hive.accept(1, job=1 + branch, branch=branch)
        hive.done(0, job=1 + branch)
    client.cancel(client.reads[1])
    sim.run(until=3.0)
    actor = queen._actor_weakref()
    assert actor is not None
    assert len(client.reads) == len([job for job in client.reads if client.outcomes(job)]) == 3
    tables = (actor.routes, actor.readings, actor._fans, actor._verdicts, actor._submitted)
    assert not any(tables)


def test_a_queen_holds_1024_jobs_if_nothing_else_is_said(sim: Simulation) -> None:
    Queen.start()
    (queen,) = sim.actors()
    assert isinstance(queen, Queen)
    assert queen.max_jobs == 1024
