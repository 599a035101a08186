"""The queen restarts, and hives that announced themselves only once are never seen again.

Here every heartbeat is an announcement. This queen listens to the first one of each hive only, its
hello, and leaves out the heartbeats of hives that she does not know.
"""

from __future__ import annotations

from actors import Heartbeat, Hello, Queen
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMISE, PROMPT, Mistake, colony_of, let_come, let_pass
from topology import Cast, Colony

CAUGHT_BY = "every-job-ends"


class WantsToBeGreeted(Queen):
    """Knows those who have said hello, and nobody else."""

    def on_heartbeat(self, message: Heartbeat) -> None:
        """Take in how a hive is, if it was introduced."""
        if isinstance(message, Hello) or message.name in self.dispatch.nodes:
            super().on_heartbeat(message)


@scenario
def lost_after_restart(run: Run, *, mistake: Mistake = True) -> None:
    """The queen is started anew, and does not know the hive that is there all along."""
    cast = Cast(queen=WantsToBeGreeted) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast, promise=PROMISE) as colony:
        job = colony.submit(PROMPT, max_tokens=3, ignore_eos=True)
        let_come(colony, 1, job)
        colony.crash("queen")
        colony.restart("queen")
        let_pass(colony)
