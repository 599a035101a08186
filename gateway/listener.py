"""The socket that clients connect to, and how many of them the system lets in."""

from __future__ import annotations

import errno
import os
import resource
import socket
import time
from contextlib import suppress

import structlog

from glasshive.errors import Complaint, InputError

__all__ = ["Listener", "listen", "most_connections"]

_OWN_FILES = 128
"""Files that are not connections: traces, what the event loop has, what is on its way in or out."""

_TURNED_AWAY_AT_ONCE = 256
_SILENCE_SECONDS = 60

log = structlog.get_logger()


class Listener(socket.socket):
    """Turns clients away that the process has no file descriptor for.

    The event loop would leave them waiting without an answer, and log a traceback for each try.
    One descriptor is held back, to take their connections with.
    """

    _told_at: float | None = None

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._spare: int | None = None
        self._hold_back()

    def accept(self) -> tuple[socket.socket, object]:
        """Return the next connection and where it comes from.

        Raises:
            ConnectionAbortedError: when those who wait have been turned away.
        """
        if self._spare is None:
            self._hold_back()
        try:
            return super().accept()
        except OSError as error:
            if error.errno != errno.EMFILE:
                raise
        self._turn_away()
        raise ConnectionAbortedError

    def close(self) -> None:
        """Listen no more."""
        super().close()
        self._let_go()

    def _hold_back(self) -> None:
        with suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def _let_go(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            os.close(spare)

    def _turn_away(self) -> None:
        """Close the connections of those who wait."""
        now = time.monotonic()
        if self._told_at is None or now - self._told_at >= _SILENCE_SECONDS:
            self._told_at = now
            log.warning("no file descriptor is left; clients are turned away (see ulimit -n)")
        self._let_go()
        with suppress(OSError):
            for _ in range(_TURNED_AWAY_AT_ONCE):
                super().accept()[0].close()
        self._hold_back()


def listen(host: str, port: int) -> Listener:
    """Return a socket that is bound to an address.

    Args:
        host: an address or a name.
        port: the port, 0 for any that is free.

    Raises:
        InputError: when it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = Listener(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except UnicodeError:  # a part of the name is empty, or longer than any can be
        reason: str | None = "it is not the name of a host"
    except OSError as error:
        reason = error.strerror
    else:
        return listener
    raise InputError(
        Complaint(
            f"--host {host} --port {port}",
            f"nothing can listen there ({reason})",
            "choose another; --port 0 takes any that is free",
        )
    )


def most_connections(wanted: int) -> int:
    """Return how many connections there may be, after asking the system for that many files.

    Args:
        wanted: connections there should be room for.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + 2 * _OWN_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    if soft not in (resource.RLIM_INFINITY, files) and soft < files:
        with suppress(OSError, ValueError):  # some systems have a limit beyond the limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
            soft = files
    if soft == resource.RLIM_INFINITY:
        return wanted
    most = max(1, min(wanted, soft - _OWN_FILES))
    if most < wanted:
        log.warning("there is room for fewer connections (see ulimit -n)", connections=most)
    return most
