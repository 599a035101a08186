"""What actors log: each structlog line gets its time, actor and job, and a place in the trace."""

from __future__ import annotations

import random
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from glasshive.frames import handled_message
from glasshive.trace.jobs import ROOT, SAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from structlog.typing import EventDict

    from glasshive.runtime import Runtime

__all__ = ["noted"]


@contextmanager
def noted(runtime: Runtime) -> Iterator[None]:
    """Have every structlog line pass through a runtime on its way to wherever it goes.

    Args:
        runtime: whose clock and whose actors the lines get, and whose trace they are notes of.
    """
    state = random.getstate()
    import structlog  # noqa: PLC0415  it imports rich, which only a run is worth

    random.setstate(state)  # of which rich draws when it is imported

    configured = structlog.is_configured()
    config = structlog.get_config()

    def note(_: Any, level: str, event: EventDict) -> EventDict:
        runtime.record("note", {"level": level, **event})
        about = _about(handled_message(sys._getframe()))  # noqa: SLF001  the way to one's own stack
        return {"at": round(runtime.now(), 6), "actor": runtime.current.name, **about, **event}

    structlog.configure(**{**config, "processors": [note, *config["processors"]]})
    try:
        yield
    finally:
        if configured:
            structlog.configure(**config)
        else:
            structlog.reset_defaults()


def _about(message: Any) -> dict[str, str]:
    """Return the class of the message that is being handled, and the job that it names."""
    if message is None:
        return {}
    found = {"message": type(message).__name__}
    for field in (ROOT, *SAME):
        if job := _job(message, field):
            return {**found, "job": job}
    return found


def _job(message: Any, field: str, depth: int = 2) -> str | None:
    """Return what a field of a message, or of what is in it, holds."""
    for name, value in _fields(message):
        if name == field and isinstance(value, str):
            return value
    for _, value in _fields(message) if depth else ():
        if (found := _job(value, field, depth - 1)) is not None:
            return found
    return None


def _fields(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return value.items()
    names: Iterable[str] = (
        getattr(type(value), "__struct_fields__", None) or getattr(value, "__dict__", None) or ()
    )
    return ((name, getattr(value, name, None)) for name in names)
