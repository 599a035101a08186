"""A table of a file: its values with their types, and what is said when one is wrong."""

from __future__ import annotations

import difflib
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from glasshive.errors import nearest
from topology.toml.flaw import Flaw, quoted
from topology.toml.sizes import GIB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from topology.toml.flaw import Place

__all__ = ["Table", "described"]

_KINDS = {bool: "boolean", str: "string", int: "integer", float: "float"}


class Table:
    """Reads the values of one table.

    A value that is wrong is complained of once: something that no rule accepts stands in for it,
    and what the rules then say of its place is to be left out. A value under an unknown key is
    read as if the near key had been written.

    Args:
        data: the table as tomllib gives it.
        place: where it is.
        keys: every key that it may have.
        flaws: where complaints go; all tables of a file share it.
    """

    def __init__(
        self, data: dict[str, Any], place: Place, keys: Sequence[str], flaws: list[Flaw]
    ) -> None:
        self._data = {key: value for key, value in data.items() if key in keys}
        self._place = place
        self._flaws = flaws
        for key, value in data.items():
            if key not in keys:
                self.wrong(key, f"there is no key {quoted(key)} here", nearest(key, keys))
                for near in difflib.get_close_matches(key, keys, n=1, cutoff=0.6):
                    self._data.setdefault(near, value)

    def wrong(self, key: str, what: str, remedy: str) -> None:
        """Complain of the value of a key.

        Args:
            key: the key.
            what: what is wrong with it.
            remedy: what would be right.
        """
        self._flaws.append(Flaw((*self._place, key), what, remedy))

    def present(self) -> tuple[str, ...]:
        """Return the keys that there are, also those meant by unknown ones, in their order."""
        return tuple(self._data)

    def get(self, key: str) -> Any:
        """Return a value of whatever type, None if there is none."""
        return self._data.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string.

        Args:
            key: its key.
            default: what it is where the file does not say; None if the file must.
        """
        value = self._required(key, default, "a string")
        if isinstance(value, str):
            return value
        self._mistyped(key, value, "write a string, in quotes")
        return ""

    def count(self, key: str, default: int) -> int:
        """Return an integer.

        Args:
            key: its key.
            default: what it is where the file does not say.
        """
        value = self._data.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._mistyped(key, value, "write an integer")
        return 0

    def truth(self, key: str, *, default: bool) -> bool:
        """Return a boolean.

        Args:
            key: its key.
            default: what it is where the file does not say.
        """
        value = self._data.get(key, default)
        if isinstance(value, bool):
            return value
        self._mistyped(key, value, "write true or false")
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings, which the file must have.

        Args:
            key: its key.
        """
        value = self._required(key, None, "an array of strings")
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        remedy = "write an array of strings, each in quotes"
        if isinstance(value, list):
            self.wrong(key, f"{key} holds something else than strings", remedy)
        else:
            self._mistyped(key, value, remedy)
        return ()

    def number(self, key: str, default: float | None = None) -> float:
        """Return a number.

        Args:
            key: its key.
            default: what it is where the file does not say; None if the file must.
        """
        value = self._required(key, default, "a number")
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                return math.inf
        self._mistyped(key, value, "write a number")
        return math.nan

    def size(self, key: str, default: float | None = None, *, instead: int = 0) -> int:
        """Return a size that is written in GiB, in bytes.

        Args:
            key: its key.
            default: what it is where the file does not say, in GiB; None if the file must.
            instead: what stands in for one that is wrong, in bytes.
        """
        before = len(self._flaws)
        value = self.number(key, default)
        if math.isfinite(value):
            return round(Fraction(value) * GIB)
        if len(self._flaws) == before:
            self.wrong(key, f"{key} is {value}", "write a finite number of GiB")
        return instead

    def table(self, key: str, keys: Sequence[str]) -> Table:
        """Return a table in this one, an empty one if there is none.

        Args:
            key: its key.
            keys: every key that it may have.
        """
        value = self._data.get(key, {})
        if not isinstance(value, dict):
            self._mistyped(key, value, f"write a table, [{key}]")
            value = {}
        return Table(value, (*self._place, key), keys, self._flaws)

    def tables(self, key: str, keys: Sequence[str]) -> list[Table]:
        """Return the tables of an array, none if there is no such array or it holds others.

        Args:
            key: its key.
            keys: every key that each may have.
        """
        values = self._data.get(key, [])
        names = [step for step in (*self._place, key) if isinstance(step, str)]
        remedy = f"write a table for each, [[{'.'.join(names)}]]"
        if not isinstance(values, list):
            self._mistyped(key, values, remedy)
            return []
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                self.wrong(key, f"{key}[{index}] is {described(value)}", remedy)
                return []
        return [
            Table(value, (*self._place, key, index), keys, self._flaws)
            for index, value in enumerate(values)
        ]

    def _required(self, key: str, default: object, kind: str) -> Any:
        value = self._data.get(key, default)
        if value is None:
            self.wrong(key, f"{key} is missing", f"add {key} = and {kind}")
        return value

    def _mistyped(self, key: str, value: object, remedy: str) -> None:
        if value is not None:
            self.wrong(key, f"{key} is {described(value)}", remedy)


def described(value: object) -> str:
    """Return a value of a TOML file with its type, in TOML's words.

    Args:
        value: as tomllib gives it.
    """
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "a table"
    kind = _KINDS.get(type(value))
    if kind is None:
        return f"the date or time {value}"
    return f"the {kind} {str(value).lower() if isinstance(value, bool) else quoted(value)}"
