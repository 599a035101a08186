"""What a subscriber of the trace gets is what its file holds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from gateway.feed import Feed
from glasshive import Live
from glasshive.trace import Event, TraceWriter
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from pathlib import Path


class Pair(NamedTuple):
    left: int
    right: str


@pytest.mark.parametrize("data", [None, "text", {"b": 1, "a": [2]}, Pair(1, "x"), {1, 2}, "\ud800"])
def test_a_line_of_the_feed_is_the_line_of_the_file(tmp_path: Path, data: Any) -> None:
    event = Event(0, 1.5, "send", "a", data=data)
    path: Path = tmp_path / "t.jsonl"
    writer = TraceWriter.open(path, {})
    writer.write(event)
    writer.finish({"status": "held"})
    loop = asyncio.new_event_loop()
    try:
        line = Feed(Live(), loop, 1)._line(event)
    finally:
        loop.close()
    assert [line + b"\n"] == list(TraceReader(path).lines())
