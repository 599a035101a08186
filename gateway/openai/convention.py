"""What is wrong with a request, told as OpenAI does: always with 400, under OpenAI's codes."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from gateway.flaw import flaws_of, unreadable
from gateway.openai.fields import NOT_HERE
from gateway.problem import Problem

__all__ = ["CONVENTIONS", "ConventionRoute"]

CONVENTIONS = "OpenAI's conventions"
"""Tag of the routes that keep to them."""

_CODES = {
    NOT_HERE: "unsupported_parameter",
    "extra_forbidden": "unknown_parameter",
    "missing": "missing_required_parameter",
}
_WORDS = {
    "extra_forbidden": "there is no such field here; leave it out",
    "missing": "it is missing",
}

_UNPROCESSABLE = 422


class ConventionRoute(APIRoute):
    """A route whose refusals of what was sent are 400, where the other routes say 422."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def convention(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise _problem(request, error) from None
            except Problem as problem:
                if problem.status != _UNPROCESSABLE:
                    raise
                raise Problem(
                    400, problem.sentence, code=problem.code, param=problem.param
                ) from None

        return convention


def _problem(request: Request, error: RequestValidationError) -> Problem:
    """Say what is wrong and where, but not what it was; of several flaws the first."""
    problem = unreadable(request, error)
    if problem is None:
        flaw = flaws_of(error, _WORDS)[0]
        code = _CODES.get(flaw.kind, "invalid_value")
        problem = Problem(400, flaw.sentence, code=code, param=flaw.param)
    return problem
