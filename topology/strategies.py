"""Hypothesis strategies: plans of faults that shrink to few, early and simple ones.

Hypothesis is wanted by this module alone: `pip install "glasshive[testing]"`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from topology.faults.magnitudes import KINDS, strikes_of
from topology.faults.plan import FaultPlan
from topology.faults.swarm import checked

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'topology.strategies needs Hypothesis: pip install "glasshive[testing]"', name=error.name
    ) from error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topology.blueprint import Blueprint
    from topology.faults.plan import Strike

__all__ = ["fault_plans"]

T = TypeVar("T")


class _HypothesisPicks:
    """Decides as Hypothesis draws; it shrinks to the least number and the first option.

    Args:
        draw: what draws from a strategy.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def whole(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        return self._draw(st.integers(least, most))

    def one(self, options: Sequence[T]) -> T:
        """Return one of some options."""
        return self._draw(st.sampled_from(options))


def fault_plans(
    blueprint: Blueprint,
    *,
    seconds: float = 60.0,
    among: Sequence[str] = tuple(KINDS),
    kinds: int = 3,
    most: int = 6,
) -> st.SearchStrategy[FaultPlan]:
    """Return a strategy for plans that a colony must live with, each healed at its end.

    A plan turns a few kinds of fault on, in swarm style; it shrinks to no faults, then to early
    ones of the plain kinds with small numbers.

    Args:
        blueprint: whose bees and hosts are struck.
        seconds: seconds after which nothing strikes any more and everything is put right.
        among: the kinds to choose from, by their names in `topology.faults.magnitudes.KINDS`.
        kinds: kinds that are turned on at most.
        most: faults at most; some bring what ends them along.

    Raises:
        InputError: for an unknown kind, and for a time that is not one.
    """
    checked(among, seconds)
    chosen = st.lists(st.sampled_from(tuple(among)), unique=True, max_size=kinds)
    return _fault_plans(blueprint, seconds, chosen, most)


@st.composite
def _fault_plans(
    draw: st.DrawFn,
    blueprint: Blueprint,
    seconds: float,
    among: st.SearchStrategy[list[str]],
    most: int,
) -> FaultPlan:
    chosen = draw(among)
    drawn = _strikes(blueprint, seconds, chosen)
    strikes = draw(st.lists(drawn, max_size=most if chosen else 0))
    return FaultPlan(tuple(chain.from_iterable(strikes)), heal_at=seconds)


@st.composite
def _strikes(
    draw: st.DrawFn, blueprint: Blueprint, seconds: float, among: Sequence[str]
) -> tuple[Strike, ...]:
    # A fault among many goes fastest if one number can turn it into none.
    kind = draw(st.sampled_from(("", *among)))
    return () if not kind else strikes_of(kind, _HypothesisPicks(draw), blueprint, seconds)
