"""What is wrong with a request, told as OpenAI does: always with 400, under OpenAI's codes."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from gateway.openai.fields import NOT_HERE
from gateway.problem import Problem

__all__ = ["ConventionRoute"]

_CODES = {
    NOT_HERE: "unsupported_parameter",
    "extra_forbidden": "unknown_parameter",
    "missing": "missing_required_parameter",
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
                raise _problem(error) from None
            except Problem as problem:
                if problem.status != _UNPROCESSABLE:
                    raise
                raise Problem(
                    400, problem.sentence, code=problem.code, param=problem.param
                ) from None

        return convention


def _problem(error: RequestValidationError) -> Problem:
    """Say what is wrong and where, but not what it was; of several flaws the first."""
    flaw = error.errors()[0]
    if flaw["type"] == "json_invalid":
        return Problem(400, "the body is not JSON", code="invalid_json")
    place = ".".join(map(str, flaw["loc"][1:])) or str(flaw["loc"][0])
    words = {
        "extra_forbidden": "there is no such field here; leave it out",
        "missing": "it is missing",
    }
    message: str = words.get(flaw["type"], flaw["msg"])
    sentence = f"{place}: {message[:1].lower()}{message[1:]}"
    param = str(flaw["loc"][1]) if flaw["loc"][1:] else None
    return Problem(400, sentence, code=_CODES.get(flaw["type"], "invalid_value"), param=param)
