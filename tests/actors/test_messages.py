from __future__ import annotations

from typing import Any

from actors import Accepted, Failed, Heartbeat, Lie, Receipt, Rejected, Request, Submit

NOBODY: Any = None
REQUEST = Request("request-1", "llama", "hello", 1, 5)


def test_a_request_is_for_one_answer_that_ends_by_itself_if_nothing_else_is_said() -> None:
    assert (
        Request(
            "request-1",
            "llama",
            "hello",
            1,
            5,
            seed=0,
            ignore_eos=False,
            priority=0,
            copies=1,
            branch=0,
        )
        == REQUEST
    )


def test_a_submission_is_the_first_one_of_a_job_without_a_limit_if_nothing_else_is_said() -> None:
    submit = Submit(REQUEST, NOBODY)
    assert (submit.turn, submit.generated, submit.seconds) == ((0, 0), 0, None)
    assert Accepted("request-1", "job-1", NOBODY).turn == (0, 0)
    assert Rejected("request-1", "no", None).turn == (0, 0)


def test_a_heartbeat_is_of_a_first_life_if_nothing_else_is_said() -> None:
    heartbeat = Heartbeat("worker-1", NOBODY, None)
    assert (heartbeat.epoch, heartbeat.turn) == ("", (0, 0))


def test_who_lies_is_not_blind_if_nothing_else_is_said() -> None:
    assert Lie(1.0) == Lie(1.0, blind=False)


def test_a_receipt_is_of_no_item_if_nothing_else_is_said() -> None:
    receipt = Receipt(REQUEST, 0.0, None, NOBODY, [[]], 1.0, Failed("no"), 1)
    assert (receipt.indices.typecode, list(receipt.indices)) == ("q", [])
