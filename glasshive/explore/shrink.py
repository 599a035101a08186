"""From a run that fails to the smallest one that fails in the same way."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from glasshive.errors import InputError
from glasshive.explore.anchor import Anchor, Anchored, Anchoring
from glasshive.explore.ddmin import minimised
from glasshive.schedule import Schedule
from glasshive.schedule.few import FewSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from glasshive.explore.program import Attempt, Program
    from glasshive.scenario.breach import Breach
    from glasshive.schedule import Search, Strategy

__all__ = ["Shrunk", "shrink"]


class Size(NamedTuple):
    """How small a run is; smaller in the first of these that differ is smaller.

    A fault costs as much as any other deviation: what has to be read are their lines.
    """

    parameters: int
    deviations: int
    faults: int
    decisions: int


@dataclass(slots=True)
class Shrunk:
    """A run that fails, and the smallest one so far that fails in the same way.

    Args:
        first: the run that was found.
        best: the smallest so far.
    """

    first: Attempt
    best: Attempt
    tries: int = 0
    """Runs that it took."""
    spent: bool = False
    """Whether it ended because tries, time or patience were over, rather than nothing was left."""
    interrupted: bool = False
    """Whether it was Ctrl-C that ended it."""
    wall_seconds: float = field(compare=False, default=0.0)

    @property
    def parameters(self) -> Mapping[str, tuple[object, object]]:
        """The parameters that became smaller: before, and now."""
        before, now = self.first.program.parameters, self.best.program.parameters
        return {name: (before[name], now[name]) for name in now if before[name] != now[name]}


def shrink(
    attempt: Attempt,
    search: Callable[[int], Search] | None = None,
    *,
    tries: int = 3_000,
    seconds: float | None = 60.0,
    heard: Callable[[Shrunk], None] | None = None,
) -> Shrunk:
    """Make a run that fails as small as it gets.

    First its tail goes, then whole faults, then other deviations by delta debugging (Zeller and
    Hildebrandt, 2002), then its sizes. Each candidate is run, and stays only if the same
    invariant, claim or error breaks. Ctrl-C ends the shrinking; the smallest run so far is what is
    returned. A run of which its process died stays as it is.

    Args:
        attempt: the run.
        search: makes a search by a number, to look for the same failure in a smaller program where
            the run itself does not show it; None looks no further than the run.
        tries: how many runs at most.
        seconds: wall seconds after which no candidate is tried; None for no limit.
        heard: called after each candidate.

    Raises:
        ValueError: when nothing is wrong with the run.
    """
    if attempt.breach is None:
        raise ValueError("nothing is wrong with this run, so no smaller one could fail as it does")
    if attempt.died:  # of what it did, which is not known and would be this process's end
        return Shrunk(attempt, attempt)
    until = None if seconds is None else perf_counter() + seconds
    shrinking = _Shrinking(Shrunk(attempt, attempt), attempt.breach, tries, until, heard)
    began = perf_counter()
    try:
        shrinking.deviations()
        shrinking.fewer()
        if search is not None:
            shrinking.sizes(search)
    except _SpentError:
        shrinking.shrunk.spent = True
    except KeyboardInterrupt:
        shrinking.shrunk.spent = shrinking.shrunk.interrupted = True
    shrinking.shrunk.wall_seconds = perf_counter() - began
    return shrinking.shrunk


class _SpentError(Exception):
    """The tries or the time are over."""


_LOOKED = 200
"""Runs in which a smaller program is searched for the same failure before it is given up."""


@dataclass(slots=True)
class _Shrinking:
    shrunk: Shrunk
    breach: Breach
    tries: int
    until: float | None
    heard: Callable[[Shrunk], None] | None

    def deviations(self) -> None:
        """Leave out deviations until none can go."""
        self._cut_tail()
        while True:
            before = _size(self.shrunk.best)
            anchors = self._anchors()
            for anchor in [each for each in anchors if each.kind != "next"]:
                left = [each for each in anchors if each is not anchor]
                if self._holds_on(left):
                    anchors = left
            minimised(self._anchors(), self._holds_on)
            self._drop_by_number()
            if _size(self.shrunk.best) >= before:
                return

    def fewer(self) -> None:
        """Look for another run that fails with fewer deviations.

        Leaving out one deviation at a time ends where each needs the others, though a single other
        one may do the work of them all.
        """
        seed = 0
        while (count := len(self.shrunk.best.deviations)) > 1:
            looking = FewSearch(seed, most=count - 1)
            for run in range(_LOOKED):
                tried = self._tried(self.shrunk.best.program, strategy := looking.strategy(run))
                if tried.fails_as(self.breach) and len(tried.deviations) < count:
                    self._keep(tried, even=True)
                    break
                looking.learn(strategy, failed=False)
            else:
                return
            self.deviations()
            seed += 1

    def sizes(self, search: Callable[[int], Search]) -> None:
        """Make parameters smaller, as far as the failure shows."""
        program = self.shrunk.best.program
        for parameter in program.script.parameters.values():
            if parameter.bounds is None or not parameter.bounds.shrinks:
                continue
            least = int(parameter.bounds.least)
            missed: set[int] = set()  # a value is searched once: that may take many runs
            while (value := self.shrunk.best.program.parameters[parameter.name]) != least:
                if not isinstance(value, int):
                    break
                for smaller in _smaller(value, least):
                    if smaller in missed:
                        continue
                    if self._shows_with(parameter.name, smaller, search):
                        break
                    missed.add(smaller)
                else:
                    break
                self.deviations()

    def _shows_with(self, name: str, value: int, search: Callable[[int], Search]) -> bool:
        """Return whether the failure shows with another value, and keep the run if so."""
        best = self.shrunk.best
        program = replace(best.program, parameters={**best.program.parameters, name: value})
        try:
            return self._shows(program, search(value))
        except InputError:
            return False  # the scenario takes the value only together with others

    def _shows(self, program: Program, looking: Search) -> bool:
        """Return whether the failure shows in another program, and keep the run if so."""
        best = self.shrunk.best
        anchors = self._anchors()
        if any(self._fails(program, each) for each in (Anchored(anchors), Schedule(best.choices))):
            return True
        for run in range(_LOOKED):
            strategy = looking.strategy(run)
            if strategy is None:
                return False
            if (tried := self._tried(program, strategy)).fails_as(self.breach):
                return self._made_as_plain(tried)
            looking.learn(strategy, failed=False)
        return False

    def _made_as_plain(self, tried: Attempt) -> bool:
        """Keep a run of a smaller program if it gets as few deviations as the smallest so far.

        What has to be read are the deviations: a job less is not worth another one.
        """
        best = self.shrunk.best
        self._keep(tried, even=True)
        try:
            self.deviations()
        finally:
            worse = len(self.shrunk.best.deviations) > len(best.deviations)
            if worse:
                self.shrunk.best = best
        return not worse

    def _cut_tail(self) -> None:
        """Be plain after as few deviations as still fail."""
        choices = sorted(self.shrunk.best.choices.items())
        low, high = 0, len(choices)
        while low < high:
            middle = (low + high) // 2
            if self._fails(self.shrunk.best.program, Schedule(dict(choices[:middle]))):
                high = middle
            else:
                low = middle + 1

    def _drop_by_number(self) -> None:
        """Leave out single deviations, the others keeping their numbers."""
        for number in sorted(self.shrunk.best.choices, reverse=True):
            left = {at: index for at, index in self.shrunk.best.choices.items() if at != number}
            if len(left) < len(self.shrunk.best.choices):
                self._fails(self.shrunk.best.program, Schedule(left))

    def _anchors(self) -> list[Anchor]:
        anchoring = Anchoring(self.shrunk.best.choices)
        _ran(self.shrunk.best.program, anchoring)
        return anchoring.anchors

    def _holds_on(self, anchors: Sequence[Anchor]) -> bool:
        """Return whether it still fails with these deviations only."""
        return self._fails(self.shrunk.best.program, Anchored(anchors))

    def _fails(self, program: Program, strategy: Strategy) -> bool:
        tried = self._tried(program, strategy)
        if not tried.fails_as(self.breach):
            return False
        self._keep(tried)
        return True

    def _tried(self, program: Program, strategy: Strategy) -> Attempt:
        if self.shrunk.tries >= self.tries or (
            self.until is not None and perf_counter() >= self.until
        ):
            raise _SpentError
        self.shrunk.tries += 1
        tried = _ran(program, strategy)
        if self.heard is not None:
            self.heard(self.shrunk)
        return tried

    def _keep(self, tried: Attempt, *, even: bool = False) -> None:
        if even or _size(tried) < _size(self.shrunk.best):
            self.shrunk.best = tried


def _ran(program: Program, strategy: Strategy) -> Attempt:
    """Return a run that Ctrl-C did not end."""
    attempt = program.attempt(strategy)
    if attempt.status == "interrupted":
        raise KeyboardInterrupt
    return attempt


def _size(attempt: Attempt) -> Size:
    return Size(
        sum(
            value
            for value in attempt.program.parameters.values()
            if isinstance(value, int) and not isinstance(value, bool)
        ),
        len(attempt.deviations),
        attempt.faults,
        attempt.decisions,
    )


def _smaller(value: int, least: int) -> list[int]:
    """Return smaller values to try: the least, half-way to it, and one less."""
    return list(dict.fromkeys((least, (value + least) // 2, value - 1)))
