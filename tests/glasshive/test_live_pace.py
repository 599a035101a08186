"""What repeats in a live run keeps its pace, however late its actor comes to it."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any

import pykka

from glasshive import Live, clock
from glasshive.wallclock import WallClock

PERIOD = 0.05


class Ticker(pykka.ThreadingActor):
    """Ticks so many times, and is busy for a while just before each tick or once."""

    def __init__(self, times: list[float], ticks: int, busy: float, halt: float) -> None:
        super().__init__()
        self.times = times
        self.ticks = ticks
        self.busy = busy
        self.halt = halt

    def on_receive(self, message: Any) -> None:
        if message == "busy":
            time.sleep(self.busy)
            return
        self.times.append(clock.now())
        if len(self.times) == self.ticks:
            return
        clock.after(PERIOD, self.actor_ref, "tick")
        if self.busy:
            clock.after(PERIOD - 0.01, self.actor_ref, "busy")
        halt, self.halt = self.halt, 0.0
        time.sleep(halt)


def times(ticks: int, *, busy: float = 0.0, halt: float = 0.0) -> list[float]:
    """Return when it ticked, from the first time on."""
    found: list[float] = []
    with Live() as live:
        Ticker.start(found, ticks, busy, halt).tell("tick")
        assert live.run(until=10.0, condition=lambda: len(found) == ticks)
    return [at - found[0] for at in found]


def test_a_timer_set_by_one_that_came_late_makes_up_for_that() -> None:
    # Each tick finds its actor busy for 30 ms more than it has: 15 of them would take 1.2 s.
    assert times(16, busy=0.04)[-1] < 15 * (PERIOD + 0.03) - 0.1


def test_what_a_long_halt_has_delayed_does_not_come_all_at_once() -> None:
    ticks = times(12, halt=0.5)
    # One comes at once for the one that was late, and the others are a period apart.
    assert ticks[1] >= 0.5
    assert ticks[-1] >= 0.5 + 9 * PERIOD


def test_a_clock_that_waits_keeps_nothing_of_what_it_has_called() -> None:
    class Held:
        def take(self, _: object) -> None:
            called.set()

    called = threading.Event()
    wall = WallClock()
    wall.start()
    held = Held()
    kept = weakref.ref(held)
    wall.at(0.0, held.take, held, held.take)
    assert called.wait(10)
    del held
    until = time.monotonic() + 10
    while kept() is not None and time.monotonic() < until:
        time.sleep(0.005)
    assert kept() is None
    assert wall.stop() == []


def test_a_clock_calls_in_the_order_of_the_times_and_loses_what_is_not_due_at_its_end() -> None:
    wall = WallClock()
    called: list[str | int] = []
    wall.start()
    wall.at(0.06, called.append, "second")
    wall.at(0.03, called.append, "first")
    wall.at(0.06, called.append, "third")
    for hours in (2, 1):
        wall.at(3600.0 * hours, called.append, hours, lambda what: called.append(-what))
    while len(called) < 3:
        time.sleep(0.005)
    assert wall.now() >= 0.06
    lost = wall.stop()
    assert called == ["first", "second", "third"]
    for lose in lost:
        lose()
    assert called[3:] == [-1, -2]
