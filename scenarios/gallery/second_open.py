"""A stream is opened a second time, and one reader gets an error that looks like an end.

In the real swarm that was one way it went; in another both readers got half of the tokens.

Here a keeper opens its stream again from time to time, to be sent what may have been lost. This
queen answers the second opening with a failure, and goes on with the job.
"""

from __future__ import annotations

from actors import Failed, OpenStream, Queen, StreamEnd
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of
from topology import Cast, Colony

CAUGHT_BY = "one-end-per-stream"


class OpensOnce(Queen):
    """Lets the first reader have the stream, and nobody after it."""

    def _on_open_stream(self, message: OpenStream) -> None:
        job_id = message.job_id
        if self.jobs.has_job(job_id) and self.jobs.get_job(job_id).payload_taken:
            taken = Failed(f"the stream of {job_id} was taken already")
            message.subscriber.tell(StreamEnd(job_id, message.after + 1, taken))
        else:
            super()._on_open_stream(message)


@scenario
def second_open(run: Run, *, mistake: Mistake = True) -> None:
    """A keeper opens its stream a second time, and is told that the job has failed."""
    cast = Cast(queen=OpensOnce) if mistake else Cast()
    blueprint = colony_of(seconds_per_token=0.15, renew_seconds=0.1)
    with Colony(blueprint, run, cast=cast) as colony:
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
