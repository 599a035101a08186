"""`glasshive trace check`: is a trace sound?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from glasshive.cli.exits import HELD, NOT_HELD
from glasshive.cli.trace.options import as_json, emit, opened, trace_file
from glasshive.trace.soundness import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glasshive.trace.soundness import Finding

__all__ = ["command"]


@click.command("check", short_help="Tell whether a trace is sound.")
@trace_file
@as_json
def command(file: Path, *, as_json: bool) -> int:
    """Tell whether FILE is a sound trace: its lines, causes, clocks, messages and digest.

    Exit code 1 says that something does not hold.
    """
    with opened(file) as index:
        findings = list(check(index))
        broken = any(each.broken for each in findings)
        if as_json:
            told = {
                "status": "broken" if broken else "sound",
                "events": len(index),
                "cut": None if index.cut is None else str(index.cut),
                "findings": [each._asdict() for each in findings],
            }
            click.echo(json.dumps(told))
        else:
            emit(line for each in findings for line in _lines(each))
            emit([f"{'broken' if broken else 'sound'} · {len(index):,} events"])
    return NOT_HELD if broken else HELD


def _lines(finding: Finding) -> Iterator[str]:
    yield f"  {'✗' if finding.broken else '✓'} {finding.claim}"
    yield from (f"      {sentence}" for sentence in finding.broken)
    more = finding.places - len(finding.broken)
    if more:
        yield f"      and {more:,} more"
