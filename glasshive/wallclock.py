"""The wall's clock of a live run: one thread that calls functions when their time has come."""

from __future__ import annotations

import heapq
import threading
import time
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WallClock"]

T = TypeVar("T")
_Call: TypeAlias = "Callable[[Any], None]"
_Entry: TypeAlias = "tuple[float, int, _Call, Any, _Call | None]"
"""When, in what order, what to call then, what with, and what to call if it comes to nothing."""

_GRAIN = 0.0005
"""Seconds that the clock sleeps at least, so that what is due at nearly one time is one waking."""


class WallClock:
    """One thread that calls functions when their time has come, or half a millisecond later."""

    def __init__(self) -> None:
        self._due: list[_Entry] = []
        self._count = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._stopped = False
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._tick, name="glasshive-clock", daemon=True)

    def start(self) -> None:
        """Begin to look at the time, which begins here."""
        self._began = time.monotonic()
        self._thread.start()

    def now(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._began

    def stop(self) -> list[Callable[[], None]]:
        """End the thread; return what to call for each thing that is lost by that."""
        with self._lock:
            self._stopped = True
            self._changed.notify()
        self._thread.join()
        due = sorted(self._due, key=itemgetter(0, 1))
        return [partial(lose, what) for _, _, _, what, lose in due if lose is not None]

    def at(
        self,
        due: float,
        call: Callable[[T], None],
        what: T,
        lose: Callable[[T], None] | None = None,
    ) -> None:
        """Have a function called later.

        Args:
            due: when, in seconds since the start.
            call: what is called then.
            what: what it is called with.
            lose: what is to be called with it if the clock is stopped before.
        """
        with self._lock:
            self._count += 1
            entry = (due, self._count, call, what, lose)
            heapq.heappush(self._due, entry)
            if self._due[0] is entry:
                self._changed.notify()  # else there is something to wake for before it

    def _tick(self) -> None:
        while (calls := self._next()) is not None:
            for _, _, call, what, _lose in calls:
                call(what)
            # Or the next wait would keep whom they were about, what is not called among them.
            del calls, call, what, _lose

    def _next(self) -> list[_Entry] | None:
        """Wait until something is due, and return all that is; None when the clock is stopped."""
        due = self._due
        with self._lock:
            while not self._stopped:
                now = self.now()
                calls = []
                while due and due[0][0] <= now:
                    calls.append(heapq.heappop(due))
                if calls:
                    return calls
                self._changed.wait(max(_GRAIN, due[0][0] - now) if due else None)
        return None
