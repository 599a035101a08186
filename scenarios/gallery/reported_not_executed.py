"""The forwarder drops the stream that it was handed: nothing runs, and success is reported.

In the real swarm the hive never executed, and the queen reported "complete".

Here this queen has a job accepted below, does not open its stream, and calls it complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Completed, Queen, QueenToken, Usage
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_pass
from topology import Cast, Colony

if TYPE_CHECKING:
    from actors.route import Route

CAUGHT_BY = "same-text"


class DropsTheStream(Queen):
    """Is done with a job as soon as a hive has accepted it."""

    def open_stream(self, reading: Route[QueenToken]) -> None:
        """Report success."""
        self.settle(reading, Completed("stop", Usage(1, 0)))


@scenario
def reported_not_executed(run: Run, *, mistake: Mistake = True) -> None:
    """A job is accepted below and never begun, and the queen reports that it is complete."""
    cast = Cast(queen=DropsTheStream) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
        let_pass(colony)  # the hive gives up what nobody opens
