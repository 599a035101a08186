"""The searches by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError, nearest
from glasshive.schedule.coverage import CoverageSearch
from glasshive.schedule.exhaustive import Exhaustive
from glasshive.schedule.few import FewSearch
from glasshive.schedule.fifo import FifoSearch
from glasshive.schedule.pct import PctSearch
from glasshive.schedule.pos import PosSearch
from glasshive.schedule.replaying import ReplaySearch
from glasshive.schedule.swarm import SwarmSearch
from glasshive.schedule.uniform import UniformSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glasshive.schedule.search import Search

__all__ = ["NAMES", "search_of"]

_SEEDED: Mapping[str, Callable[[int], Search]] = {
    "few": FewSearch,
    "random": UniformSearch,
    "pos": PosSearch,
    "swarm": SwarmSearch,
    "coverage": CoverageSearch,
}

NAMES = ("fifo", *_SEEDED, "pct", "exhaustive", "replay")
"""What `search_of` makes."""


def search_of(
    name: str,
    *,
    seed: int = 0,
    depth: int = 3,
    choices: Mapping[int, int] | None = None,
    max_depth: int | None = None,
    max_deviations: int | None = None,
) -> Search:
    """Return a search by its name.

    Args:
        name: one of `NAMES`.
        seed: any integer; equal seeds make equal searches.
        depth: of the bugs that "pct" looks for, at least 1.
        choices: what "replay" decides, option by number of the decision.
        max_depth: the turns up to which "exhaustive" looks for others; None for all.
        max_deviations: the decisions that "exhaustive" makes otherwise in one run, at most; None
            for any number.

    Raises:
        InputError: when there is no search of this name, or a bound will not do.
    """
    complaints = [
        Complaint(f"{what} {value}", "it is too small", f"give {least} or more")
        for what, value, least in (
            ("depth", depth, 1),
            ("max_depth", max_depth, 0),
            ("max_deviations", max_deviations, 0),
        )
        if value is not None and value < least
    ]
    if name not in NAMES:
        remedy = nearest(name, NAMES)
        complaints.insert(0, Complaint(f"strategy {name}", "there is none of this name", remedy))
    if complaints:
        raise InputError(*complaints)
    match name:
        case "fifo":
            return FifoSearch()
        case "pct":
            return PctSearch(seed, depth)
        case "replay":
            return ReplaySearch(choices or {})
        case "exhaustive":
            return Exhaustive(max_depth=max_depth, max_deviations=max_deviations)
        case _:
            return _SEEDED[name](seed)
