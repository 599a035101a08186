"""A full buffer drops silently: a slow reader is cut off, reads again, is cut off again.

Here a job's buffer has room for all its tokens, so that a reader can ask for any of them again.
This queen keeps the last two. A link loses the first tokens; the keeper notices the gap, asks for
what is missing, and gets what comes after it, again and again.
"""

from __future__ import annotations

from msgspec.structs import replace

from actors import OpenStream, Queen
from glasshive import Run, scenario
from glasshive.fault import Cut, Heal
from scenarios.gallery._situation import PROMISE, PROMPT, Mistake, colony_of, let_pass, strike
from topology import Cast, Colony

CAUGHT_BY = "every-job-ends"

ROOM = 2
"""Tokens that the buffer holds."""


class HasLittleRoom(Queen):
    """Sends again what the buffer still has, and says nothing of the rest."""

    def _on_open_stream(self, message: OpenStream) -> None:
        if self.jobs.has_job(message.job_id):
            oldest = len(self.jobs.get_job(message.job_id).tokens) - ROOM
            message = replace(message, after=max(message.after, oldest - 1))
        super()._on_open_stream(message)


@scenario
def full_buffer_drops(run: Run, *, mistake: Mistake = True) -> None:
    """A reader misses some tokens, and the buffer has dropped them when it asks again."""
    cast = Cast(queen=HasLittleRoom) if mistake else Cast()
    with Colony(colony_of(keep_seconds=10.0), run, cast=cast, promise=PROMISE) as colony:
        colony.submit(PROMPT, max_tokens=4, ignore_eos=True)
        queen = colony.queen.jobs
        colony.run_until(lambda: bool(queen.job_count()), "the job is accepted")
        job = queen.get_job(queen.job_ids()[0])
        strike(colony, Cut(("queen",), ("keeper-1",), one_way=True))
        colony.run_until(lambda: len(job.tokens) == ROOM + 1, "the buffer is full")
        strike(colony, Heal())
        let_pass(colony)
