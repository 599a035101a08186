"""Delta debugging: the fewest of some things that still do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["minimised"]

T = TypeVar("T")


def minimised(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """Return a part of some items that still fails, none of which can be left out alone.

    Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002, without its
    step to a single part, which hardly ever succeeds where order matters.

    Args:
        items: what fails when all of it is there.
        fails: whether some of them, in their order, still fail; what it raises ends the search.
    """
    left = list(items)
    if not left or fails([]):
        return []
    size = len(left)
    while size:
        start, shorter = 0, False
        while start < len(left):
            rest = left[:start] + left[start + size :]
            if rest and fails(rest):
                left, shorter = rest, True
            else:
                start += size
        if size == 1 and not shorter:
            break
        size = max(1, min(size // 2, len(left) // 2)) if not (size == 1 and shorter) else 1
    return left
