"""Nothing that is printed is seen."""

from __future__ import annotations

import os
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["silenced"]


@contextmanager
def silenced() -> Iterator[None]:
    """Have what a run prints go nowhere.

    Lines of many runs, mixed as they happen to be written, tell nobody anything.
    """
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        yield
