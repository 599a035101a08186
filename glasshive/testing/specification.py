"""What a shared object does when one client at a time uses it."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Map", "Register", "Specification"]


class Specification(abc.ABC):
    """A sequential object; a subclass says how it begins and what each operation does.

    Its states are values that do not change and that can be hashed: numbers, text, tuples,
    frozen sets.
    """

    initial: Hashable = None
    """The state that it begins with."""

    @abc.abstractmethod
    def apply(self, state: Any, name: str, argument: Any) -> tuple[Any, Hashable]:
        """Return what an operation gives back, and the state that it leaves.

        Args:
            state: the state before.
            name: the operation's name.
            argument: what it was called with.
        """

    def part(self, name: str, argument: Any) -> Hashable:  # noqa: ARG002  for those who override
        """Return which part of the object an operation touches, such as the key of a map.

        Operations on different parts must not know of each other: each part is then an object of
        its own that begins with `initial`, and is checked alone, which is much faster.

        Args:
            name: the operation's name.
            argument: what it was called with.
        """
        return None

    def __str__(self) -> str:
        return f"a {type(self).__name__.lower()}"


class Register(Specification):
    """One value: `read()`, `write(value)`, and `cas((old, new))`, which says whether it wrote.

    Args:
        initial: the value that it begins with.
    """

    def __init__(self, initial: Hashable = None) -> None:
        self.initial = initial

    def apply(self, state: Any, name: str, argument: Any) -> tuple[Any, Hashable]:
        """Return what an operation gives back, and the value that it leaves."""
        match name:
            case "read":
                return state, state
            case "write":
                return None, argument
            case "cas":
                old, new = argument
                return (True, new) if state == old else (False, state)
            case _:
                raise ValueError(f"a register knows read, write and cas, not {name!r}")


class Map(Specification):
    """Values by key: `get(key)`, `put((key, value))`, `delete(key)`, `cas((key, old, new))`.

    Args:
        absent: what `get` gives for a key that is not there.
    """

    def __init__(self, absent: Hashable = None) -> None:
        self.initial = absent

    def apply(self, state: Any, name: str, argument: Any) -> tuple[Any, Hashable]:
        """Return what an operation gives back, and the value that it leaves at its key."""
        match name:
            case "get":
                return state, state
            case "put":
                return None, argument[1]
            case "delete":
                return None, self.initial
            case "cas":
                _, old, new = argument
                return (True, new) if state == old else (False, state)
            case _:
                raise ValueError(f"a map knows get, put, delete and cas, not {name!r}")

    def part(self, name: str, argument: Any) -> Hashable:
        """Return the key."""
        key: Hashable = argument if name in ("get", "delete") else argument[0]
        return key
