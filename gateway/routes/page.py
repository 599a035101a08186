"""The trace page, live, and where its events come from."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Sequence
from functools import cache
from hashlib import sha256
from typing import Annotated
from urllib.parse import parse_qs

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from gateway.credential import Credential
from gateway.recent import Since
from gateway.service import Inside, Service, answers
from glasshive.trace.file import FORMAT
from glasshive.trace.viewer import live_page, policy

__all__ = ["router"]

router = APIRouter(tags=["admin"])

EVENTS = "/admin/live"
"""Where the page's events come from."""

_LARGEST = 1 << 53
_TOGETHER = 5_000
"""Lines that are sent at once, a megabyte or so, before others have their turn."""

_LOGIN = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,">
<title>glasshive</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 26em; margin: 20vh auto; padding: 0 1em; }
input, button { font: inherit; padding: 5px 10px; }
</style>
</head>
<body>
<h1>glasshive</h1>
<form method="post" action="/">
<p><label for="token">The token of this gateway</label></p>
<p><input id="token" name="token" type="password" required autofocus
autocomplete="current-password"> <button>Open</button></p>
<p role="alert">WRONG</p>
</form>
<script>SCRIPT</script>
</body>
</html>
"""
_LOGIN_SCRIPT = 'document.forms[0].action = "/" + location.hash;'
"""Has a link lead where it was to lead, once the token is given."""

_LOGIN_DIGEST = b64encode(sha256(_LOGIN_SCRIPT.encode()).digest()).decode()
_LOGIN_POLICY = (
    f"default-src 'none'; script-src 'sha256-{_LOGIN_DIGEST}'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@router.get("/", include_in_schema=False)
async def page(request: Request, inside: Inside) -> Response:
    """Show the run, live; with a token set, ask for it first."""
    if not _credential(request).shows(request.headers):
        return _login("")
    html, its_policy = _page(inside.apiary.blueprint.name, inside.limits.recent_events)
    return _html(html, its_policy)


@router.post("/", include_in_schema=False)
async def log_in(request: Request) -> Response:
    """Give a browser that knows the token a cookie for looking."""
    try:
        form = parse_qs((await request.body()).decode("latin-1"), max_num_fields=8)
    except ValueError:
        form = {}
    given = form.get("token", [""])[0]
    cookie = _credential(request).cookie_for(given, request.headers)
    if cookie is None:
        return _login("This is not the token.")
    return Response(status_code=303, headers={"location": "/", "set-cookie": cookie})


@router.get(
    EVENTS,
    response_class=Response,
    responses={
        **answers(403),
        200: {
            "description": "A trace, without its head if it goes on after the event asked for.",
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        },
    },
    summary="The last events",
)
async def live(
    inside: Inside,
    of: Annotated[str, Query(max_length=64, description="The trace's `live`, as told.")] = "",
    after: Annotated[
        int, Query(ge=-1, le=_LARGEST, description="Index of the last event you have.")
    ] = -1,
) -> Response:
    """Return what happened after an event; from the first time on that somebody asks."""
    since = inside.recent.since(of, after)
    head = [_head(inside, since)] if since.anew else []
    headers = {"cache-control": "no-store"}
    body = _together(head, since.lines)
    return StreamingResponse(body, headers=headers, media_type="application/x-ndjson")


async def _together(head: Sequence[bytes], lines: Sequence[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield lines with their ends, many at once, and let others have their turn in between."""
    for begin in range(0, len(lines) or 1, _TOGETHER):
        own = lines[begin : begin + _TOGETHER]
        yield b"\n".join((*(() if begin else head), *own, b""))
        await asyncio.sleep(0)  # since a client that takes all at once is not waited for


def _head(inside: Service, since: Since) -> bytes:
    """Return the first line of a trace that begins here."""
    runtime = inside.apiary.runtime
    head = {
        "glasshive": FORMAT,
        "scenario": f"serve {inside.apiary.blueprint.name}",
        "runtime": runtime.kind,
        "live": since.of,
        "after": since.after,
        "actors": [
            {
                "name": (name := runtime.name_of(actor.actor_ref)),
                "class": type(actor).__name__,
                "host": inside.apiary.host_of(name),
            }
            for actor in runtime.actors()
        ],
    }
    return msgspec.json.encode(head)


@cache
def _page(name: str, most: int) -> tuple[str, str]:
    return live_page(f"{name}, live", EVENTS, most), policy()


def _credential(request: Request) -> Credential:
    credential: Credential = request.app.state.credential
    return credential


def _login(wrong: str) -> Response:
    answer = _html(_LOGIN.replace("WRONG", wrong).replace("SCRIPT", _LOGIN_SCRIPT), _LOGIN_POLICY)
    answer.status_code = 401
    answer.headers["www-authenticate"] = "Bearer"
    return answer


def _html(html: str, its_policy: str) -> Response:
    headers = {
        "cache-control": "no-store",
        "content-security-policy": its_policy,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return Response(html, headers=headers, media_type="text/html; charset=utf-8")
