"""A colony as a state machine of Hypothesis: it is asked, crashed and healed in any order.

Hypothesis is wanted by this module and by `topology.strategies`:
`pip install "glasshive[testing]"`.
"""

from __future__ import annotations

import math
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar

from actors import Hang, Keeper, OutOfMemory
from glasshive import Run, Simulation
from glasshive.fault import Cut, Heal
from topology.blueprint import GIB, Blueprint
from topology.cast import Cast
from topology.colony import Colony
from topology.faults.rules import Roster

try:
    from hypothesis import Phase, note, settings
    from hypothesis import strategies as st
    from hypothesis.control import current_build_context
    from hypothesis.stateful import (
        Bundle,
        RuleBasedStateMachine,
        invariant,
        precondition,
        rule,
    )
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'topology.machine needs Hypothesis: pip install "glasshive[testing]"', name=error.name
    ) from error

from glasshive.testing import schedules
from topology.strategies import BRISK, MODELS, PROMPTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from topology.ticket import Ticket

__all__ = ["ColonyMachine"]


def _of_machine(choose: Callable[[ColonyMachine], Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for what depends on the machine that draws it."""
    return st.runner().flatmap(lambda machine: st.sampled_from(choose(machine)))


def _seconds(most: int) -> st.SearchStrategy[float]:
    """Return a strategy for eighths of a second, which floats hold exactly."""
    return st.integers(1, 8 * most).map(lambda eighths: eighths / 8)


_SOON = 2 / 3


def _settings() -> settings:
    """Return the settings of a machine whose class says nothing of them.

    Hypothesis' own for machines have no deadline either, but silence every health check. Its
    explanations are left out, for which it traces every line: that takes ten times as long.
    """
    phases = [phase for phase in settings().phases if phase is not Phase.explain]
    return settings(deadline=None, phases=phases)


_models = _of_machine(lambda machine: [model.name for model in machine.colony.blueprint.models])
_mortal = _of_machine(lambda machine: machine.roster.bees("worker", "hive", "queen"))
_workers = _of_machine(lambda machine: machine.roster.bees("worker"))
_hosts = _of_machine(lambda machine: machine.roster.hosts)
_fallen = _of_machine(lambda machine: machine.fallen)


class ColonyMachine(RuleBasedStateMachine):
    """Has Hypothesis ask a colony for things, withdraw them, crash its bees and let time pass.

    Subclass it, and hand `TestCase` to the test runner:

    ```python
    class Mine(ColonyMachine):
        cast = Cast(queen=MyQueen)

    TestMine = Mine.TestCase
    ```

    Every invariant of colonies is checked after each rule. When the rules are over everything is
    put right, and what must hold at rest is checked too. Who is next where more than one could be
    is drawn as well, unless `drawn_order` is false. A run that fails shrinks to few rules of small
    numbers in the plain order, and its error tells where it left that order, and where its trace
    is. No health check is off; there is no deadline, since a run has as many rules as it likes.
    """

    blueprint: ClassVar[Blueprint | st.SearchStrategy[Blueprint]] = Blueprint.grid(
        hives=2,
        workers_per_hive=1,
        models=MODELS[:1],
        vram_bytes=2 * GIB,
        max_num_seqs=2,
        max_waiting=2,
        patience=BRISK,
        name="machine",
    )
    """The colony, or what draws one."""
    cast: ClassVar[Cast] = Cast()
    """The classes of the bees."""
    promise: ClassVar[float | None] = None
    """Seconds in which every accepted job ends once nothing is broken; None for two thirds of the
    time that keepers wait for an answer, so that one who had to give up is no way out."""
    most: ClassVar[int] = 5
    """Requests that wait for their end at most; more may take longer than what is promised."""
    seed: ClassVar[int] = 0
    """What everything follows that Hypothesis does not draw."""
    drawn_order: ClassVar[bool] = True
    """Whether the order is drawn, or first in, first out."""

    tickets = Bundle("ticket")

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        parent = next(each for each in cls.__mro__[1:] if issubclass(each, ColonyMachine))
        cls.TestCase.settings = _settings() if parent is ColonyMachine else parent.TestCase.settings

    def __init__(self) -> None:
        super().__init__()
        draw = current_build_context().data.draw
        blueprint = self.blueprint
        if isinstance(blueprint, st.SearchStrategy):
            blueprint = draw(blueprint)
            note(blueprint.to_toml())
        schedule = draw(schedules()) if self.drawn_order else None
        self._world = ExitStack()
        with ExitStack() as stack:
            simulation = Simulation(seed=self.seed, schedule=schedule)
            self.simulation: Simulation = stack.enter_context(simulation)
            self.run = Run(simulation)
            promise = self.promise or blueprint.patience.answer_seconds * _SOON
            self.colony: Colony = Colony(blueprint, self.run, cast=self.cast, promise=promise)
            self._world = stack.pop_all()
        self.roster: Roster = Roster(blueprint)
        self.fallen: list[str] = []
        """Bees that have crashed and were not started again, in order."""
        self.apart: list[str] = []
        """Hosts that are cut off, in order."""
        self.asked: list[Ticket] = []
        """Everything that keepers were asked for, in order."""
        self.hanging: dict[str, float] = {}
        """Until when each bee hangs; what is told to it meanwhile it hears later, also to hang."""

    # -- what keepers do ------------------------------------------------------------------

    @precondition(lambda self: sum(ticket.receipt is None for ticket in self.asked) < self.most)
    @rule(
        target=tickets,
        model=_models,
        prompt=st.sampled_from(PROMPTS),
        tokens=st.integers(1, 6),
        priority=st.integers(0, 1),
        copies=st.integers(1, 2),
    )
    def submit(self, model: str, prompt: str, tokens: int, priority: int, copies: int) -> Ticket:
        """Have a keeper ask for something."""
        ticket = self.colony.submit(
            prompt,
            model=model,
            max_tokens=tokens,
            ignore_eos=True,
            priority=priority,
            copies=copies,
        )
        self.asked.append(ticket)
        return ticket

    @rule(ticket=tickets)
    def open_again(self, ticket: Ticket) -> None:
        """Have a keeper open its stream again, as it does when something may have been lost."""
        keeper = next(
            actor
            for actor in self.simulation.actors()
            if isinstance(actor, Keeper) and actor.actor_ref is ticket.keeper
        )
        pending = keeper.requests.get(ticket.request.request_id)
        if pending is None or pending.stream is None:
            return
        # In the keeper's name, for a stream is opened for whoever asks.
        sim: Any = self.simulation
        script, sim.current = sim.current, keeper.actor_inbox
        try:
            keeper.open_stream(pending)
        finally:
            sim.current = script

    @rule(ticket=tickets)
    def cancel(self, ticket: Ticket) -> None:
        """Have a keeper withdraw what it has asked for."""
        ticket.cancel()

    # -- what befalls the bees ------------------------------------------------------------

    @rule(bee=_mortal)
    def crash(self, bee: str) -> None:
        """End a bee at once."""
        if self.colony.is_up(bee):
            self.colony.crash(bee)
            if bee in self.colony.refs:  # else its hive alone can have it back
                self.fallen.append(bee)
            self.ails()

    @precondition(lambda self: self.fallen)
    @rule(bee=_fallen, state=st.booleans())
    def restart(self, bee: str, state: bool) -> None:
        """Start a crashed bee again, unless another is in its place by now."""
        self.fallen.remove(bee)
        self.colony.restart(bee, state=state)

    @rule(bee=_mortal, seconds=_seconds(2))
    def hang(self, bee: str, seconds: float) -> None:
        """Have a bee stand still in the middle of its work, unless it does."""
        now = self.simulation.now()
        if self.hanging.get(bee, 0.0) <= now:
            self.hanging[bee] = now + seconds
            self.colony.afflict(bee, Hang(seconds))
            self.ails()

    @rule(worker=_workers)
    def run_out_of_memory(self, worker: str) -> None:
        """Have a worker be refused VRAM."""
        self.colony.afflict(worker, OutOfMemory())
        self.ails()

    @rule(host=_hosts)
    def cut_off(self, host: str) -> None:
        """Lose whatever goes to a host or comes from it, until all is put right."""
        Cut((host,)).strike(self.simulation)
        self.apart.append(host)
        self.ails()

    @precondition(lambda self: self.apart)
    @rule()
    def join(self) -> None:
        """Have nobody be cut off any more."""
        Heal().strike(self.simulation)
        self.apart.clear()
        self.ails()

    @rule()
    def heal(self) -> None:
        """Put everything right."""
        self.fallen.clear()
        self.apart.clear()
        self.colony.heal()

    @rule(seconds=_seconds(3))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.colony.run_some(seconds)

    # -- what must hold -------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        """Make sure that no invariant is violated, and that no bee died of an error of its own."""
        broken = [
            f"{each.name}: {how}" for each in self.colony.invariants for how in each.violations
        ]
        assert not broken, "\n".join(broken)
        assert not self.simulation.casualties, "\n".join(self.simulation.casualties)

    def all_is_well(self) -> None:
        """Put everything right, and make sure that what is asked then is answered whole."""
        self.colony.heal()
        self.colony.settle()
        self.colony.run_some(self.colony.blueprint.patience.fence_seconds(3))
        tickets = [
            self.colony.submit("All is well.", model=model.name, max_tokens=2, ignore_eos=True)
            for model in self.colony.blueprint.models
        ]
        self.colony.settle()
        for ticket in tickets:
            assert ticket.completed, (
                f"what was asked of {ticket.request.model} when all was well: "
                f"{ticket.receipt.outcome if ticket.receipt is not None else 'it has not ended'}"
            )

    def teardown(self) -> None:
        """Put everything right, see whether it is, wait for rest, and look once more."""
        failing = sys.exc_info()
        try:
            if failing[0] is None:
                if self.colony.bees.disturbed:
                    self.all_is_well()
                self.colony.close()
                self.promises_hold()
        except BaseException:
            failing = sys.exc_info()
            raise
        finally:
            self._world.__exit__(*failing)

    def ails(self) -> None:
        """Have nothing be promised until all is put right; a rule of yours that harms calls it."""
        self.colony.disturbed()
        self.colony.bees.healed_at = math.inf


ColonyMachine.TestCase.settings = _settings()
