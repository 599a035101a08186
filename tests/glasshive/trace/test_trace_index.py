"""A trace read into arrays says the same as its lines."""

from __future__ import annotations

import gzip
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from glasshive.errors import InputError
from glasshive.trace.index import NONE, Index
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def send(message: int, data: Any, **more: Any) -> dict[str, Any]:
    head = {"kind": "send", "actor": "a", "peer": "b", "type": "Say", "message": message}
    return {**head, "data": data, **more}


def deliver(message: int, cause: int, **more: Any) -> dict[str, Any]:
    head = {"kind": "deliver", "actor": "b", "peer": "a", "type": "Say", "message": message}
    return {**head, "cause": cause, **more}


def test_every_event_is_what_its_line_holds(crash: Path) -> None:
    events = list(TraceReader(crash))
    with Index(crash) as index:
        assert len(index) == len(events) == 1983
        assert list(index.events()) == events
        for number, event in enumerate(events):
            cause = NONE if event.cause is None else event.cause
            message = NONE if event.message is None else event.message
            assert (index.time[number], index.kind_of(number)) == (event.time, event.kind)
            assert index.name(index.actor[number]) == event.actor
            assert index.name(index.peer[number]) == event.peer
            assert index.name(index.type[number]) == event.type
            assert (index.cause[number], index.message[number]) == (cause, message)
        assert index.end is not None
        assert index.end["status"] == "held"


@pytest.mark.parametrize("number", [0, 33, 37, 334, 1982])
def test_one_event_is_read_without_the_others(crashed: Index, number: int) -> None:
    assert crashed.event(number) == list(crashed.events())[number]


def test_a_compressed_trace_reads_the_same(crash: Path, tmp_path: Path) -> None:
    packed: Path = tmp_path / "crash.jsonl.gz"
    with crash.open("rb") as plain, gzip.open(packed, "wb") as file:
        shutil.copyfileobj(plain, file)
    with Index(crash) as one, Index(packed) as other:
        assert other.time == one.time
        assert other.event(37) == one.event(37)
        assert list(other.events()) == list(one.events())


def test_a_message_is_known_at_all_its_events(indexed: Callable[..., Index]) -> None:
    index = indexed(
        send(1, {"text": "hi"}),
        {**deliver(1, 0), "kind": "duplicate", "actor": "a", "peer": "b"},
        deliver(1, 0),
        deliver(1, 1, kind="drop", data={"reason": "loss"}),
    )
    payloads = [seen.payload for seen in index.all_seen()]
    assert payloads == [{"text": "hi"}] * 4
    assert [index.seen(number).payload for number in range(4)] == payloads
    assert index.seen(3).event.data == {"reason": "loss"}


def test_streaming_and_single_reading_see_the_same(crashed: Index) -> None:
    for seen in crashed.all_seen():
        alone = crashed.seen(seen.event.index)
        assert (alone.event, alone.payload, alone.jobs) == (seen.event, seen.payload, seen.jobs)


def test_ids_that_stand_with_one_root_are_names_of_one_job(indexed: Callable[..., Index]) -> None:
    index = indexed(
        send(1, {"request": {"request_id": "r1"}}),
        deliver(1, 0),
        {
            "kind": "state",
            "actor": "b",
            "cause": 1,
            "data": {"subject": "b/1", "before": None, "after": "Queued", "request_id": "r1"},
        },
        send(2, {"job_id": "b/1", "index": 0}),
        send(3, {"job_id": "b/2", "index": 0}),
        {"kind": "note", "actor": "b", "cause": 1, "data": "says something"},
        send(4, "r1"),
    )
    assert index.jobs[0].names == ("r1", "b/1")
    names = [index.job_names(number) for number in range(7)]
    assert names == [("r1",), ("r1",), ("r1",), ("r1",), ("b/2",), ("r1",), ()]
    assert index.jobs.named("b/1", index.path) == index.jobs.named("r1", index.path) == (0,)


def test_a_payload_with_two_roots_joins_nothing_and_belongs_to_both(
    indexed: Callable[..., Index],
) -> None:
    index = indexed(
        send(1, {"all": [{"request_id": "r1"}, {"request_id": "r2"}], "job_id": "batch"}),
        send(2, {"job_id": "batch"}),
    )
    assert index.job_names(0) == ("r1", "r2", "batch")
    assert index.job_names(1) == ("batch",)


