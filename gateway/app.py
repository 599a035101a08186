"""The application: every route, and what becomes of every error."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from gateway.credential import Credential
from gateway.guard import Guard
from gateway.openai import chat, completions, models
from gateway.problem import Problem
from gateway.routes import admin, dual, health, metrics, nodes, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Scope

    from gateway.service import Service

__all__ = ["ROUTERS", "application"]

ROUTERS = (
    *(dual.router, nodes.router, health.router, metrics.router, admin.router, page.router),
    *(models.router, chat.router, completions.router),
)
"""Where a new noun goes."""

log = structlog.get_logger()


def application(service: Service, token: str | None = None) -> ASGIApp:
    """Return the application.

    Args:
        service: what its routes work with.
        token: what clients must know, None for nothing.
    """
    app = FastAPI(
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
    app.state.credential = credential = Credential(token)
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _unforeseen)
    return Guard(app, service.limits, credential)


def _answer(problem: Problem) -> JSONResponse:
    return JSONResponse(problem.body, problem.status, problem.headers)


async def _problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return _answer(error)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    """Say what is wrong with a request and where, but not what it was."""
    assert isinstance(error, RequestValidationError)
    flaws = error.errors()
    if any(flaw["type"] == "json_invalid" for flaw in flaws):
        return _answer(Problem(400, "the body is not JSON", code="invalid_json"))
    places = [".".join(map(str, flaw["loc"][1:])) or str(flaw["loc"][0]) for flaw in flaws]
    sentence = "; ".join(
        f"{place}: {flaw['msg'][:1].lower()}{flaw['msg'][1:]}"
        for place, flaw in zip(places, flaws, strict=True)
    )
    return _answer(Problem(422, sentence, code="invalid_value", param=places[0]))


async def _plain(request: Request, error: Exception) -> JSONResponse:
    """Say what Starlette has found."""
    assert isinstance(error, HTTPException)
    words = {
        400: "the body is not JSON",
        404: "there is nothing at this path; GET /openapi.json lists what there is",
        405: "this path does not take this method; GET /openapi.json lists what there is",
    }
    sentence = words.get(error.status_code, error.detail)
    answer = _answer(Problem(error.status_code, sentence, code="http_error"))
    answer.headers.update(error.headers or {})
    if error.status_code == 405:  # noqa: PLR2004  its number is its name
        answer.headers["Allow"] = ", ".join(_methods(request.scope))
    return answer


def _methods(scope: Scope) -> list[str]:
    """Return what a path takes; each route knows of its own method only."""
    routes = [each for router in ROUTERS for each in router.routes if isinstance(each, APIRoute)]
    here = [each for each in routes if each.matches(scope)[0] is not Match.NONE]
    return sorted({method for each in here for method in each.methods or ()})


async def _unforeseen(_: Request, error: Exception) -> JSONResponse:
    """Say that it is the gateway's own fault, and no more."""
    log.error("an error of the gateway's own", error=type(error).__name__)
    return _answer(Problem(500, "an error of the gateway's own", code="internal_error"))
