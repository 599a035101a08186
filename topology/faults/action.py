"""What a fault does: to a bee, to a host, to a link, or to everything at once.

What the engine does to hosts is the engine's own: `glasshive.fault` has those as data already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import msgspec

from actors import ailment
from glasshive.fault import (
    Cut,
    DriftClock,
    Heal,
    JumpClock,
    PauseHost,
    Relink,
    ResumeHost,
    SlowHost,
)
from glasshive.latency import Latency  # noqa: TC001  msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pykka import ActorRef

    from glasshive.runtime import Runtime
    from topology.blueprint import Blueprint

__all__ = [
    "ACTIONS",
    "Action",
    "Crash",
    "CrashHost",
    "DriftClock",
    "FailToLoad",
    "Hang",
    "Heal",
    "JumpClock",
    "Lie",
    "Link",
    "OutOfMemory",
    "Partition",
    "PauseHost",
    "Recover",
    "Restart",
    "RestartHost",
    "ResumeHost",
    "Slow",
    "SlowHost",
    "Target",
    "drawn_latency",
    "strike",
    "victim",
]


class Target(Protocol):
    """What faults are done to; a `Colony` is one."""

    @property
    def runtime(self) -> Runtime:
        """Where it runs."""

    @property
    def blueprint(self) -> Blueprint:
        """What it was built from."""

    @property
    def refs(self) -> Mapping[str, ActorRef[Any]]:
        """The address of every bee that was there from the beginning, by its name."""

    def is_up(self, name: str) -> bool:
        """Return whether a bee is there and has not crashed."""

    def crash(self, name: str) -> None:
        """End a bee at once."""

    def restart(self, name: str, *, state: bool = False) -> None:
        """Start a crashed bee again, with or without what it knew."""

    def crash_host(self, name: str) -> None:
        """End every bee on a host at once."""

    def restart_host(self, name: str, *, state: bool = False) -> None:
        """Start a crashed host again, and every bee on it."""

    def afflict(self, name: str, message: ailment.Ailment) -> None:
        """Tell a bee what befalls it."""

    def heal(self) -> None:
        """Put everything right."""


class _Action(msgspec.Struct, frozen=True, tag=True, tag_field="fault", forbid_unknown_fields=True):
    """How every action is written down, as the engine's faults are."""


# -- bees ---------------------------------------------------------------------------------


class Crash(_Action, frozen=True):
    """A bee ends at once; nobody is told.

    Args:
        bee: any bee.
    """

    bee: str

    def strike(self, target: Target) -> None:
        """Do it, now."""
        target.crash(self.bee)


class Restart(_Action, frozen=True):
    """A crashed bee starts again; does nothing to one that lives.

    Args:
        bee: any bee.
        state: whether it still has what it knew, as if it had it on a disk.
    """

    bee: str
    state: bool = False

    def strike(self, target: Target) -> None:
        """Do it, now."""
        # A worker that was not there from the beginning is its hive's to bring up again.
        if self.bee in target.refs:
            target.restart(self.bee, state=self.state)


class Hang(_Action, frozen=True):
    """A bee stands still in the middle of its work; what it is told meanwhile waits.

    Args:
        bee: any bee.
        seconds: for how long.
    """

    bee: str
    seconds: float

    def strike(self, target: Target) -> None:
        """Do it, now."""
        _afflict(target, self, self.bee, ailment.Hang(self.seconds))


class Slow(_Action, frozen=True):
    """A worker's steps take longer from now on.

    Args:
        worker: the worker.
        factor: how many times as long; 1 is full speed again.
    """

    worker: str
    factor: float

    def strike(self, target: Target) -> None:
        """Do it, now."""
        _afflict(target, self, self.worker, ailment.Slow(self.factor))


class OutOfMemory(_Action, frozen=True):
    """A worker's device refuses an allocation: its largest sequence ends in the middle.

    Args:
        worker: the worker.
    """

    worker: str

    def strike(self, target: Target) -> None:
        """Do it, now."""
        _afflict(target, self, self.worker, ailment.OutOfMemory())


class FailToLoad(_Action, frozen=True):
    """A hive's next attempts to bring a worker up fail, and those after them succeed.

    Args:
        hive: the hive.
        worker: which of its workers.
        times: how many attempts fail.
    """

    hive: str
    worker: str
    times: int = 1

    def strike(self, target: Target) -> None:
        """Do it, now."""
        _afflict(target, self, self.hive, ailment.FailToLoad(self.worker, self.times))


class Lie(_Action, frozen=True):
    """A hive's or worker's heartbeats tell for a while of idle workers, or of nothing at all.

    Args:
        bee: the hive or the worker.
        seconds: for how long.
        blind: tell that nothing is known, instead of that all is free.
    """

    bee: str
    seconds: float
    blind: bool = False

    def strike(self, target: Target) -> None:
        """Do it, now."""
        _afflict(target, self, self.bee, ailment.Lie(self.seconds, self.blind))


