"""A stream that is opened after its job has failed ends with "done".

Here a keeper stands still before it opens the stream, until the queen has given the job up. This
queen tells the late reader that the job is complete. The right one says that it has failed, and
the keeper submits its request again.
"""

from __future__ import annotations

from actors import Completed, Hang, OpenStream, Queen, StreamEnd
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of
from topology import Cast, Colony

CAUGHT_BY = "same-text"


class SaysDone(Queen):
    """Has one word for the end of every job that is over."""

    def _on_open_stream(self, message: OpenStream) -> None:
        job_id = message.job_id
        if self.jobs.has_job(job_id) and self.jobs.get_job(job_id).outcome is not None:
            message.subscriber.tell(StreamEnd(job_id, message.after + 1, Completed()))
        else:
            super()._on_open_stream(message)


@scenario
def failed_looks_done(run: Run, *, mistake: Mistake = True) -> None:
    """A job fails before its stream is opened, and the stream ends with "done"."""
    blueprint = colony_of()
    cast = Cast(queen=SaysDone) if mistake else Cast()
    with Colony(blueprint, run, cast=cast) as colony:
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
        colony.afflict("keeper-1", Hang(blueprint.patience.open_seconds + 0.5))
