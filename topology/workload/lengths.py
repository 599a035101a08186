"""How long prompts and outputs are: distributions of token counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from glasshive.errors import Complaint, InputError

if TYPE_CHECKING:
    from random import Random

__all__ = ["Constant", "Exponential", "Lengths", "Lognormal", "Uniform"]


class Lengths(Protocol):
    """A distribution of token counts, none below 1."""

    def draw(self, random: Random) -> int:
        """Return the next length in tokens.

        Args:
            random: the stream of random numbers to draw from.
        """


@dataclass(frozen=True, slots=True)
class Constant:
    """Every length is the same.

    Args:
        tokens: the length.
    """

    tokens: int

    def __post_init__(self) -> None:
        _require(self.tokens >= 1, "Constant", f"tokens is {self.tokens}", "give at least 1 token")

    def draw(self, random: Random) -> int:  # noqa: ARG002 - the other lengths draw from it
        """Return the length in tokens."""
        return self.tokens


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every length from `low` to `high` is as likely as any other.

    Args:
        low: the shortest length in tokens.
        high: the longest length in tokens, itself included.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        _require(
            1 <= self.low <= self.high,
            "Uniform",
            f"low is {self.low} and high is {self.high}",
            "give 1 <= low <= high tokens",
        )

    def draw(self, random: Random) -> int:
        """Return the next length in tokens."""
        return random.randint(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Exponential:
    """Exponential lengths, rounded to whole tokens, at least 1: the lengths of an M/M/c queue.

    Rounding up the few draws below half a token adds about 1 / (2 * mean) tokens to the mean.

    Args:
        mean: the mean in tokens.
    """

    mean: float

    def __post_init__(self) -> None:
        _require(
            1 <= self.mean < math.inf,
            "Exponential",
            f"mean is {self.mean}",
            "give a mean of at least 1 token",
        )

    def draw(self, random: Random) -> int:
        """Return the next length in tokens."""
        return max(1, round(random.expovariate(1.0 / self.mean)))


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Lognormal lengths, rounded to whole tokens, the long tail cut off at `most`.

    Args:
        median: the median in tokens.
        sigma: standard deviation of the logarithm of the length; 0 makes every length the median.
        most: the longest length in tokens; a longer draw becomes this.
    """

    median: float
    sigma: float
    most: int

    def __post_init__(self) -> None:
        _require(
            1 <= self.median <= self.most,
            "Lognormal",
            f"median is {self.median} and most is {self.most}",
            "give 1 <= median <= most tokens",
        )
        _require(
            0 <= self.sigma < math.inf,
            "Lognormal",
            f"sigma is {self.sigma}",
            "give a sigma of 0 or more",
        )

    def draw(self, random: Random) -> int:
        """Return the next length in tokens."""
        exponent = random.normalvariate(math.log(self.median), self.sigma)
        # The cut comes before the exponential, which overflows for a sigma of a few hundred.
        return max(1, round(math.exp(min(exponent, math.log(self.most)))))


def _require(held: bool, where: str, what: str, remedy: str) -> None:
    if not held:
        raise InputError(Complaint(where, what, remedy))
