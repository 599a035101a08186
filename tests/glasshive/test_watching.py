"""Events of messages are recorded for as long as somebody wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import Live, Simulation
from glasshive.trace import TraceWriter
from glasshive.trace.event import KINDS

if TYPE_CHECKING:
    from pathlib import Path


class Echo(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> Any:
        return message


def recorded(world: Simulation | Live) -> tuple[bool, bool]:
    """Return whether messages are recorded, and changes of registries."""
    return world.recording, world.recorder.wants_state


@pytest.mark.parametrize("runtime", [Simulation, Live])
def test_recording_goes_off_with_the_last_who_watches(runtime: type[Simulation | Live]) -> None:
    events: list[Any] = []
    with runtime() as world:
        ref = Echo.start()
        assert recorded(world) == (False, False)
        first = world.watch(lambda event, _: events.append(event), kinds=KINDS)
        second = world.watch(lambda *_: None, kinds=["drop"])
        ref.ask("seen")
        first()
        assert recorded(world) == (True, False)
        second()
        second()
        assert recorded(world) == (False, False)
        count = world.recorder.count
        ref.ask("unseen")
        world.record("note", "unseen")
        assert world.recorder.count == count
        seen = len(events)
        again = world.watch(lambda event, _: events.append(event), kinds=KINDS)
        ref.ask("seen again")
        again()
    # The answer that the script was last seen to get is no cause of what it asks now.
    assert [event.kind for event in events[seen:]] == ["send", "deliver", "send", "deliver"]
    assert [event.index for event in events[seen:]] == [count, count + 1, count + 2, count + 3]
    assert [event.cause for event in events[seen:]] == [None, count, count + 1, count + 2]


@pytest.mark.parametrize("runtime", [Simulation, Live])
def test_recording_stays_on_while_a_trace_is_written(
    runtime: type[Simulation | Live], tmp_path: Path
) -> None:
    trace = TraceWriter.open(tmp_path / "trace.jsonl", {})
    with runtime(trace=trace) as world:
        world.watch(lambda *_: None, kinds=KINDS)()
        assert recorded(world) == (True, True)
    trace.finish({})
