"""The way from the bees' threads to the event loop."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

__all__ = ["Letterbox"]

T = TypeVar("T")


class Letterbox(Generic[T]):
    """Takes what any thread puts in, and has it read on the event loop, all of it in its order.

    However much is put in before the loop gets to it, the loop is woken once.

    Args:
        loop: where it is read.
        read: called there with each thing.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, read: Callable[[T], None]) -> None:
        self._loop = loop
        self._read = read
        self._letters: deque[T] = deque()
        self._rung = False

    def __len__(self) -> int:
        """Return how much is not read yet."""
        return len(self._letters)

    def put(self, letter: T) -> None:
        """Have something read; it is lost if the loop is closed."""
        # Put in before the bell is looked at, and the bell is set back before anything is read:
        # so whoever finds it rung has put in something that will be read.
        self._letters.append(letter)
        if not self._rung:
            self._rung = True
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        self._rung = False
        letters = self._letters
        while letters:
            self._read(letters.popleft())
