"""Values of any type as JSON can hold them, the same in every run."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["describe", "fields_of", "plain", "size_of"]

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

_DEPTH = 50
"""Levels that a value may nest before the rest is left out."""


def describe(value: Any, how: Callable[[Any], str] = repr) -> str:
    """Return a value's `repr` without memory addresses, which differ from run to run.

    Args:
        value: any object.
        how: what makes the text of it.
    """
    try:
        return _text(_ADDRESS.sub("", how(value)))
    except Exception as error:  # noqa: BLE001  a user's __repr__ may raise anything
        return f"<{type(value).__name__} whose {how.__name__} raised {type(error).__name__}>"


def size_of(message: Any) -> int:
    """Return how many bytes a message takes, written as a trace writes it."""
    try:
        return len(msgspec.json.encode(message, enc_hook=describe))
    except (TypeError, ValueError, RecursionError):
        return len(msgspec.json.encode(plain(message, describe)))


def plain(value: Any, leaf: Callable[[Any], Any], above: tuple[int, ...] = ()) -> Any:
    """Return a value that msgspec could not encode, as one that it can.

    Sets are sorted by what is written of their members, so that no hash decides their order; a
    dict with keys other than texts becomes a list of pairs; a value inside itself is cut.

    Args:
        value: any object.
        leaf: makes something of an object that has no parts.
        above: identities of the containers that this value is in.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if id(value) in above or len(above) > _DEPTH:
        return "…"
    inside = (*above, id(value))
    parts = _parts(value, lambda each: plain(each, leaf, inside))
    if parts is not None:
        return parts
    found = leaf(value)
    return found if isinstance(found, str) else plain(found, leaf, inside)


def _parts(value: Any, part: Callable[[Any], Any]) -> Any:
    """Return a container with each member made plain, or None for what is no container."""
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {_text(key): part(each) for key, each in value.items()}
        return [[part(key), part(each)] for key, each in value.items()]
    if isinstance(value, set | frozenset):
        return sorted((part(each) for each in value), key=_sorting)
    named = _fields(value)
    if named is not None:
        return {"type": type(value).__name__, **{name: part(each) for name, each in named.items()}}
    if isinstance(value, list | tuple):
        return [part(each) for each in value]
    return None


def _sorting(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def _text(text: str) -> str:
    """Return a text without the lone surrogates that UTF-8 cannot hold."""
    return text.encode(errors="backslashreplace").decode()


def _fields(value: Any) -> dict[str, Any] | None:
    """Return the named parts of a value that has such."""
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name, None) for each in dataclasses.fields(value)}
    return fields_of(value)


def fields_of(value: Any) -> dict[str, Any] | None:
    """Return the fields of a named tuple; JSON would make a bare list of it."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    return None
