"""What can be done to the bees of a colony from outside, and how it is put right again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from actors import Slow, Worker
from glasshive import Simulation
from glasshive.errors import GlasshiveError, nearest
from glasshive.link import quality

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Run
    from topology.blueprint import Blueprint

__all__ = ["QUEEN", "Fate"]

QUEEN = "queen"
"""The queen's name, and her host's."""


class Fate(ABC):
    """Finds the bees of a blueprint by their names, and crashes, restarts and heals them.

    `Swarm` is built on it.

    Args:
        blueprint: what was built.
        run: the scenario's run.
    """

    def __init__(self, blueprint: Blueprint, run: Run) -> None:
        self.blueprint = blueprint
        self.run = run
        self.runtime = run.runtime
        self.refs: dict[str, ActorRef[Any]] = {}
        """Every bee's first address by its name; see `ref` for the one that it has now."""

    @abstractmethod
    def disturbed(self) -> None:
        """Hear that a fault strikes."""

    @abstractmethod
    def healed(self) -> None:
        """Hear that all was put right."""

    @abstractmethod
    def forgot(self, name: str) -> None:
        """Hear that a bee begins anew and knows nothing."""

    def draw_links(self) -> None:
        """Have all links be as the blueprint draws them."""
        self.runtime.network.reset(quality(self.blueprint.latency_seconds))
        for link in self.blueprint.links:
            self.runtime.network.link(*link.between, latency=link.latency_seconds)

    def tell_at_home(self, ref: ActorRef[Any], message: Any) -> None:
        """Tell a bee something from where it lives: no fault of a link gets in between.

        Args:
            ref: its address.
            message: what to tell it.
        """
        inbox: Any = ref.actor_inbox
        with self.runtime.on(inbox.host.name):
            ref.tell(message)

    def ref(self, name: str) -> ActorRef[Any]:
        """Return the address of a bee, the last one of its name if it was replaced.

        Args:
            name: any bee of the blueprint.

        Raises:
            GlasshiveError: when there is no bee of this name.
        """
        for actor in reversed(self.runtime.actors()):
            if getattr(actor, "name", None) == name:
                return actor.actor_ref
        if name in self.refs:
            # One that a hive has brought up in the place of another has an address of its own.
            if isinstance(self.runtime, Simulation):
                with suppress(ValueError):  # it was stopped, and the run has forgotten it
                    return self.runtime.ref_of(name)
            return self.refs[name]
        known = {*self.refs, *(spec.name for spec in self.blueprint.workers)}
        if name in known:
            raise GlasshiveError(f"{name} is not there: its hive has not brought it up")
        raise GlasshiveError(f"no bee is called {name!r}; {nearest(name, known)}")

    def is_up(self, name: str) -> bool:
        """Return whether a bee of this name is alive."""
        return any(getattr(actor, "name", None) == name for actor in self.runtime.actors())

    def host_of(self, name: str) -> str:
        """Return the host that a bee lives on: a worker's is its hive's, any other's its own."""
        for hive in self.blueprint.hives:
            if any(worker.name == name for worker in hive.workers):
                return hive.name
        return name

    def crash(self, name: str) -> None:
        """End a bee at once: its inbox and timers are lost, and nobody is told.

        Args:
            name: any bee of the blueprint.

        Raises:
            GlasshiveError: when there is no bee of this name.
        """
        ref = self.ref(name)
        self.run.note(f"{name} crashes")
        self.runtime.crash(ref)

    def crash_host(self, name: str) -> None:
        """End every bee on a host at once, until the host is started again.

        Args:
            name: the queen, a hive or a keeper, whose host bears the same name.

        Raises:
            GlasshiveError: when the run is live.
        """
        self.run.note(f"the host of {name} crashes")
        self._simulation("crash the host of").crash_host(name)

    def restart_host(self, name: str, *, state: bool = False) -> None:
        """Start a crashed host again, and every bee on it; one that is up stays as it is.

        Args:
            name: the queen, a hive or a keeper, whose host bears the same name.
            state: let its bees know all that they knew; otherwise they begin anew.

        Raises:
            GlasshiveError: when the run is live.
        """
        simulation = self._simulation("restart the host of")
        if not simulation.network.known_host(name).down:
            self.run.note(f"the host of {name} has no need to be restarted")
            return
        self.run.note(f"the host of {name} starts again")
        simulation.restart_host(name, state=state)
        if not state:
            self.forgot(name)

    def restart(self, name: str, *, state: bool = False) -> None:
        """Start a crashed bee again; one that is up, or was replaced, stays as it is.

        In a live run one that has died of an error of its own counts as crashed.

        Args:
            name: any bee of the blueprint.
            state: let it know all that it knew; otherwise it begins anew.

        Raises:
            GlasshiveError: when there is no bee of this name.
        """
        ref = self.ref(name)
        if self.is_up(name) or not self.runtime.can_restart(ref):
            self.run.note(f"{name} has no need to be restarted")
            return
        self.run.note(f"{name} starts again, {'knowing all' if state else 'knowing nothing'}")
        self.runtime.restart(ref, state=state)
        if not state:
            self.forgot(name)

    def afflict(self, name: str, ailment: Any) -> None:
        """Have something befall a bee from inside; nothing does where it is not there.

        Args:
            name: any bee of the blueprint.
            ailment: a message of `actors.ailment`.
        """
        self.disturbed()
        if self.is_up(name):
            self.tell_at_home(self.ref(name), ailment)

    def nobody_hangs(self) -> bool:
        """Return whether no bee stands still in the middle of its work, as one that hangs does."""
        return all(
            getattr(actor.actor_inbox, "wait", None) is None for actor in self.runtime.actors()
        )

    def heal(self) -> None:
        """Put everything right: partitions, links, hosts, clocks, and whoever has crashed.

        From now on every accepted job has the time that was promised. A hive sees to its own
        workers.
        """
        self.runtime.network.heal()
        self.draw_links()
        if isinstance(self.runtime, Simulation):
            self._heal_hosts(self.runtime)
        for name in (QUEEN, *(hive.name for hive in self.blueprint.hives), *self.blueprint.keepers):
            if not self.is_up(name):
                self.restart(name)
        for actor in self.runtime.actors():
            if isinstance(actor, Worker) and actor.slowness != 1.0:
                self.tell_at_home(actor.actor_ref, Slow(1.0))
        self.healed()
        self.run.note("all is put right")

    def _heal_hosts(self, simulation: Simulation) -> None:
        for name, host in list(simulation.network.hosts.items()):
            simulation.resume_host(name)
            if host.slowness != 1.0:
                simulation.slow_host(name, 1.0)
            if host.skewed:
                simulation.drift_clock(name, 1.0)
            if host.down:
                self.restart_host(name)

    def _simulation(self, what: str) -> Simulation:
        if not isinstance(self.runtime, Simulation):
            raise GlasshiveError(f"only a simulated run can {what} bees, and this one is live")
        return self.runtime
