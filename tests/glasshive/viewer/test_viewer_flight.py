"""The page of a trace that begins in the middle of its run, as a flight recorder writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Opened = Callable[..., Page]

FIRST = 300
"""In the middle of the second request, before the worker crashes."""


@pytest.fixture
def late(traces: dict[str, Path], tmp_path: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Return a trace without its first events, and its events."""
    head, *lines, end = map(json.loads, traces["crash"].read_text(encoding="utf-8").splitlines())
    events = lines[FIRST:]
    for event in events:
        event["index"] -= FIRST
        if "cause" in event:
            event["cause"] -= FIRST
    end["end"]["events"] = len(events)
    texts = [
        json.dumps(line, separators=(",", ":")) for line in [{**head, "first": FIRST}, *events, end]
    ]
    path = tmp_path / "late.jsonl"
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path, events


def test_a_trace_that_begins_late_says_so_and_has_its_lanes_in_order(
    opened: Opened, late: tuple[Path, list[dict[str, Any]]]
) -> None:
    page = opened(late[0], "#tab=run")
    expect(page.locator("#panel")).to_contain_text("Begins with event 300 of the run")
    names = page.evaluate("glasshive.traces[0].lanes.map((lane) => lane.name)")
    assert names == ["script", "keeper-1", "queen", "hive-1", "worker-1", "worker-2"]


def test_who_ends_and_never_began_was_there_from_the_beginning(
    opened: Opened, late: tuple[Path, list[dict[str, Any]]]
) -> None:
    path, events = late
    alive = opened(path).evaluate(
        "Object.fromEntries(glasshive.traces[0].lanes.map((lane) => [lane.name, lane.alive]))"
    )
    ends = next(
        each["time"] for each in events if each["kind"] == "stop" and each["actor"] == "queen"
    )
    assert alive["queen"] == [[events[0]["time"], ends]]
    assert alive["script"] is None


def test_a_message_that_was_sent_before_is_said_to_be(
    opened: Opened, late: tuple[Path, list[dict[str, Any]]]
) -> None:
    path, events = late
    event = next(
        each["index"] for each in events if each["kind"] == "deliver" and each["cause"] < 0
    )
    page = opened(path, f"#event={event}")
    expect(page.locator("#panel")).to_contain_text("Before the first event on this page.")
    expect(page.locator("#panel .payload")).to_have_text("sent before the first event on this page")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#panel h3.title .index")).to_have_text(f"#{event} ")
    page.locator("#where").fill("cause < 0")
    older = sum(each.get("cause", 0) < 0 for each in events)
    expect(page.locator("#found")).to_contain_text(f"{older} of ")


def test_what_was_held_when_it_begins_is_held_from_there_on(
    opened: Opened, late: tuple[Path, list[dict[str, Any]]]
) -> None:
    page = opened(late[0], "#at=0&tab=state")
    # All that changes later was there: request 1 had ended, request 2 was running at every hop.
    shown = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('.entry')].map((entry) =>"
        "[entry.dataset.subject, entry.querySelector('.states').lastChild.textContent]))"
    )
    assert shown == {
        "queen/job-1": "Completed",
        "hive-1/job-1": "Completed",
        "queen/job-2": "Running",
        "hive-1/job-2": "Running",
    }
    expect(page.locator("#panel")).to_contain_text("not changed since the trace begins")
    found = page.evaluate("glasshive.strip.readings.find(({ name }) => name === 'Running').value")
    assert found == 2
