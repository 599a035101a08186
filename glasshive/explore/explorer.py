"""Running a program again and again until something does not hold."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from glasshive.explore.program import Attempt, Program
from glasshive.interrupt import postponed
from glasshive.scenario.pool import Death, work
from glasshive.scenario.situations import Situation, Situations

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from glasshive.schedule import Search

__all__ = ["Exploration", "Found", "explore"]


@dataclass(frozen=True, slots=True)
class Found:
    """A run in which something did not hold."""

    run: int
    """Its number, from 1."""
    attempt: Attempt


@dataclass(slots=True)
class Exploration:
    """What many runs of one program have shown.

    Args:
        program: what was run.
        label: the search that decided, as reports call it.
    """

    program: Program
    label: str
    runs: int = 0
    """Runs that have ended."""
    abandoned: int = 0
    """Those of them that the search gave up, as they could show nothing new."""
    found: Found | None = None
    """The first run in which something did not hold."""
    verdict: str = ""
    """How far the search came: "complete", the bound that ended it, or nothing."""
    interrupted: bool = False
    ignored: int = 0
    """Runs in which something else did not hold than the one thing that counts."""
    checked: dict[str, None] = field(default_factory=dict)
    """The names of all that could have broken in some run, as they came up."""
    wall_seconds: float = field(compare=False, default=0.0)
    _orders: set[str] = field(default_factory=set)
    _situations: Situations = field(default_factory=Situations)

    @property
    def orders(self) -> int:
        """How many different orders there were among the runs."""
        return len(self._orders)

    @property
    def situations(self) -> list[Situation]:
        """All situations: those that must be reached, then the others as they were reached."""
        return self._situations.sorted()

    def add(self, run: int, attempt: Attempt) -> None:
        """Count a run in.

        Args:
            run: its number, from 0.
            attempt: the run.
        """
        self.runs += 1
        self.ignored += attempt.ignored > 0
        self.checked |= dict.fromkeys(attempt.checked)
        if attempt.abandoned:
            self.abandoned += 1
            return
        self._orders.add(attempt.order)
        self._situations.add(run, attempt.situations, attempt.must_reach)
        if attempt.breaches and (self.found is None or run + 1 < self.found.run):
            self.found = Found(run + 1, attempt)


def explore(
    program: Program,
    search: Search,
    *,
    runs: int | None = None,
    seconds: float | None = None,
    jobs: int = 1,
    heard: Callable[[Exploration], None] | None = None,
) -> Exploration:
    """Run a program until something does not hold, or until a bound is reached.

    The first run is the plain one, from which the search learns. Ctrl-C ends the exploration,
    which then tells what is known so far. With equal arguments and no bound of time, the same run
    is found, with however many processes.

    Args:
        program: what to run.
        search: what decides in each run.
        runs: how many at most; None for no limit.
        seconds: wall seconds after which no run begins; None for no limit.
        jobs: how many processes run at the same time; with one, it is this process. A search
            that must hear of each run before the next has one.
        heard: called after each run.

    Raises:
        InputError: when the scenario finds its input wrong.
        ValueError: when there is no run or no job to be.
    """
    if (runs is not None and runs < 1) or jobs < 1:
        raise ValueError(f"{runs} runs in {jobs} processes explore nothing")
    result = Exploration(program, search.label)
    began = perf_counter()
    until = None if seconds is None else began + seconds
    jobs = 1 if search.alone else jobs
    try:
        with closing(_attempts(program, search, _numbers(result, runs, until), jobs)) as attempts:
            for run, attempt in attempts:
                if attempt.status == "interrupted":
                    result.interrupted = True
                    break
                with postponed():
                    result.add(run, attempt)
                if heard is not None:
                    heard(result)
    except KeyboardInterrupt:
        result.interrupted = True
    result.wall_seconds = perf_counter() - began
    result.verdict = "" if result.found is not None else search.verdict
    return result


def _numbers(result: Exploration, runs: int | None, until: float | None) -> Iterator[int]:
    """Yield the numbers of the runs that are still to begin."""
    number = 0
    while result.found is None and not (runs is not None and number >= runs):
        if until is not None and perf_counter() >= until and number:
            return
        yield number
        number += 1


def _attempts(
    program: Program, search: Search, numbers: Iterator[int], jobs: int
) -> Generator[tuple[int, Attempt], None, None]:
    """Yield each run with its number, the first one first."""
    for number in numbers:
        strategy = search.strategy(number)
        if strategy is None:
            return
        attempt = program.attempt(strategy)
        search.learn(strategy, failed=bool(attempt.breaches))
        yield number, attempt
        if jobs > 1:
            break
    if jobs > 1:
        for answer in work(partial(_attempt, program, search), numbers, jobs):
            if isinstance(answer, Death):
                yield answer.seed, Attempt.of_death(program, answer)
            else:
                number, attempt = answer
                yield number, replace(attempt, program=program)  # which holds its script


def _attempt(program: Program, search: Search, number: int) -> tuple[int, Attempt]:
    """Make one run, in a process of the pool."""
    strategy = search.strategy(number)
    assert strategy is not None, "a search that several processes share has no end of its own"
    return number, program.attempt(strategy)
