"""Locks between actors, also where an actor is ended while it waits."""

from __future__ import annotations

import threading
import time
from typing import Any

import pykka
import pytest

from glasshive import Simulation


class Holder(pykka.ThreadingActor):
    def __init__(self, lock: Any, log: list[tuple[str, float]], label: str) -> None:
        super().__init__()
        self.lock = lock
        self.log = log
        self.label = label

    def on_receive(self, message: float) -> None:
        with self.lock:
            self.log.append((self.label, time.monotonic()))
            time.sleep(message)


@pytest.mark.parametrize("make", ["Lock", "RLock"])
def test_actors_take_a_lock_one_after_another(make: str) -> None:
    log: list[tuple[str, float]] = []
    with Simulation() as simulation:
        lock = getattr(threading, make)()
        for label in "abc":
            Holder.start(lock, log, label).tell(1)
        simulation.run()
    assert log == [("a", 0), ("b", 1), ("c", 2)]


@pytest.mark.parametrize("when", [0.5, 1.0])
def test_a_waiter_that_crashes_does_not_take_the_lock_along(when: float) -> None:
    log: list[tuple[str, float]] = []
    with Simulation() as simulation:
        lock = threading.Lock()
        _, second, _ = refs = [Holder.start(lock, log, label) for label in "abc"]
        for ref in refs:
            ref.tell(1)
        simulation.run(until=when)
        simulation.crash(second)
        simulation.run()
    assert [label for label, _ in log if label != "b"] == ["a", "c"]


def test_a_holder_that_crashes_gives_its_lock_back() -> None:
    log: list[tuple[str, float]] = []
    with Simulation() as simulation:
        lock = threading.RLock()
        first, second = Holder.start(lock, log, "a"), Holder.start(lock, log, "b")
        first.tell(100)
        second.tell(1)
        simulation.run(until=3)
        simulation.crash(first)
        simulation.run()
    assert log == [("a", 0), ("b", 3)]


def test_a_release_at_the_moment_of_the_timeout_is_not_lost() -> None:
    log: list[tuple[str, float]] = []
    with Simulation() as simulation:
        lock = threading.Lock()

        class Patient(Holder):
            def on_receive(self, message: float) -> None:
                taken = self.lock.acquire(timeout=message)
                self.log.append((f"{self.label} {taken}", time.monotonic()))

        lock.acquire()
        Patient.start(lock, log, "exact").tell(2)
        Patient.start(lock, log, "long").tell(9)
        time.sleep(2)
        if lock.locked() and log == []:
            lock.release()
        simulation.run(until=3)
        if log[0] == ("exact False", 2.0):
            lock.release()
        simulation.run()
    assert len(log) == 2


def test_impossible_timeouts_are_refused_as_by_pythons_own() -> None:
    for make in (threading.Lock, threading.RLock):
        real = make()
        with Simulation():
            lock = make()
            for each in (real, lock):
                with pytest.raises(ValueError, match="timeout"):
                    each.acquire(False, 1)
                with pytest.raises(ValueError, match="timeout"):
                    each.acquire(timeout=-5)


def test_a_recursive_lock_belongs_to_its_actor() -> None:
    with Simulation():
        lock = threading.RLock()
        lock.acquire()
        lock.acquire()

        class Thief(pykka.ThreadingActor):
            def on_receive(self, _: Any) -> Any:
                with pytest.raises(RuntimeError, match="cannot release un-acquired lock"):
                    lock.release()
                return lock.acquire(blocking=False)

        thief = Thief.start()
        assert thief.ask("take") is False
        lock.release()
        assert thief.ask("take") is False
        lock.release()
        assert thief.ask("take") is True
