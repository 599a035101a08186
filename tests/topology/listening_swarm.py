"""A colony whose bees only listen, and a fault plan that is armed in it."""

from __future__ import annotations

from typing import Any

import pykka

from actors import Accepted, StreamItem, WorkerResponse, ailment
from glasshive import Run
from topology import Blueprint
from topology.faults import (
    Action,
    Condition,
    FaultPlan,
    Injector,
)

GRID = Blueprint.grid(hives=1, workers_per_hive=2, keepers=2)


class Bee(pykka.ThreadingActor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)


class Swarm:
    """A colony whose bees only listen, and that writes down what is done to it, and when."""

    def __init__(self, runtime: Any, blueprint: Blueprint = GRID) -> None:
        self.runtime = runtime
        self.blueprint = blueprint
        self.did: list[tuple[Any, ...]] = []
        self.notes: list[str] = []
        self.refs: dict[str, pykka.ActorRef[Any]] = {}
        self.run = Run(runtime, self)
        hosts = {name: name for name in blueprint.hosts}
        hosts |= {worker.name: hive.name for hive in blueprint.hives for worker in hive.workers}
        for name, host in hosts.items():
            with runtime.on(host):
                self.refs[name] = Bee.start(name)
        self._hosts = hosts

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progress(self, *_: Any) -> None:
        raise AssertionError

    def _do(self, *what: Any) -> None:
        assert self.runtime.current not in {ref.actor_inbox for ref in self.refs.values()}
        self.did.append((self.runtime.now(), *what))

    def is_up(self, name: str) -> bool:
        return bool(self.refs[name].actor_inbox.alive)  # type: ignore[attr-defined]

    def crash(self, name: str) -> None:
        self._do("crash", name)
        self.runtime.crash(self.refs[name])

    def restart(self, name: str, *, state: bool = False) -> None:
        self._do("restart", name, state)
        self.runtime.restart(self.refs[name], state=state)

    def crash_host(self, name: str) -> None:
        self._do("crash host", name)

    def restart_host(self, name: str, *, state: bool = False) -> None:
        self._do("restart host", name, state)

    def afflict(self, name: str, message: ailment.Ailment) -> None:
        self._do(name, message)

    def heal(self) -> None:
        self._do("heal")

    def tell(self, name: str, message: Any) -> None:
        with self.runtime.on(self._hosts[name]):
            self.refs[name].tell(message)

    def accept(self, job_id: str, request_id: str, keeper: str = "keeper-1") -> None:
        self.tell(keeper, Accepted(request_id, job_id, self.refs["queen"]))

    def token(self, job_id: str, index: int, keeper: str = "keeper-1") -> None:
        self.tell(keeper, StreamItem(job_id, index, WorkerResponse("w")))


def arm(swarm: Swarm, *strikes: tuple[float | Condition, Action], **more: Any) -> Injector:
    return Injector(swarm, FaultPlan.of(strikes, **more), swarm.run)
