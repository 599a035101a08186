"""What is wrong with something that was written down, and at which place in it."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ["Flaw", "Place", "quoted", "shortened"]

Place: TypeAlias = tuple[str | int, ...]
"""The way to a value from the top of what was written, by the file's keys and indices."""

LONGEST_QUOTE = 60
"""Characters of a wrong value that a complaint repeats."""

MOST_BITS = 256
"""Python refuses to write integers of thousands of digits in decimal."""


class Flaw(NamedTuple):
    """One thing that is wrong."""

    place: Place
    what: str
    remedy: str


def quoted(value: object) -> str:
    """Return a value as Python writes it, the end of a long one left out.

    Args:
        value: what was written.
    """
    match value:
        case int() if value.bit_length() > MOST_BITS:
            text = hex(value)
        case _:
            text = repr(value)
    return shortened(text, LONGEST_QUOTE)


def shortened(text: str, most: int) -> str:
    """Return a text, the end of a long one left out.

    Args:
        text: any text.
        most: characters of it that stay.
    """
    return text if len(text) <= most else text[:most] + "…"
