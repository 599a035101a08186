"""Locks on which a simulation's tasks wait in virtual time.

`threading.Condition`, `Event`, `Semaphore`, `Barrier` and `queue.Queue` are written in Python on
top of these two locks, so they follow the simulation without a change of their own.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

import greenlet

from glasshive.runtime import running
from glasshive.task import Wait

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from glasshive.simulation import Simulation

__all__ = ["VirtualLock", "VirtualRLock", "lock_factories", "start_timer"]

_real_lock = threading.Lock
_real_rlock = threading.RLock


def lock_factories(inside: Callable[[], bool]) -> list[tuple[Any, Any]]:
    """Return the real lock makers, each with the one that stands in for it.

    Args:
        inside: tells whether the caller's code runs in the simulation.
    """

    def lock() -> Any:
        return VirtualLock() if inside() else _real_lock()

    def rlock() -> Any:
        return VirtualRLock() if inside() else _real_rlock()

    # Since Python 3.13 the class that users call is not the function that the library calls.
    library: Any = threading._allocate_lock  # type: ignore[attr-defined]  # noqa: SLF001
    makers = [(_real_lock, lock), (_real_rlock, rlock)]
    return makers if library is _real_lock else [*makers, (library, lock)]


def _simulation() -> Simulation | None:
    """Return the simulation that the caller's code runs in: a lock may outlive its first one."""
    runtime: Any = running()
    if runtime is None or runtime.kind != "simulated" or not runtime.inside:
        return None
    return runtime  # type: ignore[no-any-return]


class VirtualLock:
    """A lock around a real one, so that it keeps its word after the simulation and elsewhere."""

    def __init__(self) -> None:
        self._lock = _real_lock()
        self._waits: list[Wait] = []

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock, waiting for it in virtual time; return whether it was taken."""
        if timeout != -1 and (timeout < 0 or not blocking):
            return _real_lock().acquire(blocking, timeout)  # which refuses it in Python's words
        if self._lock.acquire(blocking=False):
            return True
        if not blocking:
            return False
        sim = _simulation()
        if sim is None:
            return self._lock.acquire(blocking, timeout)
        deadline = None if timeout < 0 else sim.now() + timeout
        while not self._waited(sim, deadline):
            if self._lock.acquire(blocking=False):
                return True
        return self._lock.acquire(blocking=False)

    def _waited(self, sim: Simulation, deadline: float | None) -> bool:
        """Wait for a release; return whether the time was up first."""
        wait = Wait(sim.current, "a lock", None, deadline)
        self._waits.append(wait)
        try:
            sim.wait_until(wait)
        except BaseException:
            # Whoever is ended here must not take a wake-up along that another waits for.
            if wait not in self._waits and not self._lock.locked():
                self._wake(sim)
            raise
        finally:
            if wait in self._waits:
                self._waits.remove(wait)
        return wait.expired

    def release(self) -> None:
        """Give the lock back, and wake whoever has waited longest."""
        self._lock.release()
        if self._waits and (sim := _simulation()) is not None:
            self._wake(sim)

    def _wake(self, sim: Simulation) -> None:
        while self._waits:
            wait = self._waits.pop(0)
            if not wait.over:
                sim.wake(wait)
                return

    def locked(self) -> bool:
        """Return whether somebody holds the lock."""
        return self._lock.locked()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._lock = _real_lock()
        self._waits.clear()


class VirtualRLock(VirtualLock):
    """A lock that its holder may take again; the holder is a greenlet, not a thread."""

    def __init__(self) -> None:
        super().__init__()
        self._owner: Any = None
        self._count = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock once more, waiting for it in virtual time."""
        me = greenlet.getcurrent()
        if self._owner is me:
            self._count += 1
            return True
        taken = super().acquire(blocking, timeout)
        if taken:
            self._owner = me
            self._count = 1
        return taken

    def release(self) -> None:
        """Give the lock back once."""
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        self._count -= 1
        if not self._count:
            self._owner = None
            super().release()

    # What threading.Condition asks of a lock that can be held more than once.

    def _is_owned(self) -> bool:
        return self._owner is greenlet.getcurrent()

    def _release_save(self) -> tuple[int, Any]:
        state = self._count, self._owner
        self._count = 0
        self._owner = None
        super().release()
        return state

    def _acquire_restore(self, state: tuple[int, Any]) -> None:
        super().acquire()
        self._count, self._owner = state


def start_timer(sim: Simulation, timer: threading.Timer) -> threading.Event:
    """Run a `threading.Timer` as a task of a simulation; return the event of its end."""
    if timer._started.is_set():  # type: ignore[attr-defined]  # noqa: SLF001
        raise RuntimeError("threads can only be started once")
    timer._started.set()  # type: ignore[attr-defined]  # noqa: SLF001
    ended = threading.Event()

    def work() -> None:
        try:
            timer.run()
        finally:
            ended.set()

    sim.start_task(timer.name, work)
    return ended
