"""How often a scenario fails under its fault rates."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING

from glasshive.explore.confidence import bounds
from glasshive.explore.program import Attempt
from glasshive.interrupt import postponed
from glasshive.scenario.pool import Death, work

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from glasshive.explore.program import Program

__all__ = ["Estimate", "estimate"]


@dataclass(slots=True)
class Estimate:
    """The probability that a run fails, as far as it is known.

    Args:
        program: what is run, each time with another seed.
        confidence: probability with which the interval holds.
    """

    program: Program
    confidence: float
    runs: int = 0
    failures: int = 0
    interval: tuple[float, float] = (0.0, 1.0)
    """What the probability lies between, however many runs one looks at before stopping."""
    seed: int | None = None
    """The first seed that fails."""
    breaches: dict[str, int] = field(default_factory=dict)
    """In how many runs each thing did not hold, by its name."""
    interrupted: bool = False
    wall_seconds: float = field(compare=False, default=0.0)

    @property
    def probability(self) -> float:
        """The share of runs that failed; 0 before the first."""
        return self.failures / self.runs if self.runs else 0.0

    @property
    def half_width(self) -> float:
        """Half of the interval's width."""
        return (self.interval[1] - self.interval[0]) / 2

    def add(self, attempt: Attempt) -> None:
        """Count a run in.

        Args:
            attempt: the run.
        """
        self.runs += 1
        if attempt.breaches:
            self.failures += 1
            seed = attempt.program.seed
            self.seed = seed if self.seed is None else min(self.seed, seed)
        for name in {breach.name: None for breach in attempt.breaches}:
            self.breaches[name] = self.breaches.get(name, 0) + 1
        self.interval = bounds(self.failures, self.runs, self.confidence)


def estimate(
    program: Program,
    *,
    within: float = 0.01,
    confidence: float = 0.95,
    runs: int | None = None,
    seconds: float | None = None,
    jobs: int = 1,
    heard: Callable[[Estimate], None] | None = None,
) -> Estimate:
    """Run a program with one seed after another until the share of failures is known well enough.

    Nothing is decided but by the program's own rates: each run is the one that `glasshive run`
    makes with its seed. They are counted in the order of their seeds, so that the answer is the
    same with however many processes, and quick failures do not count before slow successes.

    Args:
        program: what to run; the first run has its seed.
        within: half the width that the interval is to have in the end.
        confidence: probability with which the interval holds.
        runs: how many at most; None for no limit.
        seconds: wall seconds after which no run begins; None for no limit.
        jobs: how many processes run at the same time.
        heard: called after each run that is counted.

    Raises:
        InputError: when the scenario finds its input wrong.
        ValueError: when the width or the confidence lies outside of 0 to 1, or there is no run or
            no job to be.
    """
    if not 0.0 < within < 1.0:
        raise ValueError(f"half an interval's width lies between 0 and 1, not at {within}")
    if (runs is not None and runs < 1) or jobs < 1:
        raise ValueError(f"{runs} runs in {jobs} processes tell nothing")
    result = Estimate(program, confidence, interval=bounds(0, 0, confidence))
    began = perf_counter()
    until = None if seconds is None else began + seconds
    try:
        with closing(_attempts(program, _seeds(program.seed, result, until), jobs)) as attempts:
            for attempt in attempts:
                if attempt.status == "interrupted":
                    result.interrupted = True
                    break
                with postponed():
                    result.add(attempt)
                if heard is not None:
                    heard(result)
                if result.half_width <= within or result.runs == runs:
                    break
    except KeyboardInterrupt:
        result.interrupted = True
    result.wall_seconds = perf_counter() - began
    return result


def _seeds(first: int, result: Estimate, until: float | None) -> Iterator[int]:
    for seed in count(first):
        if until is not None and result.runs and perf_counter() >= until:
            return
        yield seed


def _attempts(program: Program, seeds: Iterator[int], jobs: int) -> Generator[Attempt, None, None]:
    """Yield the runs in the order of their seeds."""
    task = partial(_attempt, program)
    if jobs == 1:
        yield from map(task, seeds)
        return
    early: dict[int, Attempt] = {}
    due = program.seed
    with closing(work(task, seeds, jobs)) as answers:
        for answer in answers:
            attempt = _of_death(program, answer) if isinstance(answer, Death) else answer
            early[attempt.program.seed] = attempt
            while due in early:
                yield early.pop(due)
                due += 1


def _attempt(program: Program, seed: int) -> Attempt:
    return replace(program, seed=seed).attempt(None)


def _of_death(program: Program, death: Death) -> Attempt:
    return Attempt.of_death(replace(program, seed=death.seed), death)
