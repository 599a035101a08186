"""Two traces on one page: the same events beside one another, and where the runs part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from glasshive.cli.trace.view import command
from glasshive.trace.alignment import align
from glasshive.trace.index import Index
from tests.glasshive.viewer.conftest import OTHER_CHOICE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    Opened = Callable[..., Page]
    Written = Callable[..., Path]


def row(page: Page, event: int) -> Locator:
    return page.locator(f'#panel .row[data-event="{event}"]').first


def test_the_parting_that_is_marked_is_the_one_that_diff_names(
    opened: Opened, traces: dict[str, Path]
) -> None:
    with Index(traces["crash"]) as one, Index(traces["later"]) as other:
        found = align(one, other)
    split = found.split
    assert split is not None
    page = opened("both")
    expect(page.locator("canvas.lanes")).to_have_count(2)
    expect(page.get_by_role("tab", name="Parting")).to_have_attribute("aria-selected", "true")
    panel = page.locator("#panel")
    expect(panel).to_contain_text(f"They part at {split.actor}, which")
    expect(panel).to_contain_text(f"{found.shared:,} events in both")
    expect(panel.locator("tr", has_text="parameters.after")).to_contain_text("59")
    assert page.evaluate("glasshive.lanes.map((each) => each.parting)") == [split.left, split.right]
    for side, event in enumerate((split.left, split.right)):
        assert event is not None
        page.get_by_role("tab", name="Parting").click()
        row(page, event).click()
        expect(page.locator("#panel h3.title .index")).to_have_text(f"#{event} ")
        assert page.evaluate("glasshive.focus.side") == side


GOT = {"kind": "deliver", "actor": "b", "peer": "a", "type": "Said", "message": 1}
SENT = {"kind": "send", "peer": "b", "type": "Said"}


def told(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {**SENT, "actor": "a", "message": number, "data": {"text": text}, **more}


ONE = [
    {"kind": "spawn", "actor": "a"},
    {"kind": "spawn", "actor": "b"},
    told(1, "hello", time=1.0),
    {**GOT, "time": 1.5, "cause": 2},
    {"kind": "note", "time": 2.0, "actor": "b", "cause": 3, "data": "only here"},
]
OTHER = [
    {"kind": "spawn", "actor": "b"},
    {"kind": "spawn", "actor": "a"},
    {"kind": "note", "actor": "c", "data": "only there"},
    told(1, "good day", time=3.0),
    {**GOT, "time": 3.5, "cause": 3},
]
TWINS = [1, 0, 3, 4, -1]


@pytest.fixture
def beside(opened: Opened, written: Written) -> Page:
    return opened(written(*ONE, name="one.jsonl"), other=written(*OTHER, name="other.jsonl"))


def marked(page: Page, mark: str) -> list[int | None]:
    found: list[int | None] = page.evaluate(f"glasshive.lanes.map((each) => each.{mark})")
    return found


def test_where_an_actor_is_only_in_one_trace_the_same_moment_is_marked_in_the_other(
    beside: Page,
) -> None:
    expect(beside.locator("#panel")).to_contain_text(
        "They part at c, which does nothing in the first"
    )
    assert marked(beside, "parting") == [1, 2]


def test_where_more_than_payloads_differs_is_marked_beside_where_payloads_do(
    opened: Opened, written: Written
) -> None:
    other = [*OTHER[:2], told(1, "good day", time=1.0), {**GOT, "time": 1.5, "cause": 2}]
    page = opened(written(*ONE, name="one.jsonl"), other=written(*other, name="other.jsonl"))
    panel = page.locator("#panel")
    expect(panel).to_contain_text("They part at a, which does the same with another payload")
    expect(panel.locator("tr", has_text="text")).to_contain_text("hellogood day")
    expect(panel).to_contain_text("differs at b, which does nothing more in the other")
    assert marked(page, "parting") == [2, 2]
    assert marked(page, "deed") == [4, 3]


def test_events_are_the_same_that_came_of_the_same_causes(beside: Page) -> None:
    twins = "glasshive.traces.map((trace) => [...trace.twins])"
    assert beside.evaluate(twins) == [TWINS, [1, 0, -1, 2, 3]]


def test_an_open_event_is_shown_in_the_other_trace_too(beside: Page) -> None:
    beside.evaluate("glasshive.focus.open(2)")
    beside.wait_for_function("!glasshive._due")
    assert beside.evaluate("glasshive.lanes.map((each) => each._related.event)") == [2, 3]
    words = beside.locator("#panel .twin")
    expect(words).to_have_text("The same event, 2 s later, with another payload.")
    expect(beside.locator("#panel h3", has_text="In other.jsonl")).to_be_visible()
    beside.locator("#panel .twin + .rows .row").click()
    expect(beside.locator("#panel h3.title .index")).to_have_text("#3 ")
    expect(words).to_have_text("The same event, 2 s earlier, with another payload.")
    assert beside.evaluate("glasshive.focus.side") == 1
    beside.keyboard.press("s")
    expect(beside.locator("#panel h3.title .index")).to_have_text("#2 ")
    assert beside.evaluate("glasshive.focus.side") == 0


def test_an_event_that_only_one_trace_has_is_said_to_be_alone(beside: Page) -> None:
    beside.evaluate("glasshive.focus.open(4)")
    expect(beside.locator("#panel .twin")).to_have_text("No event came of the same causes there.")
    assert beside.evaluate("glasshive.focus.here(1, 4)") == -1
    beside.keyboard.press("7")
    expect(beside.locator("#panel h3", has_text="Only in one.jsonl")).to_contain_text("1")
    expect(row(beside, 4)).to_be_visible()


def test_scrubbing_one_trace_goes_through_the_other(beside: Page) -> None:
    for event, twin in enumerate(TWINS):
        beside.evaluate(f"glasshive.overview.go({event})")
        assert beside.evaluate("glasshive.focus.here(1, glasshive.focus.at)") == twin
        shown = beside.locator("#panel .twin + .rows .index")
        if twin >= 0:
            expect(shown).to_have_text(f"#{twin}")
        else:
            expect(shown).to_have_count(0)


def test_a_part_of_two_traces_keeps_what_belongs_together(
    opened: Opened, written: Written, tmp_path: Path
) -> None:
    one, other = written(*ONE, name="one.jsonl"), written(*OTHER, name="other.jsonl")
    target = tmp_path / "part.html"
    done = CliRunner().invoke(
        command, [str(one), "--diff", str(other), "--from", "0.5", "--to", "4", "-o", str(target)]
    )
    assert done.exit_code == 0, done.output
    page = opened(one, other=other)
    page.goto(target.as_uri())
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("glasshive.traces.map((trace) => [trace.first, trace.count])") == [
        [2, 3],
        [3, 2],
    ]
    assert page.evaluate("[...glasshive.traces[0].twins]") == [0, 1, -1]


def test_two_traces_that_are_the_same_are_said_to_be(opened: Opened, written: Written) -> None:
    one, other = (written(*ONE, name=f"{name}.jsonl") for name in ("one", "other"))
    page = opened(one, other=other)
    expect(page.locator("#panel .good")).to_contain_text("every actor does the same in both")
    assert page.evaluate("glasshive.lanes.map((each) => each.parting)") == [None, None]


def test_the_decision_that_parts_two_runs_stands_on_the_page(
    opened: Opened, traces: dict[str, Path]
) -> None:
    page = opened("decided")
    said = page.locator("#panel .decisions li")
    with Index(traces["plain"]) as one, Index(traces["other"]) as other:
        split = align(one, other).split
    assert split is not None
    expect(said).to_have_count(1)
    expect(said).to_have_text(
        f"{OTHER_CHOICE} of the other: "
        "deliver str from bob to last before str from ann (choice 1 of 1)"
    )
    expect(page.locator("#panel")).to_contain_text(f"They part at {split.actor}, which")
