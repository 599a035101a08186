"""How long a message is under way: distributions, as data that can be saved and drawn from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from glasshive.checks import seconds

if TYPE_CHECKING:
    from random import Random

__all__ = ["Constant", "Empirical", "Latency", "LogNormal", "Normal", "Uniform", "latency_of"]


class _Distribution(msgspec.Struct, frozen=True, tag=True):
    """How every distribution is written down; each has a `draw(random)` of its own."""


class Constant(_Distribution, frozen=True):
    """Every message takes the same time.

    Args:
        seconds: zero or more.
    """

    seconds: float

    def __post_init__(self) -> None:
        seconds(self.seconds, f"{self!r}: seconds")

    def draw(self, random: Random) -> float:  # noqa: ARG002  the distributions' common form
        """Return the seconds that one message takes."""
        return self.seconds


class Uniform(_Distribution, frozen=True):
    """Every time between two bounds is equally likely.

    Args:
        low: seconds, zero or more.
        high: seconds, `low` or more.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        seconds(self.low, f"{self!r}: low")
        seconds(self.high, f"{self!r}: high")
        _require(self, self.low <= self.high, "low is at most high")

    def draw(self, random: Random) -> float:
        """Return the seconds that one message takes."""
        return random.uniform(self.low, self.high)


class Normal(_Distribution, frozen=True):
    """A bell curve, of which what would be below zero is zero.

    Args:
        mean: seconds.
        deviation: its standard deviation in seconds.
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        seconds(self.mean, f"{self!r}: mean")
        seconds(self.deviation, f"{self!r}: deviation")

    def draw(self, random: Random) -> float:
        """Return the seconds that one message takes."""
        return max(0.0, random.gauss(self.mean, self.deviation))


class LogNormal(_Distribution, frozen=True):
    """Mostly short, now and then very long, as measured round trips are.

    Args:
        median: seconds that half of the messages stay below.
        sigma: standard deviation of the logarithm; 0.5 makes the 99th percentile 3.2 medians.
    """

    median: float
    sigma: float

    def __post_init__(self) -> None:
        seconds(self.median, f"{self!r}: median")
        _require(self, self.median > 0, "median is above zero")
        _require(self, math.isfinite(self.sigma) and self.sigma >= 0, "sigma is zero or more")

    def draw(self, random: Random) -> float:
        """Return the seconds that one message takes."""
        return random.lognormvariate(math.log(self.median), self.sigma)


class Empirical(_Distribution, frozen=True):
    """One of the times that somebody measured, each equally likely.

    Args:
        samples: seconds, one or more of them.
    """

    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        _require(self, bool(self.samples), "there is at least one sample")
        for sample in self.samples:
            seconds(sample, f"{self!r}: a sample")

    def draw(self, random: Random) -> float:
        """Return the seconds that one message takes."""
        return random.choice(self.samples)


Latency: TypeAlias = Constant | Uniform | Normal | LogNormal | Empirical
"""Any of them."""


def latency_of(value: float | Latency) -> Latency:
    """Return a distribution, made of a plain number if need be.

    Args:
        value: seconds, or a distribution of them.

    Raises:
        TypeError: for anything else.
        ValueError: when the seconds are negative, infinite or not a number.
    """
    if isinstance(value, _Distribution):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a latency is a number of seconds or a distribution, not {value!r}")
    return Constant(float(seconds(value, "a link's latency")))


def _require(of: object, held: bool, rule: str) -> None:
    if not held:
        raise ValueError(f"{of!r}: {rule}")
