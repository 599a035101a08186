"""The bees of a colony as its invariants see them: who is alive, and what became of the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from actors import Hive, Worker
from actors.node import Node

if TYPE_CHECKING:
    from actors.batch import Sequence
    from glasshive import Runtime

__all__ = ["Bees"]


class Bees:
    """Looks inside the actors of a run that keep registries.

    Args:
        runtime: where they live.
        promise: seconds in which every accepted job ends once nothing is broken.
    """

    def __init__(self, runtime: Runtime, promise: float) -> None:
        self.runtime = runtime
        self.promise = promise
        self.disturbed = False
        """Whether any fault has struck."""
        self.ailing = False
        """Whether any has struck since all was last put right."""
        self.healed_at = -math.inf
        """When all was last put right, in seconds of the runtime's clock."""
        self._known: dict[str, Node[Any]] = {}

    def living(self) -> list[Node[Any]]:
        """Return every bee that keeps a registry and is alive, in the order of their starts."""
        return [actor for actor in self.runtime.actors() if isinstance(actor, Node)]

    @property
    def hives(self) -> dict[str, Hive]:
        """The living hives by name."""
        return {hive.name: hive for hive in self._of(Hive)}

    @property
    def workers(self) -> dict[str, Worker]:
        """The living workers by name; of two of one name the one that was started last."""
        return {worker.name: worker for worker in self._of(Worker)}

    def _of(self, kind: type[Any]) -> Any:
        return (bee for bee in self.living() if isinstance(bee, kind))

    def server(self, job_id: str) -> Node[Any] | None:
        """Return the living bee that has a job, None if there is none."""
        # Whoever changes a job does it in its own time: the common case, and the only one that
        # tells a bee from another of its name that was hung and replaced.
        owner = getattr(self.runtime.current, "owner", None)
        bee = owner() if owner is not None else None
        if isinstance(bee, Node) and bee.jobs.has_job(job_id):
            return bee
        name = job_id.partition("/")[0]
        known = self._known.get(name)
        if known is None or not self.runtime.lives(known):
            self._known = {bee.name: bee for bee in self.living()}
            known = self._known.get(name)
        return known if known is not None and known.jobs.has_job(job_id) else None

    def running(self, request_id: str) -> list[tuple[Worker, Sequence]]:
        """Return the living workers that have a request in their batch, each with what it has."""
        return [
            (worker, sequence)
            for worker in self._of(Worker)
            for sequence in worker.batch.running.values()
            if sequence.request.request_id == request_id
        ]
