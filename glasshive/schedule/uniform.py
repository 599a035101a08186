"""Every option alike."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from glasshive.schedule.strikes import Strikes
from glasshive.schedule.survey import Surveyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.schedule.option import Option

__all__ = ["Uniform", "UniformSearch"]


class Uniform:
    """Takes each option with the same probability.

    Good at bugs that many orders show. It promises nothing about orders that want several
    particular choices in a row: their probability falls with the product of the options.

    Args:
        seed: any integer or text; equal seeds make equal choices.
        strikes: where faults strike; None for where rates have drawn them.
    """

    def __init__(self, seed: int | str, strikes: Strikes | None = None) -> None:
        self._random = random.Random(f"{seed}/schedule")
        self._strikes = strikes

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return any index for what comes next."""
        if kind != "next":
            return self._strikes.choose(kind, options, drawn) if self._strikes else drawn
        return self._random.randrange(len(options))


@dataclass
class UniformSearch(Surveyed):
    """Runs with `Uniform`.

    Args:
        seed: any integer; equal seeds make equal searches.
        survey: what the first run has shown.
    """

    label: ClassVar[str] = "random"

    def drawn(self, seed: str) -> Uniform:
        """Return what decides in a run."""
        return Uniform(seed, Strikes(seed, self.survey.strikes))
