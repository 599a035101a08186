"""Sequences of events: one, then within some time another of the same job."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from glasshive.trace.expression import Reader
from glasshive.trace.words import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glasshive.trace.expression import Expression
    from glasshive.trace.fields import Values
    from glasshive.trace.index import Seen

__all__ = ["Pattern", "Step", "matches", "read_pattern"]

_UNITS = {"s": 1.0, "ms": 0.001, "min": 60.0}


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a sequence.

    Args:
        expression: what it fulfils.
        within: seconds after the event before it, at most.
        absent: whether there must be no such event.
        same: what it has in common with the first event.
        wants_payload: whether any of that looks into payloads.
    """

    expression: Expression
    within: float = inf
    absent: bool = False
    same: tuple[Values, ...] = ()
    wants_payload: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sequence of events.

    Args:
        steps: the events; only the last may be absent.
    """

    steps: tuple[Step, ...]

    @property
    def wants_payload(self) -> bool:
        """Whether it looks into payloads."""
        return any(step.wants_payload for step in self.steps)


def read_pattern(text: str) -> Pattern:
    """Return the sequence that a text states.

    `EXPR then [no] [within N s] EXPR [same FIELD, ...] then ...`

    Args:
        text: the pattern.

    Raises:
        InputError: when it is none, with the place.
    """
    reader = Reader(text, words_of(text, "PATTERN"), "PATTERN")
    steps = [Step(reader.expression(), wants_payload=reader.wants_payload)]
    while reader.word.kind != "end":
        if steps[-1].absent:
            raise reader.wrong("stands after what must not happen", "end the pattern there")
        if not reader.take("then"):
            raise reader.wrong("stands where the step should end", "go on with: then EXPR")
        steps.append(_step(reader))
    return Pattern(tuple(steps))


def _step(reader: Reader) -> Step:
    absent = reader.take("no") is not None
    within = inf
    if reader.take("within"):
        number = reader.step()
        if number.kind != "number" or number.text.startswith("-"):
            raise reader.wrong("is no span of time", "write within 2 s", number)
        unit = reader.take(*_UNITS)
        within = float(number.text) * (_UNITS[unit.text] if unit else 1.0)
    expression = reader.expression()
    same = []
    if reader.take("same"):
        same.append(reader.field())
        while reader.take(","):
            same.append(reader.field())
    return Step(expression, within, absent, tuple(same), reader.wants_payload)


def matches(pattern: Pattern, events: Iterable[Seen]) -> Iterator[tuple[int, ...]]:
    """Yield each sequence of a trace, by the numbers of its events, when it is complete.

    Each event that fulfils the first step begins one, which goes on with the first event that
    fulfils the next. Where the last event must be absent, it stands for nothing in the sequence.

    Args:
        pattern: what is looked for.
        events: the trace.
    """
    search = _Search(pattern.steps)
    for seen in events:
        yield from search.go_on(seen)
    yield from search.ended(inf)


@dataclass(slots=True, eq=False)
class _Begun:
    """A sequence that has begun."""

    first: Seen
    events: list[int]
    time: float
    """Of its last event so far."""
    place: int = 0
    """The step that it waits for, none below zero."""


_OVER = -1


class _Search:
    """Looks for all sequences at once.

    Args:
        steps: of a sequence.
    """

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._waiting: list[dict[str, list[_Begun]]] = [{} for _ in steps]
        """By step, and by what the first event has in common with it, as a text."""
        self._ending: deque[_Begun] = deque()
        """Those that are complete if nothing comes, in the order of their last event."""

    def go_on(self, seen: Seen) -> Iterator[tuple[int, ...]]:
        """Look at the next event; yield the sequences that are complete with it."""
        yield from self.ended(seen.event.time)
        # From the last step on, so that no event is two of the same sequence.
        for place in range(len(self._steps) - 1, 0, -1):
            step = self._steps[place]
            if self._waiting[place] and step.expression.holds(seen):
                for begun in self._taken(place, seen):
                    begun.place = _OVER
                    if not step.absent:
                        yield from self._grown(begun, place, seen)
        if self._steps[0].expression.holds(seen):
            yield from self._grown(_Begun(seen, [], 0.0), 0, seen)

    def ended(self, now: float) -> Iterator[tuple[int, ...]]:
        """Yield the sequences for which nothing has come in time.

        Args:
            now: seconds of the run.
        """
        ending, within = self._ending, self._steps[-1].within
        while ending and (ending[0].place == _OVER or now == inf or now > ending[0].time + within):
            begun = ending.popleft()
            if begun.place != _OVER:
                begun.place = _OVER
                yield tuple(begun.events)

    def _grown(self, begun: _Begun, place: int, seen: Seen) -> Iterator[tuple[int, ...]]:
        """Add an event to a sequence; yield it if it is complete."""
        begun.events.append(seen.event.index)
        begun.time = seen.event.time
        if place == len(self._steps) - 1:
            yield tuple(begun.events)
            return
        begun.place = place + 1
        step = self._steps[place + 1]
        for key in _keys(step, begun.first):
            self._waiting[place + 1].setdefault(key, []).append(begun)
        if step.absent:
            self._ending.append(begun)

    def _taken(self, place: int, seen: Seen) -> Iterator[_Begun]:
        """Take out the sequences that an event goes on with, and those whose time is over."""
        step = self._steps[place]
        for key in _keys(step, seen):
            kept = []
            for begun in self._waiting[place].pop(key, ()):
                if begun.place != place or seen.event.time > begun.time + step.within:
                    continue
                if all(_in_common(values, begun.first, seen) for values in step.same):
                    yield begun
                else:
                    kept.append(begun)
            if kept:
                self._waiting[place][key] = kept


def _keys(step: Step, seen: Seen) -> list[str]:
    """Return under what a sequence waits; those of events with something in common meet."""
    return list(dict.fromkeys(map(str, step.same[0](seen)))) if step.same else [""]


def _in_common(values: Values, one: Seen, other: Seen) -> bool:
    theirs = values(other)
    return any(each in theirs for each in values(one))
