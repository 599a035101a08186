"""Ctrl-C, brought to the script at a moment at which nothing is half done."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["interruptible", "postponed"]

_ENGINE = frozenset(
    f"glasshive.{name}"
    for name in ("agenda", "clock", "deadlock", "future", "live", "locks", "network", "runtime")
) | frozenset(("glasshive.simulation", "glasshive.situation", "glasshive.task"))


@contextmanager
def interruptible(now: Callable[[], None], later: Callable[[], None]) -> Iterator[None]:
    """Handle Ctrl-C for a runtime, if nobody but Python handles it so far.

    Pykka's loop would take a KeyboardInterrupt that is raised in an actor's handler for a
    failure of that actor; with threads it is always the script that gets it.

    Args:
        now: raises KeyboardInterrupt in the script.
        later: has it raised at the next event; called when the engine was struck in the middle
            of its own work, such as half a line of a trace.
    """
    before = signal.getsignal(signal.SIGINT)
    if not (_is_pythons() or (isinstance(before, _Postponing) and before.runs)):
        yield
        return

    def struck(_: int, frame: FrameType | None) -> None:
        (later if _at_work(frame) else now)()

    signal.signal(signal.SIGINT, struck)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def postponed(*, runs: bool = False) -> Iterator[None]:
    """Have Ctrl-C wait until what is begun here is done, if nobody but Python handles it.

    Args:
        runs: whether a run in here may be interrupted all the same.

    Raises:
        KeyboardInterrupt: at the end, when it was pressed meanwhile.
    """
    if not _is_pythons():
        yield
        return
    postponing = _Postponing(runs=runs)
    signal.signal(signal.SIGINT, postponing)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if postponing.struck:
        raise KeyboardInterrupt


class _Postponing:
    """Remembers that Ctrl-C was pressed.

    Args:
        runs: whether a run may be interrupted all the same.
    """

    def __init__(self, *, runs: bool) -> None:
        self.runs = runs
        self.struck = False

    def __call__(self, _: int, __: FrameType | None) -> None:
        self.struck = True


def _is_pythons() -> bool:
    """Return whether Ctrl-C would raise a KeyboardInterrupt in this thread."""
    return (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def _at_work(frame: FrameType | None) -> bool:
    """Return whether the engine is in the middle of something that must not be torn."""
    if frame is not None and frame.f_globals.get("__name__") in _ENGINE:
        return True
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("glasshive.trace."):
            return True
        frame = frame.f_back
    return False
