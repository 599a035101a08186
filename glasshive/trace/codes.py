"""Small numbers that stand for the words of a trace."""

from __future__ import annotations

__all__ = ["NONE", "Codes", "Numbers"]

NONE = -1
"""Stands in an array where an event has no such thing."""
_MOST = 255
"""The largest number of a kind; all kinds from there on count as the same one."""


class Numbers(dict[str | None, int]):
    """Numbers that stand for texts.

    Args:
        names: where each new text is added.
    """

    def __init__(self, names: list[str]) -> None:
        super().__init__({None: NONE})
        self._names = names

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self._names)
        self._names.append(text)
        return number


class Codes(dict[str, int]):
    """Numbers that stand for kinds of events.

    Args:
        kinds: the known ones, to which unknown ones are added.
    """

    def __init__(self, kinds: list[str]) -> None:
        super().__init__({kind: number for number, kind in enumerate(kinds)})
        self._kinds = kinds

    def __missing__(self, kind: str) -> int:
        number = self[kind] = min(len(self._kinds), _MOST)
        if number == len(self._kinds):
            self._kinds.append(kind)
        return number
