"""Perfetto's trace processor and chrome://tracing read what is exported as Chrome's JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

    from tests.glasshive.trace.export.conftest import Processor, Told

SLICES = """
    select extract_arg(slice.arg_set_id, 'args.event') as event, thread.name as actor,
        slice.name as name, category, ts, dur, depth,
        extract_arg(slice.arg_set_id, 'args.time') as time,
        extract_arg(slice.arg_set_id, 'args.peer') as peer,
        extract_arg(slice.arg_set_id, 'args.message') as message,
        extract_arg(slice.arg_set_id, 'args.cause') as cause
    from slice join thread_track on slice.track_id = thread_track.id join thread using (utid)
    order by event
"""
FLOWS = """
    select extract_arg(sent.arg_set_id, 'args.event'), extract_arg(got.arg_set_id, 'args.event')
    from flow join slice sent on slice_out = sent.id join slice got on slice_in = got.id
"""
COMPLAINTS = "select name from stats where severity in ('error', 'data_loss') and value > 0"


def as_read(text: str | None) -> str | None:
    r"""Return a text as the trace processor has it, which leaves all escapes but \" as they are."""
    return text and json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')


@pytest.fixture(scope="module")
def read(processor: Processor, told: Told) -> Processor:
    processor.load(told.export("chrome"))
    return processor


def test_the_trace_processor_complains_of_nothing(read: Processor) -> None:
    assert read.rows(COMPLAINTS) == []


def test_each_event_is_a_slice_on_its_actors_thread(read: Processor, told: Told) -> None:
    found = [(event, actor or "", *rest) for event, actor, *rest in read.rows(SLICES)]
    assert [row[:4] for row in found] == [
        (
            event.index,
            as_read(event.actor),
            f"{event.kind} {event.type}" if event.type else event.kind,
            event.kind,
        )
        for event in told.events
    ]


def test_each_slice_is_where_its_event_is_in_time(read: Processor, told: Told) -> None:
    for (*_, at, lasts, depth, time, _, _, _), event in zip(
        read.rows(SLICES), told.events, strict=True
    ):
        assert (lasts, depth) == (1_000, 0)
        assert time == pytest.approx(event.time, rel=1e-14)  # it reads no double to its last bit
        assert at == pytest.approx(event.time * 1e9, abs=50_000)


def test_each_slice_says_its_message_peer_and_cause(read: Processor, told: Told) -> None:
    found = [row[-3:] for row in read.rows(SLICES)]
    assert found == [(as_read(event.peer), event.message, event.cause) for event in told.events]


def test_each_message_is_a_flow(read: Processor, told: Told) -> None:
    assert sorted(read.rows(FLOWS)) == told.flows


def test_no_flow_goes_back_in_time(read: Processor) -> None:
    assert read.rows(f"{FLOWS} where sent.ts + sent.dur > got.ts") == []


# -- chrome://tracing ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def tracing(context: BrowserContext, perfetto_files: Path) -> Page:
    """Return the page of chrome://tracing, which Perfetto's brings along."""
    page = context.new_page()
    page.goto((perfetto_files / "assets" / "catapult_trace_viewer.html").as_uri())
    return page


@pytest.fixture(scope="module")
def model(tracing: Page, told: Told) -> Any:
    """Return what chrome://tracing makes of the trace."""
    return tracing.evaluate(
        """(text) => {
            const model = new tr.Model();
            new tr.importer.Import(model).importTraces([text]);
            return {
                warnings: model.importWarnings,
                threads: model.getAllThreads().map((thread) => [
                    thread.name, thread.sliceGroup.slices.map((each) => each.args.event)]),
                flows: model.flowEvents.map((flow) => [
                    flow.startSlice.args.event, flow.endSlice.args.event]),
            };
        }""",
        told.export("chrome").decode(),
    )


def test_chrome_tracing_warns_of_nothing(model: Any) -> None:
    assert model["warnings"] == []


def test_chrome_tracing_has_each_actors_events_in_their_order(model: Any, told: Told) -> None:
    held: dict[str, list[int]] = {}
    for event in told.events:
        held.setdefault(event.actor, []).append(event.index)
    assert {name or "": numbers for name, numbers in model["threads"]} == held


def test_chrome_tracing_draws_each_message(model: Any, told: Told) -> None:
    assert sorted(map(tuple, model["flows"])) == told.flows


# -- the rules of the format --------------------------------------------------------------


@pytest.fixture(scope="module")
def entries(told: Told) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(told.export("chrome"))["traceEvents"]
    return found


def of(entries: list[dict[str, Any]], phases: str) -> list[dict[str, Any]]:
    return [each for each in entries if each["ph"] in phases]


def test_only_names_slices_and_flows_are_written(entries: list[dict[str, Any]]) -> None:
    assert {each["ph"] for each in entries} == set("MXsf")


def test_flow_ids_are_numbers(entries: list[dict[str, Any]]) -> None:
    assert {type(each["id"]) for each in of(entries, "sf")} == {int}


def test_each_flow_is_bound_to_the_slice_that_it_is_within(entries: list[dict[str, Any]]) -> None:
    starts = {(each["tid"], each["ts"]) for each in of(entries, "X")}
    assert all((each["tid"], each["ts"] - 0.5) in starts for each in of(entries, "sf"))
    assert {each["bp"] for each in of(entries, "f")} == {"e"}


def test_time_goes_on_in_each_thread(entries: list[dict[str, Any]]) -> None:
    last: dict[int, float] = {}
    for each in of(entries, "X"):
        assert each["ts"] >= last.get(each["tid"], 0)
        last[each["tid"]] = each["ts"] + each["dur"]
