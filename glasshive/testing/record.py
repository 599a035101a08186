"""The trace of a test's run that fails: where it goes, and what its head says."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from glasshive.errors import InputError
from glasshive.trace import TraceWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Record", "Shelf"]

_LONGEST = 80
"""Characters of a test's name that a file's name shows."""


class Shelf:
    """Where the test that is running may put its trace; the pytest plugin says so.

    Args:
        folder: returns the folder for traces, when there is one to be written.
        test: what finds the test again.
    """

    current: ClassVar[Shelf | None] = None
    """The running test's."""

    def __init__(self, folder: Callable[[], Path], test: str) -> None:
        self._folder = folder
        self.test = test

    @property
    def path(self) -> Path:
        """The file for the test's trace."""
        name = re.sub(r"[^\w.-]+", "-", self.test.replace("::", "-")).strip("-")
        if len(name) > _LONGEST:
            digest = blake2b(self.test.encode(), digest_size=4).hexdigest()
            name = f"{name[-_LONGEST:].lstrip('-')}-{digest}"
        return self._folder() / f"{name}.jsonl"


class Record:
    """A trace that is being written; it stays only if it is kept.

    Args:
        shelf: where it goes, or None for nowhere.
        seed: the run's.
        order: its order of delivery.
        schedule: whether a schedule decides; otherwise it is first in, first out and what rates
            draw.
        choices: what the schedule decides, as far as it is known.
    """

    def __init__(
        self,
        shelf: Shelf | None,
        *,
        seed: int,
        order: str,
        schedule: bool = True,
        choices: Mapping[int, int] | None = None,
    ) -> None:
        self.writer: TraceWriter | None = None
        self.told = ""
        """The file, or why there is none."""
        self.kept = False
        """Whether it is there, whole, to be run again."""
        if shelf is None:
            return
        self._path = shelf.path
        self._header: dict[str, Any] = {
            "version": version("glasshive"),
            "test": shelf.test,
            "seed": seed,
            "runtime": "simulated",
            "order": order,
            "choices": dict(choices or {}),
        }
        if schedule:
            self._header["schedule"] = "Schedule"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self.writer = TraceWriter.open(self._path, self._header)
        except (InputError, OSError) as error:
            reason = error.complaints[0].what if isinstance(error, InputError) else error.strerror
            self.told = f"{shown(self._path)} {reason or 'cannot be written'}"

    def keep(
        self,
        error: BaseException,
        *,
        at: float,
        situations: Mapping[str, int],
        choices: Mapping[int, int],
    ) -> None:
        """Finish it.

        Args:
            error: what ended the run.
            at: virtual seconds at which it ended.
            situations: how often it came into each.
            choices: what was decided, which goes into the trace's head.
        """
        if self.writer is None:
            return
        self.writer.finish(
            {
                "status": "failed",
                "error": f"{type(error).__name__}: {error}",
                "claims": [],
                "invariants": [],
                "situations": dict(situations),
                "must_reach": [],
                "facts": {},
                "virtual_seconds": at,
            }
        )
        self.told = shown(self._path)
        self.kept = self.writer.broken is None
        if self.writer.broken is not None:
            self.told += f", where {self.writer.broken}"
        elif choices != self._header["choices"]:
            self._put_into_head(choices)

    def drop(self) -> None:
        """Have it not be there."""
        if self.writer is not None:
            self.writer.finish({"status": "interrupted"})
            with suppress(OSError):
                self._path.unlink()

    def _put_into_head(self, choices: Mapping[int, int]) -> None:
        """Write the decisions into the first line; they are known when the run is over."""
        try:
            head, _, events = self._path.read_bytes().partition(b"\n")
            header = {**msgspec.json.decode(head), "choices": dict(choices)}
            self._path.write_bytes(msgspec.json.encode(header) + b"\n" + events)
        except OSError as error:
            self.kept = False
            self.told += f", without its decisions ({error.strerror})"


def shown(path: Path) -> str:
    """Return a path as short as a person here would write it."""
    with suppress(ValueError, OSError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
