"""Where two traces part is found, and whose code was running there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from glasshive.trace import Event, TraceWriter
from glasshive.trace.parting import Difference, Parting, differences, part
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Traces = Callable[..., TraceReader]

SHARED = (
    Event(0, 0.0, "spawn", "ann"),
    Event(1, 0.0, "spawn", "bob", cause=0),
    Event(2, 0.0, "send", "script", message=1, peer="ann", type="str", data="go"),
    Event(3, 0.5, "deliver", "ann", cause=2, message=1, peer="script", type="str"),
)


@pytest.fixture
def trace(tmp_path: Path) -> Traces:
    """Write a trace that begins with the shared events and read it."""
    count = 0

    def write(*events: Event, seed: int = 1, status: str = "held") -> TraceReader:
        nonlocal count
        count += 1
        path = tmp_path / f"{count}.jsonl"
        writer = TraceWriter.open(path, {"seed": seed})
        for event in (*SHARED, *events):
            writer.write(event)
        writer.finish({"status": status})
        return TraceReader(path)

    return write


def sends(actor: str, data: Any, *, time: float = 0.5, cause: int | None = 3) -> Event:
    return Event(4, time, "send", actor, cause=cause, message=2, peer="eve", type="int", data=data)


def delivers(actor: str, *, time: float = 0.5) -> Event:
    return Event(4, time, "deliver", actor, cause=2, message=1, peer="script", type="str")


def test_equal_traces_do_not_part(trace: Traces) -> None:
    assert part(trace(sends("ann", 1)), trace(sends("ann", 1))) is None


def test_the_first_event_that_differs_is_found_with_its_values(trace: Traces) -> None:
    left, right = sends("ann", {"a": [1, 2]}), sends("ann", {"a": [1, 3]})
    later = Event(5, 9.0, "note", "bob", data="later")

    parting = part(trace(left, later), trace(right))

    assert parting is not None
    assert (parting.same, parting.header, parting.end) == (4, (), ())
    assert parting.event is not None
    assert (parting.event.left, parting.event.right) == (left, right)
    assert parting.event.differences == (Difference("data.a[1]", 2, 3),)
    assert (parting.event.actor, parting.event.handling) == ("ann", SHARED[3])


@pytest.mark.parametrize(
    ("left", "right", "actor", "handling"),
    [
        # One actor sends and the other run goes on to what was due anyway.
        (sends("ann", 1), delivers("bob"), "ann", 3),
        (delivers("bob"), sends("ann", 1), "ann", 3),
        # Ann sleeps for longer in one run, and is late for her next message.
        (delivers("ann", time=0.7), delivers("ann", time=0.9), "ann", 3),
        (delivers("ann", time=0.9), delivers("bob", time=0.8), "bob", 1),
        (delivers("bob", time=0.8), delivers("ann", time=0.7), "ann", 3),
        # Two actors do something at the same moment: Ann was running.
        (sends("bob", 1, cause=1), sends("ann", 1), "ann", 3),
        # A new actor is the doing of whoever starts it.
        (Event(4, 0.5, "spawn", "x", cause=3), Event(4, 0.5, "spawn", "y", cause=3), "ann", 3),
        (Event(4, 0.5, "spawn", "x"), Event(4, 0.5, "spawn", "y"), "script", None),
        (sends("script", 1, cause=None), sends("script", 2, cause=None), "script", None),
        # One of the runs does no more.
        (sends("bob", 1, cause=1), None, "bob", 1),
        (None, sends("ann", 1), "ann", 3),
    ],
)
def test_the_actor_whose_code_made_the_difference_is_named(
    trace: Traces, left: Event | None, right: Event | None, actor: str, handling: int | None
) -> None:
    sides = [trace(*[event] if event else []) for event in (left, right)]

    parting = part(*sides)

    assert parting is not None
    assert parting.event is not None
    assert (parting.event.left, parting.event.right) == (left, right)
    assert parting.event.actor == actor
    assert parting.event.handling == (None if handling is None else SHARED[handling])


def test_a_difference_in_the_very_first_event_has_nothing_before_it(tmp_path: Path) -> None:
    readers = []
    for name in ("ann", "bob"):
        writer = TraceWriter.open(tmp_path / name, {})
        writer.write(Event(0, 0.0, "spawn", name))
        writer.finish({})
        readers.append(TraceReader(tmp_path / name))

    parting = part(readers[0], readers[1])

    assert parting is not None
    assert parting.event is not None
    assert (parting.same, parting.event.actor, parting.event.handling) == (0, "script", None)
    assert parting.event.differences == (Difference("actor", "ann", "bob"),)


def test_headers_and_ends_are_compared_where_all_events_are_the_same(trace: Traces) -> None:
    ended = part(trace(), trace(status="violated"))
    assert ended == Parting(4, (), None, (Difference("status", "held", "violated"),))
    begun = part(trace(), trace(seed=2))
    assert begun == Parting(4, (Difference("seed", 1, 2),), None, ())


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"b": 1}, [("a", 1, "(absent)"), ("b", "(absent)", 1)]),
        ([1, [2]], [1, [2, 3]], [("[1][1]", "(absent)", 3)]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
        ({"a": True}, {"a": 1}, [("a", True, 1)]),
        ({"a": [1]}, {"a": None}, [("a", [1], None)]),
    ],
)
def test_each_value_that_differs_is_named_with_the_way_to_it(
    left: Any, right: Any, found: list[tuple[str, Any, Any]]
) -> None:
    assert differences(left, right) == tuple(Difference(*each) for each in found)
