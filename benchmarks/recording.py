"""The price of recording: the three-hop chain with the trace off, the flight recorder, and full.

Both with messages that are a short text, and with such as a swarm sends: an id, an index and a
token. Those must be encoded when they are sent, since nobody knows whether they change.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from benchmarks.chain import ROUNDS, TURNS, through
from benchmarks.contest import Contest
from glasshive import Message, Simulation
from glasshive.trace import FlightRecorder, TraceWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.trace import EventSink

WINDOW = 100
LAST = 10_000
"""Events that the flight recorder keeps."""


class Parcel(Message, frozen=True):
    """A token on its way."""

    job_id: str
    index: int
    text: str


MESSAGES = {"a short text": "message", "a typed message": Parcel("hive-1/job-7", 41, " word")}


def _off(_: Path) -> None:
    return None


def _flight(path: Path) -> EventSink:
    return FlightRecorder(path, {}, LAST)


def _full(path: Path) -> EventSink:
    return TraceWriter.open(path, {})


WAYS: dict[str, Callable[[Path], EventSink | None]] = {
    "trace off": _off,
    "flight recorder": _flight,
    "full trace": _full,
}


def speed(way: Callable[[Path], EventSink | None], message: Any) -> float:
    """Return messages per second through the chain, in a run in which everything holds."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sink = way(Path(folder, "chain.jsonl"))
        sim = stack.enter_context(Simulation(trace=sink))
        reached = through(sim, ROUNDS, WINDOW, message)
        if sink is not None:
            sink.finish({"status": "held"})
        return reached


def report(console: Console) -> None:
    """Measure, and print the tables."""
    for what, message in MESSAGES.items():
        contest = Contest(
            f"the price of recording: three-hop chain, {WINDOW} in flight, {what}",
            "messages/s",
            {name: partial(speed, way, message) for name, way in WAYS.items()},
            TURNS,
        )
        console.print(contest.table("trace off"))


if __name__ == "__main__":
    report(Console(width=100))
