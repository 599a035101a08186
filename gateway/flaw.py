"""What is wrong with a value that was sent, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gateway.problem import Problem
from topology.toml import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request
    from fastapi.exceptions import RequestValidationError

__all__ = ["Flaw", "flaws_of", "unreadable"]

_LONGEST_PLACE = 100
"""Characters of a place that are told; a field that is not known may have any name."""


class Flaw(NamedTuple):
    """One value that is wrong.

    Args:
        kind: pydantic's word for what is wrong.
        param: the field that it is in, None for the whole body.
        sentence: where it is and what is wrong, but not what it was.
    """

    kind: str
    param: str | None
    sentence: str


def flaws_of(error: RequestValidationError, words: Mapping[str, str] | None = None) -> list[Flaw]:
    """Return everything that is wrong with a request.

    Args:
        error: what FastAPI has found.
        words: what is said of some kinds instead of pydantic's own sentence.
    """
    flaws = []
    for each in error.errors():
        where = [shortened(str(part), _LONGEST_PLACE) for part in each["loc"]]
        place = shortened(".".join(where[1:]) or where[0], _LONGEST_PLACE)
        message = (words or {}).get(each["type"], each["msg"])
        sentence = f"{place}: {message[:1].lower()}{message[1:]}"
        flaws.append(Flaw(each["type"], where[1] if where[1:] else None, sentence))
    return flaws


def unreadable(request: Request, error: RequestValidationError) -> Problem | None:
    """Return what to say of a body that is no JSON, None if it is.

    Args:
        request: the request.
        error: what FastAPI has found.
    """
    flaws = error.errors()
    if any(flaw["type"] == "json_invalid" for flaw in flaws):
        return Problem(400, "the body is not JSON", code="invalid_json")
    given = request.headers.get("content-type", "")
    if any(flaw["loc"] == ("body",) for flaw in flaws) and "json" not in given:
        # Else a page of any origin could send it, as a form, without asking first.
        sentence = "the body is not taken for JSON; send `Content-Type: application/json`"
        return Problem(400, sentence, code="invalid_json")
    return None
