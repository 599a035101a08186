"""Situations that some run of a sweep must have been in, marked where they come about."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from glasshive.runtime import running

if TYPE_CHECKING:
    from glasshive.runtime import Runtime

__all__ = ["check_words", "count", "sometimes"]

_counting = threading.Lock()


def sometimes(situation: str, so: bool = True) -> None:
    """Mark that the run has come into a situation; does nothing outside of a run.

    Any code may call it, an actor's or a script's, in whichever thread.

    Args:
        situation: in words, such as "a cancel crosses the end".
        so: whether it is so now.

    Raises:
        TypeError: when the situation is no text.
    """
    if so and (runtime := running()) is not None:
        count(runtime, situation)


def count(runtime: Runtime, situation: str) -> None:
    """Count that a run has come into a situation.

    Args:
        runtime: the run's.
        situation: in words.

    Raises:
        TypeError: when the situation is no text.
    """
    check_words(situation)
    with _counting:
        runtime.situations[situation] = runtime.situations.get(situation, 0) + 1


def check_words(situation: object) -> None:
    """Make sure that a situation is told in words.

    Raises:
        TypeError: when it is no text.
    """
    if not isinstance(situation, str):
        raise TypeError(f"a situation is told in words, not as {situation!r}")