def test_fields_that_name_no_job_join_nothing(indexed: Callable[..., Index]) -> None:
    index = indexed(
        send(1, {"request_id": "r1", "model_id": "m"}),
        send(2, {"request_id": "r2", "model_id": "m"}),
        send(3, {"model_id": "m"}),
    )
    assert [index.job_names(number) for number in range(3)] == [("r1",), ("r2",), ()]


def test_without_a_root_every_id_is_a_job_of_its_own(indexed: Callable[..., Index]) -> None:
    index = indexed(send(1, {"order_id": 7, "customer_id": "c"}), send(2, {"order_id": 8}))
    assert [index.job_names(number) for number in range(2)] == [("c", "7"), ("8",)]


def test_the_head_says_which_fields_name_a_job(indexed: Callable[..., Index]) -> None:
    index = indexed(
        send(1, {"order_id": 7, "line_id": "l", "customer_id": "c"}),
        send(2, {"line_id": "l"}),
        jobs={"root": "order_id", "same": ["line_id"]},
    )
    assert [index.job_names(number) for number in range(2)] == [("7",), ("7",)]


def test_a_text_that_looks_like_an_id_is_none(indexed: Callable[..., Index]) -> None:
    index = indexed(send(1, {"text": '{"request_id":"r9"}', "request_id": 'a "b"'}))
    assert index.job_names(0) == ('a "b"',)


def test_mid_stream_crash_has_two_requests_with_a_job_at_each_hop(crashed: Index) -> None:
    jobs = [crashed.jobs[number].names for number in range(len(crashed.jobs))]
    assert jobs == [
        ("request-1", "queen/job-1", "hive-1/job-1", "worker-1/job-1"),
        ("request-2", "queen/job-2", "hive-1/job-2", "worker-1/job-2", "worker-2/job-1"),
    ]


def test_an_unknown_job_is_told_with_the_near_ones(crashed: Index) -> None:
    with pytest.raises(InputError, match="did you mean 'request-1'"):
        crashed.jobs.named("request1", "FILE")
    with pytest.raises(InputError, match="job 'zzz': there is none of this name in FILE; known: "):
        crashed.jobs.named("zzz", "FILE")


def test_an_unknown_event_is_told_with_the_known_ones(crashed: Index) -> None:
    with pytest.raises(
        InputError, match=r"event 1983: there is none in .*; its events are 0 to 1,"
    ):
        crashed.check_event(1983)


def test_a_cut_trace_is_read_as_far_as_it_goes(crash: Path, tmp_path: Path) -> None:
    cut: Path = tmp_path / "cut.jsonl"
    cut.write_bytes(b"".join(crash.read_bytes().splitlines(keepends=True)[:101])[:-4])
    with Index(cut) as index:
        assert len(index) == 99
        assert index.cut is not None
        assert "is cut short; 99 events could be read" in str(index.cut)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"index":5,"time":"x"}\n', "line 7: is not an event"),
        (b"\n", "line 7: is not an event"),
        (
            b'{"index":6,"time":0.0,"kind":"note","actor":"a"}\n',
            "line 7: holds event 6 in place of 5",
        ),
        (
            b'{"index":5,"time":0.0,"kind":"send","actor":"a","message":99999999999999999999}\n',
            "line 7: holds a number that is too large",
        ),
    ],
)
def test_a_broken_line_is_told_with_its_number(
    crash: Path, tmp_path: Path, line: bytes, what: str
) -> None:
    path: Path = tmp_path / "broken.jsonl"
    lines = crash.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:6], line, *lines[7:]]))
    with pytest.raises(InputError, match=what):
        Index(path)


def test_a_cause_that_does_not_come_before_is_kept_apart(tmp_path: Path) -> None:
    path: Path = tmp_path / "odd.jsonl"
    path.write_bytes(
        b'{"glasshive":1}\n{"index":0,"time":0.0,"kind":"note","actor":"a","cause":3}\n'
        b'{"end":{"events":1}}\n'
    )
    with Index(path) as index:
        assert (index.cause[0], index.odd_causes) == (NONE, {0: 3})
