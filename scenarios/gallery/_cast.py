"""The bees of a gallery's entry, to be cast in any other colony."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from actors import Hive, Keeper, Queen, Worker
from glasshive.errors import Complaint, InputError, nearest
from scenarios.gallery import ENTRIES
from topology import Cast

__all__ = ["cast_of"]

_ROLES: dict[str, type[Any]] = {"keeper": Keeper, "queen": Queen, "hive": Hive, "worker": Worker}


def cast_of(entry: str | None) -> Cast:
    """Return a cast whose bees make one mistake of the gallery.

    Args:
        entry: the name of the entry; None for bees that make none.

    Raises:
        InputError: when there is no such entry.
    """
    if entry is None:
        return Cast()
    if entry not in ENTRIES:
        raise InputError(
            Complaint("mistake", f"the gallery has no entry {entry!r}", nearest(entry, ENTRIES))
        )
    module = import_module(f"scenarios.gallery.{entry}")
    own: list[type[Any]] = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and each.__module__ == module.__name__
    ]
    mistaken = {role: each for each in own for role, bee in _ROLES.items() if issubclass(each, bee)}
    return Cast(**mistaken)
