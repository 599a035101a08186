"""The story of a run that fails, told by the error that ended it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glasshive.frames import is_users
from glasshive.scenario.breach import Breach
from glasshive.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Story", "breach_of", "stories_of", "tell"]

_TOOLS = frozenset(["_pytest", "pluggy", "hypothesis"])
"""Packages that hand an error on, in which nobody looks for its cause."""


class Story(NamedTuple):
    """A run that fails, for people and for programs."""

    text: str
    """What broke, where it was found, how small it got, and the run itself."""
    choices: Mapping[int, int]
    """The decisions that were not plain."""
    trace: str
    """The file with all its events; empty if there is none."""

    @property
    def properties(self) -> list[tuple[str, str]]:
        """What a report for machines keeps of it: names and values."""
        return [
            ("glasshive-schedule", repr(Schedule(self.choices))),
            ("glasshive-trace", self.trace),
            ("glasshive-story", self.text),
        ]


def breach_of(error: BaseException) -> Breach:
    """Return an error as what did not hold; errors of one type and line of a test are one.

    Args:
        error: what ended a run.
    """
    name = type(error).__name__
    place, traceback = "", error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        if is_users(code.co_filename) and module.partition(".")[0] not in _TOOLS:
            place = f" at {Path(code.co_filename).name}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return Breach("error", name + place, "", str(error))


def tell(error: BaseException, story: Story) -> None:
    """Have an error tell the story of the run that it ended, with every traceback.

    Args:
        error: the error.
        story: the run's.
    """
    error.add_note(story.text)
    vars(error)["glasshive_story"] = story


def stories_of(error: BaseException) -> list[Story]:
    """Return the stories that an error tells, or the errors of a group.

    Args:
        error: what ended a test.
    """
    if isinstance(error, BaseExceptionGroup):
        return [story for each in error.exceptions for story in stories_of(each)]
    story = getattr(error, "glasshive_story", None)
    return [story] if isinstance(story, Story) else []
