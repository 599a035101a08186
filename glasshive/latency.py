"""How long a message is under way: distributions, as data that can be saved and drawn from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from glasshive.checks import seconds

if TYPE_CHECKING:
    from random import Random

__all__ = [
    "LONGEST",
    "Constant",
    "Empirical",
    "Latency",
    "LogNormal",
    "Normal",
    "Uniform",
    "latency_of",
]

LONGEST = 365 * 24 * 3600.0
"""Seconds that no message takes longer than, whatever is drawn; a longer time is a slip."""

_WIDEST = 10.0
"""Of a logarithm; already with 5, one message in a hundred takes 100,000 medians."""


class _Distribution(msgspec.Struct, frozen=True, tag=True):
    """How every distribution is written down; each has a `draw(random)` of its own."""


class Constant(_Distribution, frozen=True):
    """Every message takes the same time.

    Args:
        seconds: zero or more, at most a year, as all that follow.
    """

    seconds: float

    def __post_init__(self) -> None:
        _time(self, self.seconds, "seconds")

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
        _time(self, self.low, "low")
        _time(self, self.high, "high")
        _require(self, self.low <= self.high, "low is at most high")

    def draw(self, random: Random) -> float:
        """Return the seconds that one message takes."""
        return random.uniform(self.low, self.high)


class Normal(_Distribution, frozen=True):
    """A bell curve, of which what would be below zero is zero, and above a year a year.

    Args:
        mean: seconds.
        deviation: its standard deviation in seconds.
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        _time(self, self.mean, "mean")
        _time(self, self.deviation, "deviation")

    def draw(self, random: Random) -> float:
        """Return the seconds that one message takes."""
        return min(max(0.0, random.gauss(self.mean, self.deviation)), LONGEST)


class LogNormal(_Distribution, frozen=True):
    """Mostly short, now and then very long, as measured round trips are, and a year at most.

    Args:
        median: seconds that half of the messages stay below.
        sigma: standard deviation of the logarithm, at most 10; 0.5 makes the 99th percentile 3.2
            medians.
    """

    median: float
    sigma: float

    def __post_init__(self) -> None:
        _time(self, self.median, "median")
        _require(self, self.median > 0, "median is above zero")
        _require(self, math.isfinite(self.sigma) and self.sigma >= 0, "sigma is zero or more")
        _require(self, self.sigma <= _WIDEST, f"sigma is at most {_WIDEST:g}")

    def draw(self, random: Random) -> float:
        """Return the seconds that one message takes."""
        return min(random.lognormvariate(math.log(self.median), self.sigma), LONGEST)


class Empirical(_Distribution, frozen=True):
    """One of the times that somebody measured, each equally likely.

    Args:
        samples: seconds, one or more of them.
    """

    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        _require(self, bool(self.samples), "there is at least one sample")
        for sample in self.samples:
            _time(self, sample, "a sample")

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


def _time(of: object, value: float, what: str) -> None:
    try:
        possible = 0 <= value <= LONGEST
    except TypeError:
        possible = False
    if not possible:  # else nobody reads the words, which are long where there are many samples
        seconds(value, f"{of!r}: {what}")
        raise ValueError(f"{of!r}: {what} is at most {LONGEST:,.0f} seconds")


def _require(of: object, held: bool, rule: str) -> None:
    if not held:
        raise ValueError(f"{of!r}: {rule}")
