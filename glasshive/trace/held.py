"""What actors hold at one moment, as plain values."""

from __future__ import annotations

import dataclasses
import functools
import math
import types
from collections import deque
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
from pykka import Actor, ActorRef

from glasshive.trace.plain import describe, fields_of

if TYPE_CHECKING:
    from glasshive.runtime import Runtime

__all__ = ["all_held", "held"]

_DEEPEST = 16
_OF_PYKKA = frozenset(["_actor_ref", "actor_inbox", "actor_ref", "actor_stopped", "actor_urn"])
_CODE = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.GeneratorType,
    functools.partial,
    Random,
)
"""What says nothing about what an actor holds."""


def all_held(runtime: Runtime) -> dict[str, Any]:
    """Return what every living actor holds, by its name, in the order of their beginning.

    Args:
        runtime: where they live.
    """
    return {runtime.name_of(actor.actor_ref): held(actor) for actor in runtime.actors()}


def held(actor: Actor) -> dict[str, Any]:
    """Return the attributes of an actor as JSON can hold them, and who waits in its inbox.

    Other actors become their names. An object that the actor holds in several places stands where
    it is met first, and elsewhere a text that says where that is, such as "= jobs.job-1".

    Args:
        actor: one of Pykka's.
    """
    inbox: Any = actor.actor_inbox
    waiting = [type(entry[1].message).__name__ for entry in getattr(inbox, "backlog", ())]
    look = _Look()
    attributes = {
        name: look.at(value, name)
        for name, value in vars(actor).items()
        if name not in _OF_PYKKA and not _is_code(value)
    }
    return {"class": type(actor).__name__, **attributes, "(inbox)": waiting}


class _Look:
    """Goes through all that one actor holds."""

    def __init__(self) -> None:
        self._met: dict[int, str] = {}
        """Where each object that can change was met first; the actor keeps them all alive."""

    def at(self, value: Any, way: str, depth: int = 0) -> Any:
        """Return a value with all that is in it.

        Args:
            value: any object.
            way: where it is.
            depth: how much it is in.
        """
        plain = _leaf(value)
        if plain is not _NO_LEAF:
            return plain
        named = _named(value)
        if depth > _DEEPEST or (named is None and not isinstance(value, _CONTAINERS)):
            return "…" if depth > _DEEPEST else describe(value)
        if not _is_frozen(value):
            first = self._met.setdefault(id(value), way)
            if first != way:
                return f"= {first}"
        if named is not None:
            return {"type": type(value).__name__, **self._members(named, way, depth)}
        return self._contents(value, way, depth)

    def _contents(self, value: Any, way: str, depth: int) -> Any:
        """Return what is in a container."""
        if isinstance(value, dict):
            return self._members({_key(key): each for key, each in value.items()}, way, depth)
        if isinstance(value, set | frozenset):
            members = (self.at(each, way, depth + 1) for each in value)
            return sorted(members, key=msgspec.json.encode)
        return [self.at(each, f"{way}[{n}]", depth + 1) for n, each in enumerate(value)]

    def _members(self, members: dict[str, Any], way: str, depth: int) -> dict[str, Any]:
        return {
            name: self.at(each, f"{way}.{name}", depth + 1)
            for name, each in members.items()
            if not _is_code(each)
        }


_CONTAINERS = (dict, set, frozenset, list, tuple, deque)
_NO_LEAF = object()


def _leaf(value: Any) -> Any:
    """Return what has no parts as JSON can hold it, or `_NO_LEAF`."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, ActorRef | Actor):
        inbox: Any = value.actor_inbox
        return getattr(inbox, "name", None) or describe(value)
    if isinstance(value, type):
        return value.__qualname__
    if isinstance(value, bytes | bytearray | BaseException):
        return describe(value)
    return _NO_LEAF


def _is_code(value: Any) -> bool:
    """Say whether a value is code, or a table of nothing else."""
    if isinstance(value, dict):
        return bool(value) and all(isinstance(each, _CODE) for each in value.values())
    return isinstance(value, _CODE)


def _is_frozen(value: Any) -> bool:
    """Say whether a value cannot change, so that it does not matter whose it is."""
    if isinstance(value, msgspec.Struct):
        return value.__struct_config__.frozen
    if dataclasses.is_dataclass(value):
        kind: Any = type(value)
        return bool(kind.__dataclass_params__.frozen)
    return isinstance(value, tuple | frozenset)


def _named(value: Any) -> dict[str, Any] | None:
    """Return an object's attributes, None for one that has none."""
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {each.name: getattr(value, each.name, None) for each in fields}
    if isinstance(value, _CONTAINERS):
        return fields_of(value)
    slots = [name for kind in type(value).__mro__ for name in vars(kind).get("__slots__", ())]
    own = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    own.update(getattr(value, "__dict__", {}))
    named = {name: each for name, each in own.items() if not name.startswith("__")}
    return named if named or hasattr(value, "__dict__") else None


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    plain = _Look().at(key, "")
    return plain if isinstance(plain, str) else msgspec.json.encode(plain).decode()
