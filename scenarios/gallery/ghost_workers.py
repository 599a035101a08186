"""A hive is removed, and its workers stay schedulable.

Here a node that is not heard of gets no more jobs. This queen holds everybody whom she has ever
met to be there. One of two hives dies, and a job goes to it.
"""

from __future__ import annotations

from actors import Queen
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMISE, PROMPT, Mistake, colony_of, let_pass
from topology import Cast, Colony

CAUGHT_BY = "every-job-ends"


class ForgetsNobody(Queen):
    """Misses no hive, however long it is silent."""

    def tend(self, now: float) -> None:
        """Count every hive as just heard of."""
        for node in self.dispatch.nodes.values():
            node.heard_at = now
        super().tend(now)


@scenario
def ghost_workers(run: Run, *, mistake: Mistake = True) -> None:
    """One of two hives dies, and jobs go on being placed on its workers."""
    cast = Cast(queen=ForgetsNobody) if mistake else Cast()
    with Colony(colony_of(hives=2), run, cast=cast, promise=PROMISE) as colony:
        colony.crash("hive-1")
        let_pass(colony, 1.0)
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
        let_pass(colony)
