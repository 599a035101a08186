"""Two traces on one page: where they part, and which event of the one is which of the other."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.trace.alignment import Origins, align
from glasshive.trace.parting import differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from glasshive.trace.alignment import Split
    from glasshive.trace.index import Index
    from glasshive.trace.parting import Difference

__all__ = ["ALONE", "pairs", "parting"]

ALONE = -(1 << 31)
"""Stands for what the other trace has not."""
_MOST = 200
"""Differences, and events that only one trace has, that the page lists."""
_LONGEST = 2000
"""Characters of a value in the list of differences."""
_OF_DECISIONS = ("choices", "schedule")


def parting(
    left: Index, right: Index, decisions: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return where two traces part, as `glasshive trace diff` finds it, as JSON's values.

    Args:
        left: one trace.
        right: the other.
        decisions: those that only one of the runs has, each with its `number`, the `run` ("A" or
            "B") and `words`.
    """
    found = align(left, right)
    head = list(differences(_head(left, decisions), _head(right, decisions)))
    end = differences(_without(left.end, "digest"), _without(right.end, "digest"))
    return {
        "same": found.same,
        "shared": found.shared,
        "split": _told(left, right, found.split),
        "deed": _told(left, right, found.deed),
        "spawned": [_told(left, right, each) for each in found.spawned[:_MOST]],
        "only": [
            {"count": len(events), "first": list(events[:_MOST])}
            for events in (found.only_left, found.only_right)
        ],
        "decisions": [
            {"number": each["number"], "run": each["run"], "words": each["words"]}
            for each in decisions[:_MOST]
        ],
        "header": list(_listed(head)),
        "end": list(_listed(end)),
    }


def pairs(left: Index, right: Index) -> array[int]:
    """Return for each event of one trace how many places further its like stands in the other.

    Args:
        left: the one.
        right: the other, in which `ALONE` stands for no such event.
    """
    names = Origins()
    ours, theirs = names.of(left), names.of(right)
    places = {name: place for place, name in enumerate(theirs)}
    return array("i", (places.get(name, place + ALONE) - place for place, name in enumerate(ours)))


def _head(index: Index, decisions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a trace says of its run, without what the decisions tell in words."""
    return _without(index.header, *_OF_DECISIONS) if decisions else index.header


def _without(values: dict[str, Any] | None, *names: str) -> dict[str, Any]:
    return {name: value for name, value in (values or {}).items() if name not in names}


def _told(left: Index, right: Index, split: Split | None) -> dict[str, Any] | None:
    """Return one place where two traces part."""
    if split is None:
        return None
    found: Iterable[Difference] = ()
    if split.kind in ("value", "spawn") and split.left is not None and split.right is not None:
        found = differences(left.event(split.left).data, right.event(split.right).data)
    return {
        "kind": split.kind,
        "only": split.only,
        "actor": split.actor,
        "left": split.left,
        "right": split.right,
        "before": split.before,
        "differences": list(_listed(found)),
    }


def _listed(found: Iterable[Difference]) -> Iterator[dict[str, str]]:
    for each, _ in zip(found, range(_MOST), strict=False):
        yield {"at": each.at, "left": _short(each.left), "right": _short(each.right)}


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
