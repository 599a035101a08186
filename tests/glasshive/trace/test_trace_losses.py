"""What did not come as it should is told, with who had it last."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from glasshive.scenario import run
from glasshive.trace.index import Index
from glasshive.trace.losses import losses

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def send(message: int, number: int | None = None, **more: Any) -> dict[str, Any]:
    data = None if number is None else {"job_id": "j", "index": number}
    head = {"kind": "send", "actor": "a", "peer": "b", "type": "T", "data": data}
    return {**head, "message": message, **more}


def got(message: int, cause: int, **more: Any) -> dict[str, Any]:
    head = {"kind": "deliver", "actor": "b", "peer": "a", "type": "T", "message": message}
    return {**head, "cause": cause, **more}


def lost(message: int, cause: int, reason: str = "loss") -> dict[str, Any]:
    return got(message, cause, kind="drop", data={"reason": reason})


def found(index: Index, **how: Any) -> list[tuple[str, int, int]]:
    return [(each.fate, each.event, each.send) for each in losses(index, **how)]


def test_a_lost_item_is_made_good_where_it_comes_again(indexed: Callable[..., Index]) -> None:
    index = indexed(send(1, 0), lost(1, 0), send(2, 0), got(2, 2), send(3, 1), lost(3, 4))
    one, other = losses(index)
    assert (one.fate, one.event, one.send, one.holder) == ("lost", 1, 0, "a")
    assert (one.receiver, one.why, one.item, one.made_good) == ("b", "loss", ("j", 0), 3)
    assert (other.event, other.item, other.made_good) == (5, ("j", 1), None)


def test_what_comes_to_somebody_else_makes_nothing_good(indexed: Callable[..., Index]) -> None:
    index = indexed(send(1, 0), lost(1, 0), send(2, 0, peer="c"), got(2, 2, actor="c"))
    assert [each.made_good for each in losses(index)] == [None]


def test_a_message_under_way_at_the_end_is_undelivered(indexed: Callable[..., Index]) -> None:
    assert found(indexed(send(1), send(2), lost(2, 1, "end"))) == [
        ("undelivered", 0, 0),
        ("undelivered", 2, 1),
    ]


def test_a_second_copy_is_told_and_so_is_an_item_sent_again(
    indexed: Callable[..., Index],
) -> None:
    copy = send(1, 0, kind="duplicate", cause=0, data=None)
    index = indexed(send(1, 0), copy, got(1, 0), got(1, 1), send(2, 0), got(2, 4))
    assert found(index) == [("repeated", 1, 0), ("repeated", 3, 0), ("repeated", 5, 4)]


def test_a_message_without_a_number_may_be_sent_again(indexed: Callable[..., Index]) -> None:
    assert found(indexed(send(1), got(1, 0), send(2), got(2, 2))) == []


def test_what_a_later_one_overtakes_is_out_of_order(indexed: Callable[..., Index]) -> None:
    index = indexed(send(1), send(2), send(3, peer="c"), got(2, 1), got(3, 2, actor="c"), got(1, 0))
    assert found(index) == [("out of order", 5, 0)]


def test_an_item_that_nobody_sent_is_missing(indexed: Callable[..., Index]) -> None:
    index = indexed(send(1, 4), got(1, 0), send(2, 6), got(2, 2))
    (each,) = losses(index)
    assert (each.fate, each.event, each.item, each.holder) == ("missing", 3, ("j", 5), "a")
    assert each.why == "a never sent it"


def test_late_is_ten_times_the_usual_or_what_is_asked(indexed: Callable[..., Index]) -> None:
    events = []
    for number in range(21):
        took = 0.02 if number == 7 else 0.001
        events += [send(number, time=number), got(number, 2 * number, time=number + took)]
    assert found(indexed(*events)) == [("late", 15, 14)]
    assert found(indexed(*events[:20])) == []
    assert found(indexed(*events[:20]), late=0.019) == [("late", 15, 14)]
    assert found(indexed(*events), late=0.03) == []


def test_lossy_links_lose_what_their_trace_says(tmp_path: Path) -> None:
    path: Path = tmp_path / "lossy.jsonl"
    run("lossy_links", {"limit": 3}, trace=path)
    lines = [json.loads(line) for line in path.read_text().splitlines()[1:-1]]
    drops = {line["index"] for line in lines if line["kind"] == "drop"}
    copies = {line["index"] for line in lines if line["kind"] == "duplicate"}
    with Index(path) as index:
        told = losses(index)
    assert {each.event for each in told if each.fate in ("lost", "undelivered")} == drops
    assert copies <= {each.event for each in told if each.fate == "repeated"}
    # Every token of a stream that was lost came in the end: the scenario's promise.
    assert not [
        each for each in told if each.receiver.startswith("keeper") and each.fate == "missing"
    ]


def test_lost_tells_it(trace: Callable[..., Any], written: Callable[..., Path]) -> None:
    path = written(send(1, 0), lost(1, 0), send(2, 0), got(2, 2), send(3), lost(3, 4, "crash"))
    said = trace("lost", path)
    assert (said.code, said.out) == (
        0,
        [
            "2 lost (1 for good)",
            "      1.0000         1  lost          a → b  j #0: loss (sent at 0, came at 3)",
            "      5.0000         5  lost          a → b  T: crash (sent at 4, never came)",
        ],
    )
    assert trace("lost", path, "--job", "j").out[0] == "1 lost (0 for good)"
    assert json.loads(trace("lost", path, "--json").out[0])["made_good"] == 3


def test_lost_says_so_when_nothing_is(trace: Callable[..., Any], written: Any) -> None:
    path = written(send(1), got(1, 0))
    assert trace("lost", path).out == ["nothing is lost, late, repeated or out of order"]


@pytest.mark.parametrize("late", ["-1", "soon"])
def test_late_takes_seconds(trace: Callable[..., Any], crash: Path, late: str) -> None:
    assert trace("lost", crash, "--late", late).code == 2
