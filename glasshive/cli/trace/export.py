"""`glasshive trace export`: a trace in the format of another tool."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from glasshive.cli.trace.options import opened, selection_of, trace_file, untimed_filters
from glasshive.errors import Complaint, InputError
from glasshive.trace.export import FORMATS, MOST
from glasshive.trace.selection import select

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["command"]

_BINARY = "perfetto"


@click.command("export")
@trace_file
@click.option("--to", "form", type=click.Choice(list(FORMATS)), required=True, help="The format.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where to.  [default: standard output]"
)
@untimed_filters
def command(file: Path, *, form: str, output: Path | None, **chosen: Any) -> None:
    """Write a trace, or a part of it, for another tool.

    perfetto and chrome are for ui.perfetto.dev, shiviz for ShiViz, otlp for OpenTelemetry, mermaid
    for a page of Markdown, csv for a sheet. ShiViz and Mermaid bear so many events; if there are
    more, the first ones are written, and that is said.
    """
    selection = selection_of(**chosen)
    if output is None and form == _BINARY and sys.stdout.isatty():
        what = "would fill the terminal with what is no text"
        raise InputError(Complaint(f"--to {form}", what, "give a file with -o"))
    with opened(file) as index:
        if output is not None and output.exists() and output.samefile(file):
            raise InputError(Complaint(f"-o {output}", "is the trace itself", "give another file"))
        numbers = select(index, selection)
        most = MOST.get(form, len(numbers))
        if len(numbers) > most:
            click.echo(
                f"note: {form} bears {most:,} events, and these are the first of {len(numbers):,}; "
                "choose with --job, --actor, --type or --where",
                err=True,
            )
        pieces = FORMATS[form](index, numbers[:most])
        if output is None:
            sys.stdout.flush()
            _write(pieces, sys.stdout.buffer)
            return
        try:
            with output.open("wb") as out:
                _write(pieces, out)
        except OSError as error:
            what = f"cannot be written ({error.strerror})"
            remedy = "name a file in a folder that exists and that you may write to"
            raise InputError(Complaint(f"-o {output}", what, remedy)) from None


def _write(pieces: Iterable[bytes], out: BinaryIO) -> None:
    out.writelines(pieces)
    out.flush()
