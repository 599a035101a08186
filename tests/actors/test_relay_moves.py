"""How a job goes on that was lost below, shown on a queen whose hives are the test itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import (
    Cancelled,
    Completed,
    Done,
    Failed,
    OpenStream,
    Patience,
    Queen,
    Submit,
    Usage,
    WorkerOutput,
)

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors import Outcome
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Below, Hives, Peer

ELSEWHERE = "a job that was lost below goes on elsewhere"
RESUMED = "a text goes on after its k-th token on another worker"


@pytest.fixture
def other(start_hive: Hives, hive: Below) -> Below:  # noqa: ARG001 - it is met after the first
    return start_hive("hive-2")


def test_a_job_goes_on_elsewhere_after_the_last_token_that_came(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.word(0, " bee")
    hive.word(1, " hum")
    hive.end(2, Failed("worker-1 was lost", "lost"))
    assert other.peer.of(Submit) == [Submit(ask(), queen, (0, 2), 2, None)]
    other.accept()
    assert other.peer.of(OpenStream) == [OpenStream("hive-2/job-1", -1, queen)]
    other.word(0, " dew")
    other.item(1, WorkerOutput(Done("length", Usage(10, 3))))
    other.end(2, Completed())
    assert client.texts(job) == [" bee", " hum", " dew"]
    assert [index for index, _ in client.items(job)] == [0, 1, 2]
    assert client.outcomes(job) == [Completed("length", Usage(10, 3))]
    assert (sim.situations[ELSEWHERE], sim.situations[RESUMED]) == (1, 1)


def test_what_the_client_had_before_and_what_came_since_count_together(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    client.start(queen, ask(1, 9), generated=4)
    hive.accept()
    hive.word(0, " bee")
    hive.end(1, Failed("worker-1 was lost", "lost"))
    assert other.submitted().generated == 5


def test_a_job_that_was_lost_without_a_token_begins_elsewhere(
    *, sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    hive.accept()
    hive.end(0, Failed("worker-1 was lost", "lost"))
    assert other.submitted().generated == 0
    assert sim.situations[ELSEWHERE] == 1
    assert RESUMED not in sim.situations


@pytest.mark.parametrize(
    "outcome",
    [
        Failed("no", code)
        for code in ("unknown-job", "unopened", "lost", "no-worker", "stopped", "out-of-memory")
    ]
    + [Cancelled()],
    ids=lambda outcome: getattr(outcome, "code", "cancelled"),
)
def test_what_may_go_better_elsewhere_is_not_the_end(
    *,
    client: Peer,
    queen: ActorRef[Queen],
    hive: Below,
    other: Below,
    ask: Asks,
    outcome: Outcome,
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.end(0, outcome)
    assert client.outcomes(job) == []
    assert other.asked() == ["request-1"]


def test_it_leaves_its_place_to_who_waits(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    for number in (1, 2, 3):
        client.start(queen, ask(number))
    hive.accept(1)
    hive.end(0, Failed("no", "lost"), job=1)
    # The first is before the third, and its hive is not asked again for a while.
    assert hive.asked() == ["request-1", "request-2"]
    hive.live(1.2, client)
    assert [submit.request.request_id for submit in hive.turns()][2:] == ["request-1"]


def test_what_its_last_node_ended_with_is_not_what_the_next_one_ends_with(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.accept()
    hive.item(0, WorkerOutput(Done("stop", Usage(10, 0))))
    hive.end(1, Failed("no", "lost"))
    other.accept()
    other.end(0, Completed())
    reason = "hive-2/job-1 ended as completed, but its text has no end"
    assert client.outcomes(job) == [Failed(reason)]


def test_a_job_that_nobody_left_can_ever_take_fails_with_what_went_wrong_last(
    client: Peer, queen: ActorRef[Queen], hive: Below, other: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    hive.reject(1, retry_after=None)
    other.accept()
    hive.live(4.2, client)
    reason = "hive-2 has been silent for 4 s; it had hive-2/job-1"
    assert client.outcomes(job) == [Failed(f"nobody at queen can ever take the request: {reason}")]


# -- the same node again --------------------------------------------------------------------


def test_the_node_that_lost_it_is_asked_again_after_a_while_that_grows(
    sim: Simulation, client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    client.start(queen, ask())
    waits = []
    for number in (1, 2, 3):
        hive.accept(1, job=number)
        hive.end(0, Failed("no", "lost"), job=number)
        lost_at = sim.now()
        while len(hive.peer.of(Submit)) == number:
            sim.run(until=sim.now() + 0.01)
            hive.beat()
            client.beat()
        waits.append(sim.now() - lost_at)
    for wait, least in zip(waits, (0.25, 0.5, 1.0), strict=True):
        assert least <= wait <= 2 * least + 0.011
    assert waits[1] != pytest.approx(2 * waits[0])


def lose(hive: Below, client: Peer, times: int, first: int = 1, *, words: int = 0) -> None:
    """Have a job be lost so many times, after as many more words each time."""
    for number in range(first, first + times):
        hive.accept(1, job=number)
        for index in range(words):
            hive.word(index, " bee", job=number)
        hive.end(words, Failed(f"no {number}", "lost"), job=number)
        hive.live(hive.peer.sim.now() + 9.0, client)


def test_a_job_that_is_lost_too_often_fails_with_the_last_reason(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    lose(hive, client, 4)
    assert client.outcomes(job) == []
    lose(hive, client, 1, 5)
    reason = "lost 5 times, at last: hive-1 gave up hive-1/job-5: no 5"
    assert client.outcomes(job) == [Failed(reason, "lost")]
    assert len(hive.turns()) == 5


def test_a_job_that_gets_on_may_be_lost_any_number_of_times(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(1, 99))
    lose(hive, client, 8, words=1)
    assert client.outcomes(job) == []
    assert [submit.generated for submit in hive.turns()] == list(range(9))


def test_a_job_that_got_on_once_is_given_up_when_it_does_not_get_on_from_there(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(1, 99))
    lose(hive, client, 3)
    lose(hive, client, 1, 4, words=1)
    lose(hive, client, 3, 5)
    assert client.outcomes(job) == []
    lose(hive, client, 1, 8)
    assert [failed.code for failed in client.outcomes(job)] == ["lost"]


# -- why ------------------------------------------------------------------------------------


def test_a_job_that_was_cancelled_below_by_nobody_here_says_so(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    lose(hive, client, 4)
    hive.accept(1, job=5)
    hive.end(0, Cancelled(), job=5)
    reason = "lost 5 times, at last: hive-1 gave up hive-1/job-5: it was cancelled"
    assert client.outcomes(job) == [Failed(reason, "lost")]


@pytest.mark.parametrize("accepted", [True, False])
def test_a_silence_is_a_loss_that_says_how_long_it_was_and_what_was_there(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks, accepted: bool
) -> None:
    job = client.start(queen, ask())
    lose(hive, client, 4)
    if accepted:
        hive.accept(1, job=5)
    heard = client.sim.now() - 0.5
    client.live(heard + 5.0)
    had = "hive-1/job-5" if accepted else "the submission of request-1"
    reason = f"lost 5 times, at last: hive-1 has been silent for 4.5 s; it had {had}"
    assert client.outcomes(job) == [Failed(reason, "lost")]


def test_a_node_that_was_started_anew_has_lost_its_jobs(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    lose(hive, client, 4)
    hive.accept(1, job=5)
    hive.epoch = "r1"
    hive.beat()
    reason = "lost 5 times, at last: hive-1 was started anew; it had hive-1/job-5"
    assert client.outcomes(job) == [Failed(reason, "lost")]


def test_a_node_that_was_stopped_has_lost_its_jobs(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask())
    lose(hive, client, 4)
    hive.accept(1, job=5)
    hive.peer.ref.stop(block=False)
    client.live(client.sim.now() + 3.5)  # until its stream is to be renewed
    reason = "lost 5 times, at last: hive-1 was stopped; it had hive-1/job-5"
    assert client.outcomes(job) == [Failed(reason, "lost")]


# -- nobody to go to ------------------------------------------------------------------------


def test_a_job_whose_model_nobody_serves_any_more_waits_for_30_s(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    client.live(40.0)
    failed = Failed("nobody at queen serves 'llama' any more", "no-worker")
    # The third has waited from the beginning, the others since 4 s, when their hive was missed.
    assert client.ended(jobs[2]) == [(30.0, failed)]
    assert [client.ended(job) for job in jobs[:2]] == [[(34.0, failed)]] * 2
    assert hive.asked()[:2] == ["request-1", "request-2"]


def test_a_job_whose_model_somebody_serves_again_goes_there(
    client: Peer, queen: ActorRef[Queen], hive: Below, start_hive: Hives, ask: Asks
) -> None:
    client.start(queen, ask())
    client.live(29.5)
    other = start_hive("hive-2")
    assert other.asked() == ["request-1"]
    assert other.submitted().turn == (0, 2)
    assert hive.asked() == ["request-1"] * 4


def test_a_job_that_has_only_to_wait_its_turn_waits_as_long_as_it_takes(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    jobs = [client.start(queen, ask(number)) for number in (1, 2, 3)]
    for number in (1, 2):
        hive.accept(number)
    hive.live(60.0, client)
    assert client.outcomes(jobs[2]) == []


def test_how_long_it_waits_follows_patience(client: Peer, start_hive: Hives, ask: Asks) -> None:
    queen = Queen.start(patience=Patience(place_seconds=4.0))
    start_hive("hive-1", queen, slots=1)
    jobs = [client.start(queen, ask(number)) for number in (1, 2)]
    client.live(20.0)
    assert [time for job in jobs for time, _ in client.ended(job)] == [12.0, 8.0]


# -- out of time ----------------------------------------------------------------------------


def test_a_job_out_of_time_is_cancelled_below_and_waits_for_nothing(
    client: Peer, queen: ActorRef[Queen], hive: Below, ask: Asks
) -> None:
    job = client.start(queen, ask(1), seconds=5.0)
    waiting = [client.start(queen, ask(number)) for number in (2, 3)]
    hive.accept(1)
    hive.word(0, " bee")
    hive.live(5.2, client)
    reason = "queen/job-1 has not ended in the time that it had"
    assert client.ended(job) == [(5.0, Failed(reason, "timeout"))]
    assert len(hive.peer.when(OpenStream)) == 2
    hive.live(6.2, client)
    assert hive.asked()[-1] == "request-3"  # it has the place now
    hive.word(1, " late")
    assert client.texts(job) == [" bee"]
    assert [client.outcomes(each) for each in waiting] == [[], []]
