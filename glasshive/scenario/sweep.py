"""A sweep: one scenario with many seeds, and what came of all of them together."""

from __future__ import annotations

from bisect import insort
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from glasshive.interrupt import postponed
from glasshive.scenario.breach import Breach, Kind, breaches_of
from glasshive.scenario.find import find
from glasshive.scenario.pool import Death, work
from glasshive.scenario.runner import run
from glasshive.scenario.silence import silenced
from glasshive.scenario.situations import Situation, Situations

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from glasshive.scenario.outcome import Outcome, Status
    from glasshive.scenario.parameter import Value
    from glasshive.scenario.scenario import Scenario

__all__ = ["Ending", "Finding", "Sweep", "sweep"]


class Ending(NamedTuple):
    """How one run of a sweep ended: little, whatever the run has shown."""

    seed: int
    status: Status
    breaches: tuple[Breach, ...] = ()
    unsettled: tuple[str, ...] = ()
    """The invariants that were not checked to the end."""
    situations: Mapping[str, int] = {}
    must_reach: tuple[str, ...] = ()


@dataclass(slots=True)
class Finding:
    """Something that did not hold in some runs."""

    kind: Kind
    name: str
    statement: str
    seeds: list[int] = field(default_factory=list)
    """Those runs, in the order of their seeds."""
    example: str = ""
    """What was found in the first of them."""


@dataclass(slots=True)
class Sweep:
    """What came of many runs; the same in whichever order they are added.

    Args:
        scenario: what finds the scenario again.
        parameters: the values that all runs have in common.
        seeds: all seeds that there are to run.
    """

    scenario: str
    parameters: Mapping[str, Value]
    seeds: Sequence[int]
    runs: int = 0
    """Runs that have ended."""
    held: int = 0
    """Runs in which all held."""
    interrupted: bool = False
    """Whether runs are missing because of Ctrl-C."""
    wall_seconds: float = field(compare=False, default=0.0)
    _findings: dict[tuple[Kind, str], Finding] = field(default_factory=dict)
    _unsettled: dict[str, list[int]] = field(default_factory=dict)
    _situations: Situations = field(default_factory=Situations)

    @property
    def status(self) -> Status:
        """How it ended, as a run would say; `violated` when any run did not hold."""
        if self.interrupted:
            return "interrupted"
        return "held" if self.held == self.runs else "violated"

    @property
    def findings(self) -> list[Finding]:
        """What did not hold; first what did not in most runs."""
        return sorted(
            self._findings.values(),
            key=lambda each: (-len(each.seeds), each.seeds[0], each.kind, each.name),
        )

    @property
    def unsettled(self) -> dict[str, list[int]]:
        """The invariants that runs in which all held left open, and those runs."""
        return {name: self._unsettled[name] for name in sorted(self._unsettled)}

    @property
    def situations(self) -> list[Situation]:
        """All situations: those that must be reached, then the others as they were reached."""
        return self._situations.sorted()

    def add(self, ending: Ending) -> None:
        """Count a run in.

        Args:
            ending: how it ended.
        """
        seed = ending.seed
        self.runs += 1
        if ending.status == "held":
            self.held += 1
            for name in ending.unsettled:
                insort(self._unsettled.setdefault(name, []), seed)
        for breach in ending.breaches:
            blank = Finding(breach.kind, breach.name, breach.statement)
            finding = self._findings.setdefault((breach.kind, breach.name), blank)
            insort(finding.seeds, seed)
            if finding.seeds[0] == seed:
                finding.example = breach.example
        self._situations.add(seed, ending.situations, ending.must_reach)


def sweep(
    scenario: Scenario | str,
    parameters: Mapping[str, object] | None = None,
    *,
    seeds: Sequence[int],
    jobs: int = 1,
    heard: Callable[[Sweep], None] | None = None,
) -> Sweep:
    """Run a scenario with each of many seeds, and return what came of all of them.

    A run prints nothing. Ctrl-C ends the sweep, which then tells what is known so far.

    Args:
        scenario: the scenario, or what finds it. Several processes find it by its address.
        parameters: values by name; the others keep their defaults.
        seeds: each a run's; at least one, all of them different.
        jobs: how many processes run at the same time; with one, it is this process.
        heard: called before the first run and after each one.

    Raises:
        InputError: when there is no such scenario, a value will not do, or a run finds its
            input wrong; that of the first such seed.
        ValueError: when there is no seed or no job.
    """
    if not seeds:
        raise ValueError("a sweep has one seed at least")
    if jobs < 1:
        raise ValueError(f"{jobs} processes run nothing; it takes one at least")
    chosen = find(scenario) if isinstance(scenario, str) else scenario
    values = chosen.bind(parameters or {})
    summary = Sweep(chosen.address, values, seeds)
    jobs = min(jobs, len(seeds))
    # By its address, a script is loaded anew for each run: no run sees what another has left.
    is_script = chosen.address != chosen.name
    task = partial(_run, chosen.address if jobs > 1 or is_script else chosen, values)
    began = perf_counter()
    try:
        with closing(_here(task, seeds) if jobs == 1 else work(task, seeds, jobs)) as endings:
            if heard is not None:
                heard(summary)
            for each in endings:
                ending = _of_death(each) if isinstance(each, Death) else each
                if ending.status == "interrupted":
                    summary.interrupted = True
                    break
                with postponed():
                    summary.add(ending)
                if heard is not None:
                    heard(summary)
    except KeyboardInterrupt:
        summary.interrupted = True
    summary.wall_seconds = perf_counter() - began
    return summary


def _here(
    task: Callable[[int], Ending], seeds: Sequence[int]
) -> Generator[Ending | Death, None, None]:
    """Yield how each run ended, one after the other in this process."""
    yield from map(task, seeds)


def _run(scenario: Scenario | str, parameters: Mapping[str, Value], seed: int) -> Ending:
    """Run a scenario without a word, and return how it ended."""
    # In the middle of it the streams, or the next run, would not be what they were.
    with postponed(runs=True), silenced():
        return _ending(run(scenario, parameters, seed=seed))


def _ending(outcome: Outcome) -> Ending:
    """Return what a sweep keeps of an outcome."""
    return Ending(
        outcome.seed,
        outcome.status,
        breaches_of(outcome),
        tuple(each.name for each in outcome.invariants if not each.settled),
        dict(outcome.situations),
        outcome.must_reach,
    )


def _of_death(death: Death) -> Ending:
    example = (
        f"its process ended with {death} and told no outcome; run this seed alone to see why, or "
        "fewer at the same time if memory is short"
    )
    breach = Breach("error", f"process ended with {death}", "", example)
    return Ending(death.seed, "failed", (breach,))
