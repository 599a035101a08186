"""What actors log: each structlog line gets its time and actor, and a place in the trace."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        return {"at": round(runtime.now(), 6), "actor": runtime.current.name, **event}

    structlog.configure(**{**config, "processors": [note, *config["processors"]]})
    try:
        yield
    finally:
        if configured:
            structlog.configure(**config)
        else:
            structlog.reset_defaults()
