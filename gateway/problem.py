"""What a client is told when it does not get what it wants: a status and a sentence."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["Problem"]

_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Problem(Exception):
    """An answer that is an error.

    Its body has the shape that OpenAI's clients read.

    Args:
        status: the HTTP status.
        sentence: what is wrong, and what to do next.
        code: a word that programs can ask for.
        param: the field that is wrong, if there is one.
        retry_after: seconds to wait before another try, if that may help.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        *,
        code: str,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.code = code
        self.param = param
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with it."""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        if self.status == 401:  # noqa: PLR2004  its number is its name
            headers["WWW-Authenticate"] = "Bearer"
        return headers

    @property
    def body(self) -> dict[str, Any]:
        """What the answer says."""
        kind = _TYPES.get(self.status)
        if kind is None:
            kind = "invalid_request_error" if self.status < 500 else "server_error"  # noqa: PLR2004  as above
        error = {"message": self.sentence, "type": kind, "param": self.param, "code": self.code}
        return {"error": error}
