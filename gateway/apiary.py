"""The swarm that is served: a blueprint alive on the live runtime, with a door for each keeper."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pykka import Timeout

from actors import Ask, Hive, Queen, Withdraw, Worker
from actors.registry import UnknownJob
from gateway.door import Door, Open
from topology.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pykka import ActorRef

    from actors import Request, WorkerState
    from gateway.door import Letter
    from glasshive import Run
    from topology.blueprint import Blueprint

__all__ = ["Apiary", "HiveHealth"]


class HiveHealth(NamedTuple):
    """How the queen thinks of a hive.

    Args:
        name: the hive.
        health: "healthy", "degraded" or "down".
        models: what it serves, or could bring a worker up for.
    """

    name: str
    health: str
    models: tuple[str, ...]


class Apiary(Swarm):
    """A swarm whose keepers are doors.

    All of it is called from one thread, and nothing here waits for a bee. What a bee holds is read
    while it works: single values and copies that Python makes in one step, never a loop over what
    may grow meanwhile.

    Args:
        blueprint: what to build.
        run: whose runtime it lives on.
        tell: called by the doors with each letter, on their threads.
    """

    def __init__(self, blueprint: Blueprint, run: Run, tell: Callable[[Letter], None]) -> None:
        super().__init__(blueprint, run)
        self._tell = tell
        self._asked = 0
        self.models = tuple(model.name for model in blueprint.models)

    def start_keeper(self, name: str, queen: ActorRef[Any]) -> ActorRef[Any]:
        """Start a door."""
        return Door.start(name=name, queen=queen, tell=self._tell, patience=self.blueprint.patience)

    def disturbed(self) -> None:
        """Do nothing: nobody holds a swarm that is served against any rule."""

    def healed(self) -> None:
        """Do nothing, as above."""

    def forgot(self, name: str) -> None:
        """Do nothing, as above."""

    # -- requests ---------------------------------------------------------------------------

    def ask(self, request: Request) -> ActorRef[Any]:
        """Have a door submit a request, each in turn; return the door."""
        door = self.keepers[self._asked % len(self.keepers)]
        self._asked += 1
        self.tell_at_home(door, Ask(request))
        return door

    def open(self, door: ActorRef[Any], request_id: str) -> None:
        """Have a door open the stream of a request."""
        self.tell_at_home(door, Open(request_id))

    def withdraw(self, door: ActorRef[Any], request_id: str) -> None:
        """Have a door give a request up."""
        self.tell_at_home(door, Withdraw(request_id))

    def close(self, seconds: float) -> None:
        """Stop the doors, which give up what has not ended; the runtime ends the other bees.

        If those were stopped one by one, what they tell one another would be lost on the way. It
        blocks, so it is called when nobody is served any more.

        Args:
            seconds: how long each may take.
        """
        for door in self.keepers:
            with suppress(Timeout):
                door.stop(timeout=seconds)

    # -- how it is --------------------------------------------------------------------------

    def hives(self) -> list[HiveHealth]:
        """Return how the queen thinks of each hive that she knows; nothing while she is gone."""
        now = self.runtime.now()
        for bee in self.runtime.actors():
            if isinstance(bee, Queen):
                dispatch = bee.dispatch
                return [
                    HiveHealth(
                        node.name,
                        dispatch.health(node, now),
                        tuple(
                            room.model
                            for room in list(node.rooms.values())
                            if room.slots or room.cold_slots
                        ),
                    )
                    for node in list(dispatch.nodes.values())
                ]
        return []

    def ready(self, model: str | None = None) -> bool:
        """Return whether some hive serves a model, or any if none is named."""
        return any(
            hive.models if model is None else model in hive.models
            for hive in self.hives()
            if hive.health != "down"
        )

    def workers(self) -> list[tuple[str, WorkerState]]:
        """Return how each worker is that is up, with its hive's name."""
        return [
            (self.host_of(bee.name), bee.states()[0])
            for bee in self.runtime.actors()
            if isinstance(bee, Worker)
        ]

    def registries(self) -> dict[str, int]:
        """Return how many jobs each bee's registry holds, finished ones too."""
        return {
            bee.name: bee.jobs.job_count()
            for bee in self.runtime.actors()
            if isinstance(bee, Queen | Hive | Worker)
        }

    def jobs_of(self, name: str) -> list[dict[str, Any]] | None:
        """Return the jobs of a bee's registry, None if no bee of this name keeps one."""
        for bee in self.runtime.actors():
            if isinstance(bee, Queen | Hive | Worker) and bee.name == name:
                return list(_jobs(bee))
        return None


def _jobs(bee: Queen | Hive | Worker) -> Iterator[dict[str, Any]]:
    for job_id in bee.jobs.job_ids():
        with suppress(UnknownJob):  # it was forgotten meanwhile
            job = bee.jobs.get_job(job_id)
            yield {
                "job_id": job.job_id,
                "request_id": job.request_id,
                "state": type(job.state).__name__.lower(),
                "tokens": len(job.tokens),
            }
