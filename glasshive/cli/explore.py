"""`glasshive explore`: many runs of one scenario until something breaks, and the smallest one."""

from __future__ import annotations

import sys
from contextlib import ExitStack, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from glasshive.cli.exits import HELD, INTERRUPTED, NOT_HELD
from glasshive.cli.exploreoptions import (
    CONFIDENCE,
    DEPTH,
    FOLDER,
    RUNS,
    STRATEGIES,
    STRATEGY,
    WITHIN,
    Wanted,
)
from glasshive.errors import Complaint, InputError, nearest
from glasshive.explore.explorer import explore
from glasshive.explore.folder import FailureFolder
from glasshive.explore.shrink import Shrunk, shrink
from glasshive.interrupt import postponed

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.cli.explorebar import ExploreBar
    from glasshive.cli.explorereport import Explored
    from glasshive.explore.explorer import Exploration
    from glasshive.explore.program import Program

__all__ = ["explore_scenario"]

_SEARCHING = (
    ("strategy", "--strategy"),
    ("depth", "--depth"),
    ("deviations", "--deviations"),
    ("folder", "--failures"),
    ("shrinks", "--no-shrink"),
)
"""The options that are for a search only."""


@click.command("explore")
@click.argument("target", metavar="NAME|PATH")
@click.option("--seed", type=int, default=0, show_default=True, help="Any integer.")
@click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Give a parameter another value; once for each.",
)
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default=STRATEGY,
    show_default=True,
    help="What decides who is next, and where faults strike.",
)
@click.option(
    "--depth",
    type=int,
    metavar="D",
    help=f"Of pct, how many orderings a bug needs, {DEPTH} by default; of exhaustive, the "
    "turns up to which it tries others.",
)
@click.option(
    "--deviations", type=int, metavar="N", help="Of exhaustive, how many a run has at most."
)
@click.option(
    "--runs",
    type=int,
    metavar="N",
    help=f"How many at most.  [default: {RUNS:,}, or no limit with --time]",
)
@click.option(
    "--time", "seconds", type=float, metavar="SECONDS", help="Begin no run after this time."
)
@click.option(
    "--jobs",
    type=int,
    metavar="K",
    help="Processes that run at the same time.  [default: one for each core]",
)
@click.option(
    "--property",
    "breaking",
    metavar="NAME",
    help="Look for this one thing to break: an invariant, a claim, or an error as a report names "
    "it.",
)
@click.option(
    "--order",
    type=click.Choice(["timed", "any"]),
    default="timed",
    show_default=True,
    help="What can be next: what is due at one instant, or all that is pending at any time.",
)
@click.option(
    "--failures",
    "folder",
    type=click.Path(path_type=Path),
    default=FOLDER,
    show_default=True,
    metavar="DIR",
    help="Where the smallest run that fails is written; made when there is one.",
)
@click.option(
    "--no-shrink", "shrinks", flag_value=False, default=True, help="Tell the run as it was found."
)
@click.option(
    "--estimate",
    "estimates",
    is_flag=True,
    help="Run one seed after another instead, and tell how often it fails under its own rates.",
)
@click.option(
    "--within",
    type=float,
    metavar="P",
    default=WITHIN,
    show_default=True,
    help="Of --estimate, how tight: half the width of the interval.",
)
@click.option(
    "--confidence",
    type=float,
    metavar="P",
    default=CONFIDENCE,
    show_default=True,
    help="Of --estimate, how sure.",
)
@click.option("--quiet", is_flag=True, help="Print only how it ended, and what did not hold.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")
def explore_scenario(**options: Any) -> int:
    """Look for an order of messages, or a place for a fault, with which a scenario fails.

    It is run again and again, each time decided otherwise. The first failure is made as small as
    it gets, told in a few lines, and written down for `glasshive replay`.
    """
    wanted = Wanted(**options)
    wanted.check()
    if wanted.estimates:
        _refuse_what_searches()
        from glasshive.cli.estimate import run_estimate  # noqa: PLC0415  rich, as below

        return run_estimate(wanted)
    return _run(wanted)


def _refuse_what_searches() -> None:
    """Make sure that no option was given that is for a search only.

    Raises:
        click.UsageError: for the first that was.
    """
    context = click.get_current_context()
    for name, option in _SEARCHING:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(
                f"--estimate and {option} cannot be had together: it searches for nothing, and "
                "runs one seed after another"
            )


