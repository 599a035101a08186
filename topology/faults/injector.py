"""Carries a plan of faults out on a colony that runs."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Self

from glasshive.errors import Complaint, InputError
from glasshive.schedule import Option
from glasshive.simulation import Simulation
from topology.faults.action import strike, victim
from topology.faults.condition import AfterMessage, AfterToken, At, WithRate
from topology.faults.lookout import Lookout
from topology.faults.words import told

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from glasshive import Run
    from topology.faults.action import Target
    from topology.faults.plan import FaultPlan

__all__ = ["Injector"]

_SPARE = Option("spare")


class Injector:
    """Has a plan's faults strike a colony, from the moment when it is made.

    Use it as `with Injector(colony, plan, run):` around what the colony does under the plan. Each
    fault strikes between two events, as nobody's doing, and is noted. On leaving, nothing strikes
    any more, and what never struck is noted too.

    Args:
        colony: what to strike; it runs in a simulation.
        plan: what to strike it with; its times are counted from now.
        run: the scenario's run, whose seed decides what has only a chance.

    Raises:
        InputError: when the plan cannot be carried out, with a complaint for each reason.
    """

    def __init__(self, colony: Target, plan: FaultPlan, run: Run) -> None:
        runtime = colony.runtime
        if not isinstance(runtime, Simulation):
            raise InputError(
                Complaint(
                    "fault plan",
                    f"the runtime is {runtime.kind}, where nothing can be done between two "
                    "messages, and hosts, links and clocks are the machine's own",
                    "run it simulated",
                )
            )
        plan.check(colony.blueprint)
        self.plan = plan
        self.struck = [0] * len(plan.strikes)
        """How often each strike of the plan has struck."""
        self.healed = False
        """Whether the plan's time to heal has come."""
        self._colony = colony
        self._run = run
        self._sim = runtime
        self._began = runtime.now()
        self._armed_for: float | None = None
        """Seconds that it was armed for, once it is not."""
        self._disarmed = False
        self._drawn = [0] * len(plan.strikes)
        self._lookout = Lookout(colony, self._met)
        self._ends: list[Callable[[], None]] = [self._lookout.close]
        """What ends each thing that waits."""
        for index, each in enumerate(plan.strikes):
            self._arm(index, each.when)
        if plan.heal_at is not None:
            self._soon(f"heal at {plan.heal_at:.12g} s", self._heal)

    # -- arming -----------------------------------------------------------------------------

    def _arm(self, index: int, when: At | AfterToken | AfterMessage | WithRate) -> None:
        match when:
            case At():
                self._soon(self._name(index), lambda: self._at(index, when))
            case WithRate():
                self._soon(self._name(index), lambda: self._at_rate(index, when))
            case AfterToken() | AfterMessage():
                self._lookout.add(index, when)

    def _name(self, index: int) -> str:
        return str(self.plan.strikes[index])

    def _soon(self, name: str, work: Callable[[], None]) -> None:
        self._ends.append(self._sim.soon(name, work))

    def _at(self, index: int, when: At) -> None:
        self._sim.sleep(when.seconds)
        self._strike(index)

    def _at_rate(self, index: int, when: WithRate) -> None:
        random = Random(f"{self._run.seed}/faults/{index}")
        words = told(self.plan.strikes[index].do)
        while when.until is None or (self._drawn[index] + 1) * when.every <= when.until:
            self._sim.sleep(when.every)
            self._drawn[index] += 1
            drawn = int(random.random() < when.chance)
            if self._sim.choose("fault", (_SPARE, Option(words)), drawn):
                self._strike(index)

    def _met(self, index: int) -> None:
        """Have something strike whose condition came true in the middle of a delivery."""
        self._soon(self._name(index), lambda: self._strike(index))

    # -- striking ---------------------------------------------------------------------------

    def _strike(self, index: int) -> None:
        each = self.plan.strikes[index]
        self.struck[index] += 1
        bee = victim(each.do)
        if bee is not None and not self._colony.is_up(bee):
            self._run.note(f"{each}, but {bee} is not up")
            return
        self._run.note(str(each))
        strike(each.do, self._colony)

    def _heal(self) -> None:
        heal_at = self.plan.heal_at
        assert heal_at is not None
        self._sim.sleep(heal_at)
        self._call_off()
        self.healed = True
        self._run.note(f"at {heal_at:.12g} s: no more faults, and everything is put right")
        self._colony.heal()

    # -- the end ----------------------------------------------------------------------------

    def _call_off(self) -> None:
        if self._armed_for is None:
            self._armed_for = self._sim.now() - self._began
        ends, self._ends = self._ends, []
        for end in ends:
            end()

    def disarm(self) -> None:
        """Have nothing strike any more, and note what never struck; what is broken stays so."""
        self._call_off()
        if not self._disarmed:
            self._disarmed = True
            for words in self.unstruck():
                self._run.note(words)

    def unstruck(self) -> list[str]:
        """Return in words each strike whose condition was never met so far, and why not.

        What has only a chance is among them when nothing was ever drawn for it.
        """
        return [
            f"{each} — never met: {self._why(index, each.when)}"
            for index, each in enumerate(self.plan.strikes)
            if not (self.struck[index] or self._drawn[index])
        ]

    def _why(self, index: int, when: At | AfterToken | AfterMessage | WithRate) -> str:
        tally = self._lookout.tally
        match when:
            case AfterToken(request=str(request)):
                if request not in tally.tokens:
                    return f"no {request} was accepted while the plan was armed"
                return f"{request} had {_tokens(tally.tokens[request])}"
            case AfterToken():
                most = tally.most()
                if most is None:
                    return "no request was accepted while the plan was armed"
                return f"the longest was {most[0]} with {_tokens(most[1])}"
            case AfterMessage(kind=kind):
                count = self._lookout.counted[index]
                return f"{count:,} {kind}{'s' if count != 1 else ''} came"
            case _:
                seconds = self._armed_for
                if seconds is None:
                    seconds = self._sim.now() - self._began
                return f"the plan was armed for {seconds:g} s"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disarm()


def _tokens(count: int) -> str:
    return f"{count:,} token{'' if count == 1 else 's'}"
