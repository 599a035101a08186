"""A job is submitted, its stream is never opened, and it is queued for ever.

In the real swarm it was queued for ever upstream while the worker filled a buffer without bounds.

Here nothing runs before its stream is opened, so there is no buffer to fill. But this queen waits
for the opening without end. The keeper dies between the two calls.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from actors import Queen
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of, let_pass
from topology import Cast, Colony

CAUGHT_BY = "legal-registries"


class WaitsForEver(Queen):
    """Has no time in which a stream must be opened."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.patience = replace(self.patience, open_seconds=math.inf)


@scenario
def accepted_never_opened(run: Run, *, mistake: Mistake = True) -> None:
    """A keeper dies before it opens its stream, and the job is queued for ever."""
    cast = Cast(queen=WaitsForEver) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
        colony.run_until(lambda: colony.queen.jobs.job_count() > 0, "the job is accepted")
        colony.crash("keeper-1")
        let_pass(colony, 1.0)
