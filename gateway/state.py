"""What every actor holds, read while it works."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.trace.held import held

if TYPE_CHECKING:
    from pykka import Actor

    from glasshive.runtime import Runtime

__all__ = ["state_of"]

_ATTEMPTS = 20


def state_of(runtime: Runtime) -> bytes:
    """Return what every living actor holds, by its name, as JSON.

    Args:
        runtime: where they live; they go on meanwhile, and are not stopped for it.
    """
    return msgspec.json.encode(
        {runtime.name_of(actor.actor_ref): _held(actor) for actor in runtime.actors()}
    )


def _held(actor: Actor) -> dict[str, Any]:
    """Return what an actor holds; a table that grows under the reader's eyes is read again."""
    for _ in range(_ATTEMPTS):
        with suppress(RuntimeError, IndexError, KeyError, AttributeError):
            return held(actor)
    return {"class": type(actor).__name__, "(busy)": "it changed faster than it could be read"}
