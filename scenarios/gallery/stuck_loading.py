"""A worker that never finishes loading is waited for without end.

Here a model has a time in which it must be loaded, and then another worker has its turn. This hive
waits. Its first device reads weights so slowly that it takes a day.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from actors import Hive
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMISE, PROMPT, Mistake, cold_colony, let_pass
from topology import Cast, Colony

CAUGHT_BY = "every-job-ends"


class WaitsForTheModel(Hive):
    """Has no time in which a model must be loaded."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.patience = replace(self.patience, load_seconds=math.inf)


@scenario
def stuck_loading(run: Run, *, mistake: Mistake = True) -> None:
    """A worker loads for ever, and its hive waits for it instead of trying another."""
    cast = Cast(hive=WaitsForTheModel) if mistake else Cast()
    with Colony(cold_colony(86_400.0, 0.4), run, cast=cast, promise=PROMISE) as colony:
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
        let_pass(colony)
