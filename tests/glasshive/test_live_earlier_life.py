"""What is left of a crashed actor's earlier life in a live run is dead."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pykka
import pytest
from pykka import ActorRegistry

from glasshive import Live, clock
from glasshive.latency import Uniform
from glasshive.trace.event import KINDS
from tests.glasshive.counter import Counter
from tests.glasshive.lives import LONG, Ear, Gate, Held, eventually, held

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("quiet")


# -- its thread -------------------------------------------------------------------------------


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


# -- its memory -------------------------------------------------------------------------------


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
