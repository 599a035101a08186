"""The trace that is written while serving, read by the commands and the page for traces."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway.conftest import LONG, events_in, spoken
from tests.gateway.test_serve_command import ENVIRONMENT, serving

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from playwright.sync_api import Browser


def traffic(client: httpx.Client) -> None:
    """Read, cancel, leave and come back, on several connections at once."""

    def visit(number: int) -> None:
        prompt = f"song {number}"
        body = {"prompt": prompt, "max_tokens": 20, "ignore_eos": True}
        url = client.post("/v1/inference", json=body).json()["sse_url"]
        if number == 3:
            assert client.delete(url.removesuffix("/stream")).status_code == 200
        with client.stream("GET", url) as answer:
            events = events_in(answer.iter_lines())
            if number == 5:
                next(events)
                assert client.delete(url.removesuffix("/stream")).status_code in {200, 409}
            if number == 7:
                next(events)
                return
            text = spoken(list(events))
        if number not in {3, 5}:
            assert len(text.split()) == 20

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(visit, range(12)))


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the traces of a gateway in peace, and of one whose worker crashes."""
    folder = tmp_path_factory.mktemp("served")
    plan = folder / "plan.toml"
    plan.write_text('[[strikes]]\nafter_token = 7\ndo = "crash"\nbee = "worker"\n')
    words = {"peace": (), "crash": ("--faults", str(plan))}
    paths = {}
    for name, own in words.items():
        paths[name] = folder / f"{name}.jsonl"
        with serving("--trace", str(paths[name]), "--speed", "20", *own) as (process, client):
            traffic(client)
            process.send_signal(signal.SIGTERM)
            assert process.wait(LONG) == 0
    return paths


def trace(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command for traces."""
    return subprocess.run(
        [sys.executable, "-m", "glasshive", "trace", *map(str, words)],
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=LONG,
    )


@pytest.mark.parametrize("name", ["peace", "crash"])
def test_the_trace_is_sound(traces: dict[str, Path], name: str) -> None:
    done = trace("check", traces[name])
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def lost(path: Path) -> list[dict[str, Any]]:
    """Return what is lost, repeated or out of order; what is late is the machine's affair."""
    done = trace("lost", "--json", "--late", LONG, path)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_in_peace_nothing_is_lost(traces: dict[str, Path]) -> None:
    assert lost(traces["peace"]) == []


def test_of_a_crash_only_what_was_on_its_way_to_or_from_the_dead_is_lost(
    traces: dict[str, Path],
) -> None:
    rows = lost(traces["crash"])
    assert rows
    for row in rows:
        assert (row["fate"], row["why"]) == ("lost", "crash")
        assert "worker" in {row["holder"], row["receiver"]}


@pytest.mark.parametrize("name", ["peace", "crash"])
def test_the_trace_opens_in_the_page(
    traces: dict[str, Path], browser: Browser, name: str, tmp_path: Path
) -> None:
    made = tmp_path / f"{name}.html"
    done = trace("view", traces[name], "-o", made)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    wrong: list[str] = []
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(made.as_uri())
    page.wait_for_selector("body[data-ready]")
    title = page.title()
    context.close()
    assert wrong == []
    assert "serve one_worker" in title
