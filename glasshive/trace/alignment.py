"""Two runs side by side: which events they share by what caused them, and where they part."""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from glasshive.trace.index import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from glasshive.trace.index import Index

__all__ = ["Alignment", "Split", "align"]

_ROOT = -1
_BITS = 32
_DATA = b',"data":'


@dataclass(frozen=True, slots=True)
class Split:
    """The first event that parts two runs."""

    kind: Literal["order", "value", "length"]
    """Whether an actor has another event next, or the same with another payload, or none."""
    actor: str
    """Whose events they are."""
    left: int | None
    """The event of the one run, None where the actor has no more."""
    right: int | None
    """The event of the other."""
    before: tuple[int, int] | None
    """The last event of this actor that both runs share, in each; None at its beginning."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """What two runs share, and what they do not."""

    split: Split | None
    """None for runs that are the same, event by event of each actor."""
    deed: Split | None
    """The first event that is not only of another payload, if that is a later one."""
    shared: int
    """Events with the same origin in both runs, wherever they stand."""
    only_left: tuple[int, ...]
    """Events of the one run whose origin the other has not."""
    only_right: tuple[int, ...]


def align(left: Index, right: Index) -> Alignment:
    """Compare two runs by what caused each event, not by the order of lines.

    An event is the same as one of the other run if both are the nth of their kind, actor, peer
    and class that came of causes that are the same. The runs part at the earliest event that an
    actor does not have in the same place of its own order, or has with another payload.

    Args:
        left: one run.
        right: the other.
    """
    names = _Names()
    one, other = names.of(left), names.of(right)
    ours, theirs = set(one), set(other)
    splits = _splits(left, right, one, other)
    first = min(splits, key=_when(left, right), default=None)
    deeds = [split for split in splits if split.kind != "value"]
    deed = min(deeds, key=_when(left, right), default=None)
    return Alignment(
        first,
        None if deed == first else deed,
        len(ours & theirs),
        tuple(number for number, name in enumerate(one) if name not in theirs),
        tuple(number for number, name in enumerate(other) if name not in ours),
    )


class _Names:
    """Gives equal numbers to events of equal origin."""

    def __init__(self) -> None:
        self._labels: dict[tuple[str | None, ...], int] = {}
        self._names: dict[int, int] = {}

    def of(self, index: Index) -> array[int]:
        """Return the number of each event of a run."""
        met: dict[int, int] = {}
        made: array[int] = array("q")
        names = self._names
        for number, label in enumerate(self._labels_of(index)):
            cause = index.cause[number]
            # Packed into one number, which takes a third of the memory of three.
            key = (made[cause] if cause != NONE else _ROOT) + 1 << _BITS | label
            count = met[key] = met.get(key, 0) + 1
            made.append(names.setdefault(key << _BITS | count, len(names)))
        return made

    def _labels_of(self, index: Index) -> Iterator[int]:
        cache: dict[tuple[int, int, int, int], int] = {}
        for own in zip(index.kind, index.actor, index.peer, index.type, strict=True):
            label = cache.get(own)
            if label is None:
                kind, *rest = own
                words = (index.kinds[kind], *map(index.name, rest))
                label = cache[own] = self._labels.setdefault(words, len(self._labels))
            yield label


def _when(left: Index, right: Index) -> Callable[[Split], tuple[float, int]]:
    """Return what puts partings of two runs in order: their time, and their place in the run."""

    def when(split: Split) -> tuple[float, int]:
        sides = ((left, split.left), (right, split.right))
        return min((index.time[number], number) for index, number in sides if number is not None)

    return when


def _splits(left: Index, right: Index, one: array[int], other: array[int]) -> list[Split]:
    """Return for each actor the first events at which its own are not the same."""
    ours, theirs = _by_actor(left), _by_actor(right)
    values = (_values(left), _values(right))
    return [
        split
        for actor in {**ours, **theirs}
        for split in _splits_of(
            actor, (ours.get(actor, []), theirs.get(actor, [])), (one, other), values
        )
    ]


def _by_actor(index: Index) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, actor in enumerate(index.actor):
        found.setdefault(index.names[actor], []).append(number)
    return found


def _values(index: Index) -> array[int]:
    """Return a checksum of the data of each line, which is the last thing in it."""
    return array("L", (zlib.crc32(line.partition(_DATA)[2]) for line in index.lines()))


def _splits_of(
    actor: str,
    events: tuple[Sequence[int], Sequence[int]],
    names: tuple[array[int], array[int]],
    values: tuple[array[int], array[int]],
) -> Iterator[Split]:
    """Yield the first event of another payload, if any, and the first that is another one."""
    before: tuple[int, int] | None = None
    other_value = False
    for left, right in zip_longest(*events):
        if left is None or right is None:
            yield Split("length", actor, left, right, before)
            return
        if names[0][left] != names[1][right]:
            yield Split("order", actor, left, right, before)
            return
        if not other_value and values[0][left] != values[1][right]:
            other_value = True
            yield Split("value", actor, left, right, before)
        before = (left, right)
