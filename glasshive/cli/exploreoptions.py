"""What `glasshive explore` is asked for."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from glasshive.cli.settings import read_settings
from glasshive.errors import Complaint, InputError
from glasshive.explore.program import Program
from glasshive.scenario.find import find
from glasshive.schedule.searches import NAMES, search_of

if TYPE_CHECKING:
    from glasshive.schedule import Search

__all__ = [
    "CONFIDENCE",
    "DEPTH",
    "FOLDER",
    "RUNS",
    "STRATEGIES",
    "STRATEGY",
    "WITHIN",
    "Wanted",
]

RUNS = 10_000
STRATEGIES = [name for name in NAMES if name != "replay"]  # which has a command of its own
STRATEGY = "few"
DEPTH = 3
FOLDER = "failures"
WITHIN = 0.01
CONFIDENCE = 0.95
_DEEP = ("pct", "exhaustive")
"""The strategies that have a depth."""


class Wanted(NamedTuple):
    """All options of the command, as they were given; None for what was not."""

    target: str
    settings: tuple[str, ...]
    seed: int
    strategy: str
    depth: int | None
    deviations: int | None
    runs: int | None
    seconds: float | None
    jobs: int | None
    breaking: str | None
    order: Literal["timed", "any"]
    folder: Path
    shrinks: bool
    quiet: bool
    as_json: bool
    estimates: bool = False
    within: float = WITHIN
    confidence: float = CONFIDENCE

    @property
    def most_runs(self) -> int | None:
        """How many runs there are to be at most; None where the time alone ends the search."""
        return RUNS if self.runs is None and self.seconds is None else self.runs

    @property
    def options(self) -> list[str]:
        """The words that ask for the same exploration again."""
        words = ["--seed", str(self.seed), "--strategy", self.strategy]
        given = {
            "--depth": self.depth,
            "--deviations": self.deviations,
            "--runs": self.runs,
            "--time": None if self.seconds is None else f"{self.seconds:.12g}",
            "--property": self.breaking,
            "--order": None if self.order == "timed" else self.order,
            "--failures": None if self.folder == Path(FOLDER) else self.folder,
        }
        for option, value in given.items():
            if value is not None:
                words += [option, str(value)]
        return words if self.shrinks else [*words, "--no-shrink"]

    def program(self) -> Program:
        """Return what is run.

        Raises:
            InputError: when there is no such scenario, or a value will not do.
        """
        scenario = find(self.target)
        return Program.of(
            scenario,
            read_settings(scenario, self.settings),
            seed=self.seed,
            order=self.order,
            breaking=self.breaking,
        )

    def search(self, more: int = 0) -> Search:
        """Return what decides in the runs.

        Args:
            more: makes another search, that draws otherwise.
        """
        return search_of(
            self.strategy,
            seed=self.seed + more,
            depth=self.depth or DEPTH,
            max_depth=self.depth,
            max_deviations=self.deviations,
        )

    def check(self) -> None:
        """Make sure that the options make sense together.

        Raises:
            click.UsageError: when two were given that do not go together.
            InputError: for each number that makes no sense.
        """
        if self.quiet and self.as_json:
            raise click.UsageError("--quiet and --json cannot be had together: --json is quiet")
        if self.depth is not None and self.strategy not in _DEEP:
            raise click.UsageError(
                f"--depth and --strategy {self.strategy} cannot be had together: it is for "
                f"{' and '.join(_DEEP)}"
            )
        if self.deviations is not None and self.strategy != "exhaustive":
            raise click.UsageError(
                f"--deviations and --strategy {self.strategy} cannot be had together: it is for "
                "exhaustive"
            )
        numbers = {
            "--depth": (self.depth, "say how deep"),
            "--runs": (self.runs, "say how many runs there are to be at most"),
            "--jobs": (self.jobs, "say how many processes are to run at the same time"),
            "--deviations": (self.deviations, "say how many a run may have"),
        }
        complaints = [
            Complaint(f"{option} {number}", "explores nothing", f"{remedy}, 1 or more")
            for option, (number, remedy) in numbers.items()
            if number is not None and number < 1
        ]
        seconds = self.seconds
        if seconds is not None and not (seconds > 0 and math.isfinite(seconds)):
            remedy = "say for how many seconds runs may begin, above 0"
            complaints.append(Complaint(f"--time {seconds:g}", "explores nothing", remedy))
        complaints += [
            Complaint(f"{option} {number:g}", "estimates nothing", "give a number between 0 and 1")
            for option, number in (("--within", self.within), ("--confidence", self.confidence))
            if not 0.0 < number < 1.0
        ]
        if complaints:
            raise InputError(*complaints)
        if self.estimates:
            return
        if self.search().alone and self.jobs not in (None, 1):
            raise click.UsageError(
                f"--jobs and --strategy {self.strategy} cannot be had together: it makes each run "
                "from what it has learned from the runs before"
            )
