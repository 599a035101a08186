"""What can befall a bee from inside: told to it by whoever plays fate, and by no other bee."""

from __future__ import annotations

from glasshive import Message

__all__ = ["Ailment", "FailToLoad", "Hang", "Lie", "OutOfMemory", "Slow"]


class Hang(Message, frozen=True, gc=False):
    """Any bee stands still in the middle of its work; what it is told meanwhile waits.

    Args:
        seconds: for how long.
    """

    seconds: float


class Slow(Message, frozen=True, gc=False):
    """A worker's steps take longer from now on.

    Args:
        factor: how many times as long; 1 is full speed again.
    """

    factor: float


class OutOfMemory(Message, frozen=True, gc=False):
    """A worker's device refuses an allocation: its largest sequence ends in the middle."""


class FailToLoad(Message, frozen=True, gc=False):
    """A hive's next attempts to bring a worker up fail, and those after them succeed.

    Args:
        worker: which of its workers.
        times: how many attempts fail.
    """

    worker: str
    times: int = 1


class Lie(Message, frozen=True, gc=False):
    """A hive's or worker's heartbeats tell for a while of idle workers, or of nothing at all.

    Args:
        seconds: for how long.
        blind: tell that nothing is known, instead of that all is free.
    """

    seconds: float
    blind: bool = False


Ailment = Hang | Slow | OutOfMemory | FailToLoad | Lie
"""Any of them."""
