"""Who gets a job: the placement policies, by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

__all__ = [
    "POLICIES",
    "Candidate",
    "LeastLoaded",
    "MostFreeVram",
    "Policy",
    "PowerOfTwo",
    "RoundRobin",
]


class Candidate(Protocol):
    """A node that may have the job."""

    @property
    def place(self) -> int:
        """Its place in the order in which the nodes were met."""

    @property
    def load(self) -> float:
        """Unfinished jobs for each of its slots, more than 1 when some have to wait."""

    @property
    def free_vram_bytes(self) -> int:
        """VRAM that is promised to no job, less than nothing when some have to wait for it."""


CandidateT = TypeVar("CandidateT", bound=Candidate)


class Policy(ABC):
    """Chooses among nodes that could all run the job now, or where it would wait at each."""

    @abstractmethod
    def choose(self, candidates: Sequence[CandidateT], random: Random) -> CandidateT:
        """Return the one that gets the job.

        Args:
            candidates: one or more, by their places.
            random: where to draw from.
        """


class RoundRobin(Policy):
    """Each in turn; one that may not have the job misses its turn."""

    def __init__(self) -> None:
        self._last = -1

    def choose(self, candidates: Sequence[CandidateT], random: Random) -> CandidateT:  # noqa: ARG002 - the policies' common face
        """Return the first after the one that was chosen last."""
        chosen = next((each for each in candidates if each.place > self._last), candidates[0])
        self._last = chosen.place
        return chosen


class LeastLoaded(Policy):
    """The one with the fewest jobs for each slot; of equals the first."""

    def choose(self, candidates: Sequence[CandidateT], random: Random) -> CandidateT:  # noqa: ARG002 - the policies' common face
        """Return the least loaded."""
        return min(candidates, key=lambda each: each.load)


class MostFreeVram(Policy):
    """The one with the most VRAM that is promised to no job; of equals the less loaded."""

    def choose(self, candidates: Sequence[CandidateT], random: Random) -> CandidateT:  # noqa: ARG002 - the policies' common face
        """Return the one with the most free VRAM."""
        # A model whose sequences take no VRAM leaves all nodes equal, and one would get every job.
        return max(candidates, key=lambda each: (each.free_vram_bytes, -each.load))


class PowerOfTwo(Policy):
    """The less loaded of two drawn at random.

    Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 2001.
    """

    def choose(self, candidates: Sequence[CandidateT], random: Random) -> CandidateT:
        """Return the less loaded of two; the only one if there is no second."""
        two = random.sample(candidates, min(2, len(candidates)))
        return min(two, key=lambda each: each.load)


POLICIES: Mapping[str, type[Policy]] = MappingProxyType(
    {
        "round_robin": RoundRobin,
        "least_loaded": LeastLoaded,
        "most_free_vram": MostFreeVram,
        "power_of_two": PowerOfTwo,
    }
)
"""The policies, by the names that blueprints and scripts use."""
