"""The page, driven as a person would: with mouse and keys, from disk, without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from glasshive.trace.expression import read
from glasshive.trace.index import Index
from glasshive.trace.selection import Selection, select

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    Opened = Callable[..., Page]


def row(page: Page, event: int) -> Locator:
    return page.locator(f'#panel .row[data-event="{event}"]').first


def title(page: Page, event: int) -> None:
    """Assert that an event is open."""
    expect(page.locator("#panel h3.title .index")).to_have_text(f"#{event} ")


def violation_of(index: Index) -> int:
    return next(n for n in range(len(index)) if index.kind_of(n) == "violation")


def point_of(page: Page, event: int, side: int = 0) -> tuple[float, float]:
    """Return where an event is drawn on the screen."""
    box = page.locator("canvas.lanes").nth(side).bounding_box()
    assert box is not None
    page.wait_for_function("!window.glasshive._due")
    at = page.evaluate(f"glasshive.lanes[{side}].pointOf({event})")
    return box["x"] + at["x"], box["y"] + at["y"]


def bounds(page: Page) -> tuple[float, float]:
    found = page.evaluate("[glasshive.focus.from, glasshive.focus.to]")
    return found[0], found[1]


def linked(page: Page, wanted: str) -> None:
    """Wait until the address says where the page is."""
    expect(page).to_have_url(re.compile(re.escape(wanted)))


def test_a_page_opens_from_disk_with_the_network_off(opened: Opened, broken: Index) -> None:
    page = opened("broken")
    expect(page.locator("#scenario")).to_have_text("second_open")
    expect(page.locator("#status")).to_have_text("violated")
    expect(page.locator("#facts")).to_contain_text(f"{len(broken)} events")
    assert page.evaluate("glasshive.traces[0].lanes.map((lane) => lane.name)") == [
        "script",
        "keeper-1",
        "queen",
        "hive-1",
        "worker-1",
    ]


def test_clicks_lead_from_a_violation_back_to_its_first_cause(
    opened: Opened, broken: Index
) -> None:
    page = opened("broken")
    event = violation_of(broken)
    expect(page.get_by_role("tab", name="Marks")).to_have_attribute("aria-selected", "true")
    expect(row(page, event)).to_contain_text("one-end-per-stream")
    row(page, event).click()
    title(page, event)
    steps = 0
    while (cause := broken.cause[event]) >= 0:
        page.locator("#panel .causes .row").click()
        title(page, cause)
        event = cause
        steps += 1
    assert steps > 20
    expect(page.locator("#panel")).to_contain_text("None: it came from outside.")
    assert broken.kind_of(event) == "send"


def test_an_arrow_is_named_when_pointed_at_and_opened_by_a_click(
    opened: Opened, broken: Index
) -> None:
    page = opened("broken")
    event = violation_of(broken)
    got = broken.cause[event]
    sent = broken.cause[got]
    page.keyboard.press("v")
    page.get_by_role("button", name="order").click()
    page.keyboard.press("Escape")
    (x1, y1), (x2, y2) = point_of(page, sent), point_of(page, got)
    # Elsewhere than in the middle, where another arrow may cross.
    page.mouse.move(x1 + (x2 - x1) * 0.85, y1 + (y2 - y1) * 0.85)
    expect(page.locator("#tip")).to_contain_text("queen sends StreamItem to keeper-1")
    expect(page.locator("#tip")).to_contain_text("1 ms later")
    page.mouse.down()
    page.mouse.up()
    title(page, sent)
    expect(page.locator("#panel .payload")).to_contain_text('"job_id": "queen/job-1"')
    expect(page.locator("#panel .effects .row")).to_have_count(1)
    expect(row(page, got)).to_contain_text("keeper-1 gets StreamItem from queen")


def test_what_is_related_is_drawn_bright_while_the_rest_fades(
    opened: Opened, broken: Index
) -> None:
    page = opened("broken")
    event = violation_of(broken)
    sent = broken.cause[broken.cause[event]]
    page.evaluate(f"glasshive.focus.open({sent})")
    page.wait_for_function("!glasshive._due")
    causes, effects = page.evaluate(
        "[[...glasshive.lanes[0]._related.causes], [...glasshive.lanes[0]._related.effects]]"
    )
    chain = []
    while broken.cause[sent] >= 0:
        sent = broken.cause[sent]
        chain.append(sent)
    assert causes == chain
    assert effects == [broken.cause[event], event]


def test_the_scrubber_shows_what_every_registry_holds(opened: Opened, broken: Index) -> None:
    page = opened("broken")
    changes = [
        (n, broken.event(n).data) for n in range(len(broken)) if broken.kind_of(n) == "state"
    ]
    moments = [n for n, _ in changes][::3]
    for moment in moments:
        page.evaluate(f"glasshive.overview.go({moment - 1})")
        page.locator("#overview").focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator("#panel .moment")).to_contain_text(f"after event {moment}")
        held: dict[str, str] = {}
        for n, data in changes:
            if n <= moment:
                held[data["subject"]] = data["after"]
        shown = page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('.entry')].map((entry) =>"
            "[entry.dataset.subject, entry.querySelector('.states').lastChild.textContent]))"
        )
        assert shown == {subject: state or "gone" for subject, state in held.items()}
        changed = page.locator("#panel .entry.changed")
        expect(changed).to_have_count(1)
        subject = dict(changes)[moment]["subject"]
        expect(changed).to_have_attribute("data-subject", subject)


def test_dragging_on_the_scrubber_goes_through_time(opened: Opened) -> None:
    page = opened("crash")
    box = page.locator("#overview").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 160, box["y"] + 20)
    page.mouse.down()
    seen = []
    for share in (0.3, 0.5, 0.7):
        page.mouse.move(box["x"] + 150 + (box["width"] - 160) * share, box["y"] + 20)
        seen.append(int(page.locator("#overview").get_attribute("aria-valuenow") or 0))
        page.wait_for_function("!glasshive._due")
    page.mouse.up()
    assert seen == sorted(seen)
    assert len(set(seen)) > 1
    expect(page.get_by_role("tab", name="State")).to_have_attribute("aria-selected", "true")


def test_a_filter_keeps_what_the_command_line_keeps(
    opened: Opened, traces: dict[str, Path]
) -> None:
    page = opened("lossy")
    with Index(traces["lossy"]) as index:
        for where in ('type == "StreamItem" and time < 5', 'kind == "drop"', "data.index > 3"):
            wanted = select(index, Selection(where=read(where)))
            page.locator("#where").fill(where)
            expect(page.locator("#found")).to_have_text(f"{len(wanted):,} of {len(index):,} events")
            visible = page.evaluate(
                "[...glasshive.traces[0].visible.keys()]"
                ".filter((event) => glasshive.traces[0].visible[event])"
            )
            assert visible == wanted


def test_a_wrong_filter_is_told_with_its_place_and_hides_nothing(opened: Opened) -> None:
    page = opened("broken")
    page.locator("#where").fill("kind = 3")
    expect(page.locator("#found")).to_have_text(
        "character 6: = begins nothing here; two make an equals sign: =="
    )
    assert page.evaluate("glasshive.traces[0].visible") is None


def test_a_job_is_isolated_by_a_click_and_let_go_by_another(
    opened: Opened, traces: dict[str, Path]
) -> None:
    page = opened("crash")
    with Index(traces["crash"]) as index:
        of_job = [n for n in range(len(index)) if "request-2" in index.job_names(n)]
        items = [n for n in of_job if index.name(index.type[n]) == "StreamItem"]
        total = len(index)
    page.get_by_role("tab", name="Jobs").click()
    job = page.locator('[data-job="request-2"]')
    expect(job).to_contain_text("Completed")
    job.click()
    expect(page.locator("#found")).to_have_text(f"{len(of_job)} of {total:,} events")
    visible = page.evaluate(
        "[...glasshive.traces[0].visible.keys()]"
        ".filter((event) => glasshive.traces[0].visible[event])"
    )
    assert visible == of_job
    # Of the worker that crashed nobody has heard how it ended.
    parts = job.locator(".part")
    expect(parts).to_have_text(
        [
            "queen/job-2Completed",
            "hive-1/job-2Completed",
            "worker-1/job-2Running",
            "worker-2/job-1Completed",
        ]
    )
    page.locator("#where").fill('type == "StreamItem"')
    expect(page.locator("#found")).to_have_text(f"{len(items)} of {total:,} events")
    page.locator("#where").fill("")
    expect(page.locator("#found")).to_have_text(f"{len(of_job)} of {total:,} events")
    job.click()
    expect(page.locator("#found")).to_have_text("")


def test_every_fault_drop_and_duplicate_is_listed_and_a_click_away(
    opened: Opened, traces: dict[str, Path]
) -> None:
    page = opened("lossy", "#tab=marks")
    with Index(traces["lossy"]) as index:
        kinds = [index.kind_of(n) for n in range(len(index))]
    for kind in ("fault", "drop", "duplicate"):
        group = page.locator(f"details.{kind}")
        expect(group.locator("summary .count")).to_have_text(f"{kinds.count(kind):,}")
        event = kinds.index(kind)
        row(page, event).click()
        title(page, event)
        linked(page, f"event={event}")
        page.get_by_role("tab", name="Marks").click()


def test_a_link_leads_to_the_same_view(opened: Opened, broken: Index) -> None:
    page = opened("broken")
    event = violation_of(broken)
    row(page, event).click()
    page.locator("#where").fill('kind != "timer-set"')
    page.get_by_role("button", name="order").click()
    page.locator("#panel .link", has_text="request-1").first.click()
    expect(page).to_have_url(re.compile("job=request-1.*where="))
    other = opened("broken", "#" + page.url.partition("#")[2])
    title(other, event)
    expect(other.locator("#where")).to_have_value('kind != "timer-set"')
    expect(other.locator("#job")).to_contain_text("request-1")
    expect(other.get_by_role("button", name="order")).to_have_attribute("aria-pressed", "true")
    assert bounds(other) == pytest.approx(bounds(page))
    expect(other.locator("#found")).to_have_text(page.locator("#found").inner_text())


def test_a_short_link_names_an_event_and_the_way_back_is_the_browsers(
    opened: Opened, broken: Index
) -> None:
    event = violation_of(broken)
    page = opened("broken", f"#event={event}")
    title(page, event)
    before = page.evaluate("glasshive.focus.to - glasshive.focus.from")
    assert before < broken.time[len(broken) - 1] / 2
    page.keyboard.press("ArrowUp")
    title(page, broken.cause[event])
    linked(page, f"event={broken.cause[event]}")
    page.go_back()
    title(page, event)


def test_all_can_be_done_with_keys_alone(opened: Opened, broken: Index) -> None:
    page = opened("broken")
    event = violation_of(broken)
    page.keyboard.press("v")
    title(page, event)
    page.keyboard.press("ArrowUp")
    got = broken.cause[event]
    title(page, got)
    page.keyboard.press("ArrowDown")
    title(page, event)
    page.keyboard.press("ArrowRight")
    after = next(n for n in range(event + 1, len(broken)) if broken.actor[n] == broken.actor[event])
    title(page, after)
    page.keyboard.press("ArrowLeft")
    title(page, event)
    span = bounds(page)
    page.keyboard.press("+")
    assert bounds(page)[1] - bounds(page)[0] < span[1] - span[0]
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("0")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press("4")
    expect(page.get_by_role("tab", name="Jobs")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#job")).to_contain_text("request-1")
    page.keyboard.press("/")
    page.keyboard.type('kind == "deliver"')
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text(" of ")
    page.keyboard.press("Escape")
    expect(page.locator("#stage")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_have_text("")


def test_the_focus_goes_through_the_page_from_head_to_panels(opened: Opened) -> None:
    page = opened("broken")
    order = []
    for _ in range(30):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    wanted = ["where", "by-time", "keys", "overview", "stage", "tab-marks"]
    assert [each for each in order if each in wanted][: len(wanted)] == wanted


def test_the_wheel_zooms_at_the_pointer_and_dragging_pans(opened: Opened) -> None:
    page = opened("crash")
    box = page.locator("canvas.lanes").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 600, box["y"] + 120)
    position = page.evaluate("glasshive.lanes[0].scale.position(600)")
    page.mouse.wheel(0, -600)
    page.wait_for_function("glasshive.focus.to - glasshive.focus.from < 40 && !glasshive._due")
    assert page.evaluate("glasshive.lanes[0].scale.position(600)") == pytest.approx(position)
    before = bounds(page)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 120, steps=4)
    page.mouse.up()
    after = bounds(page)
    assert after[0] > before[0]
    assert after[1] - after[0] == pytest.approx(before[1] - before[0])


def test_the_page_is_light_or_dark_as_the_system_is_and_light_on_paper(opened: Opened) -> None:
    page = opened("broken")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    drawn = "glasshive.lanes[0].context.canvas.toDataURL()"
    in_light = page.evaluate(drawn)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"before => {drawn} != before", arg=in_light)
    assert page.evaluate(paper) != light
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(paper) == light
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator("#panel .row").first).to_be_visible()


def test_what_is_printed_is_drawn_as_in_the_light_and_then_dark_again(opened: Opened) -> None:
    page = opened("broken")
    drawn = "[...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join('|')"
    page.wait_for_function("!glasshive._due")
    light = page.evaluate(drawn)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"before => {drawn} != before", arg=light)
    dark = page.evaluate(drawn)
    # The page hears of it while its style sheet is still that of the screen.
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(drawn) == light
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(drawn) == dark


def test_a_long_list_goes_on_by_key_where_it_had_ended(
    opened: Opened, written: Callable[..., Path]
) -> None:
    notes = [{"time": float(n), "data": f"note {n}"} for n in range(450)]
    page = opened(written(*notes), "#tab=marks")
    rows = page.locator("#panel .row")
    expect(rows).to_have_count(200)
    page.locator("details.note summary").click()
    page.locator("#panel .more").focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(400)
    expect(row(page, 200)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(row(page, 201)).to_be_focused()


def test_a_registry_with_more_than_there_is_room_for_shows_what_presses_first(
    opened: Opened, written: Callable[..., Path]
) -> None:
    def state(subject: int, *states: str | None) -> dict[str, object]:
        data = {"subject": f"job-{subject}", "before": states[0], "after": states[1]}
        return {"kind": "state", "data": data}

    made = [state(n, None, "Open") for n in range(300)]
    ended = [state(n, "Open", "Done") for n in range(299)]
    page = opened(written(*made, *ended), "#at=598&tab=state")
    entries = page.locator("#panel .entry")
    expect(entries).to_have_count(240)
    # The last change, and what has not ended, come before all else.
    expect(entries.nth(0)).to_have_attribute("data-subject", "job-298")
    expect(entries.nth(1)).to_have_attribute("data-subject", "job-299")
    page.locator("#panel .more", has_text="60 more").click()
    expect(entries).to_have_count(300)
    expect(entries.nth(0)).to_be_focused()


def test_the_name_of_a_message_goes_when_the_view_moves_away(opened: Opened) -> None:
    page = opened("broken", "#axis=order")
    page.keyboard.press("v")
    x, y = point_of(page, page.evaluate("glasshive.focus.event"))
    page.mouse.move(x, y)
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#tip")).to_be_hidden()
