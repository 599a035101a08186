"""When a fault strikes: at a time, after a token, after a message, or at a rate."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

__all__ = ["CONDITIONS", "AfterMessage", "AfterToken", "At", "Condition", "WithRate"]


class _Condition(
    msgspec.Struct, frozen=True, tag=True, tag_field="condition", forbid_unknown_fields=True
):
    """How every condition is written down."""


class At(_Condition, frozen=True):
    """At a time, once.

    Args:
        seconds: seconds of the run's clock since the plan was armed.
    """

    seconds: float


class AfterToken(_Condition, frozen=True):
    """When a keeper has been delivered so many tokens of a request, once.

    Args:
        number: which token, from 1.
        request: the request's id; None for whichever request comes so far first.
    """

    number: int
    request: str | None = None


class AfterMessage(_Condition, frozen=True):
    """When so many messages of a kind were delivered since the plan was armed, once.

    Args:
        number: which of them, from 1.
        kind: the name of their class in `actors.messages`.
        to: the bee that they are told to; None counts those to all bees together.
    """

    number: int
    kind: str
    to: str | None = None


class WithRate(_Condition, frozen=True):
    """Again and again, each time with a probability.

    Args:
        chance: the probability, from 0 to 1.
        every: seconds between two draws; the first comes after so many.
        until: seconds since the plan was armed after which nothing is drawn any more; None for
            as long as the plan is armed.
    """

    chance: float
    every: float = 1.0
    until: float | None = None


Condition: TypeAlias = At | AfterToken | AfterMessage | WithRate
"""Any of them."""

CONDITIONS: dict[str, type[Condition]] = {
    "at": At,
    "after_token": AfterToken,
    "after_message": AfterMessage,
    "chance": WithRate,
}
"""Each by the key that stands for it in a file; that key holds its first field."""
