"""Finding a handler that never returns: by wall time, from a thread beside the simulation."""

from __future__ import annotations

import ctypes
import sys
import threading

# Bound here, where they stay real: inside a simulation the module's attributes are virtual.
from time import monotonic, sleep
from typing import TYPE_CHECKING

from glasshive.errors import Stuck
from glasshive.frames import handled_message, place_of, users_frame

if TYPE_CHECKING:
    from glasshive.scheduler import Scheduler

__all__ = ["guard", "release"]

_LOOK = 0.1
"""Seconds between two looks; a look costs some microseconds."""


class _Unstick(BaseException):
    """Ends a handler that would not end by itself; the script gets `Stuck`."""


class _Watchdog:
    """One thread for the whole process, since one for each run of a sweep would cost too much."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sim: Scheduler | None = None
        self._patience = 0.0
        self._thread: threading.Thread | None = None

    def guard(self, sim: Scheduler, patience: float) -> None:
        """Look after a simulation from now on."""
        with self._changed:
            self._sim = sim
            self._patience = patience
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._look, name="glasshive-watchdog", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def release(self) -> None:
        """Look after nothing."""
        with self._changed:
            self._sim = None

    def _look(self) -> None:
        turns = -1
        since = 0.0
        while True:
            with self._changed:
                while self._sim is None:
                    turns = -1
                    self._changed.wait()
                sim = self._sim
                if turns != sim.turns or sim.at_script:
                    turns = sim.turns
                    since = monotonic()
                elif monotonic() - since > self._patience and not _debugged():
                    self._strike(sim)
                    turns = -1
            del sim  # nothing of a run is held while its watchdog sleeps
            sleep(_LOOK)

    def _strike(self, sim: Scheduler) -> None:
        frame = sys._current_frames().get(sim.thread)  # noqa: SLF001  Python's way to another stack
        if frame is None:
            return
        message = handled_message(frame)
        doing = "" if message is None else f" handling {type(message).__name__}"
        sim.fail(
            Stuck(
                f"{sim.current.name} has been{doing} for {self._patience:g} s of wall time "
                f"without coming to an end, at {place_of(users_frame(frame))}; let it wait with "
                "time.sleep, or allow more with Simulation(handler_seconds=...)"
            )
        )
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(sim.thread), ctypes.py_object(_Unstick)
        )


def _debugged() -> bool:
    """Return whether somebody steps through the program, who takes longer than any handler."""
    return sys.gettrace() is not None and "pdb" in sys.modules


_watchdog = _Watchdog()
guard = _watchdog.guard
release = _watchdog.release
