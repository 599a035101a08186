"""A blueprint's bees, brought to life on a runtime."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from topology.cast import Cast
from topology.fate import QUEEN, Fate

if TYPE_CHECKING:
    from pykka import ActorRef

    from glasshive import Run
    from topology.blueprint import Blueprint

__all__ = ["Swarm"]

PLAIN = Cast()
"""Bees as they should be."""


class Swarm(Fate):
    """A queen, her hives, their workers and some keepers; nobody watches them.

    `Colony` is built on it, with all that scripts want to know.

    Args:
        blueprint: what to build.
        run: whose runtime they live on.
        cast: the classes of the bees.
    """

    def __init__(self, blueprint: Blueprint, run: Run, *, cast: Cast = PLAIN) -> None:
        super().__init__(blueprint, run)
        self.cast = cast
        self.keepers: list[ActorRef[Any]] = []
        """In the order of the blueprint."""

    @abstractmethod
    def start_keeper(self, name: str, queen: ActorRef[Any]) -> ActorRef[Any]:
        """Start a keeper, where the caller has made sure that it gets its host.

        Args:
            name: its name.
            queen: whom it asks.
        """

    def start(self) -> None:
        """Draw the links, and start every bee; a hive starts its own workers."""
        blueprint, cast = self.blueprint, self.cast
        patience = blueprint.patience
        self.draw_links()
        with self.runtime.on(QUEEN):
            queen = cast.queen.start(
                name=QUEEN,
                placement=blueprint.queen.placement,
                max_jobs=blueprint.queen.max_jobs,
                patience=patience,
            )
        self.refs[QUEEN] = queen
        for hive in blueprint.hives:
            with self.runtime.on(hive.name):
                self.refs[hive.name] = cast.hive.start(
                    name=hive.name,
                    queen=queen,
                    workers=hive.workers,
                    devices=hive.devices,
                    placement=hive.placement,
                    max_jobs=hive.max_jobs,
                    patience=patience,
                    worker=cast.worker,
                )
        for name in blueprint.keepers:
            with self.runtime.on(name):
                self.refs[name] = self.start_keeper(name, queen)
            self.keepers.append(self.refs[name])

    def stop(self) -> None:
        """Stop every bee that is up, the keepers first; a hive stops its own workers."""
        for name in (*self.blueprint.keepers, *(hive.name for hive in self.blueprint.hives), QUEEN):
            if self.is_up(name):
                self.ref(name).stop()
