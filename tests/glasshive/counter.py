"""An actor that counts what it is told, and whose hook no crash may run."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pykka

from glasshive import clock


class Counter(pykka.ThreadingActor):
    """Counts whatever it is told; some words have it sleep, set a timer or read clocks as well."""

    def __init__(self, start: int = 0, *, step: int = 1) -> None:
        super().__init__()
        self.count = start
        self.step = step
        self.starts = 0

    def on_start(self) -> None:
        self.starts += 1

    def on_stop(self) -> None:
        raise AssertionError("a crash runs no hook")

    def on_receive(self, message: Any) -> Any:
        if message == "sleep":
            time.sleep(4)
        elif message == "later":
            clock.after(4, self.actor_ref, "fired")
        elif message == "clocks":
            return (
                time.monotonic(),
                clock.now(),
                time.time() - 1_735_689_600,
                dt.datetime.now(dt.UTC),
            )
        self.count += self.step
        return self.count, self.starts
