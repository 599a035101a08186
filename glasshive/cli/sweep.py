"""`glasshive run --seeds`: one scenario with many seeds, and what came of all of them."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, redirect_stdout
from typing import TYPE_CHECKING, NamedTuple, TextIO

import click
from rich.console import Console
from rich.text import Text

from glasshive.cli.exits import HELD, INTERRUPTED, NOT_HELD
from glasshive.cli.logs import show_logs
from glasshive.cli.settings import command_line, read_settings
from glasshive.cli.sweepbar import SweepBar
from glasshive.errors import Complaint, InputError
from glasshive.scenario.find import find
from glasshive.scenario.outcome import plain
from glasshive.scenario.sweep import sweep
from glasshive.units import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glasshive.scenario.scenario import Scenario
    from glasshive.scenario.situations import Situation
    from glasshive.scenario.sweep import Finding, Sweep

__all__ = ["Others", "cores", "run_sweep"]

_MOST_SEEDS = 1_000_000_000
_COLUMNS = 100
"""Width of a report that goes into a pipe."""
_SHOWN_FINDINGS = 20
_SHOWN_SEEDS = 5
_STYLES = {"held": "green", "violated": "red", "interrupted": "yellow"}


_ALONE = {
    "--trace": "a trace is of one run; find a seed first, then trace that one",
    "--trace-last": "a trace is of one run; find a seed first, then trace that one",
    "--report": "a page is of one run; find a seed first, then draw that one",
    "--csv": "charts are of one run; find a seed first, then draw that one",
    "--check-determinism": "it repeats one run; check one seed at a time",
    "--runtime live": "threads keep no order that a seed could change",
}
"""The options that go with a single run only, and why."""


class Others(NamedTuple):
    """The options that a single run has and a sweep has not, as they were given."""

    trace: Path | None
    trace_last: int | None
    report: Path | None
    sheets: Path | None
    check_determinism: bool
    runtime: str

    def refuse(self) -> None:
        """Make sure that none was given.

        Raises:
            click.UsageError: for the first that was.
        """
        given = {
            "--trace": self.trace is not None,
            "--trace-last": self.trace_last is not None,
            "--report": self.report is not None,
            "--csv": self.sheets is not None,
            "--check-determinism": self.check_determinism,
            "--runtime live": self.runtime == "live",
        }
        for option, reason in _ALONE.items():
            if given[option]:
                raise click.UsageError(f"--seeds and {option} cannot be had together: {reason}")


def run_sweep(
    target: str,
    settings: Sequence[str],
    *,
    seed: int,
    seeds: int | None,
    jobs: int | None,
    others: Others,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run a scenario with each of many seeds, tell what came of all of them, return the exit code.

    Args:
        target: the scenario's name, or the path of its script.
        settings: its `--set` options.
        seed: the first seed.
        seeds: how many there are; None, which is refused, when only `--jobs` was given.
        jobs: how many processes run at the same time; None for as many as there are cores.
        others: the options that go with a single run only.
        quiet: tell only how it ended, and what did not hold.
        as_json: tell it as one JSON object.

    Raises:
        click.UsageError: when options were given that do not go together.
        InputError: when the number of seeds or jobs makes no sense, or as a single run does.
    """
    if seeds is None:
        raise click.UsageError("--jobs goes with --seeds only: a single run has one process")
    others.refuse()
    _check("--seeds", seeds, _MOST_SEEDS, "say how many runs there are to be")
    if jobs is not None:
        _check("--jobs", jobs, None, "say how many processes are to run at the same time")
    talks = not quiet and not as_json
    show_logs(silent=True)
    with ExitStack() as stack:
        if as_json:
            stack.enter_context(redirect_stdout(sys.stderr))
        scenario = find(target)
        values = read_settings(scenario, settings)
        heard = None
        if talks and sys.stderr.isatty():
            heard = stack.enter_context(SweepBar(sys.stderr)).update
        summary = sweep(
            scenario,
            values,
            seeds=range(seed, seed + seeds),
            jobs=jobs or cores(),
            heard=heard,
        )
    if as_json:
        click.echo(_as_json(scenario, summary))
    else:
        _Report(sys.stdout, scenario, summary).write(briefly=quiet)
    if summary.interrupted:
        return INTERRUPTED
    return HELD if summary.status == "held" else NOT_HELD


def _check(option: str, number: int, most: int | None, remedy: str) -> None:
    if number < 1 or (most is not None and number > most):
        numbers = "1 or more" if most is None else f"1 to {most:,}"
        raise InputError(Complaint(f"{option} {number}", "makes no sweep", f"{remedy}, {numbers}"))


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _again(scenario: Scenario, summary: Sweep, finding: Finding | None = None) -> str:
    """Return the command line of the whole sweep, or of the first run with a finding."""
    options = ["--seed", str(summary.seeds[0]), "--seeds", str(len(summary.seeds))]
    if finding is not None:
        options = ["--seed", str(finding.seeds[0])]
    return command_line(scenario, summary.parameters, options)


