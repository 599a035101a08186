"""`glasshive explore --estimate`: how often a scenario fails under its fault rates."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack, redirect_stdout
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from glasshive.cli.exits import HELD, INTERRUPTED
from glasshive.cli.linebar import LineBar
from glasshive.cli.logs import show_logs
from glasshive.cli.settings import command_line
from glasshive.cli.sweep import cores
from glasshive.explore.estimate import estimate
from glasshive.scenario.outcome import plain
from glasshive.units import counted, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.cli.exploreoptions import Wanted
    from glasshive.explore.estimate import Estimate

__all__ = ["run_estimate", "share"]

_COLUMNS = 100
"""Width of a report that goes into a pipe."""


def run_estimate(wanted: Wanted) -> int:
    """Run a scenario with one seed after another, tell how often it fails, return the exit code.

    Args:
        wanted: the options; they make sense together.

    Raises:
        InputError: when there is no such scenario, or it finds its input wrong.
    """
    show_logs(silent=True)
    with ExitStack() as stack:
        if wanted.as_json:
            stack.enter_context(redirect_stdout(sys.stderr))
        program = wanted.program()
        heard: Callable[[Estimate], None] | None = None
        if not wanted.quiet and not wanted.as_json and sys.stderr.isatty():
            bar = stack.enter_context(LineBar(sys.stderr))

            def heard(result: Estimate) -> None:
                bar.draw(lambda: _told(result), wanted.runs, result.runs)

        result = estimate(
            program,
            within=wanted.within,
            confidence=wanted.confidence,
            runs=wanted.runs,
            seconds=wanted.seconds,
            jobs=wanted.jobs or cores(),
            heard=heard,
        )
    if wanted.as_json:
        click.echo(_as_json(result))
    else:
        _write(result, wanted)
    return INTERRUPTED if result.interrupted else HELD


def share(probability: float) -> str:
    """Return a probability in percent, with three digits."""
    return f"{100 * probability:.3g} %"


def _told(result: Estimate) -> str:
    low, high = result.interval
    return (
        f"{share(result.probability)} of runs fail; the probability lies between {share(low)} and "
        f"{share(high)} with {share(result.confidence)} confidence"
    )


def _write(result: Estimate, wanted: Wanted) -> None:
    """Write what is known, for people."""
    width = None if sys.stdout.isatty() else _COLUMNS
    console = Console(file=sys.stdout, width=width, highlight=False, markup=False)
    again = ["--estimate", "--within", f"{wanted.within:g}"]
    again += ["--confidence", f"{wanted.confidence:g}", "--seed", str(wanted.seed)]
    script, values = result.program.script, result.program.parameters
    lines = [_told(result)]
    lines += [
        f"  ✗ {name}: in {runs:,} of {counted(result.runs, 'run')}"
        for name, runs in sorted(result.breaches.items(), key=lambda each: (-each[1], each[0]))
    ]
    if result.seed is not None and not wanted.quiet:
        lines.append(f"first  {command_line(script, values, ['--seed', str(result.seed)])}")
    if result.half_width > wanted.within:
        lines.append(
            f"not as tight as asked: ±{share(result.half_width)} instead of "
            f"±{share(wanted.within)}; it takes more runs"
        )
    if not wanted.quiet:
        ended = "interrupted" if result.interrupted else "estimated"
        lines.append(
            f"{ended} · {result.program.scenario} · seeds from {wanted.seed} · "
            f"{counted(result.runs, 'run')}, {result.failures:,} failed · "
            f"{seconds(result.wall_seconds)} wall"
        )
        lines.append(f"again  {command_line(script, values, again, command='explore')}")
    for text in lines:
        console.print(Text(text), soft_wrap=True)


def _as_json(result: Estimate) -> str:
    """Return what is known as one JSON object on one line, for programs."""
    low, high = result.interval
    return json.dumps(
        {
            "scenario": result.program.scenario,
            "parameters": plain(result.program.parameters),
            "seed": result.program.seed,
            "runs": result.runs,
            "failures": result.failures,
            "probability": result.probability,
            "low": low,
            "high": high,
            "confidence": result.confidence,
            "breaches": result.breaches,
            "first_seed": result.seed,
            "interrupted": result.interrupted,
            "wall_seconds": result.wall_seconds,
        }
    )
