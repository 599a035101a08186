"""A keeper, whose queen is the test itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Accepted,
    Aggregated,
    Ask,
    Cancel,
    Cancelled,
    Completed,
    Failed,
    Keeper,
    OpenStream,
    Receipt,
    Rejected,
    Request,
    StreamEnd,
    StreamItem,
    Submit,
    Usage,
    Withdraw,
    WorkerResponse,
)
from actors.keeper import MAX_ATTEMPTS, Retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from glasshive import Simulation
    from tests.actors.conftest import Peer

DONE = Completed("length", Usage(10, 3))


@pytest.fixture
def receipts() -> list[Receipt]:
    return []


@pytest.fixture
def queen(peer: Callable[[str], Peer]) -> Peer:
    return peer("queen")


@pytest.fixture
def keeper(queen: Peer, receipts: list[Receipt]) -> ActorRef[Keeper]:
    return Keeper.start(name="keeper", queen=queen.ref, on_receipt=receipts.append)


def say(queen: Peer, keeper: ActorRef[Any], *messages: Any) -> None:
    for message in messages:
        keeper.tell(message)
    queen.pause()


def accepted(queen: Peer, number: int = 1) -> Accepted:
    return Accepted(f"request-{number}", f"queen/job-{number}", queen.ref)


def item(index: int, text: str, number: int = 1) -> StreamItem[Any]:
    return StreamItem(f"queen/job-{number}", index, WorkerResponse(text))


def test_a_receipt_tells_the_whole_request(
    sim: Simulation,
    queen: Peer,
    keeper: ActorRef[Keeper],
    receipts: list[Receipt],
    ask: Callable[..., Request],
) -> None:
    sim.run(until=1.0)
    say(queen, keeper, Ask(ask()))
    assert queen.of(Submit) == [Submit(ask(), keeper)]
    sim.run(until=2.0)
    say(queen, keeper, accepted(queen))
    assert queen.of(OpenStream) == [OpenStream("queen/job-1", -1, keeper)]
    sim.run(until=3.0)
    say(queen, keeper, item(0, " bee"))
    sim.run(until=4.0)
    say(queen, keeper, StreamItem("queen/job-1", 1, Aggregated((" hum", " dew"))))
    sim.run(until=5.0)
    say(queen, keeper, StreamEnd("queen/job-1", 2, DONE))
    (receipt,) = receipts
    assert receipt.request == ask()
    assert receipt.submitted_at == 1.0
    assert receipt.accepted_at == 2.0
    assert list(receipt.token_times) == [3.0, 4.0, 4.0]
    assert receipt.texts == [" bee", " hum", " dew"]
    assert list(receipt.indices) == [0, 1]
    assert receipt.ended_at == 5.0
    assert receipt.outcome == DONE
    assert receipt.attempts == 1


def test_requests_are_answered_side_by_side(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask(1)), Ask(ask(2)), accepted(queen, 2), accepted(queen, 1))
    say(queen, keeper, item(0, " one", 1), item(0, " two", 2), item(1, " more", 1))
    say(queen, keeper, StreamEnd("queen/job-2", 1, DONE), StreamEnd("queen/job-1", 2, DONE))
    texts = {receipt.request.request_id: receipt.texts for receipt in receipts}
    assert texts == {"request-2": [" two"], "request-1": [" one", " more"]}


def test_what_is_told_twice_is_left_out(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), accepted(queen), accepted(queen))
    say(queen, keeper, item(0, " bee"), item(0, " bee"), item(1, " hum"), item(0, " bee"))
    say(queen, keeper, *[StreamEnd("queen/job-1", 2, DONE)] * 2)
    assert [receipt.texts for receipt in receipts] == [[" bee", " hum"]]
    assert len(queen.of(OpenStream)) == 1


def test_a_gap_is_asked_for_once_and_closed_by_what_is_sent_again(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), accepted(queen), item(0, " bee"))
    say(queen, keeper, item(2, " dew"), StreamEnd("queen/job-1", 3, DONE))  # 1 was lost
    assert queen.of(OpenStream)[1:] == [OpenStream("queen/job-1", 0, keeper)]
    assert receipts == []
    say(queen, keeper, item(1, " hum"), item(2, " dew"), StreamEnd("queen/job-1", 3, DONE))
    assert [receipt.texts for receipt in receipts] == [[" bee", " hum", " dew"]]


# -- rejections -----------------------------------------------------------------------------


def test_a_rejected_request_is_submitted_again_later_each_time_and_not_for_ever(
    sim: Simulation,
    queen: Peer,
    keeper: ActorRef[Keeper],
    receipts: list[Receipt],
    ask: Callable[..., Request],
) -> None:
    say(queen, keeper, Ask(ask()))
    waits = []
    for attempt in range(1, MAX_ATTEMPTS):
        assert len(queen.of(Submit)) == attempt
        before = sim.now()
        say(queen, keeper, Rejected("request-1", "queen is full", 0.5))
        sim.run(condition=lambda: len(queen.of(Submit)) == attempt + 1)  # noqa: B023 - run returns before the next round
        waits.append(sim.now() - before)
    for attempt, wait in enumerate(waits):
        assert 0.5 * 2**attempt <= wait <= 0.5 * 2 ** (attempt + 1)
    assert receipts == []
    say(queen, keeper, Rejected("request-1", "queen is full", 0.5))
    (receipt,) = receipts
    assert receipt.outcome == Failed("rejected 8 times: queen is full")
    assert (receipt.attempts, receipt.accepted_at) == (8, None)


def test_a_request_that_is_rejected_for_good_fails_at_once(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), Rejected("request-1", "max_tokens is at least 1", None))
    assert [receipt.outcome for receipt in receipts] == [
        Failed("rejected once: max_tokens is at least 1")
    ]


def test_a_stopped_queen_fails_the_request_after_every_attempt(
    sim: Simulation,
    queen: Peer,
    keeper: ActorRef[Keeper],
    receipts: list[Receipt],
    ask: Callable[..., Request],
) -> None:
    queen.ref.stop()
    keeper.tell(Ask(ask()))
    sim.run(until=200.0)
    assert [receipt.outcome for receipt in receipts] == [
        Failed("rejected 8 times: the queen was stopped")
    ]


def test_a_stream_whose_queen_was_stopped_fails_when_it_is_found_so(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), accepted(queen), item(0, " bee"))
    queen.ref.stop()
    say(queen, keeper, Withdraw("request-1"))
    assert [receipt.outcome for receipt in receipts] == [
        Failed("whoever had queen/job-1 was stopped")
    ]


def test_a_request_id_that_is_being_asked_already_fails_by_itself(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), Ask(ask()))
    assert [(receipt.outcome, receipt.attempts) for receipt in receipts] == [
        (Failed("keeper is asking a request 'request-1' already"), 0)
    ]
    assert len(queen.of(Submit)) == 1


def test_a_rejection_after_the_acceptance_changes_nothing(
    sim: Simulation,
    queen: Peer,
    keeper: ActorRef[Keeper],
    receipts: list[Receipt],
    ask: Callable[..., Request],
) -> None:
    say(queen, keeper, Ask(ask()), accepted(queen), Rejected("request-1", "full", 0.5))
    sim.run(until=10.0)
    assert len(queen.of(Submit)) == 1
    say(queen, keeper, StreamEnd("queen/job-1", 0, DONE))
    assert [receipt.outcome for receipt in receipts] == [DONE]


def test_a_second_job_for_the_same_request_is_cancelled(
    queen: Peer, keeper: ActorRef[Keeper], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), accepted(queen))
    say(queen, keeper, Accepted("request-1", "queen/job-2", queen.ref))
    assert queen.of(Cancel) == [Cancel("queen/job-2", keeper)]


def test_a_stopped_keeper_gives_up_what_has_not_ended(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask(1)), Ask(ask(2)), accepted(queen, 1), item(0, " bee"))
    keeper.stop(block=False)
    queen.pause()
    assert queen.of(Cancel) == [Cancel("queen/job-1", keeper)]
    stopped = Failed("keeper was stopped before the end")
    assert [(receipt.outcome, receipt.texts) for receipt in receipts] == [
        (stopped, [" bee"]),
        (stopped, []),
    ]


# -- withdrawing ----------------------------------------------------------------------------


def test_withdrawing_an_open_stream_cancels_it_and_waits_for_the_end(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), accepted(queen), item(0, " bee"), Withdraw("request-1"))
    assert queen.of(Cancel) == [Cancel("queen/job-1", keeper)]
    assert receipts == []
    say(queen, keeper, StreamEnd("queen/job-1", 1, Cancelled()))
    assert [(receipt.outcome, receipt.texts) for receipt in receipts] == [(Cancelled(), [" bee"])]


def test_a_withdrawal_that_crosses_the_end_gives_one_receipt(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), accepted(queen), Withdraw("request-1"))
    say(queen, keeper, StreamEnd("queen/job-1", 0, DONE), Withdraw("request-1"))
    assert [receipt.outcome for receipt in receipts] == [DONE]


def test_withdrawing_before_the_acceptance_cancels_instead_of_opening(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), Withdraw("request-1"), accepted(queen))
    assert queen.of(OpenStream) == []
    assert queen.of(Cancel) == [Cancel("queen/job-1", keeper)]
    say(queen, keeper, StreamEnd("queen/job-1", 0, Cancelled()))
    assert [receipt.outcome for receipt in receipts] == [Cancelled()]


def test_withdrawing_before_a_rejection_ends_the_request(
    sim: Simulation,
    queen: Peer,
    keeper: ActorRef[Keeper],
    receipts: list[Receipt],
    ask: Callable[..., Request],
) -> None:
    say(queen, keeper, Ask(ask()), Withdraw("request-1"), Rejected("request-1", "full", 0.5))
    sim.run(until=10.0)
    assert [receipt.outcome for receipt in receipts] == [Cancelled()]
    assert len(queen.of(Submit)) == 1


def test_withdrawing_between_two_attempts_ends_the_request_at_once(
    sim: Simulation,
    queen: Peer,
    keeper: ActorRef[Keeper],
    receipts: list[Receipt],
    ask: Callable[..., Request],
) -> None:
    say(queen, keeper, Ask(ask()), Rejected("request-1", "full", 0.5), Withdraw("request-1"))
    assert [receipt.outcome for receipt in receipts] == [Cancelled()]
    sim.run(until=10.0)
    assert len(queen.of(Submit)) == 1


def test_a_retry_that_comes_after_the_end_submits_nothing(
    queen: Peer, keeper: ActorRef[Keeper], receipts: list[Receipt], ask: Callable[..., Request]
) -> None:
    say(queen, keeper, Ask(ask()), Rejected("request-1", "full", 0.5), Withdraw("request-1"))
    say(queen, keeper, Retry("request-1"))
    assert len(queen.of(Submit)) == len(receipts) == 1


def test_an_acceptance_that_comes_too_late_is_cancelled(queen: Peer, keeper: ActorRef[Any]) -> None:
    say(queen, keeper, accepted(queen))
    assert queen.of(Cancel) == [Cancel("queen/job-1", keeper)]
