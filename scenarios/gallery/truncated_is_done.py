"""Generation fails half-way, no error is sent, and the cut text ends with "done".

Here a worker that is refused VRAM says so in the stream, and the text goes on elsewhere. This
worker says that it is done.
"""

from __future__ import annotations

from actors import OutOfMemory, Worker
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_come
from topology import Cast, Colony

CAUGHT_BY = "same-text"


class CallsItDone(Worker):
    """Ends a text that was cut as it ends any other."""

    def _on_out_of_memory(self, _: OutOfMemory) -> None:
        for sequence in list(self.batch.running.values()):
            sequence.length = sequence.generated
            self.batch.remove(sequence.job.job_id)
            self._complete(sequence)


@scenario
def truncated_is_done(run: Run, *, mistake: Mistake = True) -> None:
    """A worker fails half-way, and ends the cut text with "done"."""
    cast = Cast(worker=CallsItDone) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        job = colony.submit(PROMPT, max_tokens=4, ignore_eos=True)
        let_come(colony, 2, job)
        colony.afflict("worker-1", OutOfMemory())
        job.wait()
