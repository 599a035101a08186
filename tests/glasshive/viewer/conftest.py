"""Traces of real runs, and a browser that is off the network."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from benchmarks.browser import chromium
from glasshive.scenario import find, run
from glasshive.trace.index import Index
from glasshive.trace.viewer import view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

RUNS: dict[str, tuple[str, dict[str, object]]] = {
    "broken": ("second_open", {}),
    "later": ("mid_stream_crash", {"after": 9}),
    "crash": ("mid_stream_crash", {}),
    "lossy": ("lossy_links", {"limit": 2}),
}


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Run what the pages show; a browser must not be open meanwhile."""
    folder = tmp_path_factory.mktemp("traces")
    paths = {}
    for name, (scenario, parameters) in RUNS.items():
        paths[name] = folder / f"{name}.jsonl"
        run(find(scenario), parameters, trace=paths[name])
    return paths


@pytest.fixture(scope="session")
def pages(traces: dict[str, Path]) -> dict[str, Path]:
    """Return the page of each trace, and of two that are laid beside one another."""
    made = {}
    for name, path in traces.items():
        made[name] = path.with_suffix(".html")
        made[name].write_text(view(path).html, encoding="utf-8")
    made["both"] = traces["crash"].with_name("both.html")
    both = view(traces["crash"], traces["later"]).html
    made["both"].write_text(both, encoding="utf-8")
    return made


@pytest.fixture
def broken(traces: dict[str, Path]) -> Iterator[Index]:
    """Return the trace in which a rule is broken."""
    with Index(traces["broken"]) as index:
        yield index


@pytest.fixture(scope="module")
def browser(pages: dict[str, Path]) -> Iterator[Browser]:  # noqa: ARG001  runs end before it begins
    """Start the system's Chromium, or the one that Playwright has brought."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(chromium())
        except Error as error:
            pytest.fail(
                f"no browser could be started ({error.message.splitlines()[0]}); "
                "run `make test`, which brings one, or install the package chromium",
                pytrace=False,
            )
        yield started


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open pages from disk; at the end none has asked the network or gone wrong."""
    context = browser.new_context(viewport={"width": 1400, "height": 860}, offline=True)
    wrong: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith(("file:", "data:")) else wrong.append(asked.url)
            ),
        )

    context.on("page", listen)

    def open_page(name: str, link: str = "") -> Page:
        page = context.new_page()
        page.goto(pages[name].as_uri() + link)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    context.close()
    assert wrong == []
