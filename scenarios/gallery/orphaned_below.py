"""The client times out or leaves; the job goes on below, and nobody reads it.

Here a cancel goes down hop by hop, and its answer comes up when the work has stopped. This queen
answers at once and tells nobody below.
"""

from __future__ import annotations

from actors import Cancelled, Job, Queen, QueenToken
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_come, let_pass
from topology import Cast, Colony

CAUGHT_BY = "cancel-means-silence"


class ClosesTheDoor(Queen):
    """Lets a job go that is not wanted any more."""

    def withdraw(self, job: Job[QueenToken]) -> None:
        """End the job here."""
        for route in self.routes.pop(job.job_id, ()):
            self.detach(route)
        self.end(job, Cancelled())


@scenario
def orphaned_below(run: Run, *, mistake: Mistake = True) -> None:
    """A client cancels, and the job goes on below, where nobody was told."""
    cast = Cast(queen=ClosesTheDoor) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        job = colony.submit(PROMPT, max_tokens=5, ignore_eos=True)
        let_come(colony, 1, job)
        job.cancel()
        let_pass(colony)
