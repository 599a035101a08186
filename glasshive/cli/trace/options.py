"""What the commands about traces have in common: their file, their filters, how they print."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from math import inf, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glasshive.errors import Complaint, InputError
from glasshive.trace.expression import read
from glasshive.trace.index import Index
from glasshive.trace.selection import Selection
from glasshive.trace.story import ASCII

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "EVENT",
    "as_json",
    "columns",
    "concurrent_only",
    "emit",
    "emit_events",
    "filters",
    "opened",
    "selection_of",
    "trace_file",
    "untimed_filters",
    "width",
]

CommandT = TypeVar("CommandT", bound="Callable[..., Any]")
WIDTH = 100
"""Characters of a line where no terminal says how wide it is."""
_NARROWEST = 40
_DIGITS = 18
"""Of the number of an event, at most."""

trace_file = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
concurrent_only = click.option(
    "--concurrent",
    "beside",
    is_flag=True,
    help="Show instead what could as well have been before the event as after it.",
)
width = click.option(
    "--width",
    type=click.IntRange(min=_NARROWEST),
    help="Characters of a line.  [default: the terminal's, 100 in a pipe]",
)


class _Event(click.ParamType[int]):
    name = "event"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).removeprefix("#").replace(",", "")
        if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
            self.fail(f"{value!r} is no event; give its number, such as 812", param, ctx)
        return int(text)


EVENT = _Event()
"""The number of an event, as the other commands print it."""


def filters(command: CommandT) -> CommandT:
    """Add the options that say which events are wanted."""
    command = click.option(
        "--to", "end", type=float, default=inf, help="Up to this second.", show_default=False
    )(command)
    command = click.option(
        "--from", "begin", type=float, default=-inf, help="From this second on.", show_default=False
    )(command)
    return untimed_filters(command)


def untimed_filters(command: CommandT) -> CommandT:
    """Add those that say so without a time, for a command whose `--to` is something else."""
    options = [
        click.option("--job", "jobs", multiple=True, help="Of this job; any of its names will do."),
        click.option("--actor", "actors", multiple=True, help="Of this actor, or to or from it."),
        click.option("--type", "types", multiple=True, help="Of a message of this class."),
        click.option("--where", metavar="EXPR", help="That fulfil this, such as 'time > 5'."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def selection_of(
    *,
    jobs: tuple[str, ...] = (),
    actors: tuple[str, ...] = (),
    types: tuple[str, ...] = (),
    begin: float = -inf,
    end: float = inf,
    where: str | None = None,
) -> Selection:
    """Return what the options of `filters` say.

    Raises:
        InputError: when the expression is none, or the seconds are none.
    """
    for name, seconds in (("--from", begin), ("--to", end)):
        if isnan(seconds):
            raise InputError(Complaint(name, "nan is no time", "give seconds of the run"))
    expression = read(where) if where is not None else None
    return Selection(jobs, actors, types, begin, end, expression)


@contextmanager
def opened(path: Path) -> Iterator[Index]:
    """Read a trace; what is told of one that was cut short is told, and then that it was.

    Args:
        path: the trace.

    Raises:
        InputError: when it cannot be read, and at last when it was cut short.
    """
    with Index(path) as index:
        yield index
        if index.cut is not None:
            sys.stdout.flush()
            raise InputError(index.cut)


def columns(given: int | None) -> int:
    """Return how wide a line may be."""
    if given is not None:
        return given
    if sys.stdout.isatty():
        return max(shutil.get_terminal_size((WIDTH, 24)).columns, _NARROWEST)
    return WIDTH


def emit(lines: Iterable[str]) -> None:
    """Print lines, with plain signs where the output knows no others."""
    try:
        "│▶◆".encode(sys.stdout.encoding or "utf-8")
        plain = False
    except (LookupError, UnicodeEncodeError):
        plain = True
    write = sys.stdout.write
    for line in lines:
        write((line.translate(ASCII) if plain else line) + "\n")


def emit_events(index: Index, numbers: Iterable[int]) -> None:
    """Print events as the lines of the file that they are."""
    sys.stdout.flush()
    for number in numbers:
        sys.stdout.write(index.line(number).decode(errors="replace"))
