"""Whatever happens inside a simulation, outside everything is as it was."""

from __future__ import annotations

import datetime as dt
import gc
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
import weakref
from time import sleep
from typing import TYPE_CHECKING, Any

import pykka
import pytest
from pykka import Actor, ActorRegistry, ThreadingActor

from glasshive import Deadlock, GlasshiveError, NotRunning, Simulation, clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Echo(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> Any:
        if isinstance(message, type) and issubclass(message, BaseException):
            raise message
        return message


def _world() -> list[object]:
    """Return everything that a simulation swaps, by identity."""
    hooks = ("_create_actor_inbox", "_create_future", "_start_actor_loop")
    return [
        *(vars(ThreadingActor)[hook] for hook in hooks),
        vars(Actor)["_handle_failure"],
        ActorRegistry._actor_refs,
        *(vars(time)[name] for name in sorted(vars(time)) if callable(vars(time)[name])),
        *(dt.datetime, dt.date, threading.Lock, threading.RLock, vars(threading.Thread)["start"]),
        *(vars(threading.Timer).get(name) for name in ("start", "join", "is_alive", "run")),
        *(queue.SimpleQueue, os.urandom, uuid.uuid1, uuid.uuid4, vars(random.Random)["seed"]),
        *(random.seed, sleep, signal.getsignal(signal.SIGINT)),
    ]


def _normal(_: Simulation) -> None:
    assert Echo.start().ask(1) == 1


def _error(_: Simulation) -> None:
    raise LookupError


def _interrupt(_: Simulation) -> None:
    raise KeyboardInterrupt


def _failing_actor(simulation: Simulation) -> None:
    Echo.start().tell(LookupError)
    simulation.run()


def _deadlock(_: Simulation) -> None:
    queue.Queue[int]().get()


def _nested(_: Simulation) -> None:
    with pytest.raises(GlasshiveError, match="a Simulation is running already"), Simulation():
        pass
    assert Echo.start().ask("the outer one still works") == "the outer one still works"


def _halfway(simulation: Simulation) -> None:
    class Sleeper(pykka.ThreadingActor):
        def on_receive(self, _: Any) -> None:
            try:
                sleep(100)
            finally:
                Echo.start()

    Sleeper.start().tell("sleep")
    simulation.run(until=1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("program", "raised"),
    [
        (_normal, None),
        (_error, LookupError),
        (_interrupt, KeyboardInterrupt),
        (_failing_actor, None),
        (_deadlock, Deadlock),
        (_nested, None),
        (_halfway, None),
    ],
)
def test_everything_is_put_back(
    program: Callable[[Simulation], None], raised: type[BaseException] | None
) -> None:
    before, state = _world(), random.getstate()
    caught: type[BaseException] | None = None
    try:
        with Simulation() as simulation:
            program(simulation)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  which one is the claim
        caught = type(error)
    assert caught is raised
    assert random.getstate() == state
    assert all(one is other for one, other in zip(_world(), before, strict=True))
    assert ActorRegistry.get_all() == []
    ref = Echo.start()
    assert isinstance(ref.actor_inbox, queue.Queue)
    assert ref.ask(1, timeout=5) == 1
    assert ref.stop()
    with pytest.raises(NotRunning):
        clock.now()


def test_a_module_imported_inside_keeps_no_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_inside.py").write_text(
        "import time, threading\nfrom time import sleep, monotonic\nlock = threading.Lock()\n"
        "class Late:\n    clock = staticmethod(monotonic)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with Simulation():
        import imported_inside as module  # type: ignore[import-not-found]  # noqa: PLC0415

        assert module.monotonic() == 0.0
    assert module.sleep is time.sleep
    assert module.monotonic is time.monotonic
    assert module.Late.clock() > 1.0
    with Simulation():
        assert module.monotonic() == 0.0
        with module.lock:
            timer = threading.Timer(1, module.lock.release)
            timer.start()
            module.lock.acquire()
        assert module.monotonic() == 1.0
    assert module.lock.acquire(timeout=0.01)


def test_a_patched_clock_is_put_back_as_it_was_patched(monkeypatch: pytest.MonkeyPatch) -> None:
    def patched() -> float:
        return 42.0

    with Simulation():
        pass
    monkeypatch.setattr(time, "time", patched)
    with Simulation():
        assert time.time() == 1_735_689_600.0
    assert time.time is patched


def test_an_actor_started_before_lives_on_in_real_time() -> None:
    class Relay(pykka.ThreadingActor):
        def __init__(self) -> None:
            super().__init__()
            self.echo: Any = None
            self.answers: list[float] = []
            self.done = threading.Event()

        def on_receive(self, message: Any) -> Any:
            if message != "go":
                self.echo = message
                return
            for _ in range(50):
                self.echo.ask("x", timeout=5)
                begun = time.monotonic()
                sleep(0.001)
                self.answers.append(time.monotonic() - begun)
            self.done.set()

    echo, relay = Echo.start(), Relay.start()
    relay.ask(echo)
    actor = relay._actor_weakref()
    assert actor is not None
    relay.tell("go")
    while not actor.done.is_set():
        with Simulation() as simulation:
            refs = [Echo.start() for _ in range(20)]
            assert [ref.ask(1) for ref in refs] == [1] * 20
            sleep(3600)
            assert simulation.now() == 3600
    assert len(actor.answers) == 50
    assert all(0.001 <= each < 5 for each in actor.answers)
    assert [ref.stop(timeout=5) for ref in (relay, echo)] == [True, True]


def test_a_simulation_is_used_once() -> None:
    simulation = Simulation()
    with simulation:
        pass
    with pytest.raises(GlasshiveError, match="has run already"), simulation:
        pass


def test_references_that_outlive_a_simulation_are_dead() -> None:
    with Simulation():
        ref, crashed = Echo.start(), Echo.start()
        answer = ref.ask("kept", block=False)
        late = ref.ask("late", block=False)
        assert answer.get() == "kept"
        Simulation.crash(ref.actor_inbox.sim, crashed)  # type: ignore[attr-defined]
        unanswered = crashed.ask("never", block=False)
    assert late.get() == "late"
    assert answer.get() == "kept"
    with pytest.raises(NotRunning, match="the simulation has ended"):
        unanswered.get()
    for each in (ref, crashed):
        with pytest.raises(pykka.ActorDeadError):
            each.tell("anybody?")


def test_two_hundred_simulations_leave_nothing_behind() -> None:
    left: list[weakref.ref[Any]] = []

    def one() -> None:
        with Simulation() as simulation:
            ref = Echo.start()
            ref.ask(1)
            Echo.start().tell(2)
            threading.Timer(5, print).start()
            simulation.run(until=1)
            left.append(weakref.ref(simulation))
            left.append(weakref.ref(ref._actor_weakref()))

    for _ in range(200):
        one()
    gc.collect()
    assert [each for each in left if each() is not None] == []


@pytest.mark.parametrize("young", [700, 0])
def test_garbage_is_looked_for_less_often_inside_and_as_before_outside(young: int) -> None:
    before = gc.get_threshold()
    gc.set_threshold(young, *before[1:])  # 0 is how it is switched off
    try:
        with Simulation():
            assert gc.get_threshold() == (10 * young, *before[1:])
        assert gc.get_threshold() == (young, *before[1:])
    finally:
        gc.set_threshold(*before)


def test_a_stopped_actor_goes_although_its_reference_is_held() -> None:
    with Simulation() as simulation:
        refs = [Echo.start() for _ in range(100)]
        pykka.get_all([ref.stop(block=False) for ref in refs])
        simulation.run()
        gc.collect()
        assert [ref for ref in refs if ref._actor_weakref() is not None] == []
        assert len(simulation.tasks) == 0


def test_an_actor_that_ctrl_c_strikes_goes_on_when_the_script_does() -> None:
    log: list[str] = []

    class Struck(pykka.ThreadingActor):
        def on_receive(self, _: Any) -> Any:
            os.kill(os.getpid(), signal.SIGINT)
            log.append("went on")
            return "answer"

    with Simulation() as simulation:
        future = Struck.start().ask("go", block=False)
        with pytest.raises(KeyboardInterrupt):
            simulation.run()
        assert log == []
        assert future.get() == "answer"
    assert log == ["went on"]


_LOOPS = """
import pykka, time, queue, threading
from glasshive import Simulation
class Loops(pykka.ThreadingActor):
    def on_receive(self, message):
        print("looping", flush=True)
        while True:
            pass
real = time.sleep
try:
    with Simulation() as simulation:
        Loops.start().tell("go")
        simulation.run()
except KeyboardInterrupt:
    ref = pykka.ThreadingActor.start()
    print("interrupted", time.sleep is real, ref.stop(timeout=5))
"""


def test_ctrl_c_reaches_the_script_out_of_a_looping_actor() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _LOOPS], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "looping\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "interrupted True True\n"
        assert process.returncode == 0
