"""Traces in the formats of other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.trace.export.chrome import chrome
from glasshive.trace.export.mermaid import mermaid
from glasshive.trace.export.otlp import otlp
from glasshive.trace.export.perfetto import perfetto
from glasshive.trace.export.sheet import sheet
from glasshive.trace.export.shiviz import shiviz

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from glasshive.trace.index import Index

__all__ = ["FORMATS", "MOST"]

FORMATS: Mapping[str, Callable[[Index, Sequence[int]], Iterator[bytes]]] = {
    "perfetto": perfetto,
    "chrome": chrome,
    "shiviz": shiviz,
    "otlp": otlp,
    "mermaid": mermaid,
    "csv": sheet,
}
"""What writes each format, piece by piece, of the events with the given numbers."""

MOST: Mapping[str, int] = {"shiviz": 5_000, "mermaid": 400}
"""Events that a format can bear, where its reader has a limit."""