class _Report:
    """Writes the end of a sweep, for people.

    Args:
        stream: a terminal, or a pipe, which gets no colours.
        scenario: what was run.
        summary: what came of it.
    """

    def __init__(self, stream: TextIO, scenario: Scenario, summary: Sweep) -> None:
        width = None if stream.isatty() else _COLUMNS
        self._console = Console(file=stream, width=width, highlight=False, markup=False)
        self._scenario = scenario
        self._summary = summary

    def write(self, *, briefly: bool) -> None:
        """Write what did not hold, how it ended and, unless briefly, what was reached."""
        summary = self._summary
        if not briefly and summary.situations:
            self._line("situations")
            for situation in summary.situations:
                self._situation(situation)
            self._line()
        if not briefly and summary.unsettled:
            self._line("not checked to the end")
            for name, seeds in summary.unsettled.items():
                self._line("  ", ("?", "yellow"), f" {name}: {self._share(seeds)}")
            self._line()
        if not briefly and summary.findings:
            self._line("did not hold")
        self._findings(summary.findings)
        if not briefly and summary.findings:
            self._line()
        broken = summary.runs - summary.held
        total = len(summary.seeds)
        runs = counted(total, "run")
        if summary.runs < total:
            runs = f"{summary.runs:,} of {runs}"
        self._line(
            (summary.status, _STYLES[summary.status]),
            f" · {summary.scenario} · {_span(summary.seeds)} · {runs}, "
            f"{broken:,} did not hold · {seconds(summary.wall_seconds)} wall",
        )
        if not briefly or summary.status != "held":
            self._line(f"again  {_again(self._scenario, summary)}")

    def _situation(self, situation: Situation) -> None:
        text = f" {situation.name}: "
        if not situation.runs:
            self._line("  ", ("✗", "red"), f"{text}never reached")
            return
        text += f"reached {self._in(situation.runs)}, first with seed {situation.seed}"
        self._line("  ", ("✓", "green"), text)

    def _findings(self, findings: Sequence[Finding]) -> None:
        for finding in findings[:_SHOWN_FINDINGS]:
            self._finding(finding)
        if len(findings) > _SHOWN_FINDINGS:
            self._line(f"  and {len(findings) - _SHOWN_FINDINGS:,} more; --json tells all")

    def _finding(self, finding: Finding) -> None:
        statement = f": {finding.statement}" if finding.statement else ""
        self._line("  ", ("✗", "red"), f" {finding.kind} {finding.name}{statement}")
        self._line(f"      {self._share(finding.seeds)}")
        first, _, more = finding.example.strip().partition("\n")
        if first:
            self._line(f"      seed {finding.seeds[0]}: {first}{' …' if more else ''}")
        self._line(f"      again  {_again(self._scenario, self._summary, finding)}")

    def _share(self, seeds: Sequence[int]) -> str:
        """Return how many runs these are, and the first of them."""
        shown = ", ".join(map(str, seeds[:_SHOWN_SEEDS]))
        more = f" and {len(seeds) - _SHOWN_SEEDS:,} more" if len(seeds) > _SHOWN_SEEDS else ""
        return f"{self._in(len(seeds))}: seed{'s' if len(seeds) > 1 else ''} {shown}{more}"

    def _in(self, runs: int) -> str:
        return f"in {runs:,} of {counted(self._summary.runs, 'run')}"

    def _line(self, *parts: str | tuple[str, str]) -> None:
        # Not wrapped by hand: a command line that is broken in two cannot be copied.
        self._console.print(Text.assemble(*parts), soft_wrap=True)


def _span(seeds: Sequence[int]) -> str:
    return f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"


def _as_json(scenario: Scenario, summary: Sweep) -> str:
    """Return what came of a sweep as one JSON object on one line, for programs."""
    return json.dumps(
        {
            "status": summary.status,
            "scenario": summary.scenario,
            "parameters": plain(summary.parameters),
            "seed": summary.seeds[0],
            "seeds": len(summary.seeds),
            "runs": summary.runs,
            "held": summary.held,
            "wall_seconds": summary.wall_seconds,
            "findings": [
                {
                    "kind": each.kind,
                    "name": each.name,
                    "statement": each.statement,
                    "runs": len(each.seeds),
                    "seeds": each.seeds,
                    "example": each.example,
                    "again": _again(scenario, summary, each),
                }
                for each in summary.findings
            ],
            "unsettled": [
                {"name": name, "runs": len(seeds), "seeds": seeds}
                for name, seeds in summary.unsettled.items()
            ],
            "situations": [
                {
                    "situation": each.name,
                    "must_reach": each.must_reach,
                    "runs": each.runs,
                    "times": each.times,
                    "seed": each.seed,
                }
                for each in summary.situations
            ],
            "again": _again(scenario, summary),
        }
    )
