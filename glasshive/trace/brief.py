"""Events and payloads in a few words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from glasshive.trace.index import CARRIED

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.trace.index import Seen

__all__ = ["brief", "cut", "line_of", "said"]

_PLAIN = re.compile(r"[^\s\"'=(),\[\]]+")
_DEEPEST = 6
_MOST = 12
"""Members of a list, or fields of an object, that may matter in one line."""
_RECEIVED = frozenset(["deliver", "drop", "unread"])


def cut(text: str, width: int) -> str:
    """Return a text in one line, at most so wide."""
    text = " ".join(text.split("\n"))
    if len(text) <= width:
        return text
    return text[: width - 1] + "…" if width > 0 else ""


def brief(value: Any, depth: int = 0) -> str:
    """Return a payload in one line: its fields, without those that are empty.

    Args:
        value: what JSON can hold.
        depth: how many objects it is in.
    """
    if isinstance(value, dict | list):
        return _fields(value, depth) if isinstance(value, dict) else _members(value, depth)
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else '"' + value.replace("\n", "\\n") + '"'
    if value is None:
        return "null" if depth else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _fields(value: dict[str, Any], depth: int) -> str:
    name = value.get("type") if depth else None
    fields = [
        f"{key}={brief(each, depth + 1)}"
        for key, each in list(value.items())[:_MOST]
        if depth <= _DEEPEST and key != "type" and each is not None and each not in ("", [], {})
    ]
    if depth == 0:
        return " ".join(fields)
    if depth > _DEEPEST:
        fields = ["…"]
    return f"{name if isinstance(name, str) else ''}({', '.join(fields)})"


def _members(value: list[Any], depth: int) -> str:
    members = [brief(each, depth + 1) for each in value[:_MOST]] if depth <= _DEEPEST else []
    more = ["…"] if len(value) > len(members) else []
    return f"[{', '.join(members + more)}]"


def said(seen: Seen) -> str:
    """Return what there is to say of an event, beyond who and whose message it is."""
    event, data = seen.event, seen.event.data
    if event.kind in _WORDS and isinstance(data, dict):
        return _WORDS[event.kind](data, seen.payload)
    if isinstance(data, str) and event.message is None:
        return data
    return brief(seen.payload if event.kind in CARRIED else data)


def _rest(first: str, rest: Any) -> str:
    return " ".join(filter(None, [first, brief(rest)]))


def _state(data: dict[str, Any], _: Any) -> str:
    before, after = data.get("before") or "(new)", data.get("after") or "(gone)"
    rest = {key: each for key, each in data.items() if key not in ("subject", "before", "after")}
    return _rest(f"{data.get('subject')}: {before} → {after}", rest)


def _fault(data: dict[str, Any], _: Any) -> str:
    rest = {key: each for key, each in data.items() if key != "fault"}
    return _rest(str(data.get("fault")), rest)


_WORDS: dict[str, Callable[[dict[str, Any], Any], str]] = {
    "spawn": lambda data, _: f"{data.get('class')} on {data.get('host')}",
    "drop": lambda data, payload: _rest(f"lost: {data.get('reason')}", payload),
    "timer-set": lambda data, _: f"{data.get('type')} in {data.get('delay')} s",
    "state": _state,
    "fault": _fault,
    "violation": lambda data, _: ": ".join(str(each) for each in data.values()),
}
"""What to say by kind: of what its line holds, and of its message."""


def line_of(seen: Seen, width: int, indent: int = 0) -> str:
    """Return an event as a line: its time, its number, what it is, between whom, and what of.

    Args:
        seen: the event.
        width: characters of the line at most.
        indent: columns that what it is stands in.
    """
    event = seen.event
    way = event.actor
    if event.peer is not None and event.peer != event.actor:
        way += f" ← {event.peer}" if event.kind in _RECEIVED else f" → {event.peer}"
    what = f"{event.type} " if event.type is not None else ""
    head = f"{event.time:12.4f} {event.index:9,}  {'  ' * min(indent, 12)}{event.kind}"
    return cut(f"{head:<36}  {way}  {what}{said(seen)}".rstrip(), width)
