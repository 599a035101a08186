"""Every option alike."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Option

__all__ = ["Uniform"]


class Uniform:
    """Takes each option with the same probability.

    Good at bugs that many orders show. It promises nothing about orders that want several
    particular choices in a row: their probability falls with the product of the options.

    Args:
        seed: any integer; equal seeds make equal choices.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"{seed}/schedule")

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return any index for what comes next; a fate stays as its rates have drawn it."""
        if kind != "next":
            return drawn
        return self._random.randrange(len(options))
