"""Carries plans of faults out on the swarm that is served, by the wall's clock."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import structlog

from gateway.letterbox import Letterbox
from gateway.limits import MOST_PLANS
from gateway.problem import Problem
from topology.faults.action import Recover, strike, victim
from topology.faults.condition import AfterMessage, AfterToken, At, WithRate
from topology.faults.lookout import Lookout
from topology.faults.words import told

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from gateway.apiary import Apiary
    from glasshive import Live
    from topology.faults import Condition, FaultPlan

__all__ = ["Striker"]

log = structlog.get_logger()


class Striker:
    """Has the faults of any number of plans strike a live swarm, each from when it is armed.

    It is the `Injector` of a run on threads: everything is done on the event loop.

    Args:
        apiary: what is struck.
        live: its runtime.
        loop: the event loop.
    """

    def __init__(self, apiary: Apiary, live: Live, loop: asyncio.AbstractEventLoop) -> None:
        self._apiary = apiary
        self._live = live
        self._loop = loop
        self._armed: dict[_Armed, None] = {}
        self._count = 0

    def arm(self, plan: FaultPlan) -> None:
        """Have a plan's faults strike from now on.

        Args:
            plan: one that a live run can carry out; its times are counted from now.

        Raises:
            Problem: when too many wait already.
        """
        if len(self._armed) >= MOST_PLANS:
            sentence = (
                f"{MOST_PLANS} plans wait to strike already; wait for them, or call them off with "
                "DELETE /admin/faults"
            )
            raise Problem(429, sentence, code="too_many_plans")
        self._count += 1
        armed = _Armed(self, plan, f"{self._live.seed}/faults/{self._count}")
        self._armed[armed] = None
        armed.begin(self._loop, self._apiary, self._live)

    @property
    def armed(self) -> list[str]:
        """What waits to strike, in words."""
        return [words for armed in self._armed for words in armed.left()]

    def disarm(self) -> None:
        """Have nothing strike any more; what is broken stays so."""
        for armed in list(self._armed):
            armed.call_off()

    def over(self, armed: _Armed) -> None:
        """Forget a plan of which nothing is left."""
        self._armed.pop(armed, None)


class _Armed:
    """One plan."""

    def __init__(self, striker: Striker, plan: FaultPlan, seed: str) -> None:
        self._striker = striker
        self._plan = plan
        self._seed = seed
        self._waits: dict[int, Callable[[], None]] = {}
        """What calls each strike off that may still come; the plan's time to heal is number -1."""

    def begin(self, loop: asyncio.AbstractEventLoop, apiary: Apiary, live: Live) -> None:
        """Wait for every strike's condition."""
        self._loop, self._apiary, self._live = loop, apiary, live
        self._began = loop.time()
        self._box: Letterbox[int] = Letterbox(loop, self._strike)
        self._lookout = Lookout(apiary, self._box.put)
        for index, each in enumerate(self._plan.strikes):
            match each.when:
                case At(seconds=seconds):
                    self._later(index, seconds)
                case WithRate():
                    self._draw_later(index, each.when, Random(f"{self._seed}/{index}"), 1)
                case AfterToken() | AfterMessage():
                    self._waits[index] = _nothing
                    self._lookout.add(index, each.when)
        if self._plan.heal_at is not None:
            handle = loop.call_later(self._plan.heal_at, self._heal)
            self._waits[-1] = handle.cancel
        self._look()

    def left(self) -> list[str]:
        """Return in words what may still strike, and when, in the order of the plan."""
        since = self._loop.time() - self._began
        words = []
        for index in sorted(self._waits):
            if index >= 0:
                each = self._plan.strikes[index]
                words.append(f"{each}{_left(each.when, since)}")
        if -1 in self._waits and self._plan.heal_at is not None:
            when = At(self._plan.heal_at)
            words.append(f"{told(when)}: {told(Recover())}{_left(when, since)}")
        return words

    def call_off(self) -> None:
        """Have nothing more strike."""
        for cancel in self._waits.values():
            cancel()
        self._waits.clear()
        self._look()

    # -- conditions -------------------------------------------------------------------------

    def _later(self, index: int, seconds: float) -> None:
        handle = self._loop.call_later(seconds, self._strike, index)
        self._waits[index] = handle.cancel

    def _draw_later(self, index: int, when: WithRate, random: Random, number: int) -> None:
        self._waits.pop(index, None)
        if when.until is not None and number * when.every > when.until:
            self._look()
            return

        def draw() -> None:
            if random.random() < when.chance:
                self._do(index)
            self._draw_later(index, when, random, number + 1)

        self._waits[index] = self._loop.call_later(when.every, draw).cancel

    # -- striking ---------------------------------------------------------------------------

    def _strike(self, index: int) -> None:
        """Strike what has waited for this, once."""
        if self._waits.pop(index, None) is not None:
            self._do(index)
            self._look()

    def _do(self, index: int) -> None:
        each = self._plan.strikes[index]
        bee = victim(each.do)
        if bee is not None and not self._apiary.is_up(bee):
            log.warning("a fault strikes nobody", fault=str(each), why=f"{bee} is not up")
            self._apiary.run.note(f"{each}, but {bee} is not up")
            return
        log.info("a fault strikes", fault=str(each))
        self._apiary.run.note(str(each))
        with self._live.lock:  # links are used by every thread
            strike(each.do, self._apiary)

    def _heal(self) -> None:
        self._waits.pop(-1, None)
        self.call_off()
        with self._live.lock:
            self._apiary.heal()

    def _look(self) -> None:
        """Listen no more when nothing is left that may strike."""
        if self._waits:
            return
        self._lookout.close()
        self._striker.over(self)


def _left(when: Condition, since: float) -> str:
    """Return in words how long a condition has yet, so many seconds after its plan was armed."""
    match when:
        case At(seconds=seconds):
            return f" (in {max(0.0, seconds - since):.1f} s)"
        case WithRate(until=float(until)):
            return f" (for another {max(0.0, until - since):.1f} s)"
        case _:
            return ""


def _nothing() -> None:
    """Do nothing: what waits for a message is not called off by itself."""
