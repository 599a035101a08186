"""Clocks, timers, queues and random numbers that follow the simulation."""

from __future__ import annotations

import datetime as dt
import os
import queue
import random
import secrets
import threading
import time
import uuid
from typing import Any

import pykka
import pytest

from glasshive import Deadlock, Simulation

EPOCH = 1_735_689_600.0


class Runs(pykka.ThreadingActor):
    """Calls whatever it is told."""

    def on_receive(self, message: Any) -> Any:
        return message()


def test_every_clock_shows_the_virtual_time() -> None:
    with Simulation() as simulation:
        time.sleep(90.5)
        assert simulation.now() == time.monotonic() == time.perf_counter() == 90.5
        assert time.time() == EPOCH + 90.5
        assert time.time_ns() == 1_735_689_690_500_000_000
        assert time.monotonic_ns() == time.perf_counter_ns() == 90_500_000_000
        assert time.clock_gettime(time.CLOCK_REALTIME) == EPOCH + 90.5
        assert time.clock_gettime_ns(time.CLOCK_MONOTONIC) == 90_500_000_000
        assert time.gmtime()[:6] == (2025, 1, 1, 0, 1, 30)
        assert time.localtime() == time.localtime(EPOCH + 90)
        assert time.ctime() == time.asctime() == time.ctime(EPOCH + 90)
        assert time.strftime("%S") == "30"
        moment = dt.datetime(2025, 1, 1, 0, 1, 30, 500_000, dt.UTC)
        assert dt.datetime.now(dt.UTC) == moment
        assert dt.datetime.now() == dt.datetime.today() == dt.datetime.fromtimestamp(EPOCH + 90.5)  # noqa: DTZ002, DTZ005, DTZ006  local time is meant
        assert dt.date.today() == dt.date.fromtimestamp(EPOCH)  # noqa: DTZ011, DTZ012  local time is meant
        assert isinstance(moment, dt.datetime)
        assert isinstance(moment, dt.date)
    assert type(moment) is dt.datetime


def test_a_sleep_of_less_than_nothing_is_refused() -> None:
    with Simulation():
        with pytest.raises(ValueError, match="a sleep is a number of seconds, zero or more"):
            time.sleep(-1)
        with pytest.raises(TypeError, match="not 'x'"):
            time.sleep("x")  # type: ignore[arg-type]


def test_actors_sleep_side_by_side() -> None:
    with Simulation() as simulation:
        naps = [Runs.start().ask(lambda: time.sleep(3), block=False) for _ in range(5)]
        pykka.get_all(naps)
        assert simulation.now() == 3


def test_a_timer_runs_once_at_its_time_and_can_be_joined() -> None:
    rang: list[float] = []
    with Simulation() as simulation:
        timer = threading.Timer(5, lambda: rang.append(time.monotonic()))
        assert not timer.is_alive()
        with pytest.raises(RuntimeError, match="cannot join thread before it is started"):
            timer.join()
        timer.start()
        assert timer.is_alive()
        with pytest.raises(RuntimeError, match="threads can only be started once"):
            timer.start()
        timer.join(timeout=1)
        assert simulation.now() == 1
        assert timer.is_alive()
        timer.join()
        assert simulation.now() == 5
        assert not timer.is_alive()
        simulation.run()
    assert rang == [5.0]


def test_a_cancelled_timer_does_nothing_and_time_does_not_go_on_to_it() -> None:
    with Simulation() as simulation:
        timer = threading.Timer(100, pytest.fail)
        timer.start()
        time.sleep(1)
        timer.cancel()
        simulation.run()
        assert simulation.now() == 1


def test_time_does_not_go_on_to_a_timeout_that_was_not_needed() -> None:
    with Simulation() as simulation:
        assert Runs.start().ask(lambda: 7, timeout=60) == 7
        simulation.run(until=500, condition=lambda: True)
        simulation.run()
        assert simulation.now() == 0


