"""What becomes of structlog lines under the command: colours on a terminal, JSON in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict

__all__ = ["show_logs"]


def show_logs(*, silent: bool) -> None:
    """Send structlog lines to standard error for the rest of the process.

    Args:
        silent: show none; a trace holds them all the same.
    """
    terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            _drop if silent else renderer,
        ],
        # Looked up at each line: a progress bar may stand in for standard error by then.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _drop(_: Any, __: str, ___: EventDict) -> EventDict:
    raise structlog.DropEvent
