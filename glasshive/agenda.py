"""What is due: now, and later."""

from __future__ import annotations

import heapq
from collections import deque
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glasshive.task import Entry

__all__ = ["Agenda"]


class Agenda:
    """Everything that is still to happen, and the virtual clock that it moves.

    Args:
        order: "timed" takes things by their due time; "any" lets whatever is pending come
            next, first in, first out only for each sender and receiver.
    """

    def __init__(self, order: Literal["timed", "any"]) -> None:
        self.order = order
        self.now = 0.0
        """Virtual seconds since the beginning."""
        self.ready: deque[Entry] = deque()
        """What is due now, oldest first."""
        self._later: list[tuple[float, int, Entry]] = []
        self._pushed = 0

    def at(self, due: float, entry: Entry) -> None:
        """Have something happen at a time; what is due already happens after all that is ready."""
        if due <= self.now:
            self.ready.append(entry)
        else:
            # The count keeps things of one instant in the order in which they were pushed.
            self._pushed = pushed = self._pushed + 1
            heapq.heappush(self._later, (due, pushed, entry))

    def advance(self) -> bool:
        """Jump to the next instant at which something is due; return whether there is one."""
        later = self._later
        while later and _over(later[0][2]):
            heapq.heappop(later)
        if not later:
            return False
        due, _, entry = heapq.heappop(later)
        self.now = due
        self.ready.append(entry)
        # The whole instant becomes ready at once, so that nothing sent within it overtakes.
        while later and later[0][0] == due:
            self.ready.append(heapq.heappop(later)[2])
        return True

    def choose(self, choose: Callable[[str, Sequence[str]], int]) -> Entry | None:
        """Let a schedule pick what comes next; return None when nothing can.

        Enabled is the oldest message of each sender to each receiver that is ready for one,
        and every timer and wake-up. A message to an actor that is gone decides nothing.

        Args:
            choose: asked with "next" and the enabled things in words, when there are two or more.
        """
        while True:
            found: list[tuple[int, Entry]] = []
            channels: set[tuple[int, int]] = set()  # asked for membership only, never iterated
            for place, entry in enumerate(self._pending()):
                task, _, sender, _, _ = entry
                if _over(entry):
                    return self._take(place)
                if task is not None:
                    if not task.alive:
                        return self._take(place)
                    channel = (id(sender), id(task))
                    if channel in channels:
                        continue
                    channels.add(channel)
                    if not task.idle:
                        continue
                found.append((place, entry))
            if found:
                at = choose("next", [_words(entry) for _, entry in found]) if found[1:] else 0
                return self._take(found[at][0])
            if self.order == "any" or not self.advance():
                return None

    def clear(self) -> None:
        """Forget everything."""
        self.ready.clear()
        self._later.clear()

    def everything(self) -> list[Entry]:
        """Return all that is still to happen, in order."""
        return [*self.ready, *(entry for _, _, entry in sorted(self._later))]

    def _pending(self) -> list[Entry]:
        pending = list(self.ready)
        if self.order == "any":
            # A sorted list is still a heap.
            self._later = sorted(item for item in self._later if not _over(item[2]))
            pending += [entry for _, _, entry in self._later]
        return pending

    def _take(self, place: int) -> Entry:
        ready = self.ready
        if place < len(ready):
            entry = ready[place]
            del ready[place]
            return entry
        due, _, entry = self._later.pop(place - len(ready))
        heapq.heapify(self._later)
        self.now = max(self.now, due)
        return entry


def _over(entry: Entry) -> bool:
    """Return whether an entry is the timeout of a wait that has ended, or a cancelled timer.

    Time must not jump to it: nothing happens then.
    """
    task, _, _, thing, _ = entry
    return task is None and thing != 0 and thing.over


def _words(entry: Entry) -> str:
    """Say what an entry would do, the same in every run."""
    task, envelope, sender, _, _ = entry
    if task is None:
        return f"wake {sender.name}"
    return f"deliver {type(envelope.message).__name__} from {sender.name} to {task.name}"
