"""Telemetry fails to collect, and reports "no workers" instead of "unknown".

Here a hive that cannot tell how its workers are says just that, and the queen goes by what she
heard last. This hive says that there are none, and the queen turns jobs away as long as it is
blind.
"""

from __future__ import annotations

from actors import Hive, Lie, WorkerState
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMISE, PROMPT, Mistake, colony_of, let_pass
from topology import Cast, Colony

CAUGHT_BY = "every-job-ends"


class TakesBlindForEmpty(Hive):
    """Reports an empty list when it cannot tell."""

    def _said(self) -> tuple[WorkerState, ...]:
        return super()._said() or ()


@scenario
def blind_is_empty(run: Run, *, mistake: Mistake = True) -> None:
    """A hive cannot tell how its workers are, and says that it has none."""
    cast = Cast(hive=TakesBlindForEmpty) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast, promise=PROMISE) as colony:
        colony.afflict("hive-1", Lie(10.0, blind=True))
        let_pass(colony, 0.5)
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
        let_pass(colony)