def _run(wanted: Wanted) -> int:
    """Explore, tell what was found, and return the exit code."""
    from glasshive.cli.explorereport import (  # noqa: PLC0415  rich, only when something runs
        ExploreReport,
        as_json,
    )
    from glasshive.cli.logs import show_logs  # noqa: PLC0415  structlog imports rich

    show_logs(silent=True)
    with ExitStack() as stack:
        if wanted.as_json:
            # A script may print while it is loaded; standard output belongs to the object.
            stack.enter_context(redirect_stdout(sys.stderr))
        program = wanted.program()
        folder = FailureFolder(wanted.folder)
        folder.check()
        bar = None
        if not wanted.quiet and not wanted.as_json and sys.stderr.isatty():
            from glasshive.cli.explorebar import ExploreBar  # noqa: PLC0415  rich as well

            bar = stack.enter_context(ExploreBar(sys.stderr, wanted.most_runs, wanted.seconds))
        explored = _explored(wanted, program, folder, bar)
    if not explored.interrupted:
        _check_property(explored.exploration)
    for complaint in explored.unkept:
        click.echo(f"error: {complaint}", err=True)
    if wanted.as_json:
        click.echo(as_json(explored))
    else:
        ExploreReport(sys.stdout, explored).write(briefly=wanted.quiet)
    if explored.interrupted:
        return INTERRUPTED
    return HELD if explored.shrunk is None else NOT_HELD


def _explored(
    wanted: Wanted, program: Program, folder: FailureFolder, bar: ExploreBar | None
) -> Explored:
    """Search for a failure, make it small, and write it down, until Ctrl-C."""
    from glasshive.cli.explorereport import Explored  # noqa: PLC0415  rich, as above
    from glasshive.cli.sweep import cores  # noqa: PLC0415  rich, as above

    exploration = explore(
        program,
        wanted.search(),
        runs=wanted.most_runs,
        seconds=wanted.seconds,
        jobs=wanted.jobs or cores(),
        heard=_heard(bar),
    )
    explored = Explored(
        exploration,
        wanted.most_runs,
        wanted.options,
        views=_has_command("trace", "view"),
        interrupted=exploration.interrupted,
    )
    if exploration.found is None:
        return explored
    first = exploration.found.attempt
    explored.shrunk = Shrunk(first, first, spent=wanted.shrinks)
    try:
        if wanted.shrinks and not explored.interrupted:
            heard = None if bar is None else bar.shrinking
            explored.shrunk = shrink(first, wanted.search, heard=heard)
            explored.interrupted = explored.shrunk.interrupted
    except KeyboardInterrupt:
        explored.interrupted = True
    try:
        if not first.died and first.breach is not None:
            with postponed():  # a second Ctrl-C does not tear the trace
                explored.kept = folder.keep(explored.shrunk.best, first.breach)
    except InputError as error:
        explored.unkept = error.complaints
    except KeyboardInterrupt:
        explored.interrupted = True
    return explored


def _heard(bar: ExploreBar | None) -> Callable[[Exploration], None]:
    """Return what is told of each run."""
    say = partial(click.echo, err=True) if bar is None else bar.say

    def heard(exploration: Exploration) -> None:
        if exploration.runs == 1 and (complaint := _unknown(exploration)):
            say(f"warning: {complaint}")
        if bar is not None:
            bar.update(exploration)

    return heard


def _check_property(exploration: Exploration) -> None:
    """Make sure that what was looked for could break at all, in some run.

    Raises:
        InputError: when it could not.
    """
    if complaint := _unknown(exploration):
        raise InputError(complaint)


def _unknown(exploration: Exploration) -> Complaint | None:
    """Say so when nothing of the name that was looked for has been checked so far."""
    name = exploration.program.breaking
    if name is None or name in exploration.checked:
        return None
    runs = f"the first of {exploration.runs:,} runs" if exploration.runs > 1 else "the first run"
    what = f"nothing of this name could break in {runs}"
    return Complaint(f"--property {name}", what, nearest(name, exploration.checked))


def _has_command(group: str, name: str) -> bool:
    """Return whether the command has a subcommand of this name."""
    context = click.get_current_context().find_root()
    root = context.command
    if not isinstance(root, click.Group) or group not in root.list_commands(context):
        return False
    found = root.get_command(context, group)
    return isinstance(found, click.Group) and name in found.list_commands(context)
