"""Each export says all that the trace says: every message, time, actor and flow."""

from __future__ import annotations

import csv
import io
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from glasshive.trace.export import FORMATS, MOST
from glasshive.trace.index import Index
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glasshive.trace import Event


def exported(index: Index, form: str, numbers: list[int] | None = None) -> bytes:
    return b"".join(FORMATS[form](index, list(range(len(index))) if numbers is None else numbers))


def flows(events: list[Event]) -> list[tuple[int, int]]:
    """Return each send or copy with its delivery or loss."""
    kinds = {event.index: event.kind for event in events}
    return sorted(
        (event.cause, event.index)
        for event in events
        if event.kind in ("deliver", "drop")
        and event.cause is not None
        and kinds[event.cause] in ("send", "duplicate")
    )


@pytest.fixture
def events(crash: Path) -> list[Event]:
    return list(TraceReader(crash))


def test_csv_has_a_row_for_each_event(crashed: Index, events: list[Event]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(crashed, "csv").decode())))
    assert len(rows) == len(events)
    for row, event in zip(rows, events, strict=True):
        assert (int(row["index"]), float(row["time"])) == (event.index, event.time)
        assert (row["kind"], row["actor"]) == (event.kind, event.actor)
        assert (row["peer"], row["type"]) == (event.peer or "", event.type or "")
        assert row["cause"] == ("" if event.cause is None else str(event.cause))
        assert (json.loads(row["data"]) if row["data"] else None) == event.data


def test_chrome_has_a_thread_for_each_actor_and_flows_within_slices(
    crashed: Index, events: list[Event]
) -> None:
    entries = json.loads(exported(crashed, "chrome"))["traceEvents"]
    names = {each["tid"]: each["args"]["name"] for each in entries if each["name"] == "thread_name"}
    assert sorted(names.values()) == sorted({event.actor for event in events})
    slices = {each["args"]["event"]: each for each in entries if each["ph"] == "X"}
    assert len(slices) == len(events)
    for event in events:
        each = slices[event.index]
        assert names[each["tid"]] == event.actor
        assert each["args"]["time"] == event.time
        assert each["ts"] == pytest.approx(event.time * 1e6, abs=5)
    begins = {each["id"]: each for each in entries if each["ph"] == "s"}
    ends = [each for each in entries if each["ph"] == "f"]
    assert sorted(begins) == sorted({cause for cause, _ in flows(events)})
    at = {(each["tid"], each["ts"]): number for number, each in slices.items()}
    assert len(at) == len(slices)
    drawn = sorted((each["id"], at[each["tid"], each["ts"]]) for each in ends)
    assert drawn == flows(events)
    assert all(at[each["tid"], each["ts"]] == number for number, each in begins.items())


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data: bytes) -> list[tuple[int, Any]]:
    """Return the fields of a message of protobuf, as its specification says."""
    found: list[tuple[int, Any]] = []
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value: Any
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 1:
            value, at = int.from_bytes(data[at : at + 8], "little"), at + 8
        else:
            assert tag & 7 == 2
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        found.append((tag >> 3, value))
    return found


def test_perfetto_has_a_track_for_each_actor_and_a_flow_for_each_message(
    crashed: Index, events: list[Event]
) -> None:
    packets = [dict(fields(packet)) for _, packet in fields(exported(crashed, "perfetto"))]
    tracks = [dict(fields(packet[60])) for packet in packets if 60 in packet]
    names = {track[1]: track[2].decode() for track in tracks if 5 in track}
    assert sorted(names.values()) == sorted({event.actor for event in events})
    begun = [packet for packet in packets if 11 in packet and dict(fields(packet[11]))[9] == 1]
    ended = [packet for packet in packets if 11 in packet and dict(fields(packet[11]))[9] == 2]
    assert len(begun) == len(ended) == len(events)
    starts, stops = {}, []
    for packet, event in zip(begun, events, strict=True):
        slice_ = dict(fields(packet[11]))
        assert names[slice_[11]] == event.actor
        assert slice_[22].decode() == event.kind
        assert packet[8] == pytest.approx(event.time * 1e9, abs=5_000)
        if 47 in slice_:
            starts[slice_[47]] = event.index
        if 48 in slice_:
            stops.append((slice_[48], event.index))
    assert sorted((starts[flow], index) for flow, index in stops) == flows(events)


def test_perfetto_is_read_by_perfettos_own_classes(crashed: Index, events: list[Event]) -> None:
    proto = import_module("perfetto.protos.perfetto.trace.perfetto_trace_pb2")
    trace = proto.Trace()
    trace.ParseFromString(exported(crashed, "perfetto"))
    names = {
        packet.track_descriptor.uuid: packet.track_descriptor.name
        for packet in trace.packet
        if packet.HasField("track_descriptor")
    }
    begun = [packet for packet in trace.packet if packet.track_event.type == 1]
    for packet, event in zip(begun, events, strict=True):
        slice_ = packet.track_event
        said = {each.name: each for each in slice_.debug_annotations}
        assert names[slice_.track_uuid] == event.actor
        assert list(slice_.categories) == [event.kind]
        assert said["time"].double_value == event.time
        assert said["event"].int_value == event.index
    sent = {flow: p.track_event for p in begun for flow in p.track_event.flow_ids}
    got = [flow for p in begun for flow in p.track_event.terminating_flow_ids]
    assert len(got) == len(flows(events))
    assert set(got) == set(sent)


