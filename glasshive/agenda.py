"""What is due: now, and later."""

from __future__ import annotations

import heapq
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Literal

from glasshive.schedule.option import Option
from glasshive.task import Inbox
from glasshive.timer import Alarm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glasshive.schedule.option import Birth
    from glasshive.schedule.schedule import News
    from glasshive.task import Entry, Task

__all__ = ["Agenda"]

_identity = object.__hash__
"""Tells apart what is held at the same time, as `id` does. But of each call of `id` Python tells
the fence, and that takes longer than all else that is done with the answer."""


class Agenda:
    """Everything that is still to happen, and the virtual clock that it moves.

    Args:
        order: "timed" takes things by their due time; "any" lets whatever is pending come
            next, first in, first out only for each sender and receiver.
    """

    def __init__(self, order: Literal["timed", "any"]) -> None:
        self.order = order
        self.choosing = False
        """Whether `choose` is what takes things; set before anything is due."""
        self.now = 0.0
        """Virtual seconds since the beginning."""
        self.ready: deque[Entry] = deque()
        """What is due now, oldest first."""
        self._later: list[tuple[float, int, Entry]] = []
        self._pushed = 0
        self.script: Task | None = None
        """Who waits for the others rather than with them."""
        self.heard: Callable[[News, Option | None], None] | None = None
        """Told when a message comes to nothing, what time has moved on to, and what is late."""
        self._turn = 0
        self._made = 0
        # By identity, which names nothing in a run: each is looked up while its entry is held.
        self._births: dict[int, tuple[Entry, Birth]] = {}
        self._options: dict[int, Option] = {}
        self._past: dict[int, tuple[object, Option]] = {}
        self._fresh: list[Entry] = []

    def at(self, due: float, entry: Entry) -> None:
        """Have something happen at a time; what is due already happens after all that is ready."""
        if due <= self.now:
            self.ready.append(entry)
        else:
            # The count keeps things of one instant in the order in which they were pushed.
            self._pushed = pushed = self._pushed + 1
            heapq.heappush(self._later, (due, pushed, entry))
            if self.choosing:
                self._fresh.append(entry)

    def advance(self) -> bool:
        """Jump to the next instant at which something is due; return whether there is one."""
        later = self._later
        while later and _over(later[0][2]):
            self._forget(heapq.heappop(later)[2])
        if not later:
            return False
        due, _, entry = heapq.heappop(later)
        self.now = due
        self.ready.append(entry)
        # The whole instant becomes ready at once, so that nothing sent within it overtakes.
        while later and later[0][0] == due:
            self.ready.append(heapq.heappop(later)[2])
        return True

    def choose(
        self,
        choose: Callable[[str, Sequence[Option]], int],
        took: Callable[[Option, Sequence[Option]], None] | None = None,
    ) -> Entry | None:
        """Let a schedule pick what comes next; return None when nothing can.

        Enabled is the oldest message of each sender to each receiver that is ready for one, what
        timers have told it, and every timer and wake-up; the script's own only when nothing else
        is due before it.
        A message to an actor that is gone decides nothing. That the script goes on when nothing
        is left counts as a turn too, since what it makes is no other turn's.

        Args:
            choose: asked with "next" and the enabled things, when there are two or more.
            took: told what was taken of which enabled things, also of a single one.
        """
        while True:
            pending = self._pending()
            self._note_births(pending)
            places, over = self._enabled(pending)
            if over is not None:
                if self.heard is not None and pending[over][0] is not None:
                    self.heard("gone", self._option(pending[over]))
                return self._take(over)
            if places:
                at = 0
                if took is not None or places[1:]:
                    options = [self._enabled_option(pending[place]) for place in places]
                    at = choose("next", options) if places[1:] else 0
                    if took is not None:
                        took(options[at], options)
                    if self.heard is not None and options[at].does in ("fire", "time out"):
                        thing = pending[places[at]][3]
                        self._past[_identity(thing)] = thing, options[at]
                self._begin_turn()
                return self._take(places[at])
            if not self._move_on():
                if took is not None:
                    rest = Option("rest", "script", birth=(self._turn, self._made))
                    took(rest, [rest])
                self._begin_turn()
                return None

    def late(self, thing: object) -> None:
        """Note that somebody has tried to prevent what had happened before.

        Args:
            thing: a timer, or a wait that was answered after it had given up.
        """
        if self.heard is not None and _identity(thing) in self._past:
            self.heard("late", self._past[_identity(thing)][1])

    def _move_on(self) -> bool:
        """Jump to the next instant, if time decides; return whether there is one."""
        waiting = len(self.ready)
        if self.order == "any" or not self.advance():
            return False
        if self.heard is not None:
            for entry in islice(self.ready, waiting, None):
                self.heard("due", self._option(entry))
        return True

    def _enabled(self, pending: Sequence[Entry]) -> tuple[list[int], int | None]:
        """Return the places of what could be next; or that of something which decides nothing."""
        places: list[int] = []
        channels: set[tuple[Task, Task]] = set()  # asked for membership only, never iterated
        for place, entry in enumerate(pending):
            task, item, sender, _, _ = entry
            if task is None:
                if _over(entry):
                    return [], place
                if sender is self.script and places and place >= len(self.ready):
                    break  # a script that waits until a time sees all that is due by then, no more
            else:
                if not task.alive:
                    return [], place
                if not isinstance(item, Alarm):
                    channel = (sender, task)
                    if channel in channels:
                        continue
                    channels.add(channel)
                if not task.idle:
                    continue
            places.append(place)
        return places, None

    def clear(self) -> None:
        """Forget everything."""
        self.ready.clear()
        self._later.clear()
        self._births.clear()
        self._options.clear()
        self._past.clear()
        self._fresh.clear()

    def everything(self) -> list[Entry]:
        """Return all that is still to happen, in order."""
        return [*self.ready, *(entry for _, _, entry in sorted(self._later))]

    def _pending(self) -> list[Entry]:
        pending = list(self.ready)
        if self.order == "any":
            # A sorted list is still a heap.
            kept = sorted(item for item in self._later if not _over(item[2]))
            if len(kept) < len(self._later):
                for _, _, entry in self._later:
                    if _over(entry):
                        self._forget(entry)
            self._later = kept
            pending += [entry for _, _, entry in self._later]
        return pending

    def _note_births(self, pending: Sequence[Entry]) -> None:
        """Number what the last turn has made."""
        births = self._births
        for entry in (*self._fresh, *pending):
            key = _identity(entry)
            if key not in births:
                births[key] = entry, (self._turn, self._made)
                self._made += 1
        self._fresh.clear()

    def _option(self, entry: Entry) -> Option:
        return _option(entry, self._births[_identity(entry)][1])

    def _enabled_option(self, entry: Entry) -> Option:
        """Return what could be next as an option, the same one turn after turn.

        Nothing of it changes any more: before, an actor may not have its name yet.
        """
        key = _identity(entry)
        option = self._options.get(key)
        if option is None:
            option = self._options[key] = _option(entry, self._births[key][1])
        return option

    def _begin_turn(self) -> None:
        self._turn += 1
        self._made = 0

    def _take(self, place: int) -> Entry:
        ready = self.ready
        if place < len(ready):
            entry = ready[place]
            del ready[place]
        else:
            due, _, entry = self._later.pop(place - len(ready))
            heapq.heapify(self._later)
            self.now = max(self.now, due)
        self._forget(entry)
        return entry

    def _forget(self, entry: Entry) -> None:
        key = _identity(entry)
        self._births.pop(key, None)
        self._options.pop(key, None)


def _over(entry: Entry) -> bool:
    """Return whether an entry is the timeout of a wait that has ended, or a cancelled timer.

    Time must not jump to it: nothing happens then.
    """
    task, _, _, thing, _ = entry
    return task is None and thing != 0 and thing.over


def _option(entry: Entry, birth: Birth) -> Option:
    """Return an entry as a strategy sees it."""
    task, item, sender, thing, _ = entry
    if task is not None:
        return Option("deliver", task.name, sender.name, type(item.message).__name__, birth)
    if thing == 0:
        return Option("wake", sender.name, "", "an interruption", birth)
    does, who, what = thing.described
    if does == "wake":
        if not isinstance(sender, Inbox):
            does = "resume"
        elif item.__name__ == "expire" and what != "time.sleep":
            does = "time out"
    return Option(does, sender.name, who, what, birth)
