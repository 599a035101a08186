"""How long a client waits before it tries again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

__all__ = ["backoff"]

MOST_DOUBLINGS = 16
"""Past them the number would only grow where `most` cuts it off anyway."""


def backoff(seconds: float, attempt: int, most: float, random: Random) -> float:
    """Return the seconds to wait: twice as long each time, drawn so that clients spread.

    It is never less than what the server has asked for, and at most twice `most` or twice that,
    whichever is more. Drawing at random is what keeps those that were refused together from
    coming back together (Brooker, "Exponential backoff and jitter", 2015).

    Args:
        seconds: what the server has asked for, or what a first attempt waits.
        attempt: how many attempts were made, from 1.
        most: seconds that the doubling stops at.
        random: where to draw from.
    """
    doubled = seconds * float(2 ** min(attempt - 1, MOST_DOUBLINGS))
    return max(seconds, min(doubled, most)) * random.uniform(1.0, 2.0)
