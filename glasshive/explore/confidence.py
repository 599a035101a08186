"""How sure a share of failures is, at every moment of counting."""

from __future__ import annotations

from math import lgamma, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["bounds"]

_HALVINGS = 60
"""Of an interval of length 1, which leaves less than a float tells apart."""


def bounds(failures: int, runs: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return what the probability of a failure lies between.

    It is a confidence sequence: with the given confidence the probability is inside at every
    number of runs at once. So counting may stop as soon as the interval is narrow enough, which an
    ordinary confidence interval does not allow. It is what a mixture of likelihoods with Jeffreys'
    prior leaves over (Robbins, "Statistical methods related to the law of the iterated logarithm",
    1970; Ville's inequality).

    Args:
        failures: runs that failed.
        runs: all runs.
        confidence: probability with which it holds, above 0 and below 1.

    Raises:
        ValueError: when there were more failures than runs, or the confidence is no probability.
    """
    if not 0 <= failures <= runs:
        raise ValueError(f"{failures} failures in {runs} runs")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    if not runs:
        return 0.0, 1.0
    successes = runs - failures
    # The mixture's likelihood: the integral over all probabilities, weighted by Beta(1/2, 1/2).
    mixed = _log_beta(failures + 0.5, successes + 0.5) - _log_beta(0.5, 0.5)
    least = mixed + log(1.0 - confidence)

    def inside(probability: float) -> bool:
        return _log_likelihood(failures, successes, probability) >= least

    share = failures / runs
    return (
        0.0 if inside(0.0) else _edge(inside, 0.0, share),
        1.0 if inside(1.0) else _edge(inside, 1.0, share),
    )


def _edge(inside: Callable[[float], bool], outer: float, inner: float) -> float:
    """Return where between two points the inside begins, a hair on the safe side."""
    for _ in range(_HALVINGS):
        middle = (outer + inner) / 2
        if inside(middle):
            inner = middle
        else:
            outer = middle
    return outer


def _log_likelihood(failures: int, successes: int, probability: float) -> float:
    total = 0.0
    for count, chance in ((failures, probability), (successes, 1.0 - probability)):
        if count:
            if chance <= 0.0:
                return float("-inf")
            total += count * log(chance)
    return total


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
