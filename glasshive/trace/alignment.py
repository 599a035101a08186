"""Two runs side by side: which events they share by what caused them, and where they part."""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from glasshive.trace.index import NONE
from glasshive.trace.parting import HANDED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from glasshive.trace.index import Index

__all__ = ["Alignment", "Origins", "Split", "align"]

Kind: TypeAlias = Literal["order", "value", "length", "spawn"]

_ROOT = -1
_BITS = 32
_DATA = b',"data":'


@dataclass(frozen=True, slots=True)
class Split:
    """The first event that parts two runs."""

    kind: Kind
    """Whether an actor has another event next, or the same with another payload, or none; or
    begins as something else."""
    actor: str
    """Whose events they are."""
    left: int | None
    """The event of the one run, None where the actor has no more."""
    right: int | None
    """The event of the other."""
    before: tuple[int, int] | None
    """The last event of this actor that both runs share, in each; None at its beginning."""
    only: Literal["left", "right", "both", "neither"]
    """Whose event here the other run has nowhere, or only with another payload."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """What two runs share, and what they do not."""

    split: Split | None
    """None for runs in which the actors do the same, event by event of each."""
    deed: Split | None
    """The first event that is not only of another payload, if that is a later one."""
    spawned: tuple[Split, ...]
    """The first event of each actor that begins as another class, or on another host."""
    shared: int
    """Events with the same origin in both runs, wherever they stand."""
    only_left: tuple[int, ...]
    """Events of the one run whose origin the other has not."""
    only_right: tuple[int, ...]

    @property
    def same(self) -> bool:
        """Whether nothing parts the runs."""
        return self.split is None and not self.spawned


def align(left: Index, right: Index) -> Alignment:
    """Compare two runs by what caused each event, not by the order of lines.

    An event is the same as one of the other run if both are the nth of their kind, actor, peer
    and class that came of causes that are the same. The runs part at the earliest event that an
    actor does not have in the same place of its own order, or has with another payload. That an
    actor begins as another class, or on another host, is told apart: it is not yet a deed.

    Args:
        left: one run.
        right: the other.
    """
    names = Origins()
    one, other = (_Run.of(each, names) for each in (left, right))
    splits = sorted(_splits(one, other), key=_when(left, right))
    spawned = tuple(split for split in splits if split.kind == "spawn")
    acts = [split for split in splits if split.kind != "spawn"]
    first = acts[0] if acts else None
    deed = next((split for split in acts if split.kind != "value"), None)
    return Alignment(
        first,
        None if deed == first else deed,
        spawned,
        len(one.places.keys() & other.places.keys()),
        tuple(number for name, number in one.places.items() if name not in other.places),
        tuple(number for name, number in other.places.items() if name not in one.places),
    )


class _Run(NamedTuple):
    """A run, as far as two of them are compared."""

    run: Index
    names: array[int]
    """By event, the same in both runs for events of equal origin."""
    values: array[int]
    """A checksum of what each event's own line holds."""
    places: dict[int, int]
    """The events by their names, in order."""

    @classmethod
    def of(cls, index: Index, names: Origins) -> _Run:
        named = names.of(index)
        places = {name: number for number, name in enumerate(named)}
        return cls(index, named, _values(index), places)

    def has(self, event: int, of: _Run) -> bool:
        """Return whether an event of another run is in this one, with its payload.

        What nothing in the run has caused, such as a fault, must come at the same time as well.

        Args:
            event: its number there.
            of: the other run.
        """
        here = self.places.get(of.names[event])
        if here is None or self.values[here] != of.values[event]:
            return False
        return self.run.cause[here] != NONE or self.run.time[here] == of.run.time[event]


class Origins:
    """Gives equal numbers to events of equal origin, in as many runs as it is asked about."""

    def __init__(self) -> None:
        self._labels: dict[tuple[str | None, ...], int] = {}
        self._names: dict[int, int] = {}

    def of(self, index: Index) -> array[int]:
        """Return the number of each event of a run.

        Args:
            index: its trace.
        """
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


def _when(left: Index, right: Index) -> Callable[[Split], tuple[float, int, bool, int]]:
    """Return what puts partings of two runs in order: their time, and their place in the run.

    Two actors may have the first other event at the same place, one in each run. Then the one that
    did something made the difference, and the other went on to what was due anyway; or, if both
    did something, the one that comes sooner in the run in which it comes later.
    """

    def when(split: Split) -> tuple[float, int, bool, int]:
        sides = ((left, split.left), (right, split.right))
        places = sorted(
            (index.time[number], number, index.kind_of(number) in HANDED)
            for index, number in sides
            if number is not None
        )
        return *places[0], places[-1][1]

    return when


def _splits(one: _Run, other: _Run) -> Iterator[Split]:
    """Yield for each actor the first events at which its own are not the same."""
    ours, theirs = _by_actor(one.run), _by_actor(other.run)
    for actor in {**ours, **theirs}:
        yield from _splits_of(actor, (ours.get(actor, []), theirs.get(actor, [])), one, other)


def _by_actor(index: Index) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, actor in enumerate(index.actor):
        found.setdefault(index.names[actor], []).append(number)
    return found


def _values(index: Index) -> array[int]:
    """Return a checksum of the data of each line, which is the last thing in it."""
    return array("L", (zlib.crc32(line.partition(_DATA)[2]) for line in index.lines()))


def _splits_of(
    actor: str, events: tuple[Sequence[int], Sequence[int]], one: _Run, other: _Run
) -> Iterator[Split]:
    """Yield the first spawn and the first event of another payload, and the first other event."""
    before: tuple[int, int] | None = None
    told: set[str] = set()
    for left, right in zip_longest(*events):
        if left is None or right is None:
            yield Split("length", actor, left, right, before, "left" if right is None else "right")
            return
        if one.names[left] != other.names[right]:
            lacks = (not other.has(left, one), not one.has(right, other))
            yield Split("order", actor, left, right, before, _ONLY[lacks])
            return
        if one.values[left] != other.values[right]:
            kind: Kind = "spawn" if one.run.kind_of(left) == "spawn" else "value"
            if kind not in told:
                told.add(kind)
                yield Split(kind, actor, left, right, before, "both")
        before = (left, right)


_ONLY: dict[tuple[bool, bool], Literal["left", "right", "both", "neither"]] = {
    (True, False): "left",
    (False, True): "right",
    (True, True): "both",
    (False, False): "neither",
}
"""By whether the other run lacks the one's event, and the one run the other's."""
