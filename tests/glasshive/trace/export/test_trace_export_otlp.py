"""OpenTelemetry's own messages take what is exported for it."""

from __future__ import annotations

import base64
import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.glasshive.trace.export.conftest import Told

EPOCH = 1_735_689_600 * 10**9
IDS = frozenset(["traceId", "spanId", "parentSpanId"])


class Span(NamedTuple):
    actor: str
    span: Any
    said: dict[str, Any]


def in_base64(value: Any) -> Any:
    """Return a request with ids as protobuf's own JSON has them; OTLP has them in hexadecimal."""
    if isinstance(value, list):
        return [in_base64(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(each)).decode() if key in IDS else in_base64(each)
        for key, each in value.items()
    }


def values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@pytest.fixture(scope="module")
def requests(told: Told) -> list[Any]:
    """Return each line as the request that it is; a field that there is not is refused."""
    service = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    parse = import_module("google.protobuf.json_format").ParseDict
    lines = told.export("otlp").splitlines()
    return [parse(in_base64(json.loads(x)), service.ExportTraceServiceRequest()) for x in lines]


@pytest.fixture(scope="module")
def spans(requests: list[Any]) -> dict[int, Span]:
    """Return each span by the number of its event."""
    found = {}
    for request in requests:
        for resource in request.resource_spans:
            service = values(resource.resource.attributes)
            assert list(service) == ["service.name"]
            for span in resource.scope_spans[0].spans:
                said = values(span.attributes)
                found[said["glasshive.event"]] = Span(service["service.name"], span, said)
    return found


def test_each_event_is_a_span_of_its_actors_service(spans: dict[int, Span], told: Told) -> None:
    assert {number: each.actor for number, each in spans.items()} == {
        event.index: event.actor for event in told.events
    }


def test_a_span_is_named_by_its_kind_and_type(spans: dict[int, Span], told: Told) -> None:
    for event in told.events:
        kind_and_type = f"{event.kind} {event.type}" if event.type else event.kind
        assert spans[event.index].span.name == kind_and_type


def test_a_span_ends_when_its_event_is(spans: dict[int, Span], told: Told) -> None:
    for event in told.events:
        _, span, said = spans[event.index]
        assert span.end_time_unix_nano == EPOCH + round(event.time * 1e9)
        assert said["glasshive.time"] == event.time


def test_an_arrival_begins_when_its_message_was_sent(spans: dict[int, Span], told: Told) -> None:
    sent = {arrival: told.events[send].time for send, arrival in told.flows}
    for event in told.events:
        begin = sent.get(event.index, event.time)
        assert spans[event.index].span.start_time_unix_nano == EPOCH + round(begin * 1e9)


def test_a_spans_parent_is_its_cause(spans: dict[int, Span], told: Told) -> None:
    for event in told.events:
        span = spans[event.index].span
        if event.cause is None:
            assert span.parent_span_id == b""
        else:
            cause = spans[event.cause].span
            assert (span.parent_span_id, span.trace_id) == (cause.span_id, cause.trace_id)


def test_each_message_is_a_producers_span_over_a_consumers(
    spans: dict[int, Span], told: Told
) -> None:
    for send, arrival in told.flows:
        sent, got = spans[send], spans[arrival]
        assert got.span.parent_span_id == sent.span.span_id
        assert sent.span.kind == sent.span.SPAN_KIND_PRODUCER
        if told.events[arrival].kind == "deliver":
            assert got.span.kind == got.span.SPAN_KIND_CONSUMER


def test_a_span_says_its_message_and_peer(spans: dict[int, Span], told: Told) -> None:
    for event in told.events:
        said = spans[event.index].said
        assert said.get("glasshive.message") == event.message
        assert said.get("glasshive.peer") == event.peer


def test_ids_are_as_long_as_opentelemetry_wants_and_no_two_are_the_same(
    spans: dict[int, Span],
) -> None:
    ids = [each.span.span_id for each in spans.values()]
    assert {len(each) for each in ids} == {8}
    assert len(set(ids)) == len(ids)
    assert {len(each.span.trace_id) for each in spans.values()} == {16}
    assert bytes(8) not in ids


def test_what_went_wrong_is_an_error(spans: dict[int, Span], told: Told) -> None:
    wrong = [number for number, each in sorted(spans.items()) if each.span.status.code == 2]
    assert wrong == [
        event.index for event in told.events if event.kind in ("drop", "fail", "violation")
    ]


def test_a_line_is_one_json_object_without_a_line_end_in_it(told: Told) -> None:
    text = told.export("otlp").decode()
    assert text.endswith("\n")
    for line in text.removesuffix("\n").split("\n"):
        assert list(json.loads(line)) == ["resourceSpans"]
