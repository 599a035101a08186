"""What a keeper reads, and its receipts. Its queen is the test itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import (
    Accepted,
    Aggregated,
    Ask,
    Cancel,
    Completed,
    Failed,
    Keeper,
    OpenStream,
    StreamEnd,
    StreamItem,
    Submit,
    Usage,
)

if TYPE_CHECKING:
    from tests.actors.conftest import Asks, Logged, Peer
    from tests.actors.keeper.conftest import Court

DONE = Completed("length", Usage(10, 3))


def test_a_receipt_tells_the_whole_request(court: Court, ask: Asks) -> None:
    court.run(until=1.0)
    court.ask(ask())
    assert court.submits == [Submit(ask(), court.keeper, (0, 1), 0, 597.0)]
    court.run(until=1.5)
    court.accept()
    assert court.opened == [OpenStream("queen/job-1", -1, court.keeper)]
    court.run(until=3.0)
    court.word(0, " bee")
    court.run(until=4.0)
    court.word(1, " hum")
    court.run(until=4.2)
    court.end(2, DONE)
    (receipt,) = court.receipts
    assert receipt.request == ask()
    assert receipt.submitted_at == 1.0
    assert receipt.accepted_at == 1.5
    assert list(receipt.token_times) == [3.0, 4.0]
    assert receipt.answers == [[" bee", " hum"]]
    assert receipt.texts == [" bee", " hum"]
    assert list(receipt.indices) == [0, 1]
    assert receipt.ended_at == 4.2
    assert receipt.outcome == DONE
    assert receipt.attempts == 1


def test_a_receipt_of_several_answers_tells_each_by_itself(court: Court, ask: Asks) -> None:
    court.ask(ask(copies=2))
    court.accept()
    for index, row in enumerate([(" a", " x"), ("", " y"), ("", " z")]):
        court.say(StreamItem("queen/job-1", index, Aggregated(row)))
    court.end(3, DONE)
    (receipt,) = court.receipts
    assert receipt.answers == [[" a"], [" x", " y", " z"]]
    assert receipt.texts == [" a"]
    assert list(receipt.indices) == [0, 1, 2]
    assert len(receipt.token_times) == 3


def test_a_request_of_no_answer_has_a_receipt_all_the_same(court: Court, ask: Asks) -> None:
    court.ask(ask(copies=0))
    court.reject(None)
    assert court.receipts[0].answers == [[]]


def test_requests_are_answered_side_by_side(court: Court, ask: Asks) -> None:
    court.ask(ask(1), ask(2))
    court.accept(2)
    court.accept(1)
    court.word(0, " one", 1)
    court.word(0, " two", 2)
    court.word(1, " more", 1)
    court.end(1, DONE, 2)
    court.end(2, DONE, 1)
    texts = {receipt.request.request_id: receipt.texts for receipt in court.receipts}
    assert texts == {"request-2": [" two"], "request-1": [" one", " more"]}


def test_each_submission_has_a_turn_of_its_own(court: Court, ask: Asks) -> None:
    court.ask(ask(1), ask(2))
    assert [submit.turn for submit in court.submits] == [(0, 1), (0, 2)]


def test_what_is_told_twice_is_left_out(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.accept()
    for index, text in ((0, " bee"), (0, " bee"), (1, " hum"), (0, " bee")):
        court.word(index, text)
    court.end(2, DONE)
    court.end(2, DONE)
    assert [receipt.texts for receipt in court.receipts] == [[" bee", " hum"]]
    assert len(court.opened) == 1


def test_a_gap_is_asked_for_once_and_closed_by_what_is_sent_again(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.word(0, " bee")
    court.word(2, " dew")  # 1 was lost
    court.end(3, DONE)
    assert court.opened[1:] == [OpenStream("queen/job-1", 0, court.keeper)]
    assert court.receipts == []
    court.word(1, " hum")
    court.word(2, " dew")
    court.end(3, DONE)
    assert [receipt.texts for receipt in court.receipts] == [[" bee", " hum", " dew"]]


def test_a_stream_is_opened_again_from_time_to_time_from_where_the_keeper_is(
    court: Court, ask: Asks
) -> None:
    court.ask(ask())
    court.accept()
    court.run(until=1.5)
    court.word(0, " bee")
    court.run(until=6.5)
    assert [(opened.after, opened.job_id) for opened in court.opened] == [
        (-1, "queen/job-1"),
        (0, "queen/job-1"),
        (0, "queen/job-1"),
    ]
    assert court.peer.when(OpenStream) == [0.0, 3.0, 6.0]


def test_what_a_stream_that_was_never_opened_brings_is_let_pass(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.word(0, " bee")
    court.end(0, DONE)
    assert court.receipts == []
    assert court.opened == []


# -- what fails by itself -------------------------------------------------------------------


def test_a_failure_is_what_the_receipt_says_and_is_logged(
    court: Court, ask: Asks, logged: Logged
) -> None:
    court.ask(ask())
    court.accept()
    court.word(0, " bee")
    court.end(1, Failed("lost 5 times", "lost"))
    assert court.ends == [(0.0, Failed("lost 5 times", "lost"))]
    assert court.receipts[0].texts == [" bee"]
    assert logged("request failed") == [
        {
            "event": "request failed",
            "log_level": "warning",
            "keeper": "keeper",
            "request": "request-1",
            "job": "queen/job-1",
            "reason": "lost 5 times",
        }
    ]


def test_a_failure_between_two_jobs_is_logged_as_of_none(
    court: Court, ask: Asks, logged: Logged
) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, Failed("queen has no job", "unknown-job"))
    court.reject(None)
    assert [line["job"] for line in logged("request failed")] == [""]


def test_what_does_not_fail_is_not_logged(court: Court, ask: Asks, logged: Logged) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, DONE)
    assert logged("request failed") == []


def test_a_request_id_that_is_being_asked_already_fails_by_itself(court: Court, ask: Asks) -> None:
    court.ask(ask(), ask())
    assert [(receipt.outcome, receipt.attempts) for receipt in court.receipts] == [
        (Failed("keeper is asking a request 'request-1' already"), 0)
    ]
    assert len(court.submits) == 1
    court.accept()
    court.end(0, DONE)
    assert [receipt.outcome for receipt in court.receipts[1:]] == [DONE]


def test_a_request_id_can_be_asked_again_when_it_has_ended(court: Court, ask: Asks) -> None:
    court.ask(ask())
    court.accept()
    court.end(0, DONE)
    court.ask(ask())
    court.accept(1, job=2)
    court.end(0, DONE, job=2)
    assert [receipt.outcome for receipt in court.receipts] == [DONE, DONE]


def test_a_keeper_that_nobody_wants_receipts_of_asks_all_the_same(client: Peer, ask: Asks) -> None:
    keeper = Keeper.start(name="keeper", queen=client.ref)
    keeper.tell(Ask(ask()))
    client.pause()
    keeper.tell(Accepted("request-1", "queen/job-1", client.ref, (0, 1)))
    keeper.tell(StreamEnd("queen/job-1", 0, DONE))
    client.pause()
    assert [type(message) for _, message in client.heard] == [Submit, OpenStream]
    assert keeper.is_alive()


# -- stopping -------------------------------------------------------------------------------


def test_a_stopped_keeper_gives_up_what_has_not_ended(court: Court, ask: Asks) -> None:
    court.ask(ask(1), ask(2), ask(3))
    court.accept(1)
    court.word(0, " bee")
    court.reject(0.5, 3)
    court.keeper.stop(block=False)
    court.peer.pause()
    assert court.peer.of(Cancel) == [Cancel("queen/job-1", court.keeper)]
    stopped = Failed("keeper was stopped before the end")
    assert [(receipt.outcome, receipt.texts) for receipt in court.receipts] == [
        (stopped, [" bee"]),
        (stopped, []),
        (stopped, []),
    ]


def test_a_keeper_of_many_requests_has_one_heart(court: Court, ask: Asks) -> None:
    beats: list[float] = []
    sim = court.peer.sim
    court.ask(ask(1))
    court.accept(1)
    court.run(until=0.5)
    court.ask(ask(2))
    court.accept(2)
    sim.watch(lambda event, _: beats.append(event.time), kinds=["deliver"], actors=[court.keeper])
    court.run(until=4.6)
    assert beats == [1.0, 2.0, 3.0, 4.0]


def test_a_keeper_that_has_nothing_to_look_after_does_not_beat(court: Court, ask: Asks) -> None:
    beats: list[float] = []
    sim = court.peer.sim
    sim.watch(lambda event, _: beats.append(event.time), kinds=["deliver"], actors=[court.keeper])
    court.run(until=2.5)
    court.ask(ask())
    court.accept()
    court.run(until=4.6)
    court.end(0, DONE)
    court.run(until=20.0)
    assert [time for time in beats if time % 1.0 == 0.5] == [2.5] * 2 + [3.5, 4.5, 5.5]
