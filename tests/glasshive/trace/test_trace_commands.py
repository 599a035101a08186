"""The commands about a trace, as a person types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from glasshive.trace.passage import item_of, passage
from glasshive.trace.soundness import check
from glasshive.trace.statistics import quantile, statistics

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glasshive.trace.index import Index

    Trace = Callable[..., Any]


def test_show_draws_a_job(trace: Trace, crash: Path) -> None:
    said = trace("show", crash, "--job", "worker-2/job-1")
    assert (said.code, said.err) == (0, "")
    assert said.out[0].split()[2:4] == ["queen", "hive-1"]
    assert "     1.2506      263  ●─Accepted request_id=re…─▶            │            │" in {
        line[:80].rstrip() for line in said.out
    }
    assert max(map(len, said.out)) <= 100


def test_show_json_prints_the_lines_of_the_file(trace: Trace, crash: Path) -> None:
    lines = crash.read_text().splitlines()
    assert trace("show", crash, "--json").out == lines[1:-1]
    said = trace("show", crash, "--json", "--where", 'type == "Accepted" and kind == "send"')
    assert said.out == [line for line in lines if '"kind":"send"' in line and '"Accepted"' in line]
    assert len(said.out) == 7


def test_show_says_so_when_nothing_is_like_that(trace: Trace, crash: Path) -> None:
    assert trace("show", crash, "--from", "1000").out == ["no event is like that"]


def test_why_shows_the_chain_of_causes(trace: Trace, crash: Path) -> None:
    said = trace("why", crash, "#40")
    assert [line.split()[1:3] for line in said.out] == [
        ["15", "send"],
        ["31", "deliver"],
        ["33", "send"],
        ["37", "deliver"],
        ["39", "send"],
        ["40", "deliver"],
    ]


def test_effects_and_why_are_each_others_converse(trace: Trace, crash: Path) -> None:
    came = [json.loads(line)["index"] for line in trace("effects", crash, "404", "--json").out]
    assert came[0] == 404
    assert len(came) > 100
    for number in came[:: len(came) // 7]:
        chain = [json.loads(line)["index"] for line in trace("why", crash, number, "--json").out]
        assert 404 in chain


def test_concurrent_events_are_neither_causes_nor_effects(trace: Trace, crash: Path) -> None:
    beside = {line.split()[1] for line in trace("why", crash, "404", "--concurrent").out}
    assert beside == {
        line.split()[1] for line in trace("effects", crash, "404", "--concurrent").out
    }
    assert "403" in beside
    assert not beside & {line.split()[1] for line in trace("why", crash, "404").out}
    assert not beside & {line.split()[1] for line in trace("effects", crash, "404").out}


def test_follow_tells_each_part_and_each_item(trace: Trace, crash: Path) -> None:
    said = trace("follow", crash, "hive-1/job-2")
    assert said.code == 0
    assert said.out[0] == "request-2 · 190 events · from 1.2486 s to 36.0000 s"
    rows = {line.split()[0]: line.split() for line in said.out[3:7]}
    assert rows["worker-1/job-2"][-2:] == ["5", "Running"]
    assert rows["queen/job-2"][-1] == "Completed"
    assert "16 items worker-2 → hive-1 → queen → keeper-1" in said.out
    assert "   5  5.0131   +0.0000    +0.0010   +0.0010      0.002 s    435" in said.out


def test_a_job_stays_in_its_states_and_its_items_take_their_hops(crashed: Index) -> None:
    (way,) = passage(crashed, "request-2")
    queen = way.parts[0]
    assert (queen.name, queen.actor, queen.ended) == ("queen/job-2", "queen", "Completed")
    stays = [(state, round(span, 4)) for state, span in queen.stays()]
    assert stays[:2] == [("Queued", 0.004), ("Running", 3.9285)]
    whole = [item for item in way.items if len(item.hops) == 3]
    assert [item.hops[-1].number for item in whole] == list(range(21))
    assert {round(item.seconds or 0, 6) for item in whole} == {0.002}


def test_a_lost_item_ends_where_it_was_lost(indexed: Callable[..., Index]) -> None:
    head = {"actor": "a", "peer": "b", "type": "T", "data": {"job_id": "j", "index": 0}}
    back = {"actor": "b", "peer": "a", "type": "T"}
    index = indexed(
        {**head, "kind": "send", "message": 1},
        {**back, "kind": "deliver", "message": 1, "cause": 0},
        {**head, "kind": "send", "actor": "b", "peer": "c", "message": 2, "cause": 1},
        {**back, "kind": "drop", "actor": "c", "peer": "b", "message": 2, "cause": 2},
    )
    (way,) = passage(index, "j")
    (item,) = way.items
    assert item.actors == ("a", "b", "c")
    assert [hop.arrived for hop in item.hops] == [1.0, None]
    assert item.seconds is None


def test_an_item_that_comes_twice_has_come_the_first_time(indexed: Callable[..., Index]) -> None:
    head = {"actor": "a", "peer": "b", "type": "T", "message": 1}
    back = {**head, "kind": "deliver", "actor": "b", "peer": "a"}
    index = indexed(
        {**head, "kind": "send", "data": {"job_id": "j", "index": 0}},
        {**head, "kind": "duplicate", "cause": 0},
        {**back, "cause": 1},
        {**back, "cause": 0},
    )
    (item,) = passage(index, "j")[0].items
    assert (item.seconds, item.hops[0].event) == (2.0, 2)


@pytest.mark.parametrize(
    ("payload", "item"),
    [
        ({"job_id": "j", "index": 3}, ("j", 3)),
        ({"job_id": 7, "index": 0}, ("7", 0)),
        ({"index": 3}, None),
        ({"job_id": "j", "index": True}, None),
        ({"job_id": "j"}, None),
        ("text", None),
    ],
)
def test_an_item_has_a_number_and_an_id(payload: object, item: object) -> None:
    assert item_of(payload) == item


def test_stats_counts_what_there_is(trace: Trace, crash: Path) -> None:
    told = json.loads("\n".join(trace("stats", crash, "--json").out))
    lines = [json.loads(line) for line in crash.read_text().splitlines()[1:-1]]
    for kind, count in told["kinds"].items():
        assert count == sum(line["kind"] == kind for line in lines)
    assert sum(told["kinds"].values()) == told["events"] == 1983
    items = next(each for each in told["messages"] if each["type"] == "StreamItem")
    assert (items["sent"], items["delivered"], items["lost"]) == (134, 134, 0)
    assert items["seconds"]["max"] == pytest.approx(0.001)
    assert sum(actor["events"] for actor in told["actors"]) == 1983
    said = trace("stats", crash)
    assert said.out[0] == "mid_stream_crash · seed 0 · simulated · held"
    assert "StreamItem   134        134     0         0     0.001     0.001  0.001" in said.out


def test_messages_under_way_are_counted_at_the_busiest_moment(
    indexed: Callable[..., Index],
) -> None:
    send = {"kind": "send", "actor": "a", "peer": "b", "type": "T"}
    deliver = {"kind": "deliver", "actor": "b", "peer": "a", "type": "T"}
    numbers = statistics(
        indexed(
            {**send, "message": 1},
            {**send, "message": 2},
            {**deliver, "message": 1, "cause": 0},
            {**send, "message": 3},
            {**deliver, "message": 3, "cause": 3},
            {**deliver, "message": 2, "cause": 1},
            {**send, "message": 4},
        )
    )
    assert numbers.most_under_way == 2
    assert numbers.messages[0].latencies == (1.0, 2.0, 4.0)


def test_a_quantile_is_a_value_that_there_is() -> None:
    assert [quantile([1, 2, 3, 4], share) for share in (0, 0.25, 0.5, 0.51, 1)] == [1, 1, 2, 3, 4]
    assert quantile([], 0.5) is None


def test_a_sound_trace_is_called_sound(trace: Trace, crash: Path) -> None:
    said = trace("check", crash)
    assert (said.code, said.out[-1]) == (0, "sound · 1,983 events")
    assert all(line.startswith("  ✓ ") for line in said.out[:-1])
    assert json.loads(trace("check", crash, "--json").out[0])["status"] == "sound"


SEND = {"kind": "send", "actor": "a", "peer": "b", "type": "T", "message": 1}
GOT = {"kind": "deliver", "actor": "b", "peer": "a", "type": "T", "message": 1, "cause": 0}


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            [{"kind": f"dance {n}", "actor": "a"} for n in range(300)],
            "event 4 is of kind 'dance 4'",
        ),
        ([{"kind": "dance", "actor": "a"}], "event 0 is of kind 'dance'"),
        ([{"kind": "note", "actor": "a", "cause": 5}], "event 0 names event 5 as its cause"),
        ([SEND, {**GOT, "time": -1.0}], "event 1 is at -1.0 s, after one at 0.0 s"),
        ([SEND, {**GOT, "cause": None}], "event 1 is a deliver whose cause is no send"),
        ([SEND, {**GOT, "message": 2}], "event 1 is a deliver of another message than its cause"),
        ([SEND, {**GOT, "actor": "c"}], "event 1 has other ends than the send of its message"),
        ([SEND, GOT, GOT], "event 2 is the second end of the message of event 0"),
    ],
)
def test_what_is_not_sound_is_said(
    trace: Trace, written: Callable[..., Path], events: list[dict[str, Any]], sentence: str
) -> None:
    said = trace("check", written(*events))
    assert said.code == 1
    assert f"      {sentence}" in said.out


def test_a_changed_event_is_seen_by_its_digest(trace: Trace, crash: Path, tmp_path: Path) -> None:
    changed: Path = tmp_path / "changed.jsonl"
    changed.write_text(crash.read_text().replace('"text":" hum"', '"text":" hmm"', 1))
    said = trace("check", changed)
    assert said.code == 1
    assert "  ✗ the digest is the one of the events" in said.out


def test_clocks_of_a_live_run_are_each_actors_own(indexed: Callable[..., Index]) -> None:
    index = indexed(
        {"kind": "note", "actor": "a", "time": 2.0},
        {"kind": "note", "actor": "b", "time": 1.0},
        runtime="live",
    )
    assert not any(finding.broken for finding in check(index))


COMMANDS = [
    *("check", "diff", "effects", "export", "find", "follow", "lost"),
    *("query", "show", "state", "stats", "view", "why"),
]


def test_each_command_explains_itself(trace: Trace) -> None:
    said = trace("--help")
    assert said.code == 0
    for name in COMMANDS:
        assert any(line.split()[:1] == [name] for line in said.out)
        assert trace(name, "--help").out[0].startswith(f"Usage: glasshive trace {name} ")
