"""The metrics under the lanes: what they count, and what they say at a moment."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    Opened = Callable[..., Page]
    Written = Callable[..., Path]


def state(time: float, actor: str, subject: str, *states: str | None) -> dict[str, Any]:
    data = {"subject": subject, "before": states[0], "after": states[1]}
    return {"kind": "state", "time": time, "actor": actor, "data": data}


def spawn(name: str) -> dict[str, Any]:
    return {"kind": "spawn", "actor": name, "data": {"class": name.title(), "host": name}}


def message(kind: str, actor: str, peer: str, number: int, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "actor": actor,
        "peer": peer,
        "message": number,
        "type": "Said",
        **more,
    }


def readings(page: Page, event: int) -> dict[str, float]:
    """Return what each metric is once the scrubber has come to an event."""
    page.evaluate(f"glasshive.focus.change({{ at: {event} }})")
    page.wait_for_function("!glasshive._due")
    found: dict[str, float] = page.evaluate(
        "Object.fromEntries(glasshive.strip.readings.map(({ name, value }) => [name, value]))"
    )
    return found


JOBS = [
    spawn("queen"),
    spawn("worker"),
    state(1, "queen", "q1", None, "Queued"),
    state(2, "queen", "q2", None, "Queued"),
    state(2, "worker", "w1", None, "Queued"),
    state(3, "queen", "q1", "Queued", "Running"),
    state(4, "worker", "w1", "Queued", "Running"),
    state(5, "queen", "q2", "Queued", None),
    state(6, "queen", "q1", "Running", "Done"),
    {"kind": "fault", "time": 7, "actor": "worker", "data": {"fault": "crash"}},
    state(8, "queen", "q1", "Done", None),
]
QUEUED = [0, 0, 1, 2, 3, 2, 1, 0, 0, 0, 0]
RUNNING = [0, 0, 0, 0, 0, 1, 2, 2, 1, 0, 0]
"""After each of these events; what crashes takes its registry with it."""


def test_the_strip_counts_the_entries_in_each_state_that_is_left_for_another(
    opened: Opened, written: Written
) -> None:
    page = opened(written(*JOBS))
    found = [readings(page, event) for event in range(len(JOBS))]
    assert [each["Queued"] for each in found] == QUEUED
    assert [each["Running"] for each in found] == RUNNING
    assert "Done" not in found[0]


def test_of_a_chosen_actor_it_counts_what_that_one_holds(opened: Opened, written: Written) -> None:
    page = opened(written(*JOBS), "#actor=worker")
    found = [readings(page, event) for event in range(len(JOBS))]
    assert [each["Queued"] for each in found] == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    assert [each["Running"] for each in found] == [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0]


def test_a_part_of_a_run_begins_with_what_was_held_before(opened: Opened, written: Written) -> None:
    # Of what the trace has never seen made, the first change tells in which state it was.
    page = opened(written(*JOBS[5:]))
    found = [readings(page, event) for event in range(len(JOBS) - 5)]
    assert [each["Queued"] for each in found] == QUEUED[5:]
    assert [each["Running"] for each in found] == RUNNING[5:]


def test_what_a_crash_takes_with_it_is_gone_from_the_registries_too(
    opened: Opened, written: Written
) -> None:
    page = opened(written(*JOBS), "#at=8&tab=state")
    expect(page.locator('[data-subject="w1"] .states')).to_contain_text("Running")
    page.evaluate("glasshive.overview.go(9)")
    expect(page.locator('[data-subject="w1"] .states')).to_have_text("Runninggone")
    page.evaluate("glasshive.overview.go(10)")
    expect(page.locator('[data-subject="w1"]')).to_have_count(0)


def test_more_states_than_there_is_room_for_are_counted_together(
    opened: Opened, written: Written
) -> None:
    states = [None, "a", "b", "c", "d", "end"]
    steps = [state(n, "one", "s", *pair) for n, pair in enumerate(pairwise(states))]
    page = opened(written(*steps))
    found = [readings(page, event) for event in range(len(steps))]
    assert [each["a"] for each in found] == [1, 0, 0, 0, 0]
    assert [each["b"] for each in found] == [0, 1, 0, 0, 0]
    assert [each["other open states"] for each in found] == [0, 0, 1, 1, 0]


TOKENS = [
    message("send", "worker", "hive", 1, time=1.0, data={"job_id": "w", "index": 0}),
    message("deliver", "hive", "worker", 1, time=1.5, cause=0),
    message("send", "hive", "keeper", 2, time=1.5, cause=1, data={"job_id": "h", "index": 0}),
    message("deliver", "keeper", "hive", 2, time=2.0, cause=2),
    # These are none: no whole number, no id beside it, and no index of its own.
    message("send", "worker", "hive", 3, time=3.0, data={"job_id": "w", "index": True}),
    message("send", "worker", "hive", 4, time=3.0, data={"index": 4}),
    message("send", "worker", "hive", 5, time=3.0, data={"job_id": "w", "token": {"index": 1}}),
]


@pytest.mark.parametrize(
    ("actor", "counted"), [("", [0]), ("worker", [0]), ("hive", [2]), ("keeper", [3])]
)
def test_an_item_counts_once_and_at_each_actor_where_it_sends_it_or_gets_it_last(
    opened: Opened, written: Written, actor: str, counted: list[int]
) -> None:
    page = opened(written(*TOKENS), f"#axis=order&actor={actor}")
    page.wait_for_function("!glasshive._due")
    found = [readings(page, event) for event in range(len(TOKENS))]
    assert [event for event, each in enumerate(found) if each["items"]] == counted


def test_a_rate_is_of_the_seconds_under_its_bar(opened: Opened, written: Written) -> None:
    page = opened(written(*TOKENS))
    found = readings(page, 0)
    per_bar = page.evaluate("glasshive.strip.scale.perUnit / 4")
    assert found["items"] == pytest.approx(per_bar)
    assert readings(page, 6)["messages"] == pytest.approx(3 * per_bar)
    label = page.locator("#strip").get_attribute("aria-label") or ""
    assert re.search(
        r"at 3 s: messages [\d.]+ / s in ([\d.]+ ms); items 0 / s in \1; "
        r"waiting 3 messages$",
        label,
    )


def test_a_message_waits_until_it_is_handled(opened: Opened, written: Written) -> None:
    page = opened(written(*TOKENS))
    found = [readings(page, event)["waiting"] for event in range(len(TOKENS))]
    assert found == [1, 0, 1, 0, 1, 2, 3]
    page.evaluate("glasshive.focus.change({ actor: 'keeper' })")
    assert [readings(page, event)["waiting"] for event in range(4)] == [0, 0, 1, 0]


def test_a_trace_without_items_and_registries_has_no_metrics_of_them(
    opened: Opened, written: Written
) -> None:
    page = opened(written(message("send", "a", "b", 1, data="hello")))
    assert list(readings(page, 0)) == ["messages", "waiting"]


def test_the_strip_says_what_there_was_where_it_is_pointed_at_and_a_press_goes_there(
    opened: Opened, written: Written
) -> None:
    page = opened(written(*JOBS))
    box = page.locator("#strip").bounding_box()
    assert box is not None
    x = page.evaluate("glasshive.strip.scale.x(4.5)")
    page.mouse.move(box["x"] + x, box["y"] + 20)
    label = re.compile("at 4 s: .*Queued 1 entry; Running 2 entries")
    expect(page.locator("#strip")).to_have_attribute("aria-label", label)
    assert page.evaluate("glasshive.focus.at") == 0
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#panel .moment")).to_contain_text("after event 6")
    page.mouse.move(box["x"] + x, box["y"] - 100)
    page.evaluate("glasshive.focus.change({ at: 2 })")
    expect(page.locator("#strip")).to_have_attribute("aria-label", re.compile("at 1 s: "))


def test_the_metrics_of_an_actor_and_of_its_class_are_a_click_or_a_key_away(
    opened: Opened,
) -> None:
    page = opened("crash")
    box = page.locator("canvas.lanes").bounding_box()
    assert box is not None
    x, y = box["x"] + 40, box["y"] + page.evaluate("glasshive.lanes[0].yOf(4)")
    strip = page.locator("#strip")
    page.mouse.move(x, y)
    expect(page.locator("#tip")).to_contain_text("worker-1Worker on hive-1")
    for named, whose in (("actor=worker-1", " of worker-1"), ("actor=Worker", " of Worker")):
        page.mouse.click(x, y)
        expect(page).to_have_url(re.compile(named))
        expect(strip).to_have_attribute("aria-label", re.compile(f"^Metrics{whose} at "))
    page.mouse.click(x, y)
    expect(strip).to_have_attribute("aria-label", re.compile("^Metrics at "))
    # There is only one hive, so that its class is no choice of its own.
    page.evaluate("glasshive.focus.open(glasshive.traces[0].changes[1].event)")
    for whose in (" of hive-1", ""):
        page.keyboard.press("a")
        expect(strip).to_have_attribute("aria-label", re.compile(f"^Metrics{whose} at "))


def test_the_slots_of_a_class_are_what_its_actors_hold_together(
    opened: Opened, written: Written
) -> None:
    workers = [
        state(float(n), f"worker-{n}", f"w{n}", *change)
        for change in ((None, "Queued"), ("Queued", "Running"))
        for n in (1, 2)
    ]
    begun = [{"kind": "spawn", "actor": f"worker-{n}", "data": {"class": "Worker"}} for n in (1, 2)]
    above = [
        state(0.0, "queen", "q", None, "Queued"),
        state(0.0, "queen", "q", "Queued", "Running"),
    ]
    after = state(3.0, "queen", "q", "Running", "Done")
    page = opened(written(*begun, *above, *workers, after), "#actor=Worker")
    assert [readings(page, event)["Running"] for event in range(3, 8)] == [0, 0, 0, 1, 2]
