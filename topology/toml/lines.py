"""On which line of a TOML file each table and key stands, which tomllib does not tell."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from topology.toml.flaw import Place

__all__ = ["line_of", "locate"]

CLOSING = ("]", "}", '"""', "'''")
"""One of these stands on the last line of a statement of several lines."""

MOST_ATTEMPTS = 200
"""Each attempt parses the statement from its beginning."""

MOST_AGAIN = 1 << 20
"""Characters that are parsed in such attempts at least, over all statements."""

AGAIN = 10
"""So many times as long as the text is what is parsed in them at most, if that is more."""

DEEPEST = 16
"""What is in so many tables, or more, is left to the line of what it is in."""


def locate(text: str) -> dict[Place, int]:
    """Return the line of each table and key of a TOML text that parses.

    Tables and keys inside an array that is written out are left to the array's line. After a
    statement that is too long to follow, or after too much of that kind, nothing is found.

    Args:
        text: the text of the file.
    """
    lines: dict[Place, int] = {}
    tables: dict[Place, int] = {}
    current: Place = ()
    for number, is_header, statement in _statements(text):
        if is_header:
            current = _table(statement, tables)
            lines[current] = number
            for length in range(1, len(current)):
                lines.setdefault(current[:length], number)
        else:
            for place in _keys(current, statement):
                lines[place] = number
    return lines


def line_of(place: Place, lines: dict[Place, int]) -> int | None:
    """Return the line of a place or of the nearest thing around it, None if that is the file.

    Args:
        place: the place.
        lines: what `locate` found.
    """
    for length in range(len(place), 0, -1):
        line = lines.get(place[:length])
        if line is not None:
            return line
    return None


def _statements(text: str) -> Iterator[tuple[int, bool, dict[str, Any]]]:
    """Yield the first line of each statement, whether it is a header, and what it says.

    Each statement of a TOML file is a TOML file, and no true beginning of a statement is one.
    """
    start, attempts = 0, 0
    left = max(MOST_AGAIN, AGAIN * len(text))
    lines = text.replace("\r\n", "\n").split("\n")
    for index, line in enumerate(lines):
        if index > start and not any(mark in line for mark in CLOSING):
            continue
        attempt = "\n".join(lines[start : index + 1])
        try:
            statement = tomllib.loads(attempt)
        except RecursionError:
            return  # it parsed from where less was on the stack
        except tomllib.TOMLDecodeError:
            attempts += 1
            left -= len(attempt)
            if attempts == MOST_ATTEMPTS or left < 0:
                return
            continue
        if statement:
            yield start + 1, lines[start].lstrip().startswith("["), statement
        start, attempts = index + 1, 0


def _table(header: dict[str, Any], tables: dict[Place, int]) -> Place:
    """Return the place that a header opens.

    Args:
        header: what the header alone says.
        tables: how many tables each array has so far; this one is counted.
    """
    place: Place = ()
    node: Any = header
    while node:
        ((key, node),) = node.items()
        place = (*place, key)
        if isinstance(node, list):
            tables[place] = tables.get(place, 0) + 1
            node = None
        if place in tables:
            place = (*place, tables[place] - 1)
    return place


def _keys(table: Place, statement: dict[str, Any]) -> Iterator[Place]:
    for key, value in statement.items():
        yield (*table, key)
        if isinstance(value, dict) and len(table) < DEEPEST:
            yield from _keys((*table, key), value)
