"""Hosts, and the links between them."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from glasshive.checks import above_zero
from glasshive.errors import nearest
from glasshive.latency import Constant
from glasshive.link import Link, Quality, quality

if TYPE_CHECKING:
    from collections.abc import Collection

    from glasshive.latency import Latency
    from glasshive.task import Inbox, Wait

__all__ = ["Host", "Network"]


class Host:
    """A machine that actors live on.

    Args:
        name: unique in its network.
        network: the network it belongs to.
    """

    __slots__ = (
        *("_ahead", "_jumped", "_links", "_pace", "_since"),
        *("deferred", "down", "held", "name", "network", "paused", "skewed", "slowness"),
    )

    def __init__(self, name: str, network: Network) -> None:
        self.name = name
        self.network = network
        self.down = False
        """Whether it has crashed; what is sent to it is lost."""
        self.paused = False
        """Whether everything on it stands still; what is sent to it waits."""
        self.held: list[Inbox] = []
        """Actors that were ready for a message when it was paused."""
        self.deferred: list[Wait] = []
        """Waits that have ended while it was paused."""
        self.slowness = 1.0
        """By what factor sleeps and timers take longer here."""
        self.skewed = False
        """Whether its clocks ever showed anything but the run's time."""
        self._links: dict[Host, Link] = {}
        self._pace = 1.0
        self._ahead = 0.0
        self._since = 0.0
        self._jumped = 0.0

    def link_to(self, other: Host) -> Link:
        """Return the way from here to another host."""
        link = self._links.get(other)
        if link is None:
            link = self._links[other] = Link(self.network.like, self.network.random)
            link.cut = self.network.parted(self, other)
        return link

    def links(self) -> dict[Host, Link]:
        """Return the ways that were used or set so far, by where they lead."""
        return self._links

    def monotonic(self, now: float) -> float:
        """Return what this host's clock has counted, which drifts and never jumps.

        Args:
            now: seconds of the run's clock, which no drift touches.
        """
        return now + self._ahead + (now - self._since) * (self._pace - 1.0)

    def clock(self, now: float) -> float:
        """Return what this host's clock shows, which drifts and jumps.

        Args:
            now: seconds of the run's clock.
        """
        return self.monotonic(now) + self._jumped

    def lasting(self, delay: float) -> float:
        """Return the true seconds that a sleep or a timer takes here.

        Args:
            delay: seconds that the host's own clock is to count.
        """
        return delay * self.slowness / self._pace

    def slow(self, factor: float) -> None:
        """Have sleeps and timers take longer from now on.

        Args:
            factor: how many times as long; 1 is full speed.

        Raises:
            ValueError: for a factor that is no number above zero.
        """
        self.slowness = above_zero(factor, "a host's slowness")

    def drift(self, pace: float, now: float) -> None:
        """Have the clock run fast or slow from now on.

        Args:
            pace: seconds that it counts in one true second.
            now: seconds of the run's clock.

        Raises:
            ValueError: for a pace that is no number above zero.
        """
        above_zero(pace, "a clock's pace")
        self._ahead = self.monotonic(now) - now
        self._since = now
        self._pace = pace
        self.skewed = True

    def jump(self, by: float) -> None:
        """Set the clock forward or back.

        Args:
            by: seconds, below zero for back.

        Raises:
            ValueError: for infinity and what is not a number.
        """
        if not math.isfinite(by):
            raise ValueError(f"a clock jumps by a number of seconds, not {by!r}")
        self._jumped += by
        self.skewed = True

    def __repr__(self) -> str:
        return f"Host({self.name!r})"


class Network:
    """The hosts of a run and the links between them.

    Messages between actors of one host are never lost and take no time. Messages between two
    hosts take the link's latency and keep their order for each sender and receiver.

    Args:
        seed: what the links draw at random follows it, in a stream of its own.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"{seed}/network")
        self.hosts: dict[str, Host] = {}
        self.like = Quality(Constant(0.0))
        """What a link is like that was never set."""
        self._cuts: list[tuple[frozenset[str], frozenset[str]]] = []

    def host(self, name: str) -> Host:
        """Return the host of this name, which is made when it is first spoken of."""
        host = self.hosts.get(name)
        if host is None:
            host = self.hosts[name] = Host(name, self)
        return host

    def known_host(self, name: str) -> Host:
        """Return the host of this name, if anybody lives there or has spoken of it.

        Raises:
            ValueError: for any other name, with the near ones.
        """
        if name not in self.hosts:
            raise ValueError(f"no host is called {name!r}; {nearest(name, self.hosts)}")
        return self.hosts[name]

    def link(
        self,
        a: str,
        b: str,
        *,
        latency: float | Latency = 0.0,
        loss: float = 0.0,
        duplicate: float = 0.0,
        reorder: float = 0.0,
        bandwidth: float | None = None,
        one_way: bool = False,
    ) -> None:
        """Set the way between two hosts; what is under way on it is not touched.

        Args:
            a: one host.
            b: the other.
            latency: seconds that a message takes, or a distribution of them.
            loss: probability that a message never arrives.
            duplicate: probability that it arrives twice.
            reorder: probability that it is held back for another latency.
            bandwidth: bytes per second that messages share, or None for no limit.
            one_way: set the way from `a` to `b` only.

        Raises:
            TypeError: for a latency that is neither a number nor a distribution.
            ValueError: for a link from a host to itself, and every impossible value.
        """
        if a == b:
            raise ValueError(f"a link joins two hosts, but both ends are {a!r}")
        like = quality(
            latency, loss=loss, duplicate=duplicate, reorder=reorder, bandwidth=bandwidth
        )
        self.host(a).link_to(self.host(b)).set(like)
        if not one_way:
            self.host(b).link_to(self.host(a)).set(like)

    def reset(self, like: Quality) -> None:
        """Make every way, whether it was set or not, like one.

        Args:
            like: what they are like from now on.
        """
        self.like = like
        for host in self.hosts.values():
            for link in host.links().values():
                link.set(like)

    def cut(self, a: Collection[str], b: Collection[str] = (), *, one_way: bool = False) -> None:
        """Part hosts: what is sent from one side to the other is lost until `heal`.

        Args:
            a: the hosts on one side.
            b: the hosts on the other; none given means all others, also those still to come.
            one_way: lose only what goes from `a` to `b`.

        Raises:
            ValueError: for an unknown host, for one on both sides, and for an empty side.
        """
        for name in (*a, *b):
            self.known_host(name)
        if not a:
            raise ValueError("a partition needs hosts on its first side")
        if both := sorted(set(a) & set(b)):
            raise ValueError(f"{both[0]!r} is on both sides of the partition")
        self._cuts.append((frozenset(a), frozenset(b)))
        if not one_way:
            self._cuts.append((frozenset(b), frozenset(a)))
        self._part()

    def heal(self) -> None:
        """End every partition."""
        self._cuts.clear()
        self._part()

    def parted(self, source: Host, target: Host) -> bool:
        """Return whether a partition runs through the way from one host to another."""
        return any(
            (source.name in here if here else source.name not in there)
            and (target.name in there if there else target.name not in here)
            for here, there in self._cuts
        )

    def _part(self) -> None:
        for host in self.hosts.values():
            for other, link in host.links().items():
                link.cut = self.parted(host, other)
