"""`glasshive run`: one scenario, from its first note to its report."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from glasshive.cli.addresses import lay_out
from glasshive.cli.chartfiles import ChartFiles
from glasshive.cli.exits import HELD, INTERRUPTED, NOT_HELD
from glasshive.cli.result import as_json
from glasshive.cli.settings import read_settings
from glasshive.errors import Complaint
from glasshive.scenario import find, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glasshive.cli.addresses import Addresses
    from glasshive.cli.progress import ProgressBar
    from glasshive.scenario import Outcome

__all__ = ["run_scenario"]


class Screen:
    """Follows a run on the screen.

    Args:
        bar: the progress bar, or None for none.
        tells: whether the notes are shown.
    """

    def __init__(self, bar: ProgressBar | None, *, tells: bool) -> None:
        self._bar = bar
        self._tells = tells

    def note(self, text: str) -> None:
        """Show a line of the story at once, also to a reader at the end of a pipe.

        When that reader has left, the run ends as by Ctrl-C.
        """
        if not self._tells:
            return
        try:
            # Not by click: it reaches past the bar's stand-in for standard output.
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            # A signal and not an exception: an actor may have told the line.
            signal.raise_signal(signal.SIGINT)

    def progress(self, at: float, done: int, total: int | None) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(at, done, total)


@click.command("run")
@click.argument("target", metavar="NAME|PATH")
@click.option("--seed", type=int, default=0, show_default=True, help="Any integer.")
@click.option(
    "--runtime",
    type=click.Choice(["simulated", "live"]),
    default="simulated",
    show_default=True,
    help="Virtual time, or threads and the wall clock.",
)
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Give a parameter another value; once for each.",
)
@click.option(
    "--trace",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write every event to this file, compressed if it ends in .gz.",
)
@click.option(
    "--trace-last",
    type=int,
    metavar="N",
    help="Keep the last N events in memory, and write them to --trace only if something fails.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw the run on one HTML page that needs no network.",
)
@click.option(
    "--csv",
    "sheets",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write what the page would draw as CSV files into this folder.",
)
@click.option(
    "--check-determinism",
    is_flag=True,
    help="Run it several times, in processes that differ in all that should not matter, and show "
    "the first event that is not the same.",
)
@click.option(
    "--seeds",
    type=int,
    metavar="N",
    help="Run it with N seeds, from --seed on, and tell what came of all of them.",
)
@click.option(
    "--jobs",
    type=int,
    metavar="K",
    help="Processes that run the seeds at the same time.  [default: one for each core]",
)
@click.option("--addresses", type=click.Choice(["rising", "falling", "shuffled"]), hidden=True)
@click.option("--quiet", is_flag=True, help="Print only how it ended, and what did not hold.")
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object, nothing else.")
def run_scenario(
    *,
    target: str,
    seed: int,
    runtime: Literal["simulated", "live"],
    settings: tuple[str, ...],
    trace: Path | None,
    trace_last: int | None,
    report: Path | None,
    sheets: Path | None,
    check_determinism: bool,
    seeds: int | None,
    jobs: int | None,
    addresses: Addresses | None,
    quiet: bool,
    wants_json: bool,
) -> int:
    """Run a scenario, by its name or by the path of its script.

    A script with several scenarios wants PATH.py:NAME. `glasshive list` shows the names and what
    can be --set.
    """
    if quiet and wants_json:
        raise click.UsageError("--quiet and --json cannot be had together: --json is quiet")
    if seeds is not None or jobs is not None:
        from glasshive.cli.sweep import Others, run_sweep  # noqa: PLC0415  only for this

        return run_sweep(
            *(target, settings),
            seed=seed,
            seeds=seeds,
            jobs=jobs,
            others=Others(trace, trace_last, report, sheets, check_determinism, runtime),
            quiet=quiet,
            as_json=wants_json,
        )
    files = ChartFiles(report, sheets)
    if check_determinism:
        _refuse_what_shows_one_run(files, runtime, trace_last)
        from glasshive.cli import determinism  # noqa: PLC0415  only for this

        given = [word for setting in settings for word in ("--set", setting)]
        return determinism.check_determinism(
            ["--seed", str(seed), *given, "--", target], trace=trace, as_json=wants_json
        )
    # Drawing is imported before the run: inside of it, a module would find a virtual clock.
    from glasshive.cli.logs import show_logs  # noqa: PLC0415  structlog imports rich
    from glasshive.cli.progress import ProgressBar  # noqa: PLC0415  rich, only when something runs
    from glasshive.cli.report import Report  # noqa: PLC0415  rich as well

    talks = not quiet and not wants_json
    show_logs(silent=not talks)
    with ExitStack() as stack:
        if wants_json:
            # A script may print; standard output belongs to the object.
            stack.enter_context(redirect_stdout(sys.stderr))
        # Twice: loading the scenario uses up much of what the first time lays out.
        _lay_out(addresses)
        scenario = find(target)
        values = read_settings(scenario, settings)
        _lay_out(addresses)
        files.check(scenario, values, trace)
        bar = None
        if talks and sys.stderr.isatty():
            bar = stack.enter_context(ProgressBar(sys.stderr))
        outcome = run(
            scenario,
            values,
            seed=seed,
            runtime=runtime,
            trace=trace,
            trace_last=trace_last,
            audience=Screen(bar, tells=talks),
            charting=files.wanted,
        )
    if outcome.failure is not None:
        click.echo(outcome.failure.traceback, nl=False, err=True)
    if wants_json:
        click.echo(as_json(scenario, outcome))
    elif quiet:
        Report(sys.stdout, scenario, outcome).write_briefly()
    else:
        Report(sys.stdout, scenario, outcome).write()
    # Last, so that whatever becomes of them, how the run ended has been told.
    wrote = _tell(files.write(scenario, outcome), silent=wants_json)
    return _exit_code(outcome) or (HELD if wrote else NOT_HELD)


def _refuse_what_shows_one_run(files: ChartFiles, runtime: str, trace_last: int | None) -> None:
    """Make sure that nothing was asked for which `--check-determinism` cannot do."""
    if files.wanted:
        raise click.UsageError(
            "--check-determinism cannot be had together with --report or --csv: it tells of "
            "several runs, and those show one"
        )
    if trace_last is not None:
        raise click.UsageError(
            "--check-determinism and --trace-last cannot be had together: whole runs are compared"
        )
    if runtime == "live":
        raise click.UsageError(
            "--check-determinism and --runtime live cannot be had together: threads never "
            "run the same way twice"
        )


def _tell(written: Iterable[str | Complaint], *, silent: bool) -> bool:
    """Tell what was written and what could not be; return whether all of it was."""
    wrote = True
    for each in written:
        if isinstance(each, Complaint):
            wrote = False
            click.echo(f"error: {each}", err=True)
        elif not silent:
            click.echo(each)
    return wrote


def _exit_code(outcome: Outcome) -> int:
    if outcome.status == "interrupted":
        return INTERRUPTED
    return HELD if outcome.status == "held" else NOT_HELD


def _lay_out(addresses: Addresses | None) -> None:
    if addresses is not None:
        lay_out(addresses)
