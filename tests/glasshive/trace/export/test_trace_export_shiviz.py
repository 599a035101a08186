"""What is exported for ShiViz keeps every rule of its parser; no package has the parser itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from glasshive.trace.export import FORMATS

if TYPE_CHECKING:
    from glasshive.trace.index import Index
    from tests.glasshive.trace.export.conftest import Told

# ShiViz's default expression; what a dot and white space are is JavaScript's, not Python's.
DOT = r"[^\n\r\u2028\u2029]"
NO_SPACE = r"[^\s\ufeff]"
LINES = re.compile(rf"(?P<event>{DOT}*)\n(?P<host>{NO_SPACE}*) (?P<clock>{{{DOT}*}})")


class Line(NamedTuple):
    words: str
    host: str
    clock: dict[str, int]


def parse(text: str) -> list[Line]:
    """Return the events that ShiViz finds, as long as nothing is left over between them."""
    found, end = [], 0
    text = text.strip()
    for match in LINES.finditer(text):
        assert text[end : match.start()].strip() == ""
        end = match.end()
        found.append(Line(match["event"], match["host"], json.loads(match["clock"])))
    assert end == len(text)
    return found


@pytest.fixture(scope="module")
def lines(told: Told) -> list[Line]:
    return parse(told.export("shiviz").decode())


def test_each_event_is_found(lines: list[Line], told: Told) -> None:
    for line, event in zip(lines, told.events, strict=True):
        assert line.words.startswith(f"{event.time:.6f} s {event.kind}")
        if event.type is not None:
            assert f" {event.kind} {event.type}" in line.words


def test_each_actor_is_one_host_and_each_host_one_actor(lines: list[Line], told: Told) -> None:
    pairs = {(line.host, event.actor) for line, event in zip(lines, told.events, strict=True)}
    actors = {event.actor for event in told.events}
    assert len(pairs) == len({host for host, _ in pairs}) == len(actors)
    assert "" not in {host for host, _ in pairs}


def test_an_actor_whose_name_has_no_white_space_is_the_host_of_this_name(
    lines: list[Line], told: Told
) -> None:
    for line, event in zip(lines, told.events, strict=True):
        if re.fullmatch(f"{NO_SPACE}+", event.actor):
            assert line.host == event.actor


def test_each_hosts_own_clock_begins_at_one_and_never_skips(lines: list[Line]) -> None:
    last: dict[str, int] = {}
    for line in lines:
        assert line.clock[line.host] == last.get(line.host, 0) + 1
        last[line.host] = line.clock[line.host]


def test_a_clock_names_only_events_that_are_there_and_earlier(lines: list[Line]) -> None:
    last: dict[str, int] = {}
    for line in lines:
        last[line.host] = last.get(line.host, 0) + 1
        assert all(1 <= count <= last.get(host, 0) for host, count in line.clock.items())


def test_a_clock_is_what_an_event_knows_of_its_actor_and_its_cause(
    lines: list[Line], told: Told
) -> None:
    before: dict[str, dict[str, int]] = {}
    for line, event in zip(lines, told.events, strict=True):
        own = before.get(line.host, {})
        cause = {} if event.cause is None else lines[event.cause].clock
        known = {host: max(own.get(host, 0), cause.get(host, 0)) for host in own | cause}
        assert line.clock == {**known, line.host: own.get(line.host, 0) + 1}
        before[line.host] = line.clock


def test_each_message_is_known_where_it_arrived(lines: list[Line], told: Told) -> None:
    for send, arrival in told.flows:
        host, count = lines[send].host, lines[send].clock[lines[send].host]
        assert lines[arrival].clock[host] >= count


def test_causes_are_followed_through_what_is_left_out(crashed: Index) -> None:
    text = b"".join(FORMATS["shiviz"](crashed, [15, 33, 37])).decode()
    assert [line.clock for line in parse(text)] == [
        {"script": 1},
        {"script": 1, "keeper-1": 1},
        {"script": 1, "keeper-1": 1, "queen": 1},
    ]
