"""The wall's clock of a live run: one thread that calls functions when their time has come."""

from __future__ import annotations

import heapq
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WallClock"]


class WallClock:
    """One thread that calls functions when their time has come."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None], Callable[[], None] | None]] = []
        self._count = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._tick, name="glasshive-clock", daemon=True)

    def start(self) -> None:
        """Begin to look at the time."""
        self._thread.start()

    def stop(self) -> list[Callable[[], None]]:
        """End the thread; return what to call for each thing that is lost by that."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()
        return [lose for _, _, _, lose in sorted(self._due) if lose is not None]

    def after(
        self, delay: float, call: Callable[[], None], lose: Callable[[], None] | None = None
    ) -> None:
        """Have a function called later.

        Args:
            delay: seconds from now.
            call: what is called when they are over.
            lose: what is to be called if the clock is stopped before.
        """
        with self._changed:
            self._count += 1
            entry = (time.monotonic() + delay, self._count, call, lose)
            heapq.heappush(self._due, entry)
            if self._due[0] is entry:
                self._changed.notify()  # else there is something to wake for before it

    def _tick(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    delay = self._due[0][0] - time.monotonic() if self._due else None
                    self._changed.wait(delay)
                if self._stopped:
                    return
                call = heapq.heappop(self._due)[2]
            call()
            del call  # or the next wait would keep whom it was about
