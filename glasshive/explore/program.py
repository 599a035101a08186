"""What is run again and again: a scenario, its values and its seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from glasshive.interrupt import postponed
from glasshive.scenario.breach import Breach, breaches_of
from glasshive.scenario.find import find
from glasshive.scenario.runner import run
from glasshive.scenario.silence import silenced
from glasshive.schedule import Deviation, Fifo, Noted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from glasshive.scenario.outcome import Outcome, Status
    from glasshive.scenario.parameter import Value
    from glasshive.scenario.pool import Death
    from glasshive.scenario.scenario import Scenario
    from glasshive.schedule import Strategy

__all__ = ["Attempt", "Program"]


@dataclass(frozen=True, slots=True)
class Program:
    """A scenario with everything fixed but its decisions; `of` makes one.

    Args:
        scenario: what finds the scenario again.
        parameters: a value for each of its parameters.
        seed: what everything drawn at random follows.
        order: the order of delivery.
        breaking: the one invariant, claim or error that counts; None for any.
    """

    scenario: str
    parameters: Mapping[str, Value]
    seed: int = 0
    order: Literal["timed", "any"] = "timed"
    breaking: str | None = None
    _loaded: Scenario | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        scenario: Scenario | str,
        parameters: Mapping[str, object] | None = None,
        *,
        seed: int = 0,
        order: Literal["timed", "any"] = "timed",
        breaking: str | None = None,
    ) -> Program:
        """Return the program of a scenario.

        Args:
            scenario: the scenario, or what finds it.
            parameters: values by name; the others keep their defaults.
            seed: any integer.
            order: the order of delivery.
            breaking: the one invariant, claim or error that counts; None for any.

        Raises:
            InputError: when there is no such scenario, or a value will not do.
        """
        chosen = find(scenario) if isinstance(scenario, str) else scenario
        values = chosen.bind(parameters or {})
        return cls(chosen.address, values, seed, order, breaking, chosen)

    @property
    def script(self) -> Scenario:
        """The scenario itself.

        Raises:
            InputError: when it is found no more.
        """
        return self._loaded or find(self.scenario)

    @property
    def _run(self) -> Scenario | str:
        """What is run: a script is loaded anew each time, so that no run sees what another left."""
        loaded = self._loaded
        return loaded if loaded is not None and loaded.address == loaded.name else self.scenario

    def __reduce__(self) -> tuple[object, ...]:
        return Program, (self.scenario, self.parameters, self.seed, self.order, self.breaking)

    def attempt(self, strategy: Strategy | None, *, trace: Path | None = None) -> Attempt:
        """Run it once, without a word.

        Args:
            strategy: what decides; None for a run as `glasshive run` makes it, of which nothing
                is known about its decisions.
            trace: the file that the run is written to, or None.

        Raises:
            InputError: when the scenario finds its input wrong, or the trace cannot be written.
            KeyboardInterrupt: when Ctrl-C was pressed just before or after the run.
        """
        noted = Noted(strategy or Fifo())
        # In the middle of it the streams, or the next run, would not be what they were.
        with postponed(runs=True), silenced():
            outcome = run(
                self._run,
                self.parameters,
                seed=self.seed,
                # A schedule stands in the head of its trace, so that the trace can be replayed.
                schedule=noted if strategy is not None and trace is None else strategy,
                order=self.order,
                trace=trace,
            )
        return self._attempt(outcome, noted)

    def _attempt(self, outcome: Outcome, noted: Noted) -> Attempt:
        abandoned = outcome.failure is not None and outcome.failure.type == "Abandoned"
        broken = () if abandoned else breaches_of(outcome)
        counted = tuple(each for each in broken if self.breaking in (None, each.name))
        return Attempt(
            self,
            outcome.status,
            counted,
            outcome.choices,
            tuple(noted.deviations),
            decisions=noted.decisions,
            turns=noted.turns,
            order=noted.order,
            situations=outcome.situations,
            must_reach=outcome.must_reach,
            abandoned=abandoned,
            ignored=len(broken) - len(counted),
            checked=_checked(outcome, broken),
            events=outcome.events,
            digest=outcome.digest,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a program, and what came of it; plain values throughout."""

    program: Program
    status: Status
    breaches: tuple[Breach, ...]
    """What did not hold and counts."""
    choices: Mapping[int, int]
    """The decisions that were not plain: with the program, they are the run."""
    deviations: tuple[Deviation, ...]
    """The same in words."""
    decisions: int
    turns: int
    order: str
    """Equal for runs in which every receiver had the same turns."""
    situations: Mapping[str, int]
    must_reach: tuple[str, ...] = ()
    abandoned: bool = False
    """Whether the strategy has seen enough before the run ended."""
    ignored: int = 0
    """How much else did not hold, where only one thing counts."""
    checked: tuple[str, ...] = ()
    """The names of all that could have broken, and of all that did."""
    events: int | None = None
    digest: str | None = None

    @classmethod
    def of_death(cls, program: Program, death: Death) -> Attempt:
        """Return the run of a process that died of it.

        Args:
            program: what was run.
            death: how the process ended.
        """
        breach = Breach("error", f"process ended with {death}", "", "it told no outcome")
        return cls(program, "failed", (breach,), {}, (), 0, 0, "", {})

    @property
    def breach(self) -> Breach | None:
        """The first thing that did not hold."""
        return self.breaches[0] if self.breaches else None

    @property
    def died(self) -> bool:
        """Whether its process died of it, so that nobody knows what it decided."""
        return not self.order

    @property
    def faults(self) -> int:
        """How many faults struck because a decision said so."""
        return sum(each.is_fault for each in self.deviations)

    def fails_as(self, breach: Breach) -> bool:
        """Return whether it fails in the same way.

        Args:
            breach: what did not hold in another run.
        """
        return any((each.kind, each.name) == (breach.kind, breach.name) for each in self.breaches)


def _checked(outcome: Outcome, broken: tuple[Breach, ...]) -> tuple[str, ...]:
    names = [each.name for each in outcome.invariants]
    names += [each.claim for each in outcome.claims]
    names += [each.name for each in broken]
    return tuple(dict.fromkeys(names))
