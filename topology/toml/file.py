"""A TOML file: its text, its tables, and the line of each complaint about it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from glasshive.errors import Complaint, InputError
from topology.toml.flaw import shortened
from topology.toml.keys import MOST_PARTS, long_key_line
from topology.toml.lines import line_of, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from topology.toml.flaw import Flaw, Place

__all__ = ["TomlFile"]

LONGEST_REASON = 200
"""Characters of what tomllib says, which repeats whole keys."""

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class TomlFile:
    """A file that was read.

    Args:
        path: the file.
        text: what it says.
        data: its tables, as tomllib gives them.
    """

    def __init__(self, path: Path, text: str, data: dict[str, Any]) -> None:
        self.path = path
        self.text = text
        self.data = data

    @classmethod
    def read(cls, path: str | Path, what: str) -> Self:
        """Read a file.

        Args:
            path: the file.
            what: what it should be, such as "a blueprint".

        Raises:
            InputError: when it cannot be read, or is not TOML.
        """
        path = Path(path)
        text = _text(path, what)
        return cls(path, text, _parsed(path, text))

    @classmethod
    def parse(cls, name: str, text: str) -> Self:
        """Read a text that comes from elsewhere.

        Args:
            name: what complaints call it.
            text: the TOML.

        Raises:
            InputError: when it is not TOML.
        """
        return cls(Path(name), text, _parsed(Path(name), text))

    def error(self, flaws: Iterable[Flaw], label: Callable[[Place], str]) -> InputError:
        """Return an error with a complaint for each flaw, in the order of the file.

        Args:
            flaws: everything that is wrong.
            label: returns what people call a place.
        """
        lines = locate(self.text)

        def line(place: Place) -> int:
            return line_of(place, lines) or 0

        return InputError(
            *(
                Complaint(_where(self.path, line(place), label(place)), what, remedy)
                for place, what, remedy in sorted(flaws, key=lambda flaw: line(flaw.place))
            )
        )


def _where(path: Path, line: int, place: str) -> str:
    return ", ".join(filter(None, (str(path), f"line {line}" if line else "", place)))


def _text(path: Path, what: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            Complaint(
                str(path),
                f"the file cannot be read: {error.strerror}",
                f"give the path of {what}, a TOML file",
            )
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind a byte order mark, and hands over what it counted in.
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(
            Complaint(
                _where(path, line, ""),
                f"byte 0x{error.object[error.start]:02x} is not UTF-8",
                "save the file as UTF-8",
            )
        ) from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    long = long_key_line(text)
    if long is not None:
        raise InputError(
            Complaint(
                _where(path, long, ""),
                f"a key has more than {MOST_PARTS} parts",
                "take points out of it",
            )
        )
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError(
            Complaint(str(path), "brackets stand too deep in one another", "remove some")
        ) from error
    except ValueError as error:
        # Also a number of thousands of digits, for which tomllib has no error of its own.
        message = str(error)
        found = _POSITION.search(message)
        position = "at its end" if found else ""
        if found and found[1]:
            position = f"line {found[1]}, column {found[2]}"
        raise InputError(
            Complaint(
                ", ".join(filter(None, (str(path), position))),
                f"this is not TOML: {shortened(_POSITION.sub('', message), LONGEST_REASON)}",
                "see https://toml.io for how it is written",
            )
        ) from error
