"""What is written down of a run, byte for byte."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pykka
import pytest

from glasshive import InputError, Live, Message, Simulation, clock
from glasshive.trace import TraceWriter

if TYPE_CHECKING:
    from pathlib import Path

    from glasshive import Runtime


class Odd:
    __hash__ = object.__hash__

    def __init__(self, text: str = "") -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<Odd {self.text} at 0x7f00aa>"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


class Pair(NamedTuple):
    left: int
    right: str


class Told(Message, frozen=True):
    text: str
    odd: Any


class Sink(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> Any:
        if message == "fail":
            raise ValueError("no such thing")
        return message


def _cyclic() -> list[Any]:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    return cycle


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _play(path: Path, *messages: Any, seed: int = 0) -> TraceWriter:
    writer = TraceWriter.open(path, {"seed": seed})
    with Simulation(seed=seed, trace=writer) as simulation:
        sink = Sink.start()
        for message in messages:
            sink.tell(message)
        simulation.run()
    writer.finish({"status": "held"})
    return writer


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ({"b", "a", "c"}, ["a", "b", "c"]),
        ({1, "a", None, (2, "x")}, ["a", 1, [2, "x"], None]),
        (frozenset([frozenset("ba"), 3]), [3, ["a", "b"]]),
        ({(1, 2): {"b", 1}}, [[[1, 2], ["b", 1]]]),
        ({1: "one", "two": 2}, [[1, "one"], ["two", 2]]),
        (_cyclic(), [1, "…"]),
        (Odd("x"), "<Odd x>"),
        ({Odd("b"), Odd("a")}, ["<Odd a>", "<Odd b>"]),
        (Broken(), "<Broken whose repr raised RuntimeError>"),
        (ValueError("bad"), {"error": "ValueError", "text": "bad"}),
        (b"bytes", "Ynl0ZXM="),
        (Pair(1, "r"), {"type": "Pair", "left": 1, "right": "r"}),
        (math.nan, None),
        (2**70, 2**70),
        ("\ud800", "\\ud800"),
        (int, "int"),
        (Told("t", {1: {"y", "x"}}), {"type": "Told", "text": "t", "odd": [[1, ["x", "y"]]]}),
        (
            pykka.messages.ProxyCall(("a", "b"), (1,), {"k": 2}),
            {"type": "ProxyCall", "attr_path": ["a", "b"], "args": [1], "kwargs": {"k": 2}},
        ),
    ],
)
def test_a_message_of_any_type_is_written_down(tmp_path: Path, message: Any, written: Any) -> None:
    path = tmp_path / "t.jsonl"
    writer = TraceWriter.open(path, {})
    with Simulation(trace=writer):
        Sink.start().ask(message, block=False)
    writer.finish({})
    sent = next(line for line in _lines(path) if line.get("kind") == "send")
    if isinstance(message, set) and None in message:
        assert sorted(map(str, sent["data"])) == sorted(map(str, written))
    else:
        assert sent.get("data") == written


def test_an_actor_reference_is_written_as_the_actors_name(tmp_path: Path) -> None:
    class Introduced(Sink):
        name = "bob"

    path = tmp_path / "t.jsonl"
    writer = TraceWriter.open(path, {})
    with Simulation(trace=writer):
        sink = Sink.start()
        sink.ask((Introduced.start(), {sink}))
    writer.finish({})
    assert next(line["data"] for line in _lines(path) if line.get("kind") == "send") == [
        "bob",
        ["Sink-1"],
    ]


def test_the_digest_is_of_the_event_lines_and_the_ends_frame_them(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    writer = _play(path, 1, "two")
    header, *events, end = path.read_bytes().splitlines(keepends=True)
    assert json.loads(header) == {"glasshive": 1, "seed": 0}
    digest = hashlib.blake2b(b"".join(events), digest_size=16).hexdigest()
    assert json.loads(end)["end"] == {"status": "held", "events": 5, "digest": digest}
    assert writer.digest == digest
    assert [json.loads(event)["index"] for event in events] == list(range(5))


def test_equal_runs_make_equal_compressed_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl.gz", tmp_path / "other.jsonl.gz"
    _play(one, 1)
    _play(other, 1)
    assert one.read_bytes() == other.read_bytes()
    assert gzip.decompress(one.read_bytes()).startswith(b'{"glasshive":1')


def test_an_unwritable_file_is_found_when_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written \(No such file or directory\)"):
        TraceWriter.open(tmp_path / "none" / "t.jsonl", {})


def _program(runtime: Runtime) -> None:
    """Tell, ask, fail, stop, crash and time, between two hosts."""
    runtime.network.link("local", "far", latency=0.002)
    with runtime.on("far"):
        far, doomed = Sink.start(), Sink.start()
    near = Sink.start()
    assert far.ask("question") == "question"
    near.tell(Told("t", None))
    with pytest.raises(ValueError, match="no such thing"):
        near.ask("fail")
    clock.after(0.1, far, "later")
    clock.after(0.1, far, "never").cancel()
    far.tell("fail")
    runtime.run()
    runtime.crash(doomed)
    doomed.tell("lost")
    runtime.run()
    if runtime.kind == "live":
        return  # whether a message still comes in behind the stop is the threads' affair
    last = near.stop(block=False)
    behind = near.ask("behind", block=False)
    assert last.get() is True
    with pytest.raises(pykka.ActorDeadError):
        behind.get()
    runtime.run()


@pytest.mark.parametrize("runtime", [Simulation, Live])
def test_each_message_is_seen_from_its_send_to_its_end(
    tmp_path: Path, runtime: type[Simulation | Live]
) -> None:
    writer = TraceWriter.open(tmp_path / "t.jsonl", {})
    with runtime(trace=writer) as running:
        _program(running)
    writer.finish({})
    events = _lines(tmp_path / "t.jsonl")[1:-1]
    sent = [each["message"] for each in events if each["kind"] in {"send", "timer-fired"}]
    ended = [each["message"] for each in events if each["kind"] in {"deliver", "drop"}]
    assert sorted(sent) == sorted(ended) == list(range(1, len(sent) + 1))
    for each in events:
        if "cause" in each:
            assert 0 <= each["cause"] < each["index"]
        if each["kind"] in {"deliver", "drop"}:
            cause = events[each["cause"]]
            assert cause["kind"] in {"send", "timer-fired"}
            assert cause["message"] == each["message"]
            assert (cause["actor"], cause["peer"]) == (each["peer"], each["actor"])
    replies = [each for each in events if each["kind"] == "send" and each["type"] == "Reply"]
    assert [(each["actor"], each["peer"], each.get("data")) for each in replies][:2] == [
        ("Sink-1", "script", "question"),
        ("Sink-3", "script", {"error": "ValueError", "text": "no such thing"}),
    ]


def test_a_live_run_has_the_events_of_the_simulated_one(tmp_path: Path) -> None:
    seen = []
    for runtime in (Simulation, Live):
        writer = TraceWriter.open(tmp_path / "t.jsonl", {})
        with runtime(trace=writer) as running:
            running.kind = "live"  # type: ignore[misc]  # the same program in both
            _program(running)
        writer.finish({})
        events = _lines(tmp_path / "t.jsonl")[1:-1]
        facts = ("kind", "actor", "peer", "type", "data")
        seen.append(sorted(json.dumps([each.get(fact) for fact in facts]) for each in events))
    assert seen[0] == seen[1]


def test_what_is_left_at_the_end_is_a_drop(tmp_path: Path) -> None:
    writer = TraceWriter.open(tmp_path / "t.jsonl", {})
    with Simulation(trace=writer):
        Sink.start().tell("never run")
    writer.finish({})
    last = _lines(tmp_path / "t.jsonl")[-2]
    assert (last["kind"], last["data"]) == ("drop", {"reason": "end"})


def test_a_message_to_oneself_before_the_start_has_the_actors_name(tmp_path: Path) -> None:
    class Eager(pykka.ThreadingActor):
        name = "eager"

        def __init__(self) -> None:
            super().__init__()
            self.actor_ref.tell("first")

    writer = TraceWriter.open(tmp_path / "t.jsonl", {})
    with Simulation(trace=writer):
        Eager.start()
    writer.finish({})
    assert _lines(tmp_path / "t.jsonl")[1]["peer"] == "eager"
