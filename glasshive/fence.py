"""What a simulation cannot control, and so refuses: threads, processes, sockets, event loops."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, Any

from glasshive.errors import EscapedSimulation, nearest
from glasshive.frames import is_users, place_of
from glasshive.runtime import swapped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import FrameType

__all__ = ["ESCAPES", "check_escapes", "fence"]

ESCAPES = ("thread", "process", "socket", "event loop")
"""What may be allowed, one by one."""

_THREAD = "a thread would run beside the simulation, in an order that no seed decides"
_PROCESS = "a process would run beside the simulation, in real time"
_SOCKET = "what comes through a socket does not follow the seed"
_LOOP = "an event loop waits in real time, on real sockets"

# Python's own audit events, so that a call is caught by whichever way it comes.
# https://docs.python.org/3/library/audit_events.html
_EVENTS = {
    "_thread.start_new_thread": ("thread", _THREAD),
    "_thread.start_joinable_thread": ("thread", _THREAD),
    "os.fork": ("process", _PROCESS),
    "os.forkpty": ("process", _PROCESS),
    "os.exec": ("process", _PROCESS),
    "os.posix_spawn": ("process", _PROCESS),
    "os.spawn": ("process", _PROCESS),
    "os.system": ("process", _PROCESS),
    "subprocess.Popen": ("process", _PROCESS),
    "asyncio.new_event_loop": ("event loop", _LOOP),
    "socket.__new__": ("socket", _SOCKET),
    "socket.getaddrinfo": ("socket", _SOCKET),
    "socket.gethostbyname": ("socket", _SOCKET),
    "socket.gethostbyaddr": ("socket", _SOCKET),
}

_UNANNOUNCED = (
    # Audited only since Python 3.13, as "_thread.start_joinable_thread".
    ("_thread", "start_new_thread", "_thread.start_new_thread"),
    ("threading", "_start_new_thread", "_thread.start_new_thread"),
    # A loop is refused before it is made, since a half-made one complains when it is collected.
    ("asyncio", "new_event_loop", "asyncio.new_event_loop"),
    ("asyncio.events", "new_event_loop", "asyncio.new_event_loop"),
)

_INSTEAD = {
    "thread": "use an actor or threading.Timer",
    "process": "do its work before or after the simulation",
    "socket": "let an actor play the other side",
    "event loop": "use an actor",
}


def check_escapes(allow: Collection[str]) -> frozenset[str]:
    """Return the escapes that a program may take, after making sure that they exist.

    Raises:
        ValueError: for a name that is none of `ESCAPES`.
    """
    for name in allow:
        if name not in ESCAPES:
            raise ValueError(f"no escape is called {name!r}; {nearest(name, ESCAPES)}")
    return frozenset(allow)


@contextmanager
def fence(allow: frozenset[str], escaped: Callable[[EscapedSimulation], None]) -> Iterator[None]:
    """Refuse every escape of the current thread that is not allowed.

    Args:
        allow: the escapes that may be taken.
        escaped: told of each refusal, which is raised where the call was made as well.
    """
    global _refuse  # noqa: PLW0603  an audit hook stays for good, so it asks here what to do
    thread = get_ident()

    def refuse(what: str, why: str) -> None:
        if get_ident() != thread:
            return
        frame, what, why = _culprit(sys._getframe(2), what, why)  # noqa: SLF001  the stack itself
        if what in allow:
            return
        error = EscapedSimulation(
            f"{place_of(frame)} wants "
            f"{'an' if what[0] in 'aeiou' else 'a'} {what}, but {why}; {_INSTEAD[what]}, "
            f"or allow it with Simulation(allow=[{what!r}])"
        )
        escaped(error)
        raise error

    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    _refuse = refuse
    with ExitStack() as stack:
        for module, name, event in _UNANNOUNCED:
            owner = sys.modules.get(module)
            if hasattr(owner, name):
                call = _announced(getattr(owner, name), event)
                stack.enter_context(swapped(owner, **{name: call}))
        try:
            yield
        finally:
            _refuse = None


_hooked: list[bool] = []
_refuse: Callable[[str, str], None] | None = None


def _audit(event: str, _: tuple[Any, ...]) -> None:
    if _refuse is not None and event in _EVENTS:
        _refuse(*_EVENTS[event])


def _announced(call: Callable[..., Any], event: str) -> Callable[..., Any]:
    """Give a function an audit event that Python does not raise for it."""

    def announced(*args: Any, **kwargs: Any) -> Any:
        _audit(event, ())
        return call(*args, **kwargs)

    return announced


def _culprit(frame: FrameType, what: str, why: str) -> tuple[FrameType, str, str]:
    """Return the innermost frame of the user's own code, and what it asked for."""
    found: FrameType | None = frame
    while found is not None:
        name = found.f_code.co_filename
        if found.f_globals.get("__name__", "").startswith("asyncio.") and what == "socket":
            what, why = "event loop", _LOOP
        if is_users(name):
            return found, what, why
        found = found.f_back
    return frame, what, why
