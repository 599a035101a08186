"""The folder in which runs that fail are kept."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glasshive.errors import Complaint, InputError
from glasshive.schedule import Schedule
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from glasshive.explore.program import Attempt
    from glasshive.scenario.breach import Breach

__all__ = ["FailureFolder", "Kept"]

_LONGEST = 50
"""Characters of a name that go into the name of a file."""
_REMEDY = "name a folder that you may write to, or a new one"


class Kept(NamedTuple):
    """A run that was run once more and written down.

    Args:
        trace: where.
        attempt: what came of it.
        fails: whether it failed as it did before, which every run of a deterministic program does.
    """

    trace: Path
    attempt: Attempt
    fails: bool


class FailureFolder:
    """Keeps runs that fail as traces, one file for each thing that breaks.

    The folder is made when the first run is kept. Of the files in it, only traces are replaced.

    Args:
        path: the folder.
        option: how a complaint calls what named it.
    """

    def __init__(self, path: Path, option: str = "--failures") -> None:
        self.path = path
        self._where = f"{option} {path}"

    def check(self) -> None:
        """Make sure that runs can be kept, so far as that can be known before there is one.

        Raises:
            InputError: when they cannot.
        """
        path = self.path
        nearest = next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))
        if not nearest.is_dir():
            what = f"{'is' if nearest == path else f'{nearest} is'} not a folder"
            raise InputError(Complaint(self._where, what, _REMEDY))
        try:
            with tempfile.TemporaryFile(dir=nearest):
                pass
        except OSError as error:
            raise self._unwritable(error) from None

    def keep(self, attempt: Attempt, breach: Breach) -> Kept:
        """Run something once more, and write it down.

        Args:
            attempt: the run.
            breach: what did not hold in it, which names the file.

        Raises:
            InputError: when it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None
        trace = self._place(attempt, breach)
        again = attempt.program.attempt(Schedule(attempt.choices), trace=trace)
        written = TraceReader(trace, forgive_cut=True)
        for _ in written.lines():
            pass
        if written.cut is not None:
            what = f"{trace.name} could not be written to its end"
            raise InputError(Complaint(self._where, what, "make room on the disk"))
        return Kept(trace, again, again.fails_as(breach))

    def _place(self, attempt: Attempt, breach: Breach) -> Path:
        """Return where a run is written to."""
        read = [each for each in attempt.program.parameters.values() if isinstance(each, Path)]
        stem = f"{_file_name(breach.name)}-{attempt.program.seed}"
        place, number = self.path / f"{stem}.jsonl", 1
        while os.path.lexists(place) and (not _is_trace(place) or _is_one_of(place, read)):
            number += 1
            place = self.path / f"{stem}-{number}.jsonl"
        return place

    def _unwritable(self, error: OSError) -> InputError:
        what = f"cannot be written ({error.strerror})"
        return InputError(Complaint(self._where, what, _REMEDY))


def _file_name(name: str) -> str:
    """Return a name as a part of a file's name that needs no quotes."""
    words = re.sub(r"[^\w.]+", "-", name)[:_LONGEST].strip("-.")
    return words or "failure"


def _is_trace(path: Path) -> bool:
    with suppress(InputError):
        if path.is_file():  # a pipe would be waited for
            TraceReader(path)
            return True
    return False


def _is_one_of(path: Path, others: list[Path]) -> bool:
    for other in others:
        with suppress(OSError):
            if path.samefile(other):
                return True
    return False
