"""`/` is the trace page, live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.gateway.conftest import eventually

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from tests.gateway.conftest import Served


def opened(visitor: BrowserContext, served: Served, link: str = "") -> Page:
    page = visitor.new_page()
    page.goto(f"{served.url}/{link}")
    page.wait_for_selector("body[data-ready]")
    return page


def lanes(page: Page) -> list[str]:
    found: list[str] = page.evaluate("glasshive.traces[0].lanes.map((lane) => lane.name)")
    return found


def test_what_happens_meanwhile_comes_up_on_the_page(
    visitor: BrowserContext, served: Served
) -> None:
    page = opened(visitor, served)
    expect(page).to_have_title("grid, live")
    expect(page.locator("#scenario")).to_have_text("serve grid")
    page.get_by_role("tab", name="Jobs").click()
    page.evaluate("window.stillTheSame = true")
    job_id = served.submit(tokens=5)
    row = page.locator(f'#panel .row[data-job="{job_id}"]')
    expect(row).to_be_visible()
    served.read(job_id)
    expect(row.locator(".part .chip").first).to_have_text("Completed")
    expect(row).to_contain_text("worker-")
    # What a client asks comes to the door of its keeper, and goes down.
    order = [name for name in lanes(page) if name in {"keeper-1", "queen", "hive-1", "worker-2"}]
    assert order == ["keeper-1", "queen", "hive-1", "worker-2"]
    expect(page.locator("#types")).to_contain_text("StreamItem")
    said = page.locator("#strip").get_attribute("aria-label")
    assert said is not None
    assert "items" in said
    assert page.evaluate("window.stillTheSame")


def test_it_stands_still_while_one_looks_around_and_then_goes_on(
    visitor: BrowserContext, served: Served
) -> None:
    page = opened(visitor, served)
    first = served.submit(tokens=3)
    served.read(first)
    page.get_by_role("tab", name="Jobs").click()
    page.locator(f'#panel .row[data-job="{first}"]').click()
    expect(page.locator("#status")).to_have_text("stands still")
    second = served.submit(tokens=3)
    served.read(second)
    expect(page.get_by_role("button", name="live")).to_have_text(re.compile(r"live \+[\d,]+"))
    expect(page.locator(f'#panel .row[data-job="{second}"]')).to_have_count(0)
    page.keyboard.press("l")
    expect(page.locator(f'#panel .row[data-job="{second}"]')).to_be_visible()
    expect(page.locator("#status")).to_have_text("live")


def test_a_link_to_an_event_opens_it_on_another_page(
    visitor: BrowserContext, served: Served
) -> None:
    page = opened(visitor, served)
    served.read(served.submit(tokens=3))
    page.get_by_role("tab", name="Events").click()
    row = page.locator("#panel .row").filter(has_text="gets StreamEnd").first
    expect(row).to_be_visible()
    row.click()
    title = page.locator("#panel h3.title")
    expect(title).to_contain_text("gets StreamEnd")
    expect(page).to_have_url(re.compile("#event="))
    words = title.inner_text()
    again = opened(visitor, served, page.url.partition("/#")[2].join(["#", ""]))
    expect(again.locator("#panel h3.title")).to_have_text(words)
    expect(again.locator("#status")).to_have_text("stands still")


def test_a_filter_goes_on_with_what_comes(visitor: BrowserContext, served: Served) -> None:
    page = opened(visitor, served, '#where=data.request.prompt == "a song of its own"')
    expect(page.locator("#found")).to_contain_text("0 of ")
    served.submit("a song of its own")
    expect(page.locator("#found")).to_have_text(re.compile(r"[1-9]\d* of [\d,]+ events"))


def test_the_page_says_when_the_gateway_is_gone(visitor: BrowserContext, served: Served) -> None:
    page = opened(visitor, served)
    visitor.set_offline(True)
    expect(page.locator("#status")).to_have_text("gone")
    visitor.set_offline(False)
    expect(page.locator("#status")).to_have_text("live")


def test_nothing_is_fetched_but_from_the_gateway(visitor: BrowserContext, served: Served) -> None:
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url))
    opened(visitor, served)
    eventually(lambda: len(asked) > 1)
    assert {url.partition("?")[0] for url in asked} <= {
        f"{served.url}/",
        f"{served.url}/admin/live",
        "data:,",
    }
