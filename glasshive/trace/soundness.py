"""Whether a trace is sound: what must hold of every trace, whatever the run has done."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from glasshive.trace.event import KINDS
from glasshive.trace.index import NONE
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.trace.index import Index

__all__ = ["Finding", "check"]

_COPIES = frozenset(["send", "duplicate", "timer-fired"])
_ENDS = frozenset(["deliver", "drop"])


class Finding(NamedTuple):
    """One thing that must hold of a trace."""

    claim: str
    broken: tuple[str, ...]
    """Where it does not, each a sentence; the first ones only."""
    places: int
    """In how many places it does not."""


class _Claim:
    """Gathers where a claim does not hold."""

    def __init__(self, claim: str) -> None:
        self.claim = claim
        self._broken: list[str] = []
        self._count = 0

    def not_at(self, sentence: str) -> None:
        """Note a place where it does not hold."""
        self._count += 1
        if len(self._broken) < _SHOWN:
            self._broken.append(sentence)

    @property
    def finding(self) -> Finding:
        return Finding(self.claim, tuple(self._broken), self._count)


_SHOWN = 5


def check(index: Index) -> Iterator[Finding]:
    """Yield what must hold of a trace, and where it does not.

    That each line is an event and the next one is known already, since the trace was read.

    Args:
        index: the trace.
    """
    lines = _Claim("every line is an event, each with the next number")
    yield lines.finding
    yield _kinds(index)
    yield _causes(index)
    yield _clocks(index)
    yield _messages(index)
    yield _fates(index)
    if index.end is not None:
        yield _digest(index)


def _kinds(index: Index) -> Finding:
    claim = _Claim("every event is of a known kind")
    for number, kind in enumerate(index.kind):
        if kind >= len(KINDS):
            claim.not_at(f"event {number:,} is of kind {index.kinds[kind]!r}")
    return claim.finding


def _causes(index: Index) -> Finding:
    claim = _Claim("every cause is an event that comes before its effect")
    for number, cause in index.odd_causes.items():
        claim.not_at(f"event {number:,} names event {cause:,} as its cause")
    return claim.finding


def _clocks(index: Index) -> Finding:
    simulated = index.header.get("runtime") != "live"
    claim = _Claim(
        "the clock never goes back"
        if simulated
        else "no actor's clock goes back, and no cause is later than its effect"
    )
    time, cause, actors = index.time, index.cause, index.actor
    last: dict[int, float] = {}
    for number, now in enumerate(time):
        clock = 0 if simulated else actors[number]
        if now < last.get(clock, now):
            claim.not_at(f"event {number:,} is at {now} s, after one at {last[clock]} s")
        elif cause[number] != NONE and now < time[cause[number]]:
            claim.not_at(f"event {number:,} is at {now} s, before its cause")
        last[clock] = max(now, last.get(clock, now))
    return claim.finding


def _messages(index: Index) -> Finding:
    claim = _Claim("whatever arrives or is lost was sent, under its number and by its sender")
    kinds = [kind in _ENDS or kind == "duplicate" for kind in index.kinds]
    copies = [kind in _COPIES for kind in index.kinds]
    timer = index.kinds.index("timer-fired")
    for number, kind in enumerate(index.kind):
        if not kinds[kind] or number in index.older_causes:
            continue
        what, cause = index.kinds[kind], index.cause[number]
        if cause == NONE or not copies[index.kind[cause]]:
            claim.not_at(f"event {number:,} is a {what} whose cause is no send")
        elif index.message[cause] != index.message[number]:
            claim.not_at(f"event {number:,} is a {what} of another message than its cause")
        elif index.kind[cause] != timer:
            ends = (index.actor[number], index.peer[number])
            if what != "duplicate":
                ends = ends[::-1]
            if ends != (index.actor[cause], index.peer[cause]):
                claim.not_at(f"event {number:,} has other ends than the send of its message")
    return claim.finding


def _fates(index: Index) -> Finding:
    claim = _Claim("each copy of a message arrives once or is lost, and not both")
    ends = [kind in _ENDS for kind in index.kinds]
    met = bytearray(len(index))
    for number, kind in enumerate(index.kind):
        cause = index.cause[number]
        if ends[kind] and cause != NONE:
            if met[cause]:
                claim.not_at(
                    f"event {number:,} is the second end of the message of event {cause:,}"
                )
            met[cause] = 1
    return claim.finding


def _digest(index: Index) -> Finding:
    claim = _Claim("the digest is the one of the events")
    assert index.end is not None
    said = index.end.get("digest")
    made = hashlib.blake2b(digest_size=16)
    for line in TraceReader(index.path, forgive_cut=True).lines():
        made.update(line)
    if said != made.hexdigest():
        claim.not_at(f"the last line says {said}, and the events make {made.hexdigest()}")
    return claim.finding
