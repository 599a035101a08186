"""Actors that are gone at once, simulated and live."""

from __future__ import annotations

import threading
import time
from typing import Any

import pykka
import pytest

from glasshive import Live, Simulation, clock


class Stubborn(pykka.ThreadingActor):
    """Tries everything to go on after its crash."""

    def __init__(self, log: list[Any], witness: Any) -> None:
        super().__init__()
        self.log = log
        self.witness = witness

    def on_receive(self, message: Any) -> Any:
        try:
            if message == "self":
                self.log.append("crashing")
                message = self.witness.crash(self.actor_ref)
            time.sleep(100)
        except BaseException as error:
            self.log.append("caught")
            self.log.append(self.actor_ref.is_alive())
            raise RuntimeError("made of a crash") from error

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        del exception_type, exception_value, traceback
        self.log.append("on_failure")

    def on_stop(self) -> None:
        self.log.append("on_stop")


class Echo(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> Any:
        return message


def test_a_crash_runs_no_hook_even_if_the_handler_makes_an_error_of_it() -> None:
    log: list[Any] = []
    with Simulation() as simulation:
        ref = Stubborn.start(log, None)
        other = Echo.start()
        ref.tell("sleep")
        simulation.run(until=1)
        simulation.crash(ref)
        ref.tell("vanishes")
        assert other.ask("fine") == "fine"
        assert simulation.now() == 1
        assert pykka.ActorRegistry.get_all() == [other]
    assert log == ["caught", True]


def test_an_actor_that_crashes_itself_does_not_wake_the_script() -> None:
    log: list[Any] = []
    with Simulation() as simulation:
        ref = Stubborn.start(log, simulation)
        clock.after(5, Echo.start(), "later")
        ref.tell("self")
        simulation.run()
        assert simulation.now() == 5
    assert log == ["crashing", "caught", True]


def test_a_crash_takes_the_inbox_and_the_timers_along() -> None:
    got: list[Any] = []

    class Clocked(pykka.ThreadingActor):
        def __init__(self, to: Any) -> None:
            super().__init__()
            self.to = to

        def on_receive(self, message: Any) -> Any:
            got.append(message)
            clock.after(2, self.to, "timer")
            time.sleep(1)

    class Sink(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            got.append(message)

    with Simulation() as simulation:
        ref = Clocked.start(Sink.start())
        ref.tell(1)
        ref.tell(2)
        simulation.run(until=0.5)
        simulation.crash(ref)
        simulation.run()
        assert simulation.now() == 0.5
    assert got == [1]


def test_an_answer_to_a_crashed_asker_ends_nowhere() -> None:
    class Asker(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            return message.ask("question")

    with Simulation() as simulation:
        simulation.network.link("local", "far", latency=1)
        with simulation.on("far"):
            echo = Echo.start()
        asker = Asker.start()
        asker.tell(echo)
        simulation.run(until=1.5)
        simulation.crash(asker)
        simulation.run()
        assert simulation.now() == 2
        assert echo.ask("still there") == "still there"


@pytest.mark.parametrize("runtime", [Simulation, Live])
def test_messages_take_their_links_latency_both_ways(runtime: type[Simulation | Live]) -> None:
    with runtime() as running:
        running.network.link("local", "far", latency=0.03)
        with running.on("far"):
            ref = Echo.start()
        begun = running.now()
        assert ref.ask("x") == "x"
        took = running.now() - begun
    assert took == 0.06 if runtime is Simulation else 0.06 <= took < 5


@pytest.mark.usefixtures("quiet")
def test_leaving_a_live_run_ends_every_thread_that_waits() -> None:
    before = set(threading.enumerate())

    class Stuck(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            return message.ask(self.actor_ref)

        def on_stop(self) -> None:
            pytest.fail("a hook ran")

    with Live() as live:
        one, other, idle = Stuck.start(), Stuck.start(), Stuck.start()
        one.tell(other)
        crashed = Echo.start()
        live.crash(crashed)
        crashed.tell("vanishes")
        assert idle.is_alive()
        live.run(until=0.05)
    assert set(threading.enumerate()) == before
    with pytest.raises(pykka.ActorDeadError):
        idle.tell("late")


def test_what_is_on_its_way_when_a_live_run_is_left_was_lost_to_its_end() -> None:
    begun = threading.Event()
    dropped: list[Any] = []

    class Busy(pykka.ThreadingActor):
        def on_receive(self, _: Any) -> None:
            begun.set()
            threading.Event().wait(0.3)

    with Live() as live:
        live.watch(lambda event, _: dropped.append(event.data), kinds=["drop"])
        live.network.link("local", "there", latency=0.1)
        with live.on("there"):
            ref = Echo.start()
        busy = Busy.start()
        busy.tell("work")
        assert begun.wait(5)
        # Leaving waits for who is busy, and meanwhile this comes to an inbox that was closed.
        ref.tell("late")
    assert dropped == [{"reason": "end"}]


def test_a_live_run_is_over_when_nothing_is_left_to_do() -> None:
    class Chain(pykka.ThreadingActor):
        def __init__(self) -> None:
            super().__init__()
            self.following: Any = None
            self.count = 0

        def on_receive(self, message: Any) -> Any:
            self.count += 1
            if message:
                self.following.tell(message - 1)

    for _ in range(20):
        with Live() as live:
            refs = [Chain.start() for _ in range(3)]
            actors = [ref._actor_weakref() for ref in refs]
            for ref, actor in zip([*refs[1:], refs[0]], actors, strict=True):
                assert actor is not None
                actor.following = ref
            clock.after(30, refs[0], 1).cancel()
            refs[0].tell(200)
            live.run()
            assert sum(actor.count for actor in actors if actor is not None) == 201


def test_a_thousand_actors_start_and_answer_whoever_started_them() -> None:
    class Nested(pykka.ThreadingActor):
        def on_receive(self, message: int) -> int:
            if message == 0:
                return 0
            below: Any = Nested.start().ask(message - 1)
            return 1 + int(below)

    with Simulation() as simulation:
        refs = [Echo.start() for _ in range(3000)]
        simulation.run()
        assert refs[-1].ask("there") == "there"
        assert Nested.start().ask(300) == 300
