"""A status that is sent from a task of its own does not say whose it is, and is dropped.

In the real swarm status lines that came from a spawned task carried no job id.

Here what a worker says while it loads carries the worker's name, and the hive knows which jobs
wait for it. This worker's task does not know the name. So this hive drops the word that the
loading has failed, and waits for a model that will never be there.
"""

from __future__ import annotations

from actors import FailToLoad, Hive, Worker
from actors.messages import LoadFailed
from glasshive import Run, scenario
from scenarios.gallery._situation import PROMISE, PROMPT, Mistake, cold_colony, let_pass
from topology import Cast, Colony

CAUGHT_BY = "every-job-ends"


class LoadsInATask(Worker):
    """Has its model loaded by somebody who does not know for whom."""

    def _fail_to_load(self) -> None:
        if self.parent is not None:
            self.parent.tell(LoadFailed("", "could not load"))


class DropsWhatIsNobodys(Hive):
    """Leaves out what it cannot attribute."""

    def _on_load_failed(self, message: LoadFailed) -> None:
        if message.name in self.nursery.places:
            super()._on_load_failed(message)


@scenario
def unattributed(run: Run, *, mistake: Mistake = True) -> None:
    """A model fails to load, and the word of it does not say whose it is."""
    cast = Cast(hive=DropsWhatIsNobodys, worker=LoadsInATask) if mistake else Cast()
    blueprint = cold_colony(0.4, load_seconds=60.0)
    with Colony(blueprint, run, cast=cast, promise=PROMISE) as colony:
        colony.afflict("hive-1", FailToLoad("worker-1"))
        colony.submit(PROMPT, max_tokens=2, ignore_eos=True)
        let_pass(colony)
