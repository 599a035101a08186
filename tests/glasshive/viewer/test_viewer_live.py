"""The page of a run that goes on: what comes is shown, what is looked at stays, all is bounded."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from glasshive.trace.viewer import live_page, policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

    Shows = Callable[..., Page]

LONG = 30.0
"""Seconds that nothing here takes, on whatever machine."""
expect.set_options(timeout=1000 * LONG)

ADDRESS = "http://run.test"
WHOLE = """
async () => {
  const trace = glasshive.traces[0];
  const events = [];
  for (let event = 0; event < trace.count; event += 1)
    events.push([
      trace.indexOf(event), trace.time[event], trace.kindOf(event), trace.actorOf(event),
      trace.peerOf(event), trace.typeOf(event), trace.message[event], trace.causeOf(event),
      trace.item[event], trace.jobsOf(event).map((job) => job.name),
      (await trace.payload(event)) ?? null,
    ]);
  return {
    events,
    lanes: trace.lanes.map(({ name, alive, host }) => [name, trace.classOf.get(name), host, alive]),
    jobs: trace.jobs.map(({ name, names, events, parts }) => [name, names, [...events], parts]),
    changes: trace.changes,
    marks: trace.marks,
  };
}
"""
HELD = """
(index) => {
  const trace = glasshive.traces[0];
  const held = [...trace.registriesAt(trace.placeOf(index))].map(([actor, changes]) => [
    actor,
    changes.filter((change) => change.after !== null)
      .map(({ subject, before, after }) => [subject, before, after]).sort(),
  ]);
  return Object.fromEntries(held.filter(([, entries]) => entries.length));
}
"""

JOBS = """
(first) => {
  const trace = glasshive.traces[0];
  const jobs = [];
  for (let event = trace.placeOf(first); event < trace.count; event += 1)
    if (["send", "state"].includes(trace.kindOf(event)))
      jobs.push([trace.indexOf(event), trace.jobsOf(event).map((job) => job.name)]);
  return jobs;
}
"""


@dataclass
class Source:
    """What the page's address answers."""

    head: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    name: str = "one"
    first: int = 0
    gone: bool = False
    together: int = 4000

    def answer(self, query: dict[str, list[str]]) -> str:
        place = int(query.get("after", ["-1"])[0]) + 1 - self.first
        lines = self.lines[max(0, place) :][: self.together]
        if query.get("of") == [self.name] and place >= 0:
            return "".join(f"{line}\n" for line in lines)
        lines = self.lines[: self.together]
        head = {"glasshive": 1, "live": self.name, "after": self.first - 1, **self.head}
        text = json.dumps(head, separators=(",", ":"))
        return "".join(f"{line}\n" for line in (text, *lines))

    def handle(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.path == "/":
            html = live_page("made", "/events", self.head.pop("most", 50_000))
            headers = {"content-security-policy": policy()}
            route.fulfill(body=html, content_type="text/html", headers=headers)
        elif self.gone:
            route.abort()
        else:
            route.fulfill(body=self.answer(parse_qs(url.query)), content_type="text/plain")


def read(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the head of a trace, and the lines of its events."""
    head, *lines, _ = path.read_text(encoding="utf-8").splitlines()
    return json.loads(head), lines


def noted(index: int, **fields: Any) -> str:
    event = {"index": index, "time": index / 10, "kind": "note", "actor": "one", **fields}
    return json.dumps(event, separators=(",", ":"))


@pytest.fixture
def shows(browser: Browser) -> Iterator[Shows]:
    """Open the page of a run; at the end nothing has gone wrong on it."""
    wrong: list[str] = []
    with closing(browser.new_context(viewport={"width": 1400, "height": 860})) as context:

        def show(source: Source, link: str = "") -> Page:
            page = context.new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.route(f"{ADDRESS}/**", source.handle)
            page.goto(f"{ADDRESS}/{link}")
            page.wait_for_selector("body[data-ready]")
            return page

        yield show
    assert wrong == []


def until(page: Page, expression: str, value: Any) -> None:
    """Wait until something is so; Playwright's own way is forbidden on a page with a policy."""
    deadline = monotonic() + LONG
    while (found := page.evaluate(expression)) != value:
        assert monotonic() < deadline, found
        page.wait_for_timeout(20)


def holds(page: Page, events: int) -> None:
    until(page, "glasshive.traces[0].total", events)


@pytest.mark.parametrize("name", ["broken", "crash", "lossy", "later"])
def test_a_trace_that_came_line_by_line_is_that_of_the_file(
    shows: Shows, traces: dict[str, Path], pages: dict[str, Path], browser: Browser, name: str
) -> None:
    head, lines = read(traces[name])
    source = Source(head, lines, together=1009)
    live = shows(source)
    holds(live, len(lines))
    with closing(browser.new_page()) as whole:
        whole.goto(pages[name].as_uri())
        whole.wait_for_selector("body[data-ready]")
        assert live.evaluate(WHOLE) == whole.evaluate(WHOLE)


@pytest.mark.parametrize("most", [1, 100, 377])
def test_what_is_forgotten_leaves_what_came_of_it(
    shows: Shows, traces: dict[str, Path], pages: dict[str, Path], browser: Browser, most: int
) -> None:
    head, lines = read(traces["crash"])
    # Up to where a job still runs, and has for more events than a page of 100 holds.
    lines = lines[: 120 + max(n for n, line in enumerate(lines) if '"after":"Running"' in line)]
    page = shows(Source({**head, "most": most}, lines, together=250))
    holds(page, len(lines))
    assert page.evaluate("[glasshive.traces[0].count, glasshive.traces[0].first]") == [
        most,
        len(lines) - most,
    ]
    with closing(browser.new_page()) as whole:
        whole.goto(pages["crash"].as_uri())
        whole.wait_for_selector("body[data-ready]")
        held = page.evaluate(HELD, len(lines) - 1)
        assert held
        assert held == whole.evaluate(HELD, len(lines) - 1)
        jobs = page.evaluate(JOBS, len(lines) - most)
        assert jobs == whole.evaluate(JOBS, len(lines) - most)[: len(jobs)]
    expect(page.locator("#facts")).to_contain_text(f"{most} event")


def test_the_page_says_which_events_it_holds(shows: Shows) -> None:
    page = shows(Source({"most": 20}, [noted(n) for n in range(50)]))
    page.get_by_role("tab", name="Run").click()
    expect(page.locator("#panel")).to_contain_text("The last 20 events at most")
    expect(page.locator("#panel")).to_contain_text("Events 30 to 49 of 50.")


def test_what_comes_is_followed_to_its_end(shows: Shows) -> None:
    source = Source({}, [noted(0), noted(1)])
    page = shows(source)
    expect(page.locator("#status")).to_have_text("live")
    source.lines += [noted(n) for n in range(2, 900)]
    holds(page, 900)
    # The last twenty seconds, with a little air.
    until(page, "glasshive.focus.at", 899)
    begin, end = page.evaluate("[glasshive.focus.from, glasshive.focus.to]")
    assert end == pytest.approx(89.9 + 0.4)
    assert end - begin == pytest.approx(20)
    expect(page).to_have_url(re.compile(r"#tab=run$"))


def test_what_comes_is_taken_in_while_showing_it_would_take_too_long(shows: Shows) -> None:
    source = Source({}, [noted(0)])
    page = shows(source)
    holds(page, 1)
    page.evaluate("""
    () => {
      const { live } = glasshive;
      const [take, apply] = [live._take, live._apply];
      window.shown = 0;
      window.taken = {}; // events there were after each look, by how often anything was shown
      live._take = async function () {
        await take.call(this);
        (taken[shown] ??= []).push(this._source.ledger.next);
      };
      live._apply = async function () {
        await new Promise((resume) => setTimeout(resume, 1000)); // as long a trace takes
        shown += 1;
        await apply.call(this);
      };
    }
    """)
    until(page, "shown > 0", value=True)
    source.lines += [noted(n) for n in range(1, 30)]
    holds(page, 30)
    assert page.evaluate("Math.max(...Object.values(taken).map((looks) => looks.length))") > 1


def test_looking_around_lets_it_stand_still_until_it_is_to_go_on(shows: Shows) -> None:
    source = Source({}, [noted(n) for n in range(30)])
    page = shows(source)
    page.get_by_role("tab", name="Marks").click()
    page.locator('#panel .row[data-event="7"]').click()
    button = page.get_by_role("button", name="live")
    expect(page.locator("#status")).to_have_text("stands still")
    source.lines += [noted(n) for n in range(30, 1300)]
    expect(button).to_have_text("live +1,270")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("glasshive.traces[0].total") == 30
    expect(page.locator("#panel h3.title .index")).to_have_text("#7 ")
    page.locator("#where").fill("index < 3")
    expect(page.locator("#found")).to_have_text("3 of 30 events")
    button.click()
    holds(page, 1300)
    expect(button).to_have_text("live")
    expect(page.locator("#found")).to_have_text("3 of 1,300 events")


def test_nothing_is_exchanged_under_a_button_that_is_down(shows: Shows) -> None:
    source = Source({}, [noted(n) for n in range(30)])
    page = shows(source)
    page.get_by_role("tab", name="Marks").click()
    page.locator('#panel .row[data-event="7"]').hover()
    page.mouse.down()
    source.lines += [noted(n) for n in range(30, 60)]
    until(page, "glasshive.live._source.ledger.next", 60)
    page.wait_for_timeout(1000)  # in which it would have been shown twice
    page.mouse.up()
    expect(page.locator("#panel h3.title .index")).to_have_text("#7 ")
    expect(page.locator("#status")).to_have_text("stands still")


def test_a_job_that_is_shown_alone_stands_still_also_where_it_is_the_last_to_happen(
    shows: Shows, traces: dict[str, Path]
) -> None:
    head, lines = read(traces["crash"])
    last = max(n for n, line in enumerate(lines) if '"type":"StreamItem"' in line)
    page = shows(Source(head, lines[: last + 1]))
    holds(page, last + 1)
    page.get_by_role("tab", name="Jobs").click()
    until(page, "glasshive.focus.at", last)
    expect(page.locator("#status")).to_have_text("live")
    name = page.evaluate("glasshive.traces[0].jobsOf(glasshive.focus.at)[0].name")
    page.locator(f'#panel .row[data-job="{name}"]').click()
    expect(page.locator("#status")).to_have_text("stands still")


def test_a_key_lets_it_stand_still_and_go_on(shows: Shows) -> None:
    source = Source({}, [noted(n) for n in range(30)])
    page = shows(source)
    page.keyboard.press("l")
    expect(page.locator("#status")).to_have_text("stands still")
    page.keyboard.press("l")
    expect(page.locator("#status")).to_have_text("live")


def test_a_closer_look_at_the_end_goes_on_with_it(shows: Shows) -> None:
    source = Source({}, [noted(n) for n in range(300)])
    page = shows(source)
    page.evaluate("glasshive.focus.change({ from: 25, to: 30.5 })")
    source.lines += [noted(n) for n in range(300, 400)]
    holds(page, 400)
    until(page, "glasshive.focus.at", 399)
    begin, end = page.evaluate("[glasshive.focus.from, glasshive.focus.to]")
    assert end - begin == pytest.approx(5.5)
    page.evaluate("glasshive.focus.pan(-0.5)")
    expect(page.locator("#status")).to_have_text("stands still")


def test_a_link_to_an_event_opens_it_and_stands_still(shows: Shows) -> None:
    source = Source({}, [noted(n) for n in range(3000)], together=1000)
    page = shows(source, "#event=2500")
    expect(page.locator("#panel h3.title .index")).to_have_text("#2500 ")
    expect(page.locator("#status")).to_have_text("stands still")


def test_an_open_event_that_is_forgotten_is_closed(shows: Shows) -> None:
    source = Source({"most": 50}, [noted(n) for n in range(50)])
    page = shows(source)
    page.evaluate("glasshive.focus.open(10)")
    source.lines += [noted(n) for n in range(50, 55)]
    expect(page.get_by_role("button", name="live")).to_have_text("live +5")
    page.keyboard.press("l")
    holds(page, 55)
    expect(page.locator("#panel h3.title .index")).to_have_text("#10 ")
    assert page.evaluate("glasshive.focus.event") == 5
    source.lines += [noted(n) for n in range(55, 65)]
    holds(page, 65)
    expect(page.locator("#panel")).to_contain_text("Click an event or an arrow")


def test_a_source_that_is_gone_is_told_and_asked_again(shows: Shows) -> None:
    source = Source({}, [noted(n) for n in range(10)])
    page = shows(source)
    source.gone = True
    expect(page.locator("#status")).to_have_text("gone")
    source.lines.append(noted(10))
    source.gone = False
    holds(page, 11)
    expect(page.locator("#status")).to_have_text("live")


def test_another_run_at_the_same_address_begins_anew(shows: Shows) -> None:
    source = Source({}, [noted(n) for n in range(10)])
    page = shows(source)
    source.name, source.first = "other", 700
    source.lines = [noted(n, actor="another") for n in range(700, 705)]
    holds(page, 705)
    assert page.evaluate("[glasshive.traces[0].first, glasshive.traces[0].count]") == [700, 5]
    assert page.evaluate("glasshive.traces[0].names") == ["another"]


def test_actors_that_were_there_before_are_known(shows: Shows) -> None:
    cast = [{"name": "ann", "class": "Clerk", "host": "office"}]
    beat = {"kind": "send", "actor": "ann", "peer": "bob", "type": "Beat", "message": 1}
    page = shows(Source({"actors": cast}, [noted(0, **beat, data={})]))
    assert page.evaluate("glasshive.traces[0].lanes.map((lane) => [lane.name, lane.class])") == [
        ["bob", None],
        ["ann", "Clerk"],
    ]


def test_while_no_job_is_known_lanes_stand_as_their_actors_began(shows: Shows) -> None:
    cast = [{"name": name, "class": name, "host": name} for name in ("queen", "hive", "worker")]
    beat = {"kind": "send", "type": "Beat", "data": {}}
    up = [("worker", "hive"), ("hive", "queen")]
    lines = [
        noted(n, **beat, actor=one, peer=other, message=n) for n, (one, other) in enumerate(up)
    ]
    page = shows(Source({"actors": cast}, lines))
    order = page.evaluate("glasshive.traces[0].lanes.map((lane) => lane.name)")
    assert order == ["queen", "hive", "worker"]


def test_lanes_keep_their_order_while_nothing_says_otherwise(
    shows: Shows, traces: dict[str, Path]
) -> None:
    head, lines = read(traces["crash"])
    source = Source({**head, "most": 600}, list(lines))
    page = shows(source)
    order = "glasshive.traces[0].lanes.map((lane) => lane.name)"
    before = page.evaluate(order)
    begun, time = len(lines), json.loads(lines[-1])["time"]
    # Heartbeats go up, which alone would put the worker above its hive.
    beat = {"kind": "send", "actor": "worker-1", "peer": "hive-1", "type": "Beat", "data": {}}
    for number in range(begun, begun + 600):
        source.lines.append(noted(number, **beat, time=time, message=number))
    holds(page, begun + 600)
    assert page.evaluate("glasshive.traces[0].jobs.length") == 0
    after = page.evaluate(order)
    assert {"hive-1", "worker-1"} <= set(after)
    assert after == [name for name in before if name in after]
