"""Cancellation is a flag that a busy worker reads too late or never.

Here a worker takes a job out of the batch when the cancel comes. This one raises a flag, and looks
at it when the text is whole. The others wait as long as a worker may take to stop, and then the
cancel is acknowledged; the worker goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors import Cancelled, Job, TokenResponse, Worker
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_come, let_pass
from topology import Cast, Colony

if TYPE_CHECKING:
    from actors.batch import Sequence

CAUGHT_BY = "cancel-means-silence"


class RaisesAFlag(Worker):
    """Cancels what is over anyway."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.flags: set[str] = set()  # asked for membership only, never iterated

    def withdraw(self, job: Job[TokenResponse]) -> None:
        """Note that a job is to stop."""
        self.flags.add(job.job_id)

    def _complete(self, sequence: Sequence) -> None:
        if sequence.job.job_id in self.flags:
            self.end(sequence.job, Cancelled())
        else:
            super()._complete(sequence)


@scenario
def cooperative_only(run: Run, *, mistake: Mistake = True) -> None:
    """A job is cancelled, and its worker looks at the flag when the whole text is there."""
    cast = Cast(worker=RaisesAFlag) if mistake else Cast()
    blueprint = colony_of(seconds_per_token=0.5, answer_seconds=8.0)
    with Colony(blueprint, run, cast=cast) as colony:
        job = colony.submit(PROMPT, max_tokens=8, ignore_eos=True)
        let_come(colony, 1, job)
        job.cancel()
        let_pass(colony)
