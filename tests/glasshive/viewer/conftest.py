"""Traces of real runs, and a browser that is off the network."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Error

from benchmarks.browser import chromium
from glasshive.cli.trace.view import command
from glasshive.scenario import find, run
from glasshive.schedule import Schedule
from glasshive.trace.index import Index
from glasshive.trace.viewer import view
from tests.glasshive.race import RACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

RUNS: dict[str, tuple[str, dict[str, object]]] = {
    "broken": ("second_open", {}),
    "later": ("mid_stream_crash", {"after": 9}),
    "crash": ("mid_stream_crash", {}),
    "lossy": ("lossy_links", {"limit": 2}),
    "policies": ("two_hives", {"jobs": 8}),
}


OTHER_CHOICE = 5
"""The decision of the race in which its second run is not plain."""


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Run what the pages show; a browser must not be open meanwhile."""
    folder = tmp_path_factory.mktemp("traces")
    paths = {}
    for name, (scenario, parameters) in RUNS.items():
        paths[name] = folder / f"{name}.jsonl"
        run(find(scenario), parameters, trace=paths[name])
    script = folder / "race.py"
    script.write_text(RACE, encoding="utf-8")
    for name, choices in (("plain", {}), ("other", {OTHER_CHOICE: 1})):
        paths[name] = folder / f"{name}.jsonl"
        run(str(script), trace=paths[name], schedule=Schedule(choices), order="any")
    return paths


@pytest.fixture(scope="session")
def pages(traces: dict[str, Path]) -> dict[str, Path]:
    """Return the page of each trace, and of two that are laid beside one another."""
    made = {}
    for name, path in traces.items():
        made[name] = path.with_suffix(".html")
        made[name].write_text(view(path).html, encoding="utf-8")
    for name, one, other in (("both", "crash", "later"), ("decided", "plain", "other")):
        made[name] = traces["crash"].with_name(f"{name}.html")
        arguments = [traces[one], "--diff", traces[other], "-o", made[name]]
        done = CliRunner().invoke(command, list(map(str, arguments)))
        assert done.exit_code == 0, done.output
    return made


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write traces by hand: events as dicts, which are numbered in their order."""

    def write(*events: dict[str, Any], name: str = "made.jsonl", **head: Any) -> Path:
        first = {"glasshive": 1, "scenario": "made", **head}
        numbered = [
            {"index": number, "time": 0.0, "kind": "note", "actor": "one", **event}
            for number, event in enumerate(events)
        ]
        lines = [first, *numbered, {"end": {"events": len(events), "status": "held"}}]
        path = tmp_path / name
        # Without the spaces that json writes and a trace has not.
        texts = [json.dumps(line, separators=(",", ":")) for line in lines]
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return path

    return write


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
    """Open pages from disk, known ones by name and others by their traces.

    At the end none has asked the network or gone wrong.
    """
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

    def open_page(name: str | Path, link: str = "", other: Path | None = None) -> Page:
        page = context.new_page()
        if isinstance(name, str):
            target = pages[name]
        else:
            target = name.with_suffix(".html")
            target.write_text(view(name, other).html, encoding="utf-8")
        page.goto(target.as_uri() + link)
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_page
    context.close()
    assert wrong == []
