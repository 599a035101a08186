"""The application: every route, and what becomes of every error."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Match

from gateway.credential import Credential
from gateway.document import Documented
from gateway.flaw import flaws_of, unreadable
from gateway.guard import OPEN, Guard, takes_head
from gateway.openai import chat, completions, models
from gateway.problem import Problem
from gateway.routes import admin, dual, health, metrics, nodes, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

    from gateway.service import Service

__all__ = ["ROUTERS", "application"]

ROUTERS = (
    *(dual.router, nodes.router, health.router, metrics.router, admin.router, page.router),
    *(models.router, chat.router, completions.router),
)
"""Where a new noun goes."""

_MOST_FLAWS = 10
"""Flaws of a request that are told; there may be as many as it has fields."""

log = structlog.get_logger()


def application(service: Service, token: str | None = None, origins: Sequence[str] = ()) -> ASGIApp:
    """Return the application.

    Args:
        service: what its routes work with.
        token: what clients must know, None for nothing.
        origins: those whose pages may use it besides its own, "*" for all.
    """
    credential = Credential(token)
    app = Documented(
        open_paths=OPEN if credential.wanted else None,
        title="glasshive",
        version=version("glasshive"),
        description="A swarm of simulated inference workers, with faults on command.",
        # These pages load scripts from elsewhere.
        docs_url=None,
        # Where to is taken from the request's Host, which anybody may have written.
        redirect_slashes=False,
        redoc_url=None,
    )
    app.state.service = service
    app.state.credential = credential
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)
    guard = Guard(app, service.limits, credential)
    if not origins:
        return guard
    # In front of the guard, since a browser asks first whether it may, and without the token.
    return CORSMiddleware(
        guard,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        expose_headers=["Retry-After", "X-Request-Id"],
    )


def _answer(problem: Problem) -> JSONResponse:
    return JSONResponse(problem.body, problem.status, problem.headers)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return _answer(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with a request and where, but not what it was."""
    assert isinstance(error, RequestValidationError)
    problem = unreadable(request, error)
    if problem is None:
        flaws = flaws_of(error)
        told = [flaw.sentence for flaw in flaws[:_MOST_FLAWS]]
        if flaws[_MOST_FLAWS:]:
            told.append(f"and {len(flaws) - _MOST_FLAWS} more")
        problem = Problem(422, "; ".join(told), code="invalid_value", param=flaws[0].param)
    return _answer(problem)


async def _plain(request: Request, error: Exception) -> JSONResponse:
    """Say what Starlette has found."""
    assert isinstance(error, HTTPException)
    words = {
        400: "the body is not JSON",
        404: "there is nothing at this path; GET /openapi.json lists what there is",
        405: "this path does not take this method; GET /openapi.json lists what there is",
    }
    sentence = words.get(error.status_code, error.detail)
    code = "invalid_json" if error.status_code == 400 else "http_error"  # noqa: PLR2004  its number is its name
    answer = _answer(Problem(error.status_code, sentence, code=code))
    answer.headers.update(error.headers or {})
    if error.status_code == 405:  # noqa: PLR2004  as above
        answer.headers["Allow"] = ", ".join(_methods(request.scope))
    return answer


def _methods(scope: Scope) -> list[str]:
    """Return what a path takes; each route knows of its own method only."""
    routes = [each for router in ROUTERS for each in router.routes if isinstance(each, APIRoute)]
    here = [each for each in routes if each.matches(scope)[0] is not Match.NONE]
    methods = {method for each in here for method in each.methods or ()}
    if "GET" in methods and takes_head(scope["path"]):
        methods.add("HEAD")
    return sorted(methods)


async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
    """Say that it is the gateway's own fault, and no more."""
    log.error("an error of the gateway's own", error=type(error).__name__)
    return _answer(Problem(500, "an error of the gateway's own", code="internal_error"))
