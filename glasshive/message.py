"""The base class of typed messages between actors."""

from __future__ import annotations

import msgspec

__all__ = ["Message"]


class Message(msgspec.Struct, frozen=True, tag=True):
    """An immutable message that a trace can write down and read back.

    Any object may be told to a Pykka actor, and a trace records any; a subclass of this one is
    recorded field by field under its class name. A `msgspec.Struct` is made in 0.09 µs where a
    frozen dataclass takes 0.49 µs, and a run makes millions.
    """
