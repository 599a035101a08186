"""A scenario's parameter: its type, its default, and what it accepts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from glasshive.errors import Complaint, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KINDS", "Between", "Parameter", "Value", "written"]

Value: TypeAlias = "int | float | str | bool | Path | None"
"""What a parameter may hold: plain values, so that a run can be sent to another process."""


class Between(NamedTuple):
    """Bounds of a parameter's numbers, noted on its type: `Annotated[int, Between(1, 100)]`.

    Args:
        least: the smallest that will do.
        most: the largest that will do.
        shrinks: whether fewer make a simpler run, so that a run that fails is made smaller by it.
    """

    least: float
    most: float
    shrinks: bool = False


class Kind(NamedTuple):
    """A type that parameters may have; its functions raise ValueError or KeyError."""

    expected: str
    """What it accepts, in words."""
    read: Callable[[str], Any]
    """Takes a value from a command line."""
    accept: Callable[[Any], Value]
    """Takes a value from a program."""


def written(value: Value) -> str:
    """Return a value as `--set` reads it."""
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError


def _finite(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ValueError


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError


def _path(value: Any) -> Path:
    if isinstance(value, Path) or (isinstance(value, str) and value):
        return Path(value)
    raise ValueError


_TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_TRUTHS |= {"false": False, "no": False, "off": False, "0": False}

KINDS: Mapping[type, Kind] = {
    int: Kind("a whole number", int, _whole),
    float: Kind("a finite number", float, _finite),
    str: Kind("text", str, _text),
    bool: Kind("true or false", lambda text: _TRUTHS[text.lower()], _truth),
    Path: Kind("a path", lambda text: text and Path(text).expanduser(), _path),
}
"""Every type that a parameter may have."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a scenario can be told.

    Args:
        name: its name, which is the function's.
        type: the type of its values: one of `KINDS`.
        default: its value unless told otherwise.
        choices: the only values it takes, or empty when any value of its type will do.
        optional: whether it may be None.
        help: what it means, or empty.
        bounds: what its numbers must lie between, or None.
    """

    name: str
    type: type
    default: Value
    choices: tuple[int | str, ...] = ()
    optional: bool = False
    help: str = ""
    bounds: Between | None = None

    @property
    def type_name(self) -> str:
        """Its type as people write it: `int`, `path`, `fast|slow`, `float|none`."""
        name = "|".join(map(str, self.choices)) or self.type.__name__.lower()
        return f"{name}|none" if self.optional else name

    @property
    def expected(self) -> str:
        """What it accepts, in words."""
        words = KINDS[self.type].expected
        if self.choices:
            words = "one of " + ", ".join(map(str, self.choices))
        if self.bounds is not None:
            words += f" from {self.bounds.least:,} to {self.bounds.most:,}"
        return f"{words} or none" if self.optional else words

    def parse(self, text: str, where: str) -> Value:
        """Read a value that was typed on a command line.

        The word `none`, in any case, is None where None is allowed.

        Args:
            text: what was typed.
            where: how a complaint calls the place it was typed at.

        Raises:
            InputError: when it is not a value of this parameter.
        """
        if self.optional and text.lower() == "none":
            return None
        try:
            return self.accept(KINDS[self.type].read(text), where)
        except (KeyError, ValueError, RuntimeError, InputError):
            # RuntimeError: the home of a user that does not exist.
            raise self._refusal(text, where) from None

    def accept(self, value: object, where: str) -> Value:
        """Return a value as this parameter holds it.

        A whole number will do for a float, and text for a path.

        Args:
            value: what a program handed over.
            where: how a complaint calls the place it came from.

        Raises:
            InputError: when it is not a value of this parameter.
        """
        if value is None and self.optional:
            return None
        try:
            accepted = KINDS[self.type].accept(value)
        except ValueError:
            raise self._refusal(value, where) from None
        if self.choices and accepted not in self.choices:
            raise self._refusal(value, where)
        if self.bounds is not None and not self._within(accepted):
            raise self._refusal(value, where)
        return accepted

    def _within(self, value: Value) -> bool:
        assert self.bounds is not None
        return isinstance(value, int | float) and self.bounds.least <= value <= self.bounds.most

    def _refusal(self, value: object, where: str) -> InputError:
        remedy = f"{self.name} takes {self.expected}"
        if not self.choices and self.default not in (None, ""):
            remedy += f", such as {written(self.default)}"
        return InputError(Complaint(where, f"{value!r} will not do", remedy))
