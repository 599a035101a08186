"""Perfetto's own trace processor reads what is exported for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.glasshive.trace.export.conftest import Processor, Told

SLICES = """
    select extract_arg(arg_set_id, 'debug.event') as event, track.name as actor, slice.name as name,
        category, ts, dur, depth, extract_arg(arg_set_id, 'debug.time') as time,
        extract_arg(arg_set_id, 'debug.peer') as peer,
        extract_arg(arg_set_id, 'debug.message') as message,
        extract_arg(arg_set_id, 'debug.cause') as cause
    from slice join track on slice.track_id = track.id order by event
"""
FLOWS = """
    select extract_arg(sent.arg_set_id, 'debug.event'), extract_arg(got.arg_set_id, 'debug.event')
    from flow join slice sent on slice_out = sent.id join slice got on slice_in = got.id
"""
COMPLAINTS = "select name from stats where severity in ('error', 'data_loss') and value > 0"


@pytest.fixture(scope="module")
def read(processor: Processor, told: Told) -> Processor:
    processor.load(told.export("perfetto"))
    return processor


def test_the_trace_processor_complains_of_nothing(read: Processor) -> None:
    assert read.rows(COMPLAINTS) == []


def test_each_event_is_a_slice_on_its_actors_track(read: Processor, told: Told) -> None:
    found = [row[:4] for row in read.rows(SLICES)]
    assert found == [
        (
            event.index,
            event.actor,
            f"{event.kind} {event.type}" if event.type else event.kind,
            event.kind,
        )
        for event in told.events
    ]


def test_each_slice_is_where_its_event_is_in_time(read: Processor, told: Told) -> None:
    for (*_, at, lasts, depth, time, _, _, _), event in zip(
        read.rows(SLICES), told.events, strict=True
    ):
        assert (lasts, depth, time) == (10, 0, event.time)
        assert at == pytest.approx(event.time * 1e9, abs=5_000)


def test_each_slice_says_its_message_peer_and_cause(read: Processor, told: Told) -> None:
    found = [row[-3:] for row in read.rows(SLICES)]
    assert found == [(event.peer or None, event.message, event.cause) for event in told.events]


def test_each_message_is_a_flow(read: Processor, told: Told) -> None:
    assert sorted(read.rows(FLOWS)) == told.flows


def test_no_flow_goes_back_in_time(read: Processor) -> None:
    back = "sent.ts + sent.dur > got.ts"
    assert read.rows(f"{FLOWS} where {back}") == []


def test_all_tracks_are_in_the_one_of_the_run(read: Processor, told: Told) -> None:
    run, *actors = read.rows("select id, name, parent_id from track order by id")
    assert run[1:] == (told.index.header["scenario"], None)
    assert {parent for *_, parent in actors} == {run[0]}
    assert sorted(name or "" for _, name, _ in actors) == sorted(
        {event.actor for event in told.events}
    )


def test_every_field_is_one_of_perfettos(told: Told) -> None:
    proto = import_module("perfetto.protos.perfetto.trace.perfetto_trace_pb2")
    unknown = import_module("google.protobuf.unknown_fields").UnknownFieldSet
    trace = proto.Trace()
    trace.ParseFromString(told.export("perfetto"))
    for packet in trace.packet:
        parts = [packet, packet.track_event, packet.track_descriptor]
        assert [len(unknown(part)) for part in [*parts, *packet.track_event.debug_annotations]] == [
            0
        ] * (3 + len(packet.track_event.debug_annotations))
