"""The connection closes without any end, and the client calls it success.

Here a connection that closes is a stream on which nothing comes any more. This keeper takes that
for a good end. The worker dies in the middle; the hive is about to notice, and to have the text
go on.
"""

from __future__ import annotations

from actors import Completed, Keeper
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_come
from topology import Cast, Colony

CAUGHT_BY = "same-text"

SILENCE = 0.4
"""Seconds; less than it takes the hive to miss a worker."""


class TakesSilenceForSuccess(Keeper):
    """Holds a stream that has fallen silent to be whole."""

    def tend(self, now: float) -> None:
        """Give a receipt for what has come, if nothing comes after it."""
        for pending in list(self.requests.values()):
            if pending.token_times and now - pending.token_times[-1] >= SILENCE:
                self.finish(pending, Completed())
        super().tend(now)


@scenario
def silence_is_success(run: Run, *, mistake: Mistake = True) -> None:
    """A worker dies in the middle, and the client takes the silence for a good end."""
    cast = Cast(keeper=TakesSilenceForSuccess) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        job = colony.submit(PROMPT, max_tokens=4, ignore_eos=True)
        let_come(colony, 2, job)
        colony.crash("worker-1")
        job.wait()
