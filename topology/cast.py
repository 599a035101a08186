"""Who plays which bee: the classes that a colony is built of."""

from __future__ import annotations

from dataclasses import dataclass

from actors import Hive, Keeper, Queen, Worker

__all__ = ["Cast"]


@dataclass(frozen=True, slots=True)
class Cast:
    """The classes of a colony's bees; a subclass in one's place is how a mistake is tried out.

    Args:
        keeper: the clients' class.
        queen: the queen's class.
        hive: the hives' class.
        worker: the workers' class.
    """

    keeper: type[Keeper] = Keeper
    queen: type[Queen] = Queen
    hive: type[Hive] = Hive
    worker: type[Worker] = Worker
