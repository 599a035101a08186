"""A crashed actor of a live run is started again, with the same meaning as in a simulation."""

from __future__ import annotations

import threading
from typing import Any

import pykka
import pytest
from pykka import ActorDeadError, ActorRegistry

from glasshive import GlasshiveError, Live, Simulation, clock, life
from tests.glasshive.counter import Counter
from tests.glasshive.lives import Ear, Gate, eventually, held

pytestmark = pytest.mark.usefixtures("quiet")


def test_a_restarted_actor_is_made_anew_of_what_it_was_started_with(live: Live) -> None:
    ref = Counter.start(10, step=2)
    assert [ref.ask("x") for _ in range(2)] == [(12, 1), (14, 1)]
    live.crash(ref)
    live.restart(ref)
    assert ref.ask("x") == (12, 1)
    assert len(ActorRegistry.get_all()) == 1
    live.crash(ref)
    assert ActorRegistry.get_all() == []


def test_with_its_state_the_same_instance_goes_on_and_on_start_runs_again(live: Live) -> None:
    ref = Counter.start(10, step=2)
    before = ref._actor_weakref()
    assert ref.ask("x") == (12, 1)
    live.crash(ref)
    live.restart(ref, state=True)
    assert ref.ask("x") == (14, 2)
    assert live.actors() == [before]


def play(world: Simulation | Live) -> list[tuple[Any, ...]]:
    """Crash and restart an actor twice, tell it things meanwhile, and return the events."""
    events: list[tuple[Any, ...]] = []

    def seen(event: Any, _: Any) -> None:
        events.append((event.kind, event.actor, event.peer, event.data))

    with world:
        world.watch(seen, kinds=["spawn", "fault", "drop", "deliver"])
        with world.on("there"):
            ref = Counter.start(10)
        for state in (False, True):
            assert ref.ask("x") == (11, 1)
            world.run()
            world.crash(ref)
            ref.tell("lost")
            world.run()
            world.restart(ref, state=state)
        assert ref.ask("x") == (12, 2)
        world.run()
        events.append((life(ref), world.name_of(ref), world.can_restart(ref)))
    return events


def test_the_events_are_those_of_a_simulation() -> None:
    simulated, threads = play(Simulation()), play(Live())
    assert threads == simulated
    assert (2, "Counter-1", False) in threads
    assert ("drop", "Counter-1", "script", {"reason": "crash"}) in threads


def test_what_came_while_it_was_down_stays_lost(live: Live) -> None:
    ref = Ear.start()
    live.crash(ref)
    ref.tell("down")
    unanswered = ref.ask("down", block=False)
    live.restart(ref)
    ref.tell("up")
    assert ref.ask("all") == ["up"]
    with pytest.raises(pykka.Timeout):
        unanswered.get(timeout=0.05)


def test_timers_of_an_earlier_life_are_dead_and_those_of_the_next_are_not(live: Live) -> None:
    class Clocked(pykka.ThreadingActor):
        def __init__(self, ear: Any) -> None:
            super().__init__()
            self.ear = ear

        def on_receive(self, message: Any) -> None:
            clock.after(0.1, self.ear, message)

    ear = Ear.start()
    ref = Clocked.start(ear)
    ref.ask("first life")
    live.crash(ref)
    live.restart(ref)
    ref.ask("second life")
    eventually(lambda: ear.ask("all") != [])
    assert ear.ask("all") == ["second life"]


def test_only_what_has_crashed_and_was_not_replaced_can_be_restarted(live: Live) -> None:
    class Named(pykka.ThreadingActor):
        name = "anna"

    first = Named.start()
    assert not live.can_restart(first)
    with pytest.raises(GlasshiveError, match="anna cannot be restarted: it has not crashed"):
        live.restart(first)
    live.crash(first)
    assert live.can_restart(first)
    second = Named.start()
    assert live.name_of(second) == "anna"
    assert not live.can_restart(first)
    with pytest.raises(GlasshiveError, match="anna cannot be restarted: it has not crashed"):
        live.restart(first)
    second.stop()
    assert not live.can_restart(second)


def test_what_was_not_started_with_start_comes_back_with_its_state_alone(live: Live) -> None:
    actor = Ear()
    ActorRegistry.register(actor.actor_ref)
    actor._start_actor_loop()
    live.crash(actor.actor_ref)
    with pytest.raises(GlasshiveError, match="Ear-1 cannot be restarted without its state"):
        live.restart(actor.actor_ref)
    live.restart(actor.actor_ref, state=True)
    assert actor.actor_ref.ask("all") == []


def test_an_actor_that_could_not_be_made_again_can_be_tried_again(live: Live) -> None:
    fails: list[Exception] = []

    class Fragile(Counter):
        def __init__(self) -> None:
            super().__init__()
            if fails:
                self.actor_ref.tell("to nobody")
                raise fails.pop()

    ref = Fragile.start()
    live.crash(ref)
    fails.append(ValueError("no memory"))
    with pytest.raises(ValueError, match="no memory"):
        live.restart(ref)
    live.run()
    assert live.can_restart(ref)
    live.restart(ref)
    assert ref.ask("x") == (1, 1)


def test_an_actor_that_crashes_while_it_is_made_again_can_be_restarted(live: Live) -> None:
    crashes: list[bool] = []

    class Doomed(Counter):
        def __init__(self) -> None:
            super().__init__()
            if crashes and crashes.pop():
                live.crash(self.actor_ref)
                assert not live.can_restart(self.actor_ref)  # or two would be made at once

    ref = Doomed.start()
    live.crash(ref)
    crashes.append(True)
    live.restart(ref)
    assert live.actors() == []
    assert ActorRegistry.get_all() == []
    live.restart(ref)
    assert ref.ask("x") == (1, 1)
    assert life(ref) == 2


def test_every_reference_sees_that_a_restarted_actor_has_stopped(live: Live) -> None:
    ref = Ear.start()
    live.crash(ref)
    live.restart(ref)
    assert ref.stop()
    assert not ref.is_alive()
    assert not ref.stop()
    with pytest.raises(ActorDeadError):
        ref.tell("late")


def test_a_live_run_that_is_left_ends_every_life_of_an_actor(gate: Gate) -> None:
    before = set(threading.enumerate())
    with Live() as live:
        ref = held(live, gate, lambda _: None)
        live.restart(ref)
        assert ref.ask("x") == ["x"]
        gate.go.set()
    eventually(lambda: set(threading.enumerate()) == before)
    with pytest.raises(ActorDeadError):
        ref.tell("late")
