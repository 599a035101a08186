"""A relay forwards tokens, and not "failed" or "cancelled".

Here a worker is refused VRAM in the middle, and says so. This hive hands on good ends only, so
nothing more comes up until the time for the whole answer is over. The right one has the text go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Completed, Hive, HiveToken, Outcome, OutOfMemory
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMISE, PROMPT, Mistake, colony_of, let_come, let_pass
from topology import Cast, Colony

if TYPE_CHECKING:
    from actors.route import Route

CAUGHT_BY = "every-job-ends"


class HearsGoodNews(Hive):
    """Leaves out every end but a good one."""

    def finish(self, reading: Route[HiveToken], outcome: Outcome) -> None:
        """End what is complete."""
        if isinstance(outcome, Completed):
            super().finish(reading, outcome)


@scenario
def swallowed_failure(run: Run, *, mistake: Mistake = True) -> None:
    """A worker fails in the middle, and the relay does not hand that on."""
    cast = Cast(hive=HearsGoodNews) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast, promise=PROMISE) as colony:
        job = colony.submit(PROMPT, max_tokens=4, ignore_eos=True)
        let_come(colony, 2, job)
        colony.afflict("worker-1", OutOfMemory())
        let_pass(colony)