# -- links --------------------------------------------------------------------------------


class Partition(Cut, frozen=True):
    """What goes from one side to the other is lost, until a `Heal`.

    Args:
        a: the hosts on one side.
        b: the hosts on the other; none means all others.
        one_way: lose only what goes from `a` to `b`.
    """

    def __post_init__(self) -> None:
        for name in ("a", "b"):
            hosts = getattr(self, name)
            hosts = (hosts,) if isinstance(hosts, str) else tuple(hosts)
            msgspec.structs.force_setattr(self, name, hosts)


class Link(_Action, frozen=True):
    """The way between two hosts becomes like this, and as the blueprint draws it where unsaid.

    Args:
        a: one host.
        b: the other.
        latency: seconds that a message takes, or a distribution of them; None as drawn.
        loss: probability that a message never arrives.
        duplicate: probability that it arrives twice.
        reorder: probability that it is held back for another latency.
        one_way: change only the way from `a` to `b`.
    """

    a: str
    b: str
    latency: float | Latency | None = None
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    one_way: bool = False

    def strike(self, target: Target) -> None:
        """Do it, now."""
        latency = self.latency
        if latency is None:
            latency = drawn_latency(target.blueprint, self.a, self.b)
        Relink(
            self.a,
            self.b,
            latency=latency,
            loss=self.loss,
            duplicate=self.duplicate,
            reorder=self.reorder,
            one_way=self.one_way,
        ).strike(_simulation(target))


# -- hosts --------------------------------------------------------------------------------


class CrashHost(_Action, frozen=True):
    """Every bee on a host ends at once, and what is sent there is lost until it starts again.

    Args:
        host: the host.
    """

    host: str

    def strike(self, target: Target) -> None:
        """Do it, now."""
        target.crash_host(self.host)


class RestartHost(_Action, frozen=True):
    """A crashed host starts again, and every bee on it; does nothing to one that is up.

    Args:
        host: the host.
        state: whether its bees still have what they knew, as if they had it on a disk.
    """

    host: str
    state: bool = False

    def strike(self, target: Target) -> None:
        """Do it, now."""
        target.restart_host(self.host, state=self.state)


# -- everything ---------------------------------------------------------------------------


class Recover(_Action, frozen=True):
    """Everything is put right: partitions, links, hosts, bees and what befell them."""

    def strike(self, target: Target) -> None:
        """Do it, now."""
        target.runtime.record("fault", {"fault": "recover"}, actor="colony")
        target.heal()


_Bees: TypeAlias = Crash | Restart | Hang | Slow | OutOfMemory | FailToLoad | Lie
_Hosts: TypeAlias = PauseHost | ResumeHost | SlowHost | JumpClock | DriftClock
_Network: TypeAlias = Partition | Heal

Action: TypeAlias = _Bees | _Hosts | _Network | Link | CrashHost | RestartHost | Recover
"""Any of them."""


def _word(kind: type[Action]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


_KINDS: tuple[type[Action], ...] = (
    *(Crash, Restart, Hang, Slow, OutOfMemory, FailToLoad, Lie),
    *(CrashHost, RestartHost, PauseHost, ResumeHost, SlowHost, JumpClock, DriftClock),
    *(Partition, Heal, Link, Recover),
)

ACTIONS: dict[str, type[Action]] = {_word(kind): kind for kind in _KINDS}
"""Each by its name in a file, such as "out_of_memory"."""


def strike(action: Action, target: Target) -> None:
    """Do something to a colony, now.

    Args:
        action: what.
        target: the colony.
    """
    if isinstance(action, _Hosts | _Network):
        action.strike(_simulation(target))
    else:
        action.strike(target)


def victim(action: Action) -> str | None:
    """Return the bee that must be up for an action to do anything, None if there is none."""
    match action:
        case Crash(bee=bee) | Hang(bee=bee) | Lie(bee=bee):
            return bee
        case Slow(worker=bee) | OutOfMemory(worker=bee) | FailToLoad(hive=bee):
            return bee
        case _:
            return None


def drawn_latency(blueprint: Blueprint, a: str, b: str) -> float:
    """Return the seconds between two hosts that a blueprint draws.

    Args:
        blueprint: the blueprint.
        a: one host.
        b: the other.
    """
    for link in blueprint.links:
        if set(link.between) == {a, b}:
            return link.latency_seconds
    return blueprint.latency_seconds


def _simulation(target: Target) -> Any:
    """Return the runtime, which whoever arms a plan has made sure is a simulation."""
    return target.runtime


def _afflict(target: Target, action: Action, bee: str, message: ailment.Ailment) -> None:
    facts = {"fault": _word(type(action)).replace("_", "-"), **msgspec.structs.asdict(message)}
    target.runtime.record("fault", facts, actor=bee)
    target.afflict(bee, message)
