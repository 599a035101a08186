"""Hosts, and the links between them."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

__all__ = ["Host", "Link", "Network"]


class Link:
    """One direction of the way between two hosts.

    Args:
        latency: seconds that a message takes.
    """

    __slots__ = ("latency",)

    def __init__(self, latency: float) -> None:
        self.latency = latency


class Host:
    """A machine that actors live on.

    Args:
        name: unique in its network.
        network: the network it belongs to.
    """

    __slots__ = ("links", "name", "network")

    def __init__(self, name: str, network: Network) -> None:
        self.name = name
        self.network = network
        self.links: dict[Host, Link] = {}
        """The way from here to each host that a message went to."""

    def link_to(self, other: Host) -> Link:
        """Return the way from here to another host."""
        link = self.links.get(other)
        if link is None:
            link = self.links[other] = Link(self.network.latency)
        return link

    def __repr__(self) -> str:
        return f"Host({self.name!r})"


class LinkSettings(NamedTuple):
    """A link as it was set, for traces and for people."""

    source: str
    target: str
    latency: float


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
        self.latency = 0.0
        """Seconds that a message takes between two hosts whose link was never set."""

    def host(self, name: str) -> Host:
        """Return the host of this name, which is made when it is first spoken of."""
        host = self.hosts.get(name)
        if host is None:
            host = self.hosts[name] = Host(name, self)
        return host

    def link(self, a: str, b: str, *, latency: float) -> None:
        """Set the way between two hosts, both directions.

        Args:
            a: one host.
            b: the other.
            latency: seconds that a message takes.

        Raises:
            ValueError: for a link from a host to itself, or an impossible latency.
        """
        if a == b:
            raise ValueError(f"a link joins two hosts, but both ends are {a!r}")
        seconds(latency, "a link's latency")
        for source, target in ((a, b), (b, a)):
            self.host(source).link_to(self.host(target)).latency = latency

    def settings(self) -> list[LinkSettings]:
        """Return every link that exists, in the order in which the hosts were named."""
        return [
            LinkSettings(host.name, other.name, link.latency)
            for host in self.hosts.values()
            for other, link in host.links.items()
        ]


def seconds(value: float, what: str) -> float:
    """Return a duration after making sure that it is one.

    Raises:
        TypeError: when it is no number at all.
        ValueError: when it is negative, infinite or not a number.
    """
    complaint = f"{what} is a number of seconds, zero or more, not {value!r}"
    try:
        possible = math.isfinite(value) and value >= 0
    except TypeError:
        raise TypeError(complaint) from None
    if not possible:
        raise ValueError(complaint)
    return value
