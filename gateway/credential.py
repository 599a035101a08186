"""How clients show that they know the token: in a header, and browsers by a cookie."""

from __future__ import annotations

import secrets
from hmac import compare_digest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.datastructures import Headers

__all__ = ["Credential"]


class Credential:
    """Knows the token, and what is good in its place for looking.

    A browser cannot be told to send a header, so whoever gives it the token gets a cookie. It says
    nothing about the token, no script can read it, no other site has it sent, and it is good until
    the gateway ends. Browsers send it to every port of a host, so it is only good for looking.

    Args:
        token: what clients must know, None for nothing.
    """

    def __init__(self, token: str | None) -> None:
        self._token = None if token is None else token.encode()
        self._secret = secrets.token_urlsafe(32)

    @property
    def wanted(self) -> bool:
        """Whether there is a token."""
        return self._token is not None

    def admits(self, headers: Headers) -> bool:
        """Return whether a request may do everything."""
        if self._token is None:
            return True
        kind, _, given = headers.get("authorization", "").partition(" ")
        # Compared even if there is none, so that the time says nothing.
        known = compare_digest(given.strip().encode("latin-1"), self._token)
        return kind.lower() == "bearer" and known

    def shows(self, headers: Headers) -> bool:
        """Return whether a request may look: it has the cookie, or may do everything."""
        cookies = (each.strip().partition("=") for each in headers.get("cookie", "").split(";"))
        given = {name: value for name, _, value in cookies}.get(_name(headers), "")
        known = compare_digest(given.encode(), self._secret.encode())
        return known or self.admits(headers)

    def cookie_for(self, given: str, headers: Headers) -> str | None:
        """Return the cookie that somebody gets who gives the token, None for a wrong one.

        Args:
            given: what was given.
            headers: those of the request.
        """
        if self._token is None or not compare_digest(given.encode(), self._token):
            return None
        return f"{_name(headers)}={self._secret}; HttpOnly; SameSite=Strict; Path=/"


def _name(headers: Headers) -> str:
    """Return what the cookie is called: each port has its own, since hosts share theirs."""
    port = headers.get("host", "").rpartition(":")[2]
    return f"glasshive-{port}" if port.isascii() and port.isdigit() else "glasshive"
