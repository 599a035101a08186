"""The same run once more, in a process of its own in which all that may differ does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from glasshive.cli.exits import HELD, INTERRUPTED, NOT_HELD, WRONG_INPUT
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from glasshive.cli.addresses import Addresses

__all__ = ["Circumstances", "Died", "Refused", "Repetition"]

_ITS_OWN = ("wall_seconds", "trace", "again")
"""What an outcome says of this one run and no other."""


class Refused(Exception):
    """The run found its input wrong.

    Args:
        complaints: all that is wrong, a sentence each.
    """

    def __init__(self, complaints: list[str]) -> None:
        super().__init__(*complaints)
        self.complaints = complaints


class Died(Exception):
    """The run's process ended without an outcome."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What may differ between two runs of one program without changing what it does."""

    hash_seed: int
    """Decides in which order sets of texts are."""
    addresses: Addresses
    """Decides how `id()` sorts, and in which order sets of other objects are."""

    def __str__(self) -> str:
        return f"hash seed {self.hash_seed}, {self.addresses} addresses"


class Repetition:
    """A run in a process of its own, which begins at once and ends with the context.

    Args:
        number: how the runs of one scenario are told apart.
        words: the scenario and the options of `glasshive run`.
        circumstances: in which it takes place.
        file: the trace that it writes.
    """

    def __init__(
        self, number: int, words: Sequence[str], circumstances: Circumstances, file: Path
    ) -> None:
        self.number = number
        self.circumstances = circumstances
        self.file = file
        # Modules are found where this process finds them: with `python -m`, here as well.
        here = [] if sys.path[:1] in ([""], [os.getcwd()]) else ["-P"]  # noqa: PTH109  as written
        self._process = subprocess.Popen(  # noqa: S603  our own command
            [
                *(sys.executable, *here, "-m", "glasshive", "run", "--json", "--trace", str(file)),
                *("--addresses", circumstances.addresses, *words),
            ],
            env={**os.environ, "PYTHONHASHSEED": str(circumstances.hash_seed)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        self._outcome: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def outcome(self) -> dict[str, Any]:
        """What `glasshive run --json` says of it, once it has ended.

        Raises:
            Refused: when its input was wrong.
            Died: when it ended without saying how.
            KeyboardInterrupt: when it was interrupted.
        """
        if self._outcome is None:
            output, errors = self._process.communicate()
            code = self._process.returncode
            if code == INTERRUPTED:
                raise KeyboardInterrupt
            try:
                said = json.loads(output)
            except ValueError:
                said = None
            if said is None or code not in (HELD, NOT_HELD, WRONG_INPUT):
                how = f"run {self.number} ended with exit code {code}, without an outcome"
                raise Died(f"{how}\n{errors}".rstrip())
            if code == WRONG_INPUT:
                raise Refused(said["complaints"])
            self._outcome = said
        return self._outcome

    @property
    def result(self) -> dict[str, Any]:
        """The part of the outcome that a repetition must have in common."""
        told = {key: value for key, value in self.outcome.items() if key not in _ITS_OWN}
        if told["error"] is not None:
            told["error"] = {key: told["error"][key] for key in ("type", "message")}
        return told

    @property
    def trace(self) -> TraceReader:
        """What it wrote, once it has ended."""
        assert self.outcome is not None
        return TraceReader(self.file)

    def forget(self) -> None:
        """Remove its trace, which may be large."""
        self.file.unlink()
