"""The page and the command line understand the same expressions, and the same mistakes."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import glasshive.trace.viewer
from glasshive.errors import InputError
from glasshive.trace.expression import read
from glasshive.trace.index import Index

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from glasshive.trace.index import Seen

GOOD = [
    "index == 7",
    "index < 20 and index >= 3",
    'kind == "deliver"',
    "kind == 'drop' or kind == 'duplicate'",
    'not kind == "send"',
    'not (kind == "send" or kind == "deliver") and actor != "queen"',
    'kind == "send" or kind == "deliver" and actor == "queen"',
    'sender == "hive-a"',
    'receiver == "queen" and sender != "hive-b"',
    'peer == "queen"',
    "peer == null",
    "peer",
    "not message",
    "time > 2.5 and time <= 1e1",
    "time > -1",
    'time < "5"',
    'actor < "hive-b"',
    'actor >= "queen"',
    'type in ["StreamItem", "StreamEnd"]',
    "type not in [\"StreamItem\", 'Heartbeat']",
    "type in []",
    "message in [1, 2, 3.0]",
    'type contains "Stream"',
    'actor contains "-"',
    '"queen-and-hive-a" contains actor',
    'job == "request-1"',
    "job == null",
    "job",
    "cause == null",
    "cause != 5",
    "data",
    "data == null",
    'data.job_id contains "job-1"',
    "data.index >= 3",
    "data.index == 0",
    "data.index",
    "not data.index",
    'data.token.text == " hum"',
    'data.token.token.type == "Token"',
    "data.workers.free_slots > 1",
    'data.workers.0.name == "worker-1"',
    "data.workers.9.name == null",
    'data.workers.name == "worker-2"',
    "data.request.ignore_eos == true",
    "data.request.ignore_eos == 1",
    "data.request.ignore_eos",
    "data.request.seed == false",
    "data.before == null and kind == 'state'",
    'data.after in ["Running", null]',
    'data.reason == "lose"',
    "data.turn == 1",
    "data.turn.0 < data.turn.1",
    "data.constructor",
    "data.length == 3",
    "data.workers.length",
    "data.turn contains 1",
    "3 < 4",
    '"a\\"b" == \'a"b\'',
    '"\\u00e9" == "é"',
    '"\U0001f41d" > "\uffff"',
    "null == null",
    'data.subject == "queen/job-1" or data.job_id == "queen/job-1"',
]
BAD = [
    "",
    "kind",
    "kind ==",
    "kind = 3",
    'kid == "send"',
    "kind == send",
    'kind == "send',
    'kind == "send" and',
    'kind == "send" actor == "x"',
    '(kind == "send"',
    'kind == "send")',
    "kind in 3",
    "kind in [3",
    "kind in [actor]",
    "kind not 3",
    "kind.x == 3",
    "and",
    "3",
    '"text"',
    "3 and 4",
    'kind == "a\\qb"',
    "kind && actor",
    "kind == [3]",
    "not " * 120 + "kind",
    "constructor == 3",
]
BAD.remove("kind")  # alone it asks whether there is one


def looks(seen: Seen) -> dict[str, Any]:
    event = seen.event
    fields = ("index", "time", "kind", "actor", "peer", "type", "message", "cause", "data")
    same = {name: getattr(event, name) for name in fields}
    return {**same, "payload": seen.payload, "jobs": list(seen.jobs)}


def combined() -> list[str]:
    """Return conditions that are put together of others."""
    random = Random("expressions")
    chosen = random.sample(GOOD, len(GOOD))
    words = [" and ", " or ", " and not "]
    pairs = [f"{one}{random.choice(words)}{other}" for one, other in pairwise(chosen)]
    return [f"not ({one}) or {other}" for one, other in pairwise(pairs)] + pairs


@pytest.fixture(scope="module")
def in_browser(browser: Browser) -> Any:
    """Return the page's own reader of expressions, loaded as the module that it is."""
    module = Path(glasshive.trace.viewer.__file__).with_name("web") / "expression.js"
    page = browser.new_page()
    page.evaluate(
        "async (text) => { window.reader = await import("
        "'data:text/javascript;charset=utf-8,' + encodeURIComponent(text)); }",
        module.read_text(encoding="utf-8"),
    )
    yield page
    page.close()


def test_both_find_the_same_events(in_browser: Any, traces: dict[str, Path]) -> None:
    expressions = [*GOOD, *combined()]
    with Index(traces["lossy"]) as index:
        # One event in so many, and all of the rare kinds.
        rare = [n for n in range(len(index)) if index.kind_of(n) in ("state", "drop", "duplicate")]
        seen = [index.seen(n) for n in sorted({*range(0, len(index), 23), *rare[:80]})]
    wanted = [[each.event.index for each in seen if read(text).holds(each)] for text in expressions]
    found = in_browser.evaluate(
        "([texts, events]) => texts.map((text) => { const { holds } = reader.parsed(text);"
        "return events.filter((event) => holds(event)).map((event) => event.index); })",
        [expressions, [looks(each) for each in seen]],
    )
    assert dict(zip(expressions, found, strict=True)) == dict(zip(expressions, wanted, strict=True))
    # The table would say little if most of it held nowhere, or everywhere.
    telling = sum(0 < len(each) < len(seen) for each in wanted[: len(GOOD)])
    assert telling > len(GOOD) / 2


def test_both_look_into_payloads_for_the_same_expressions(in_browser: Any) -> None:
    asks = in_browser.evaluate(
        "(texts) => texts.map((text) => reader.parsed(text).asksForData)", GOOD
    )
    assert asks == [read(text).wants_payload for text in GOOD]


@pytest.mark.parametrize("text", BAD)
def test_both_refuse_the_same_at_the_same_place(in_browser: Any, text: str) -> None:
    with pytest.raises(InputError) as told:
        read(text)
    said = in_browser.evaluate(
        "(text) => { try { reader.parsed(text); } catch (error) { return error.message; } }", text
    )
    place = re.search(r"character (\d+)$", told.value.complaints[0].where)
    assert place is not None
    assert said is not None
    assert said.startswith(f"character {place[1]}: ")
