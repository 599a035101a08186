"""The errors that glasshive raises, and the sentence each one owes its reader."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Complaint",
    "Deadlock",
    "EscapedSimulation",
    "GlasshiveError",
    "InputError",
    "NotRunning",
    "Stuck",
    "nearest",
]


class GlasshiveError(Exception):
    """Base class of every error that glasshive raises on purpose."""


class Complaint(NamedTuple):
    """One thing wrong with what the user gave, in three parts of one sentence."""

    where: str
    """The file, line, table or option."""
    what: str
    """What is wrong there, with the value."""
    remedy: str
    """What would be right."""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class InputError(GlasshiveError):
    """The input was wrong; the command line ends with exit code 2 and no traceback.

    Args:
        complaints: everything that is wrong, in the order of the input.
    """

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__(*complaints)
        self.complaints = complaints

    def __str__(self) -> str:
        return "\n".join(map(str, self.complaints))


class NotRunning(GlasshiveError):
    """Something that needs a running Simulation or Live was called outside of one."""


class Deadlock(GlasshiveError):
    """A wait that nothing in the simulation can ever end."""


class Stuck(GlasshiveError):
    """Somebody in the simulation goes on and on, and nobody else gets a turn."""


class EscapedSimulation(GlasshiveError):
    """The program tried to leave the simulation: a thread, a process, a socket."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word was probably meant.

    Args:
        word: what the user wrote.
        known: every word that would have been right.

    Returns:
        A remedy: the near words, or all of them when none is near.
    """
    choices = sorted(known)
    near = difflib.get_close_matches(word, choices, n=3, cutoff=0.6)
    if near:
        return "did you mean " + " or ".join(repr(choice) for choice in near) + "?"
    return "known: " + (", ".join(choices) if choices else "none")
