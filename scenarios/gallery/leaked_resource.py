"""A port, slot or VRAM reservation is not given back when a spawn fails.

Here a hive promises each job that it places a slot and VRAM at a worker, and takes the promise
back however the job leaves. This hive does not from a worker that is gone. One dies with a job;
another is brought up in its place, and has a slot less for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Hive, HiveToken
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_come
from topology import Cast, Colony

if TYPE_CHECKING:
    from actors.route import Route

CAUGHT_BY = "no-oversubscription"


class LeaksReservations(Hive):
    """Gives a place back on the good path only."""

    def detach(self, route: Route[HiveToken]) -> None:
        """Take a job from where it was placed."""
        if route.room is not None and route.room.node.down:
            route.room = None
        super().detach(route)


@scenario
def leaked_resource(run: Run, *, mistake: Mistake = True) -> None:
    """A worker dies with a job, and the slot and VRAM of that job are never given back."""
    cast = Cast(hive=LeaksReservations) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        job = colony.submit(PROMPT, max_tokens=3, ignore_eos=True)
        let_come(colony, 1, job)
        colony.crash("worker-1")
        job.wait()
