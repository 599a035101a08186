"""One direction of the way between two hosts, and what it does to messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glasshive.checks import probability
from glasshive.latency import Constant, Latency, latency_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

__all__ = ["FATES", "Link", "Quality"]

FATES = ("deliver", "lose", "duplicate", "hold back")
"""What can become of a message on a link; the first is the plain one."""


class Quality(NamedTuple):
    """What a link is like.

    Args:
        latency: seconds that a message is under way.
        loss: probability that it never arrives.
        duplicate: probability that it arrives twice.
        reorder: probability that it is held back for another latency, so that later ones overtake.
        bandwidth: bytes per second, which messages share one after the other; None for no limit.
    """

    latency: Latency
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    bandwidth: float | None = None


def quality(
    latency: float | Latency,
    *,
    loss: float = 0.0,
    duplicate: float = 0.0,
    reorder: float = 0.0,
    bandwidth: float | None = None,
) -> Quality:
    """Return what a link is like, after making sure that it can be.

    Raises:
        ValueError: for a probability outside 0 to 1, three that sum up to more than 1, or a
            bandwidth that is not above zero, each naming the value.
    """
    for name, value in (("loss", loss), ("duplicate", duplicate), ("reorder", reorder)):
        probability(value, f"a link's {name}")
    if loss + duplicate + reorder > 1.0:
        raise ValueError(
            f"a message has one fate, but loss {loss!r}, duplicate {duplicate!r} and reorder "
            f"{reorder!r} sum up to more than 1"
        )
    if bandwidth is not None and not bandwidth > 0:
        raise ValueError(f"a link's bandwidth is above 0 bytes per second, not {bandwidth!r}")
    return Quality(latency_of(latency), loss, duplicate, reorder, bandwidth)


class Link:
    """Carries messages one way between two hosts.

    Messages of one sender to one receiver keep their order, except for those held back.

    Args:
        like: what it is like.
        random: what latencies and fates are drawn from.
    """

    __slots__ = ("_busy", "_last", "_latest", "_like", "_random", "cut", "plain")

    def __init__(self, like: Quality, random: Random) -> None:
        self._random = random
        self._busy = 0.0
        self._latest = 0.0
        self._last: dict[tuple[object, object], float] = {}
        self.cut = False
        """Whether a partition runs through it."""
        self.set(like)

    @property
    def like(self) -> Quality:
        """What it is like."""
        return self._like

    def set(self, like: Quality) -> None:
        """Make it like this from now on; what is under way is not touched."""
        self._like = like
        self.plain: float | None = (
            like.latency.seconds
            if isinstance(like.latency, Constant) and like[1:] == _HARMLESS
            else None
        )
        """The seconds of every message, if there is nothing more to this link."""

    def simple(self, now: float) -> float:
        """Return when a message arrives that is sent now over a plain link."""
        assert self.plain is not None
        # A link that has become quicker lets nothing overtake what it carried before.
        self._latest = due = max(now + self.plain, self._latest)
        return due

    def carry(
        self,
        now: float,
        pair: tuple[object, object],
        size: Callable[[], int],
        choose: Callable[[int], int],
    ) -> tuple[str, list[float]]:
        """Return a message's fate, and when it arrives: never, once or twice.

        Args:
            now: seconds of the run's clock.
            pair: the sender and the receiver, among whom the order is kept.
            size: returns the message's bytes, asked where bandwidth is limited.
            choose: asked with the fate that the probabilities have drawn, as a number of `FATES`.
        """
        if self.cut:
            return "partition", []
        if self.plain is not None:
            return FATES[0], [self.simple(now)]
        fate = FATES[0]
        if self._like[1:4] != _HARMLESS[:3]:
            drawn = self._drawn()
            # Where every message has the same fate nothing is left to decide.
            fate = FATES[drawn if 1.0 in self._like[1:4] else choose(drawn)]
        if fate == "lose":
            return fate, []
        start = now
        if self._like.bandwidth is not None:
            start = self._busy = max(now, self._busy) + size() / self._like.bandwidth
        due = start + self._like.latency.draw(self._random)
        if fate == "hold back":
            return fate, [due + self._like.latency.draw(self._random)]
        due = self._last[pair] = max(due, self._last.get(pair, 0.0), self._latest)
        if fate == "duplicate":
            return fate, [due, due + self._like.latency.draw(self._random)]
        return fate, [due]

    def _drawn(self) -> int:
        drawn = self._random.random()
        for fate, chance in enumerate(self._like[1:4], start=1):
            if drawn < chance:
                return fate
            drawn -= chance
        return 0


_HARMLESS = (0.0, 0.0, 0.0, None)
