"""`glasshive run --check-determinism`: is the same run the same, also in another process?"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glasshive.cli.exits import HELD, INTERRUPTED, NOT_HELD, WRONG_INPUT
from glasshive.cli.repetition import Circumstances, Died, Refused, Repetition
from glasshive.cli.result import input_error
from glasshive.cli.verdict import Parted, Same, as_object, told
from glasshive.trace.parting import differences, part

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_determinism"]

# More than two: a set of two texts keeps its order under every second hash seed. Two at a time,
# since each may want a core, much memory, and room for its trace.
PAIRS = (
    (Circumstances(1, "rising"), Circumstances(2, "falling")),
    (Circumstances(3, "shuffled"), Circumstances(4, "shuffled")),
)
BY_HASH_SEED = "the hash seed; look for the order of a set, or hash()"
BY_ADDRESSES = "addresses in memory; look for id(), or the order of a set of objects"
# The system moves all addresses of a process by whole pages, which nothing here can fix.
BY_NEITHER = (
    "neither the hash seed alone nor the layout of memory; look for a clock, a process id, or the "
    "order of a set of objects"
)


def check_determinism(words: Sequence[str], *, trace: Path | None, as_json: bool) -> int:
    """Run a scenario several times, tell whether all runs were the same, return the exit code.

    Args:
        words: the scenario and the options of `glasshive run`.
        trace: where to keep the first run's trace, and next to it the one that differs.
        as_json: tell it as one JSON object.
    """
    failed = None
    try:
        with (
            tempfile.TemporaryDirectory(prefix="glasshive-") as folder,
            _Trial(words, Path(folder), trace) as trial,
        ):
            verdict = trial.judge()
    except Refused as refusal:
        for complaint in refusal.complaints:
            click.echo(f"error: {complaint}", err=True)
        code, failed = WRONG_INPUT, input_error(refusal.complaints)
    except Died as death:
        click.echo(f"error: {death}", err=True)
        code, failed = NOT_HELD, json.dumps({"status": "died", "error": str(death)})
    except KeyboardInterrupt:
        code, failed = INTERRUPTED, json.dumps({"status": "interrupted"})
    else:
        code = HELD if isinstance(verdict, Same) else NOT_HELD
        click.echo(json.dumps(as_object(verdict)) if as_json else "\n".join(told(verdict)))
    if failed is not None and as_json:
        click.echo(failed)
    return code


class _Trial(ExitStack):
    """Runs of one scenario, all of which end with the context.

    Args:
        words: the scenario and the options of `glasshive run`.
        folder: where traces are written.
        kept: where to keep the first run's trace, and next to it the one that differs.
    """

    def __init__(self, words: Sequence[str], folder: Path, kept: Path | None) -> None:
        super().__init__()
        self._words = words
        self._folder = folder
        self._kept = kept
        self._runs = 0

    def judge(self) -> Same | Parted:
        """Run until one run differs from the first, or all have been the same."""
        first, *others = self._begin(*PAIRS[0])
        # What is wrong with every run is said of the first.
        assert first.outcome
        for further in (*PAIRS[1:], ()):
            for other in others:
                parting = part(first.trace, other.trace)
                outcome = differences(first.result, other.result)
                if parting is not None or outcome:
                    traces = self._keep(other)
                    why = self._why(first, other)
                    return Parted(first, other, parting, outcome, why, traces)
                other.forget()
            others = self._begin(*further)
        return Same(first, self._runs)

    def _begin(self, *circumstances: Circumstances) -> list[Repetition]:
        """Begin runs at the same time."""
        begun = []
        for each in circumstances:
            self._runs += 1
            name = self._kept.name if self._kept is not None else "trace.jsonl"
            file = self._folder / f"{self._runs}-{name}"
            if self._runs == 1 and self._kept is not None:
                file = self._kept
            begun.append(self.enter_context(Repetition(self._runs, self._words, each, file)))
        return begun

    def _keep(self, other: Repetition) -> tuple[Path, ...]:
        """Put a trace beside the first one, if that one is kept, and return where they are."""
        if self._kept is None:
            return ()
        place = self._kept.with_name(other.file.name)
        shutil.copyfile(other.file, place)
        return (self._kept, place)

    def _why(self, first: Repetition, other: Repetition) -> str:
        """Say what the difference depends on, by changing less than everything."""
        hash_seed = other.circumstances.hash_seed
        addresses = first.circumstances.addresses
        same, hashed = self._begin(first.circumstances, Circumstances(hash_seed, addresses))
        if _equal(first, same) and _equal(other, hashed):
            return BY_HASH_SEED
        if _equal(first, same) and _equal(first, hashed):
            return BY_ADDRESSES
        return BY_NEITHER


def _equal(one: Repetition, other: Repetition) -> bool:
    return one.result == other.result and part(one.trace, other.trace) is None
