"""Where faults strike in a run whose order is drawn."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshive.schedule.option import Option

__all__ = ["Strikes"]

MOST = 3
"""Strikes of a run at most."""


class Strikes:
    """Goes another way at a few of the decisions about faults, and keeps to the rates elsewhere.

    Good at bugs that one to three faults at the right moments show, however rare the rates make
    them and however long the run is: each kind of decision gets the same share of the strikes,
    and within a kind each decision has the same chance. A quarter of the runs has none. A bug
    that wants more faults than that needs rates which draw them.

    Args:
        seed: any integer or text; equal seeds strike alike.
        known: how many decisions of each kind there will be, as far as a run has shown it.
    """

    def __init__(self, seed: int | str, known: Mapping[str, int]) -> None:
        self._random = random = Random(f"{seed}/strikes")
        self._met: dict[str, int] = {}
        self._places: dict[str, set[int]] = {kind: set() for kind in sorted(known) if known[kind]}
        kinds = list(self._places)
        for _ in range(random.randint(0, MOST) if kinds else 0):
            kind = random.choice(kinds)
            self._places[kind].add(random.randrange(known[kind]))

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return what the rates have drawn, or where it strikes any other option."""
        number = self._met.get(kind, 0)
        self._met[kind] = number + 1
        if number not in self._places.get(kind, ()):
            return drawn
        return any_other(self._random, len(options), drawn)


def any_other(random: Random, options: int, drawn: int) -> int:
    """Return an option that is not the drawn one, each with the same probability.

    Args:
        random: where it is drawn from.
        options: how many there are, at least two.
        drawn: the one that it must not be.
    """
    other = random.randrange(options - 1)
    return other + (other >= drawn)
