"""Deviations by what they do instead of by number, so that one can go and the others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from glasshive.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glasshive.schedule import Option

__all__ = ["Anchor", "Anchored", "Anchoring"]


class Anchor(NamedTuple):
    """One deviation: "the second time that hive-1 could get a Cancel from queen, before a Tick".

    The number of a decision means something else as soon as an earlier one goes another way; what
    could be next, and how often it could before, mostly does not.

    Args:
        kind: what was decided.
        chosen: the option that was taken, in words.
        nth: which of those of these words it was, from 0, as they came up.
        plain: the option that the plain choice would have been, in words.
    """

    kind: str
    chosen: str
    nth: int
    plain: str


class _Counts:
    """Tells things of the same words apart by the order in which they come up."""

    def __init__(self) -> None:
        self._births: dict[str, dict[tuple[int, int], int]] = {}
        self._asked: dict[tuple[str, str], int] = {}

    def of(self, kind: str, options: Sequence[Option]) -> list[tuple[str, int]]:
        """Return each option of a decision in words, and which of these words it is."""
        named = []
        for option in options:
            words = str(option)
            if kind == "next":
                births = self._births.setdefault(words, {})
                nth = births.setdefault(option.birth, len(births))
            else:
                nth = self._asked.get((kind, words), 0)
                self._asked[kind, words] = nth + 1
            named.append((words, nth))
        return named


class Anchoring:
    """Replays a run by the numbers of its decisions, and names its deviations.

    Args:
        choices: the decisions that were not plain.
    """

    def __init__(self, choices: Mapping[int, int]) -> None:
        self._schedule = Schedule(choices)
        self._counts = _Counts()
        self.anchors: list[Anchor] = []

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Return the recorded option."""
        named = self._counts.of(kind, options)
        index = self._schedule.choose(kind, options, drawn)
        if index:
            self.anchors.append(Anchor(kind, *named[index], named[0][0]))
        return index


class Anchored:
    """Deviates where a thing comes up that an anchor names, and is plain everywhere else.

    Args:
        anchors: the deviations, each of which is made at most once; of two that could be made at
            one decision, the earlier one is.
    """

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._counts = _Counts()
        self._wanted: dict[tuple[str, str, int], list[tuple[int, str]]] = {}
        for place, anchor in enumerate(anchors):
            at = (anchor.kind, anchor.chosen, anchor.nth)
            self._wanted.setdefault(at, []).append((place, anchor.plain))

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        """Return an option that an anchor names, or 0."""
        named = self._counts.of(kind, options)
        plain = named[0][0]
        found = [
            (place, index, wanted)
            for index, (words, nth) in enumerate(named[1:], start=1)
            for wanted in [self._wanted.get((kind, words, nth), [])]
            for place, before in wanted
            if before == plain
        ]
        if not found:
            return 0
        place, index, wanted = min(found)
        wanted.remove((place, plain))
        return index
