"""Faults for a search to choose from: at every tick one of some spells may come, or none."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from glasshive.errors import Complaint, InputError
from glasshive.schedule import Option
from glasshive.simulation import Simulation
from topology.faults.action import strike, victim
from topology.faults.plan import FaultPlan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive import Run
    from topology.blueprint import Blueprint
    from topology.colony import Colony
    from topology.faults.action import Action

__all__ = ["Spell", "Weather"]

_SPARE = Option("spare")


class Spell(NamedTuple):
    """Something that befalls a colony and passes by itself.

    Args:
        name: what it is, in words that are its own among all that could come.
        acts: what is done, each behind the seconds after which it is; the first ones at 0.
        lasts: seconds after which the colony has nothing left to recover from, and keeps what it
            promises.
        whom: the bees and hosts that it befalls; none of them is befallen twice at a time.
        spares: seconds for which they are spared other spells, if not as long as it lasts.
    """

    name: str
    acts: tuple[tuple[float, Action], ...]
    lasts: float
    whom: tuple[str, ...]
    spares: float | None = None


class Weather:
    """Lets spells come over a colony, as the schedule decides; by itself it brings none.

    At every tick the schedule is asked once, with kind "fault", for one of all spells or none. So
    there are few decisions, each spell is one of them whole, and a search needs no rates. Call
    `outlast` before the colony is closed.

    Args:
        colony: what they come over; it runs in a simulation.
        spells: what may come.
        run: the scenario's run.
        every: seconds between two ticks; the first comes after so many.
        ticks: how many there are.
        most: spells that may come at most.

    Raises:
        InputError: when something cannot be done to this colony, with a complaint for each.
    """

    def __init__(
        self,
        colony: Colony,
        spells: Sequence[Spell],
        run: Run,
        *,
        every: float,
        ticks: int,
        most: int,
    ) -> None:
        runtime = colony.runtime
        if not isinstance(runtime, Simulation):
            raise InputError(
                Complaint(
                    "weather",
                    f"the runtime is {runtime.kind}, which no schedule decides",
                    "run it simulated",
                )
            )
        self._spells = tuple(spells)
        _check(self._spells, colony.blueprint)
        self.come: list[Spell] = []
        """What has come, in order."""
        self._colony = colony
        self._run = run
        self._sim = runtime
        self._options = (_SPARE, *(Option(spell.name) for spell in spells))
        self._every = every
        self._ticks = ticks
        self._most = most
        self._spared: dict[str, float] = {}
        """Until when each bee or host is befallen by nothing else."""
        self._ends_at = runtime.now() + every * (ticks + 1)
        """When the last tick is surely over."""
        self.calm_at = 0.0
        """When all that has come is over, in seconds of the run's clock."""
        if most:
            runtime.soon("weather", self._tick)

    def outlast(self) -> None:
        """Let time pass until nothing can come any more and all is over.

        From then on every accepted job has the time that was promised.
        """
        sim = self._sim
        sim.run(until=max(sim.now(), self._ends_at))
        if self.come:
            sim.run(until=max(sim.now(), self.calm_at))
            self._colony.healed()
            self._run.note("the weather is over")

    def _tick(self) -> None:
        for _ in range(self._ticks):
            self._sim.sleep(self._every)
            chosen = self._sim.choose("fault", self._options)
            if chosen:
                self._comes(self._spells[chosen - 1])
                if len(self.come) == self._most:
                    return

    def _comes(self, spell: Spell) -> None:
        now = self._sim.now()
        hindered = next(self._hindrances(spell, now), None)
        if hindered is not None:
            self._run.note(f"weather: {spell.name}, but {hindered}")
            return
        self._run.note(f"weather: {spell.name}")
        self.come.append(spell)
        self.calm_at = max(self.calm_at, now + spell.lasts)
        # It is known now already when it will be over, so what ends before has kept its promise.
        self._colony.bees.healed_at = self.calm_at
        spares = spell.lasts if spell.spares is None else spell.spares
        self._spared |= dict.fromkeys(spell.whom, now + spares)
        for after, act in spell.acts:
            if after:
                self._sim.soon(spell.name, partial(self._later, after, act))
            else:
                strike(act, self._colony)

    def _hindrances(self, spell: Spell, now: float) -> Iterator[str]:
        """Yield why a spell can do nothing now."""
        for name in spell.whom:
            if now < self._spared.get(name, 0.0):
                yield f"{name} has not recovered yet"
        for _, act in spell.acts:
            bee = victim(act)
            if bee is not None and not self._colony.is_up(bee):
                yield f"{bee} is not up"

    def _later(self, after: float, act: Action) -> None:
        self._sim.sleep(after)
        strike(act, self._colony)


@lru_cache(maxsize=8)
def _check(spells: tuple[Spell, ...], blueprint: Blueprint) -> None:
    """Make sure that all of it can be done; a search asks for the same thousands of times."""
    FaultPlan.of(each for spell in spells for each in spell.acts).check(blueprint)
