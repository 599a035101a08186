"""A trace as a sequence diagram of Mermaid, for a page of documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.trace.brief import cut, said
from glasshive.trace.story import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glasshive.trace.index import Index, Seen

__all__ = ["mermaid"]

_WIDEST = 60
_ARROWS = {"deliver": "->>", "drop": "-x", "unread": "-x", "send": "-)", "duplicate": "--)"}
_RECEIVED = frozenset(["deliver", "drop", "unread"])


def mermaid(index: Index, numbers: Sequence[int]) -> Iterator[bytes]:
    """Yield the lines of a diagram: a message where it arrives or is lost, a note for the rest.

    Args:
        index: the trace.
        numbers: the events.
    """
    shown = told(index, numbers, every=False)
    actors = dict.fromkeys(
        actor for n in shown for actor in (index.actor[n], index.peer[n]) if actor >= 0
    )
    short = {index.names[actor]: f"a{n}" for n, actor in enumerate(actors)}
    yield b"sequenceDiagram\n"
    for name, alias in short.items():
        yield f"    participant {alias} as {_safe(name)}\n".encode()
    for seen in index.all_seen(shown):
        yield f"    {_step(seen, short)}\n".encode()


def _step(seen: Seen, short: dict[str, str]) -> str:
    event = seen.event
    words = " ".join(filter(None, [event.type, said(seen)]))
    text = f"{event.time:.4f} s #{event.index} {words}"
    here = short[event.actor]
    if event.message is None or event.peer is None or event.kind not in _ARROWS:
        return f"Note over {here}: {_safe(text)}"
    begin, end = here, short[event.peer]
    if event.kind in _RECEIVED:
        begin, end = end, begin
    return f"{begin}{_ARROWS[event.kind]}{end}: {_safe(text)}"


def _safe(text: str) -> str:
    """Return a text in which nothing means anything to Mermaid."""
    plain = cut(text, _WIDEST).replace("\r", " ")
    return "".join(f"#{ord(sign)};" if sign in '#;<>"%{}:$' else sign for sign in plain)
