"""Finished jobs and their buffers stay in the registry for ever.

Here a node forgets a job some time after its end, when nobody can want its tokens again. This hive
does not.
"""

from __future__ import annotations

from actors import Hive
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMPT, Mistake, colony_of
from topology import Cast, Colony

CAUGHT_BY = "legal-registries"


class RemembersAll(Hive):
    """Has no time after which a job is forgotten."""

    def _forget(self, job_id: str) -> None:
        pass


@scenario
def never_removed(run: Run, *, mistake: Mistake = True) -> None:
    """A job ends well, and its hive keeps it and its tokens for ever."""
    cast = Cast(hive=RemembersAll) if mistake else Cast()
    with Colony(colony_of(), run, cast=cast) as colony:
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
