"""What is wrong with a blueprint, and at which place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.errors import InputError
from topology.toml import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.errors import Complaint
    from topology.toml import Flaw, Place

__all__ = ["FlawedBlueprint", "label"]

BEES = {"hives": "hive", "workers": "worker", "devices": "device", "models": "model"}
"""What one entry of an array is called."""


class FlawedBlueprint(InputError):
    """The blueprint is wrong.

    Args:
        complaints: everything that is wrong, a sentence each.
        flaws: the same, by their places, so that the reader of a file can say the lines.
    """

    def __init__(self, *complaints: Complaint, flaws: Sequence[Flaw] = ()) -> None:
        super().__init__(*complaints)
        self.flaws = flaws


def label(place: Place, root: object) -> str:
    """Return what people call a place: "hive 'hive-a', worker 'worker-3'".

    Args:
        place: the place; a last key that names a plain value is left out.
        root: the drawing, or the tables of the file.
    """
    parts = []
    node = root
    for index, step in enumerate(place):
        node = _child(node, step)
        if isinstance(step, int):
            array = place[index - 1]
            name = _child(node, "name")
            if array in BEES and isinstance(name, str) and name:
                parts.append(f"{BEES[str(array)]} {quoted(name)}")
            elif array in (*BEES, "links"):
                parts.append(f"{array}[{step}]")
        elif step in ("queen", "patience"):
            parts.append(step)
    return ", ".join(parts)


def _child(node: object, step: str | int) -> object:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(step, int):
        return node[step] if isinstance(node, list | tuple) else None
    return getattr(node, step, None)
