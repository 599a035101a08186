"""Whose code is running: the user's frame on a stack of the engine's and the library's."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["handled_message", "is_users", "place_of", "users_frame"]

_STANDARD = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
_ADDED = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
_ENGINE = str(Path(__file__).parent)


def is_users(filename: str) -> bool:
    """Return whether a file is neither the engine's nor the standard library's."""
    if filename.startswith(("<frozen", _ENGINE)):
        return False
    return not filename.startswith(_STANDARD) or filename.startswith(_ADDED)


def users_frame(frame: FrameType) -> FrameType:
    """Return the innermost frame of the user's own code, or this one if there is none."""
    found: FrameType | None = frame
    while found is not None and not is_users(found.f_code.co_filename):
        found = found.f_back
    return found or frame


def place_of(frame: FrameType, line: int | None = None) -> str:
    """Return where a frame is, as `file:line: function()`.

    Args:
        frame: the frame.
        line: its line, if not the one where it is now.
    """
    return f"{frame.f_code.co_filename}:{line or frame.f_lineno}: {frame.f_code.co_name}()"


def handled_message(frame: FrameType | None) -> Any:
    """Return the message that Pykka's loop is handing to its actor further up, or None."""
    while frame is not None:
        if frame.f_code.co_name == "_handle_receive":
            return frame.f_locals.get("message")
        frame = frame.f_back
    return None
