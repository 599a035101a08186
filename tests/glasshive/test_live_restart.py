"""A crashed actor of a live run is started again, and what is left of its earlier life is dead."""

from __future__ import annotations

import gc
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

import pykka
import pytest
from pykka import ActorDeadError, ActorRegistry

from glasshive import GlasshiveError, Live, Simulation, clock, life
from glasshive.latency import Uniform
from glasshive.trace.event import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 20.0
"""Seconds that nothing here takes, on whatever machine."""


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.002)


class Counter(pykka.ThreadingActor):
    def __init__(self, start: int = 0, *, step: int = 1) -> None:
        super().__init__()
        self.count = start
        self.step = step
        self.starts = 0

    def on_start(self) -> None:
        self.starts += 1

    def on_stop(self) -> None:
        raise AssertionError("a crash runs no hook")

    def on_receive(self, _: Any) -> Any:
        self.count += self.step
        return self.count, self.starts


class Ear(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if message == "all":
            return list(self.heard)
        self.heard.append(message)
        return None


class Held(pykka.ThreadingActor):
    """Stands in its first handler until it is let go, and then does something."""

    def __init__(self, gate: Gate, act: Callable[[Held], Any]) -> None:
        super().__init__()
        self.gate = gate
        self.act = act
        self.got: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        if message != "hold":
            self.got.append(message)
            return self.got
        self.gate.stand()
        return self.act(self)


class Gate:
    """Where the thread of an earlier life stands, in the middle of its handler."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.go = threading.Event()
        self.thread: Any = None

    def stand(self) -> None:
        """Stand here until the thread is let go."""
        self.thread = threading.current_thread()
        self.came.set()
        assert self.go.wait(LONG)

    def open(self) -> None:
        """Let the thread go, and wait until it has ended."""
        self.go.set()
        self.thread.join(LONG)
        assert not self.thread.is_alive()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Have Pykka not print what is raised here on purpose."""
    logger = logging.getLogger("pykka")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(before)


@pytest.fixture
def live() -> Iterator[Live]:
    with Live() as live:
        yield live


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.go.set()


def held(live: Live, gate: Gate, act: Callable[[Held], Any]) -> pykka.ActorRef[Held]:
    """Return an actor that has crashed in the middle of a handler, and still stands there."""
    ref = Held.start(gate, act)
    ref.tell("hold")
    assert gate.came.wait(LONG)
    live.crash(ref)
    return ref


# -- the same meaning as in a simulation ----------------------------------------------------


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


# -- what is left of the earlier life -------------------------------------------------------


@pytest.mark.parametrize("state", [False, True])
def test_the_thread_of_an_earlier_life_reaches_nobody(
    live: Live, gate: Gate, *, state: bool
) -> None:
    ear = Ear.start()
    tried: list[str] = []
    events: list[tuple[str, str]] = []
    acts: dict[str, Callable[[Held], Any]] = {
        "tell": lambda _: ear.tell("from the dead"),
        "ask": lambda _: ear.ask("from the dead"),
        "later": lambda _: clock.after(0.0, ear, "from the dead"),
        "start": lambda _: Counter.start(),
        "crash": lambda _: live.crash(ear),
        "restart": lambda me: live.restart(me.actor_ref),
        "stop": lambda me: me.actor_ref.stop(),
    }

    def act(me: Held) -> str:
        for name, each in acts.items():
            tried.append(name)
            try:
                each(me)
            except SystemExit:
                continue
            tried.append("went on")
        live.record("note", {"from": "the dead"})
        return "answer"

    ref = Held.start(gate, act)
    answer = ref.ask("hold", block=False)
    assert gate.came.wait(LONG)
    live.crash(ref)
    live.watch(lambda event, _: events.append((event.kind, event.actor)), kinds=KINDS)
    live.restart(ref, state=state)
    gate.open()
    assert tried == list(acts)
    assert ref.ask("x") == ["x"]
    assert ear.ask("all") == []
    with pytest.raises(pykka.Timeout):
        answer.get(timeout=0.05)
    assert len(ActorRegistry.get_all()) == 2
    assert [kind for kind, actor in events if actor == "Held-1"] == [
        "fault",
        "spawn",
        "deliver",
        "send",
    ]


@pytest.mark.parametrize("state", [False, True])
@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_an_error_of_an_earlier_life_ends_no_one(
    live: Live, gate: Gate, error: type[BaseException], *, state: bool
) -> None:
    def act(_: Held) -> None:
        raise error

    ref = held(live, gate, act)
    bystander = Ear.start()
    live.restart(ref, state=state)
    gate.open()
    assert ref.ask("x") == ["x"]
    assert bystander.ask("all") == []
    assert live.casualties == []


def test_an_error_of_an_earlier_life_is_no_event_of_the_next(live: Live, gate: Gate) -> None:
    def act(_: Held) -> None:
        raise ValueError

    failed: list[str] = []
    live.watch(lambda event, _: failed.append(event.actor), kinds=["fail"])
    ref = Held.start(gate, act)
    ref.ask("hold", block=False)
    assert gate.came.wait(LONG)
    live.crash(ref)
    live.restart(ref)
    gate.open()
    assert failed == []


def test_the_thread_of_an_earlier_life_takes_no_message_of_the_next(live: Live, gate: Gate) -> None:
    ref = held(live, gate, lambda _: None)
    live.restart(ref)
    new = live.actors()[0]
    gate.open()
    for number in range(100):
        ref.tell(number)
    assert isinstance(new, Held)
    live.run()
    assert new.got == list(range(100))


def test_a_handler_that_never_comes_back_is_no_work_of_the_next_life(
    live: Live, gate: Gate
) -> None:
    ref = held(live, gate, lambda _: None)
    live.restart(ref)
    ref.tell("x")
    live.run()  # comes to rest although the old thread stands in its handler
    assert gate.thread.is_alive()
    assert live.works == 0
    gate.open()
    live.run()
    assert live.works == 0


@pytest.mark.parametrize("crashes", [0, 1, 2])
def test_two_threads_are_never_in_one_instance(live: Live, gate: Gate, crashes: int) -> None:
    ref = held(live, gate, lambda me: me.got.append("old"))
    for _ in range(crashes):
        live.restart(ref, state=True)
        live.crash(ref)
        eventually(lambda: len(live._lives) == 1)  # the one that stands there
    live.restart(ref, state=True)
    answer = ref.ask("new", block=False)
    with pytest.raises(pykka.Timeout):
        answer.get(timeout=0.1)  # the old one is still there
    gate.open()
    assert answer.get(timeout=LONG) == ["old", "new"]


def test_a_life_that_waits_for_the_one_before_can_crash_and_come_back_anew(
    live: Live, gate: Gate
) -> None:
    ref = held(live, gate, lambda _: None)
    live.restart(ref, state=True)
    lost = ref.ask("lost", block=False)
    live.crash(ref)
    live.restart(ref)
    assert ref.ask("x") == ["x"]
    with pytest.raises(pykka.Timeout):
        lost.get(timeout=0.01)
    assert gate.thread.is_alive()


def test_who_crashes_while_it_waits_for_an_answer_waits_no_longer(live: Live, gate: Gate) -> None:
    other = Held.start(gate, lambda _: "late")
    began = set(threading.enumerate())

    class Asker(pykka.ThreadingActor):
        def on_receive(self, _: Any) -> Any:
            return other.ask("hold")

    ref = Asker.start()
    ref.tell("go")
    assert gate.came.wait(LONG)
    live.crash(ref)
    eventually(lambda: set(threading.enumerate()) == began)
    live.restart(ref)
    assert live.can_restart(ref) is False


def test_an_actor_that_crashes_itself_goes_no_further(live: Live) -> None:
    after: list[str] = []

    class Tired(pykka.ThreadingActor):
        def on_receive(self, message: Any) -> Any:
            if message == "crash":
                live.crash(self.actor_ref)
                after.append("went on")
            return message

    ref = Tired.start()
    ref.tell("crash")
    eventually(lambda: live.can_restart(ref))
    live.restart(ref)
    assert ref.ask("x") == "x"
    assert after == []


# -- many at once ---------------------------------------------------------------------------


def test_of_many_threads_that_restart_an_actor_one_does(live: Live) -> None:
    ref = Counter.start()
    for _ in range(20):
        live.crash(ref)
        begin = threading.Barrier(8)
        refused: list[GlasshiveError] = []

        def restart(begin: threading.Barrier = begin, refused: list[Any] = refused) -> None:
            begin.wait(LONG)
            try:
                live.restart(ref)
            except GlasshiveError as error:
                refused.append(error)

        threads = [threading.Thread(target=restart) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LONG)
        assert len(refused) == 7
        assert ref.ask("x") == (1, 1)
        assert len(live.actors()) == 1
    assert life(ref) == 20


def test_under_crashes_messages_are_handled_in_order_and_at_most_once(live: Live) -> None:
    got: list[tuple[int, int]] = []

    class Sink(pykka.ThreadingActor):
        def on_receive(self, message: tuple[int, int]) -> None:
            got.append(message)

    ref = Sink.start()
    over = threading.Event()

    def tell(sender: int) -> None:
        for number in range(3000):
            ref.tell((sender, number))

    def strike() -> None:
        state = False
        while not over.is_set():
            live.crash(ref)
            live.restart(ref, state=state)
            state = not state

    senders = [threading.Thread(target=tell, args=(sender,)) for sender in range(3)]
    striker = threading.Thread(target=strike)
    for thread in (*senders, striker):
        thread.start()
    for thread in senders:
        thread.join(LONG)
    over.set()
    striker.join(LONG)
    live.run()  # every message that is on its way is counted, and no more
    assert live.works == 0
    for sender in range(3):
        numbers = [number for who, number in got if who == sender]
        assert numbers == sorted(set(numbers))
    ref.tell((3, 0))
    live.run()
    assert got[-1] == (3, 0)
    eventually(lambda: len(live._lives) == 1)


def test_nothing_is_kept_of_a_crashed_actor_that_was_replaced(live: Live) -> None:
    class Named(pykka.ThreadingActor):
        name = "anna"

        def on_receive(self, message: Any) -> Any:
            return message

    live.network.link("local", "there", latency=Uniform(0.0, 0.001))

    def replaced() -> weakref.ref[Any]:
        with live.on("there"):
            ref = Named.start()
        ref.ask("x")
        live.crash(ref)
        return weakref.ref(ref.actor_inbox)

    inboxes = [replaced() for _ in range(5)]
    last = Named.start()
    assert last.ask("x") == "x"

    def forgotten() -> bool:
        gc.collect()
        return all(inbox() is None for inbox in inboxes)

    eventually(forgotten)
    assert len(live._lives) == len(live._inboxes) == 1


def test_nothing_is_kept_of_the_lives_before(live: Live) -> None:
    ref = Counter.start()
    actors: list[weakref.ref[Any]] = []
    for _ in range(5):
        ref.ask("x")
        actors.append(weakref.ref(live.actors()[0]))
        live.crash(ref)
        live.restart(ref)
    ref.ask("x")

    def forgotten() -> bool:
        gc.collect()
        return all(actor() is None for actor in actors)

    eventually(forgotten)
    eventually(lambda: len(live._lives) == 1)