def test_shiviz_clocks_begin_at_one_never_skip_and_are_the_order(
    crashed: Index, events: list[Event]
) -> None:
    text = exported(crashed, "shiviz").decode()
    found = re.findall(r"(?P<event>.*)\n(?P<host>\S*) (?P<clock>{.*})\n", text)
    assert len(found) == len(events)
    last: dict[str, dict[str, int]] = {}
    clocks: list[dict[str, int]] = []
    for (_, host, clock_text), event in zip(found, events, strict=True):
        clock = json.loads(clock_text)
        assert host == event.actor
        before = last.get(host, {})
        assert clock[host] == before.get(host, 0) + 1
        assert all(clock[other] >= count for other, count in before.items())
        if event.cause is not None:
            cause = clocks[event.cause]
            assert all(clock[other] >= count for other, count in cause.items())
        last[host] = clock
        clocks.append(clock)


def test_shiviz_follows_causes_through_what_is_left_out(crashed: Index) -> None:
    text = exported(crashed, "shiviz", [15, 33, 37]).decode()
    clocks = [json.loads(line.split(" ", 1)[1]) for line in text.splitlines()[1::2]]
    assert clocks == [
        {"script": 1},
        {"script": 1, "keeper-1": 1},
        {"script": 1, "keeper-1": 1, "queen": 1},
    ]


def test_otlp_has_a_span_for_each_event_whose_parent_is_its_cause(
    crashed: Index, events: list[Event]
) -> None:
    spans: dict[int, tuple[str, dict[str, Any]]] = {}
    for line in exported(crashed, "otlp").splitlines():
        for resource in json.loads(line)["resourceSpans"]:
            (service,) = resource["resource"]["attributes"]
            (scope,) = resource["scopeSpans"]
            for span in scope["spans"]:
                spans[int(span["spanId"], 16) - 1] = (service["value"]["stringValue"], span)
    assert sorted(spans) == list(range(len(events)))
    for event in events:
        actor, span = spans[event.index]
        assert actor == event.actor
        assert re.fullmatch("[0-9a-f]{16}", span["spanId"])
        assert re.fullmatch("[0-9a-f]{32}", span["traceId"])
        assert int(span["endTimeUnixNano"]) - 1_735_689_600 * 10**9 == round(event.time * 1e9)
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        if event.cause is None:
            assert "parentSpanId" not in span
        else:
            assert int(span["parentSpanId"], 16) - 1 == event.cause
            assert span["traceId"] == spans[event.cause][1]["traceId"]


def test_mermaid_draws_each_message_once(crashed: Index) -> None:
    lines = exported(crashed, "mermaid", [33, 37, 38, 334, 389, 402, 403]).decode().splitlines()
    assert lines == [
        "sequenceDiagram",
        "    participant a0 as queen",
        "    participant a1 as keeper-1",
        "    participant a2 as worker-1",
        "    participant a3 as hive-1",
        *lines[5:],
    ]
    assert lines[5].startswith("    a1->>a0: 1.0010 s #35;37 Submit request=Request(")
    assert lines[6].startswith("    Note over a0: 1.0010 s #35;38 queen/job-1#58; (new) → Queued")
    assert lines[7] == "    Note over a2: 1.3172 s #35;334 crash"
    assert lines[8].startswith("    a3-xa2: 5.0000 s #35;403 _ActorStop lost#58; crash")
    assert len(lines) == 9


@pytest.mark.parametrize("form", FORMATS)
def test_export_writes_a_file(
    trace: Callable[..., Any], crash: Path, tmp_path: Path, form: str
) -> None:
    out: Path = tmp_path / "out"
    said = trace("export", crash, "--to", form, "-o", out, "--job", "request-2")
    assert (said.code, said.out, said.err) == (0, [], "")
    with Index(crash) as index:
        job = index.jobs.named("request-2", crash)
        numbers = [n for n in range(len(index)) if set(job) & set(index.jobs_of(n))]
        assert out.read_bytes() == exported(index, form, numbers)


@pytest.mark.parametrize("form", MOST)
def test_what_a_format_cannot_bear_is_cut_and_that_is_said(
    trace: Callable[..., Any],
    crash: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    monkeypatch.setitem(MOST, form, 10)
    out: Path = tmp_path / "out"
    said = trace("export", crash, "--to", form, "-o", out)
    assert said.code == 0
    assert said.err.startswith(f"note: {form} bears 10 events, and these are the first of 1,983;")
    with Index(crash) as index:
        assert out.read_bytes() == exported(index, form, list(range(10)))


def test_a_wrong_format_or_file_is_told(trace: Callable[..., Any], crash: Path) -> None:
    assert "is not one of 'perfetto', 'chrome'" in trace("export", crash, "--to", "svg").err
    said = trace("export", crash, "--to", "csv", "-o", crash.with_name("no") / "x")
    assert said.code == 2
    assert "cannot be written (No such file or directory)" in said.err
    said = trace("export", crash, "--to", "csv", "-o", crash)
    assert said.code == 2
    assert "is the trace itself; give another file" in said.err
