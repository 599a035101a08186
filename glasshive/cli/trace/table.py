"""Rows of values as columns of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.units import cell, is_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["table"]


def table(
    headings: Sequence[str], rows: Sequence[Sequence[float | str | None]], width: int = 0
) -> Iterator[str]:
    """Yield the lines of a table: numbers at the right of their columns, texts at the left.

    Args:
        headings: of the columns.
        rows: the values, one for each column.
        width: characters of a line at most; 0 for any number.
    """
    texts = [[" ".join(cell(value).split("\n")) for value in row] for row in rows]
    widths = [
        max(len(heading), *(len(row[at]) for row in texts)) if texts else len(heading)
        for at, heading in enumerate(headings)
    ]
    right = [
        bool(rows) and all(is_number(row[at]) or row[at] is None for row in rows)
        for at in range(len(headings))
    ]
    for row in [list(headings), *texts]:
        cells = [
            f"{text:>{size}}" if end else f"{text:<{size}}"
            for text, size, end in zip(row, widths, right, strict=True)
        ]
        line = "  ".join(cells).rstrip()
        yield line if not width or len(line) <= width else line[: width - 1] + "…"