def test_an_event_wakes_its_waiters_or_lets_them_go_in_time() -> None:
    with Simulation() as simulation:
        event = threading.Event()
        assert not event.wait(2)
        assert simulation.now() == 2
        threading.Timer(3, event.set).start()
        assert event.wait(10)
        assert simulation.now() == 5


def test_a_queue_keeps_its_timeouts_and_its_size() -> None:
    for make in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
        with Simulation() as simulation:
            line: queue.Queue[int] = make(1)
            with pytest.raises(queue.Empty):
                line.get(timeout=2)
            line.put(1)
            with pytest.raises(queue.Full):
                line.put(2, timeout=3)
            assert simulation.now() == 5
            threading.Timer(1, line.get).start()
            line.put(2)
            assert simulation.now() == 6
            assert line.get_nowait() == 2
    with Simulation() as simulation:
        simple = queue.SimpleQueue[int]()
        with pytest.raises(queue.Empty):
            simple.get(timeout=2)
        threading.Timer(1, simple.put, [9]).start()
        assert simple.get() == 9
        assert simulation.now() == 3


def test_conditions_semaphores_and_barriers_wait_in_virtual_time() -> None:
    with Simulation() as simulation:
        condition = threading.Condition()
        semaphore = threading.Semaphore(0)
        barrier = threading.Barrier(3)

        def work() -> float:
            with condition:
                assert condition.wait(10)
            assert semaphore.acquire(timeout=10)
            barrier.wait(10)
            return time.monotonic()

        both = [Runs.start().ask(work, block=False) for _ in range(2)]
        time.sleep(1)
        with condition:
            condition.notify_all()
        time.sleep(1)
        semaphore.release(2)
        time.sleep(1)
        barrier.wait()
        assert pykka.get_all(both) == [3.0, 3.0]
        with pytest.raises(threading.BrokenBarrierError):
            barrier.wait(2)
        assert simulation.now() == 5


def test_a_queue_that_nobody_fills_is_a_deadlock() -> None:
    with Simulation(), pytest.raises(Deadlock, match="script waits for a lock"):
        queue.Queue[int]().get()


def _draws(seed: int) -> list[object]:
    with Simulation(seed=seed):
        random.seed()
        own = random.Random()
        return [
            *(random.random(), own.random(), random.SystemRandom().random()),
            *(uuid.uuid4(), uuid.uuid1(), uuid.uuid1(), secrets.token_hex(8), os.urandom(8)),
        ]


def test_whatever_is_drawn_follows_the_seed() -> None:
    assert _draws(1) == _draws(1)
    assert all(one != other for one, other in zip(_draws(1), _draws(2), strict=True))


def test_uuid1_tells_the_virtual_time() -> None:
    with Simulation():
        time.sleep(2)
        one, other = uuid.uuid1(), uuid.uuid1(node=5, clock_seq=77)
        assert (one.time - 0x01B21DD213814000) / 1e7 == EPOCH + 2
        assert other.time == one.time + 1
        assert (other.node, other.clock_seq, other.version) == (5, 77, 1)
        assert other.variant == uuid.RFC_4122


def test_another_thread_keeps_real_time_and_real_locks() -> None:
    seen: list[float] = []
    go, stop = threading.Event(), threading.Event()

    def outside() -> None:
        while not stop.is_set():
            begun = time.monotonic()
            time.sleep(0.001)
            assert isinstance(threading.Lock(), type(real))
            assert dt.datetime.now(dt.UTC).timestamp() - EPOCH > 3600
            seen.append(time.monotonic() - begun)
            go.set()

    real = threading.Lock()
    thread = threading.Thread(target=outside)
    thread.start()
    try:
        for _ in range(20):
            go.clear()
            with Simulation():
                time.sleep(3600)
                actors = [Runs.start() for _ in range(10)]
                assert pykka.get_all([each.ask(time.time, block=False) for each in actors]) == (
                    [EPOCH + 3600] * 10
                )
            assert go.wait(5)
    finally:
        stop.set()
        thread.join()
    assert len(seen) >= 20
    assert all(0.001 <= each < 5 for each in seen)
