"""Readers of server-sent events that others have written: each gets the whole text."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from httpx_sse import connect_sse

from tests.gateway.conftest import LONG, blueprint, events_in, eventually, spoken, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from playwright.sync_api import Browser

    from tests.gateway.conftest import Served, Serves

    Reads: TypeAlias = Callable[[Served, str], tuple[str, list[int], str]]

TOKENS = 40
CRASH = {"strikes": [{"after_token": 7, "do": "crash", "bee": "worker-1"}]}

PAGE = """
url => new Promise(resolve => {
    const source = new EventSource(url);
    const seen = {text: "", indices: [], last: "", opened: 0, reconnected: 0};
    source.addEventListener("started", () => seen.opened += 1);
    source.addEventListener("token", said => {
        const token = JSON.parse(said.data);
        if (said.lastEventId !== String(token.index)) throw new Error(said.lastEventId);
        seen.text += token.text;
        seen.indices.push(token.index);
        window.tokens = seen.indices.length;
    });
    const over = said => {
        if (said.data === undefined) {      // the browser's own: the connection is gone
            seen.reconnected += 1;
            if (source.readyState === EventSource.CLOSED) { seen.last = "closed"; resolve(seen); }
            return;
        }
        source.close();
        seen.last = said.type;
        resolve(seen);
    };
    source.addEventListener("end", over);
    source.addEventListener("error", over);
})
"""


def by_httpx_sse(served: Served, job_id: str) -> tuple[str, list[int], str]:
    path = f"/v1/inference/{job_id}/stream"
    text, indices, last = "", [], ""
    with connect_sse(served.client, "GET", path) as source:
        for event in source.iter_sse():
            last = event.event
            if last == "token":
                token = event.json()
                assert event.id == str(token["index"])
                text += token["text"]
                indices.append(token["index"])
    return text, indices, last


def by_curl(served: Served, job_id: str) -> tuple[str, list[int], str]:
    if shutil.which("curl") is None:
        pytest.fail("curl is not there; run `make test`, which brings it, or install the package")
    words = ["--no-buffer", "--silent", "--show-error", "--fail", "--noproxy", "*"]
    url = f"{served.url}/v1/inference/{job_id}/stream"
    done = subprocess.run(
        ["curl", *words, url],  # noqa: S607  the system's
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=LONG,
    )
    events = list(events_in(iter(done.stdout.split("\n"))))
    indices = [event.data["index"] for event in events if event.type == "token"]
    return spoken(events), indices, events[-1].type


@pytest.fixture
def by_event_source(browser: Browser) -> Reads:
    def read(served: Served, job_id: str) -> tuple[str, list[int], str]:
        seen = in_a_page(browser, served, f"/v1/inference/{job_id}/stream")
        assert (seen["opened"], seen["reconnected"]) == (1, 0)
        return seen["text"], seen["indices"], seen["last"]

    return read


def in_a_page(browser: Browser, served: Served, url: str, origin: str = "") -> dict[str, Any]:
    """Return what a page of the gateway's own origin, or another, hears of a stream."""
    page = browser.new_page()
    try:
        page.goto(f"{origin or served.url}/health")
        seen: dict[str, Any] = page.evaluate(PAGE, url)
    finally:
        page.close()
    return seen


READERS = ("httpx_sse", "curl", "event_source")


@pytest.fixture
def reads(request: pytest.FixtureRequest) -> Reads:
    """Return how one of the readers reads."""
    if request.param == "event_source":
        own: Reads = request.getfixturevalue("by_event_source")
        return own
    return {"httpx_sse": by_httpx_sse, "curl": by_curl}[request.param]


@pytest.mark.parametrize("reads", READERS, indirect=True)
def test_a_reader_gets_the_whole_text(reads: Reads, served: Served) -> None:
    job_id = served.submit("a song", TOKENS)
    assert reads(served, job_id) == (text_of("a song", TOKENS), list(range(TOKENS)), "end")


@pytest.mark.parametrize("reads", READERS, indirect=True)
def test_a_reader_gets_the_whole_text_though_its_worker_crashes(
    reads: Reads, serves: Serves
) -> None:
    served = serves(blueprint(seconds_per_token=0.01, workers_per_hive=1))
    assert served.client.post("/admin/faults", json=CRASH).status_code == 202
    with served.client.stream("GET", "/admin/trace") as trace:
        events = events_in(trace.iter_lines())
        next(events)
        job_id = served.submit("a song", TOKENS)
        assert reads(served, job_id) == (text_of("a song", TOKENS), list(range(TOKENS)), "end")
        assert served.client.get("/admin/faults").json() == {"armed": []}
        for event in events:
            if event.type == "event" and event.data["kind"] == "note":
                assert "crash worker-1" in json.dumps(event.data)
                break


def test_a_browser_comes_back_by_itself_when_its_connection_is_cut(
    browser: Browser, serves: Serves
) -> None:
    served = serves(blueprint(seconds_per_token=0.05))
    job_id = served.submit("a song", TOKENS)
    page = browser.new_page()
    page.goto(f"{served.url}/health")
    page.evaluate(f"url => {{ window.seen = ({PAGE})(url) }}", f"/v1/inference/{job_id}/stream")
    page.wait_for_function("window.tokens >= 5")
    cut(served, job_id)
    seen = page.evaluate("() => window.seen")
    page.close()
    assert seen["text"] == text_of("a song", TOKENS)
    assert seen["indices"] == list(range(TOKENS))
    assert (seen["opened"], seen["reconnected"], seen["last"]) == (2, 1, "end")


def cut(served: Served, job_id: str) -> None:
    """Cut the connections on which a job is read, as a broken network would."""
    loop = served.gateway._loop
    job = served.gateway.service.desk.jobs[job_id]
    assert job.readers == 1
    for connection in list(served.gateway.connections):
        path = connection.scope and connection.scope["path"]  # type: ignore[attr-defined]
        if path == f"/v1/inference/{job_id}/stream":
            loop.call_soon_threadsafe(connection.transport.abort)  # type: ignore[attr-defined]
    eventually(lambda: job.readers == 0)


def test_a_page_of_another_origin_hears_nothing(browser: Browser, served: Served) -> None:
    job_id = served.submit("a song", TOKENS)
    other = served.url.replace("127.0.0.1", "localhost")
    url = f"{served.url}/v1/inference/{job_id}/stream"
    seen = in_a_page(browser, served, url, origin=other)
    assert (seen["text"], seen["opened"], seen["last"]) == ("", 0, "closed")
    assert by_httpx_sse(served, job_id)[0] == text_of("a song", TOKENS)
