"""Hypothesis strategies: schedules that shrink to first in, first out.

Hypothesis is wanted by this module alone: `pip install "glasshive[testing]"`.
"""

from __future__ import annotations

import sys
import time

# Bound here, where it stays real: inside a simulation the module's attribute is virtual.
from time import perf_counter
from typing import TYPE_CHECKING

from glasshive.explore.program import Attempt, Program
from glasshive.explore.shrink import Shrunk
from glasshive.explore.story import story
from glasshive.runtime import running, swapped
from glasshive.schedule import Abandoned, Deviation, Schedule
from glasshive.testing.record import Record, Shelf
from glasshive.testing.story import Story, breach_of, tell

try:
    from hypothesis import strategies as st
    from hypothesis.control import cleanup, current_build_context
    from hypothesis.errors import StopTest, UnsatisfiedAssumption
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'glasshive.testing.schedules needs Hypothesis: pip install "glasshive[testing]"',
        name=error.name,
    ) from error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from glasshive.runtime import Runtime
    from glasshive.schedule import Option
    from glasshive.trace import EventSink

__all__ = ["DrawnSchedule", "schedules"]

_SCALES = (8, 64, 512, 4096)
"""A sparse list is as likely among the first few decisions as among the first few hundred."""
_WIDEST = 6
"""The options that a sparse deviation is drawn from; a larger number would be the last there is."""
_CALM = 8
"""In a dense stream, as many parts deliver as there are fates that do not."""


def schedules(*, decisions: int = 256, deviations: int = 4) -> st.SearchStrategy[Schedule]:
    """Return a strategy for what decides a run: `Simulation(schedule=...)`.

    It is either a sparse list of deviations from the plain order, or a dense stream, in which
    every decision between two or more is drawn while the run goes on. Both shrink to first in,
    first out. Rates decide nothing: a message has another fate than to be delivered, and a fault
    strikes, where it is drawn so, and at most `deviations` times.

    When the run is over, what was drawn prints as a `Schedule`, which can stand in an `@example`.
    The error of a failing property has a note of its deviations in words and, under pytest, the
    path of a trace.

    Args:
        decisions: after as many the run goes on in the plain order.
        deviations: how many a sparse list has at most, and how often a dense stream lets something
            go wrong.

    Raises:
        ValueError: when one of them is below 1.
    """
    if decisions < 1 or deviations < 1:
        raise ValueError(
            f"decisions and deviations are 1 or more, not {decisions} and {deviations}"
        )
    return _schedules(decisions, deviations)


@st.composite
def _schedules(draw: st.DrawFn, decisions: int, deviations: int) -> Schedule:
    planned: dict[int, int] = {}
    random: Random | None = None
    if draw(st.booleans()):
        # What comes after the last that matters costs nothing, so that shrinking can drop it.
        decisions = draw(st.integers(0, decisions))
        random = draw(st.randoms(use_true_random=False))
    else:
        scales = [scale for scale in _SCALES if scale < decisions]
        numbers = st.integers(0, draw(st.sampled_from([*scales, decisions])) - 1)
        planned = draw(st.dictionaries(numbers, st.integers(1, _WIDEST), max_size=deviations))
    schedule = DrawnSchedule(planned, random, decisions, deviations)
    if current_build_context().is_final:
        # Hypothesis has no open way to hear that a test is over.
        schedule.written = True
        cleanup(schedule.over)
    return schedule


class DrawnSchedule(Schedule):
    """A schedule that Hypothesis draws; when its run is over, it is the schedule of that run.

    Args:
        planned: the deviations of a sparse one.
        random: draws a dense one as the run goes on; None for a sparse one.
        decisions: after as many, nothing is drawn.
        faults: how often it lets something go wrong, at most.
    """

    def __init__(
        self, planned: Mapping[int, int], random: Random | None, decisions: int, faults: int
    ) -> None:
        super().__init__(planned)
        self._planned = self.choices
        self._random = random
        self._decisions = decisions
        self._faults = faults
        self.deviations: list[Deviation] = []
        """Where the run left the plain order."""
        self.written = False
        """Whether the run is written down."""
        self._record: Record | None = None
        self._runtime: Runtime | None = None

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return the planned option, or draw one."""
        number = self._count
        self._count = number + 1
        if not number:
            self.choices = {}
            self._runtime = running()
        if self._random is None:
            index = min(self._planned.get(number, 0), len(options) - 1)
        elif number < self._decisions:
            index = self._drawn(self._random, kind, len(options))
        else:
            index = 0
        if index:
            self.choices[number] = index
            self.deviations.append(
                Deviation(number, kind, index, len(options), options[index], options[0])
            )
        return index

    def _drawn(self, random: Random, kind: str, options: int) -> int:
        if kind == "next":
            return self._number(random, options - 1)
        if not self._faults:
            return 0
        index = max(0, self._number(random, _CALM + options - 2) - _CALM + 1)
        if index:
            self._faults -= 1
        return index

    def _number(self, random: Random, most: int) -> int:
        """Draw a number from 0 to `most`, which shrinks to 0."""
        # Hypothesis measures how long it takes, and must not see the simulation's clock.
        with swapped(time, perf_counter=perf_counter):
            try:
                return random.randint(0, most)
            except StopTest as stop:
                # An actor may be asking, and Pykka would take this for its failure.
                self._random = None
                raise Abandoned("Hypothesis has seen enough of this run") from stop

    def writer(self, seed: int, order: str) -> EventSink | None:
        """Return where the run is written, if it is the one that is shown."""
        if not self.written or self._record is not None:
            return None
        self._record = Record(Shelf.current, seed=seed, order=order)
        return self._record.writer

    def over(self) -> None:
        """Hear that the test is over; the error that ended it, if one did, tells the story."""
        error = sys.exc_info()[1]
        record = self._record
        if error is None or isinstance(error, StopTest | UnsatisfiedAssumption):
            if record is not None:
                record.drop()
            return
        runtime = self._runtime
        if record is not None:
            at, situations = (0.0, {}) if runtime is None else (runtime.now(), runtime.situations)
            record.keep(error, at=at, situations=situations, choices=self.choices)
        program = Program("", {}, 0 if runtime is None else runtime.seed)
        attempt = Attempt(
            program,
            "failed",
            (breach_of(error),),
            self.choices,
            tuple(self.deviations),
            decisions=self._count,
            turns=0,
            order="drawn",
            situations={},
        )
        trace = "" if record is None else record.told
        text = story(Shrunk(attempt, attempt), ways={"trace": trace} if trace else {})
        tell(error, Story(text, self.choices, trace))

    def __repr__(self) -> str:
        if self._random is not None and not self._count:
            return "<a schedule that is drawn while its run goes on>"
        return super().__repr__()
