"""`glasshive trace view`: a trace on one page for the browser."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from pathlib import Path

import click

from glasshive.cli.trace.decided import decisions
from glasshive.cli.trace.options import trace_file
from glasshive.errors import Complaint, InputError
from glasshive.units import counted

__all__ = ["command"]


@click.command("view")
@trace_file
@click.option(
    "--diff",
    "other",
    type=click.Path(path_type=Path),
    metavar="OTHER",
    help="Lay a second trace beside it, and mark where the two part.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PAGE",
    help="Where to write the page.  [default: FILE, ending in .html]",
)
@click.option("--from", "begin", type=float, default=-inf, help="From this second on.")
@click.option("--to", "end", type=float, default=inf, help="Up to this second.")
def command(
    *, file: Path, other: Path | None, output: Path | None, begin: float, end: float
) -> None:
    """Write one page for the browser that shows a trace, and opens without a network.

    Lanes are actors and arrows messages; click one for what it carries, its cause and its effects.
    """
    from glasshive.trace.viewer import view  # noqa: PLC0415  no other command makes pages

    page = view(file, other, begin=begin, end=end, decide=decisions)
    target = output or _beside(file)
    if any(_same(target, each) for each in (file, other) if each is not None):
        raise InputError(
            Complaint(f"-o {target}", "is a trace that the page shows", "name another file")
        )
    try:
        target.write_text(page.html, encoding="utf-8")
    except OSError as error:
        what = f"cannot be written ({error.strerror})"
        remedy = "name a file in a folder that exists and that you may write to"
        raise InputError(Complaint(f"-o {target}", what, remedy)) from None
    kib = -(-len(page.html.encode()) // 1024)
    click.echo(f"page   {target} · {counted(page.events, 'event')} · {kib:,} KiB")
    if page.cut:
        raise InputError(*page.cut)


def _beside(file: Path) -> Path:
    bare = file.with_suffix("") if file.suffix == ".gz" else file
    return bare.with_suffix(".html")


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False
