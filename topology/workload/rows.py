"""Lines and rows of a workload file, one at a time, and what is said when one is wrong."""

from __future__ import annotations

import csv
import gzip
import itertools
import stat
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from glasshive.errors import Complaint, InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

__all__ = [
    "CUT",
    "MOST_TOKENS",
    "NANOSECONDS",
    "Line",
    "Row",
    "read_lines",
    "read_table",
    "read_tokens",
    "shortened",
    "split_fields",
]

MOST_TOKENS = 10_000_000
"""A row with more tokens than this is a mistake: the longest contexts hold a tenth of it."""

NANOSECONDS = 1_000_000_000
"""In a second."""

CUT = "the file ends inside this line: copy it again, or remove the line"
"""The remedy for a last line that is not whole."""

LONGEST_LINE_BYTES = 1 << 20
"""A longer line is no row of any format, and reading on would load a file that has no lines."""

LONGEST_QUOTE = 40
"""Characters of a wrong value that a complaint repeats."""

GZIP_MAGIC = b"\x1f\x8b"


class Line(NamedTuple):
    """A line of a file, without its line break."""

    path: Path
    number: int
    """Its number in the file; the first line is 1."""
    text: str
    is_broken_off: bool
    """The file ends here, without a line break."""

    def wrong(self, what: str, remedy: str) -> InputError:
        """Return the error that names this line.

        Args:
            what: what is wrong with it.
            remedy: what would be right.
        """
        return _wrong(self.path, self.number, what, remedy)


class Row(NamedTuple):
    """A request as a workload file tells it."""

    line: Line
    nanoseconds: int
    """When it arrived, on the file's own clock; whole, so that differences are exact."""
    prompt_tokens: int
    output_tokens: int
    model: str | None = None
    """The model that the file names, if its format has one."""


def read_lines(path: Path) -> Generator[Line]:
    """Yield the lines of a UTF-8 text file, plain or gzip, holding one at a time.

    A byte order mark, CRLF line breaks and blank lines at the end are accepted. Close the
    generator to close the file before its end.

    Args:
        path: the file.

    Raises:
        InputError: the file cannot be read, or is not text in lines.
    """
    number = 0
    try:
        with _opened(path) as file:
            first_blank = 0
            for number in itertools.count(1):
                data = file.readline(LONGEST_LINE_BYTES + 1)
                if not data:
                    return
                text = _decoded(path, number, data)
                if not text.strip():
                    first_blank = first_blank or number
                elif first_blank:
                    raise _wrong(path, first_blank, "the line is blank", "remove it")
                else:
                    is_broken_off = not text.endswith("\n")
                    text = text.removesuffix("\n").removesuffix("\r")
                    yield Line(path, number, text, is_broken_off)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        # What was decompressed is right as far as it goes: the line where it stops is the place.
        raise _wrong(
            path, max(number, 1), "the gzip data is damaged or cut off here", "copy the file again"
        ) from error
    except OSError as error:
        raise InputError(
            Complaint(
                str(path),
                f"the file cannot be read: {error.strerror}",
                "give the path of a workload file",
            )
        ) from error


def read_table(lines: Iterator[Line], columns: Sequence[str]) -> Iterator[tuple[Line, list[str]]]:
    """Yield the wanted fields of each row of a CSV file, in the order of `columns`.

    Other columns are passed over. A field may stand in double quotes, on one line.

    Args:
        lines: the lines of the file, its header first.
        columns: the names of the wanted columns, as the header must have them.

    Raises:
        InputError: the header lacks a column, or a row does not have the header's fields.
    """
    header = next(lines)
    names = split_fields(header)
    for column in columns:
        if column not in names:
            raise header.wrong(f"there is no column {column!r}", nearest(column, names))
        if names.count(column) > 1:
            raise header.wrong(f"there are two columns {column!r}", "remove one of them")
    positions = [names.index(column) for column in columns]
    for line in lines:
        fields = split_fields(line)
        if len(fields) != len(names):
            remedy = f"write the {len(names)} fields that the header names"
            if line.is_broken_off and len(fields) < len(names):
                remedy = CUT
            count = f"{len(fields)} field" + ("" if len(fields) == 1 else "s")
            raise line.wrong(f"the row has {count} and the header {len(names)}", remedy)
        yield line, [fields[position] for position in positions]


def split_fields(line: Line) -> list[str]:
    """Return the fields of a CSV line, without spaces around them.

    Args:
        line: the line.

    Raises:
        InputError: its quotes do not match.
    """
    if '"' not in line.text:
        return [field.strip() for field in line.text.split(",")]
    try:
        fields = next(csv.reader([line.text], strict=True))
    except csv.Error as error:
        raise line.wrong(
            "a double quote is not closed on its line, or stands inside a field",
            "quote whole fields, or none",
        ) from error
    return [field.strip() for field in fields]


def read_tokens(line: Line, name: str, text: str) -> int:
    """Return a count of tokens from the text of a field.

    Args:
        line: the line that holds the field.
        name: the name of the field.
        text: what the field holds.

    Raises:
        InputError: it is not a whole number from 0 to `MOST_TOKENS`.
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        remedy = "write a whole number of tokens"
        if line.is_broken_off and not text:
            remedy = CUT
        raise line.wrong(f"{name} is {shortened(text)}", remedy)
    # Python itself refuses to convert thousands of digits; twenty are too many already.
    tokens = int(text) if len(digits) <= len(str(MOST_TOKENS)) else MOST_TOKENS + 1
    if text.startswith("-") or tokens > MOST_TOKENS:
        raise line.wrong(f"{name} is {shortened(text)}", f"write a number from 0 to {MOST_TOKENS}")
    return tokens


def shortened(text: str) -> str:
    """Return the text in quotes, the end of a long one left out.

    Args:
        text: what a file holds.
    """
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "…")


def _wrong(path: Path, number: int, what: str, remedy: str) -> InputError:
    return InputError(Complaint(f"{path}, line {number}", what, remedy))


def _decoded(path: Path, number: int, data: bytes) -> str:
    if len(data) > LONGEST_LINE_BYTES:
        raise _wrong(
            path,
            number,
            f"the line is longer than {LONGEST_LINE_BYTES} bytes",
            "give a text file with a request on each line",
        )
    try:
        return data.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise _wrong(
            path,
            number,
            f"byte {error.start + 1} of the line is 0x{data[error.start]:02x}, which is not UTF-8",
            "save the file as UTF-8",
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    # Asked before it is opened: opening a pipe waits until somebody writes into it.
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        what = "this is no regular file, and a workload is read more than once"
        raise InputError(Complaint(str(path), what, "save it to a file"))
    with path.open("rb") as file:
        if file.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC):
            with gzip.open(file) as unpacked:
                yield cast("IO[bytes]", unpacked)
        else:
            yield file
