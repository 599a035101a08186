"""Make the pictures in docs/viewer/, of every view of `glasshive trace view`.

python -m benchmarks.pictures
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

import topology
from benchmarks.browser import chromium
from benchmarks.gateway import serving
from glasshive.cli.trace.view import command
from glasshive.scenario import find, run
from glasshive.schedule import Schedule
from glasshive.trace.viewer import view

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parents[1] / "docs" / "viewer"
SERVED = Path(topology.__file__).with_name("blueprints") / "two_hives.toml"
SIZE = (1200, 720)
COLOURS = 160
LOSS = {105: 1}
"""The decision that loses a token of `lossy_links` between a hive and the queen."""


def whole(page: Page) -> None:
    """Show a whole run with its violations."""
    page.keyboard.press("0")


def cause(page: Page) -> None:
    """Show a violation, one event after the other, and go back to its cause."""
    page.keyboard.press("v")
    page.keyboard.press("o")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("-")


def state(page: Page) -> None:
    """Show what the registries hold when a worker has crashed."""
    page.evaluate(
        "(() => { const { focus, overview } = glasshive; const [crash] = focus.trace.marks.fault;"
        "focus.change({ ...focus.kept(0.9, 6.2), before: crash, at: crash });"
        "overview.go(focus.trace.changes.find((change) => change.subject === 'worker-2/job-1'"
        "&& change.after === 'Running').event); })()"
    )


def job(page: Page) -> None:
    """Show one job alone."""
    page.keyboard.press("4")
    page.locator('[data-job="request-2"]').click()


def filtered(page: Page) -> None:
    """Show what an expression leaves, with a message that is pointed at."""
    page.locator("#where").fill('data.job_id contains "queen" and time < 4')
    page.wait_for_timeout(500)
    page.evaluate("glasshive.focus.change({ tab: 'events', ...glasshive.focus.kept(3, 4.05) })")


def marks(page: Page) -> None:
    """Show what was lost and what came twice."""
    page.evaluate("glasshive.focus.change({ tab: 'marks', ...glasshive.focus.kept(2, 6) })")


def metrics(page: Page) -> None:
    """Show the metrics of two hives at the moment that is pointed at."""
    page.evaluate("glasshive.focus.change(glasshive.focus.kept(0.8, 12))")
    box = page.locator("#strip").bounding_box()
    assert box is not None
    page.wait_for_function("!glasshive._due")
    page.mouse.move(box["x"] + page.evaluate("glasshive.strip.scale.x(5)"), box["y"] + 50)


def parting(page: Page) -> None:
    """Show two traces, where they part, and the decision that did it."""
    page.evaluate("glasshive.focus.change(glasshive.focus.kept(2.095, 2.175))")


def beside(page: Page) -> None:
    """Show an event of one trace and the same one of the other."""
    page.evaluate(
        "(() => { const { focus, traces } = glasshive; const [one] = traces;"
        "focus.change(focus.kept(2.095, 2.175));"
        "let event = glasshive.lanes[0].parting;"
        "while (one.typeOf(event) !== 'StreamItem' || one.kindOf(event) !== 'send'"
        "|| one.actorOf(event) !== 'hive-a' || one.time[event] < 2.135) event += 1;"
        "focus.open(event); })()"
    )


def keys(page: Page) -> None:
    """Show what the keys do."""
    page.keyboard.press("?")


PICTURES: dict[str, tuple[str, bool, Callable[[Page], None]]] = {
    "whole": ("broken", False, whole),
    "cause": ("broken", False, cause),
    "state": ("crash", False, state),
    "job": ("crash", True, job),
    "filter": ("lossy", False, filtered),
    "marks": ("lossy", True, marks),
    "metrics": ("policies", False, metrics),
    "diff": ("both", False, parting),
    "beside": ("both", True, beside),
    "keys": ("broken", True, keys),
}
"""For each picture: of which page, whether dark, and what is done before it is taken."""


def write_pages(folder: Path) -> dict[str, Path]:
    """Run the scenarios and write their pages; return where."""
    runs: dict[str, tuple[str, dict[str, object]]] = {
        "broken": ("second_open", {}),
        "crash": ("mid_stream_crash", {}),
        "lossy": ("lossy_links", {"limit": 2}),
        "policies": ("two_hives", {"jobs": 40}),
        "plain": ("lossy_links", {"limit": 1}),
    }
    traces = {name: folder / f"{name}.jsonl" for name in runs}
    for name, (scenario, parameters) in runs.items():
        run(find(scenario), parameters, trace=traces[name])
    pages = {name: folder / f"{name}.html" for name in (*traces, "both")}
    for name, path in traces.items():
        pages[name].write_text(view(path).html, encoding="utf-8")
    lost, both = folder / "lost.jsonl", pages["both"]
    scenario, parameters = runs["plain"]
    run(find(scenario), parameters, trace=lost, schedule=Schedule(LOSS))
    arguments = [traces["plain"], "--diff", lost, "-o", both]
    command.main(list(map(str, arguments)), standalone_mode=False)
    return pages


def take(browser: Browser, link: str, prepare: Callable[[Page], None], *, dark: bool) -> bytes:
    """Return a picture of a page in few colours, as a PNG."""
    page = browser.new_page(
        viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme="dark" if dark else "light"
    )
    page.goto(link)
    page.wait_for_selector("body[data-ready]")
    prepare(page)
    page.wait_for_timeout(600)
    taken = page.screenshot()
    page.close()
    small = io.BytesIO()
    with Image.open(io.BytesIO(taken)) as picture:
        picture.convert("RGB").quantize(COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def live(page: Page) -> None:
    """Show a run that goes on, with requests that were made meanwhile."""
    address = page.url.partition("/#")[0].rstrip("/")
    for number in range(6):
        body = {"prompt": f"song {number}", "max_tokens": 30 + 10 * number, "ignore_eos": True}
        made = page.request.post(f"{address}/v1/inference", data=body).json()
        page.request.get(address + made["sse_url"])
        page.wait_for_timeout(300)
    page.locator("#tab-jobs").click()


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory() as folder:
        pages = write_pages(Path(folder))
        with chromium() as browser:
            with serving(SERVED, Path(folder)) as (_, port):
                picture = take(browser, f"http://127.0.0.1:{port}/", live, dark=True)
                (HERE / "live.png").write_bytes(picture)
            for name, (page, dark, prepare) in PICTURES.items():
                picture = take(browser, pages[page].as_uri(), prepare, dark=dark)
                (HERE / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main()
