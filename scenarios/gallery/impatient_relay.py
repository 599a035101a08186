"""Nothing comes for two seconds, and the relay declares the job done in the middle.

Here a relay waits as long as the job has time. This queen does not: a worker turns slow for one
step, and she tells her keeper that the text is whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import Completed, HiveToken, Queen, QueenToken, Slow, Usage
from glasshive import Run, clock, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_come
from topology import Cast, Colony

if TYPE_CHECKING:
    from actors.route import Route

CAUGHT_BY = "same-text"

LONGEST_SILENCE = 2.0
"""Seconds."""


class RunsOutOfPatience(Queen):
    """Holds a job to be done of which nothing was heard for two seconds."""

    heard_at = 0.0

    def relay(self, route: Route[QueenToken], token: HiveToken) -> None:
        """Note when a token came."""
        self.heard_at = clock.now()
        super().relay(route, token)

    def tend(self, now: float) -> None:
        """Cancel below what is silent, and call it complete."""
        for route in self.all_routes():
            if route.tokens and now - self.heard_at >= LONGEST_SILENCE:
                self.cancel_below(route)
                self.settle(route, Completed("stop", Usage(1, route.tokens)))
        super().tend(now)


@scenario
def impatient_relay(run: Run, *, mistake: Mistake = True) -> None:
    """A step takes two and a half seconds, and after two the relay declares the job done."""
    cast = Cast(queen=RunsOutOfPatience) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        job = colony.submit(PROMPT, max_tokens=4, ignore_eos=True)
        let_come(colony, 1, job)
        colony.afflict("worker-1", Slow(50.0))
        let_come(colony, 2, job)
        colony.afflict("worker-1", Slow(1.0))
        job.wait()
