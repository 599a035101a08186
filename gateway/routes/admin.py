"""What is done to the swarm, and what can be seen of it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gateway.feed import Subscription
from gateway.limits import MOST_PLAN_BYTES, MOST_STRIKES
from gateway.problem import Problem
from gateway.service import Inside, Service, answers
from gateway.sse import COMMENT, EventStream, frame
from gateway.state import state_of
from glasshive.errors import InputError
from glasshive.runtime import Runtime
from topology.blueprint import Blueprint
from topology.faults import FaultPlan
from topology.faults.reader import fault_plan_of
from topology.toml import TomlFile

__all__ = ["router"]

router = APIRouter(prefix="/admin", tags=["admin"])

SHOWN_COMPLAINTS = 10
"""Of what is wrong with a plan; a plan may be wrong in every line."""

_TURN = Lock()
"""Held by what takes long, on a thread of its own: two at once would slow the streams down more."""

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/toml": {"schema": {"type": "string"}},
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "heal_at": {"type": "number"},
                        "strikes": {"type": "array", "items": {"type": "object"}},
                    },
                }
            },
        },
    }
}


class Armed(BaseModel):
    """What waits to strike, in words."""

    armed: list[str]


@router.post(
    "/faults",
    status_code=202,
    responses=answers(403, 429),
    openapi_extra=_BODY,
    summary="Have faults strike",
)
async def faults(request: Request, inside: Inside) -> Armed:
    """Arm a plan of faults, as TOML or as JSON of the same shape; its times count from now."""
    body, kind = await request.body(), request.headers.get("content-type", "")
    plan = await asyncio.to_thread(_plan, body, kind, inside.apiary.blueprint)
    inside.striker.arm(plan)
    return Armed(armed=inside.striker.armed)


@router.get("/faults", responses=answers(403), summary="What waits to strike")
async def armed(inside: Inside) -> Armed:
    """Return what waits to strike."""
    return Armed(armed=inside.striker.armed)


@router.delete("/faults", responses=answers(403), summary="Have nothing strike any more")
async def call_off(inside: Inside) -> Armed:
    """Call off what waits to strike; what is broken stays so."""
    inside.striker.disarm()
    return Armed(armed=inside.striker.armed)


@router.get("/state", responses=answers(403), summary="What every bee holds")
async def state(inside: Inside) -> Response:
    """Return what every actor holds, as the bees go on working: each is read by itself."""
    held = await asyncio.to_thread(_state, inside.apiary.runtime)
    return Response(held, media_type="application/json")


@router.get(
    "/trace",
    status_code=200,
    response_class=EventStream,
    responses={
        **answers(403),
        200: {
            "description": "Each event of the run as a line of its trace; `dropped` says how many "
            "were left out, `end` that the gateway closes down.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
    summary="The trace, as it comes",
)
async def trace(inside: Inside) -> EventStream:
    """Send every event of the run from now on."""
    too_slow = frame("error", {"code": "slow_reader", "message": "you took nothing for too long"})
    return EventStream(_events(inside), inside.limits, too_slow)


async def _events(inside: Service) -> AsyncGenerator[bytes, None]:
    with inside.feed.subscribe() as subscription:
        yield COMMENT
        async for each in _frames(subscription, inside.limits.comment_seconds):
            yield each
    yield frame("end", {"message": "the gateway closes down"})


async def _frames(subscription: Subscription, quiet_seconds: float) -> AsyncGenerator[bytes, None]:
    async for lines, dropped in subscription.events(quiet_seconds):
        # The lines are JSON already.
        events = [b"id: %d\nevent: event\ndata: %s\n\n" % line for line in lines]
        if dropped:
            events.append(frame("dropped", {"events": dropped}))
        yield b"".join(events) or COMMENT


def _state(runtime: Runtime) -> bytes:
    with _TURN:
        return state_of(runtime)


def _plan(body: bytes, kind: str, blueprint: Blueprint) -> FaultPlan:
    """Return the plan that was sent.

    Args:
        body: what was sent.
        kind: its content type.
        blueprint: the swarm that it is for.

    Raises:
        Problem: when it is none that can be carried out here.
    """
    if not body:
        raise Problem(422, "there is no plan; send one as TOML or JSON", code="invalid_plan")
    if len(body) > MOST_PLAN_BYTES:
        sentence = f"the plan has more than {MOST_PLAN_BYTES} bytes; send it in parts"
        raise Problem(413, sentence, code="body_too_large")
    with _TURN:
        file = _file(body, kind)
        strikes = file.data.get("strikes")
        if isinstance(strikes, list) and len(strikes) > MOST_STRIKES:
            sentence = f"a plan has {MOST_STRIKES:,} strikes at most; send it in parts"
            raise Problem(422, sentence, code="invalid_plan")
        try:
            plan = fault_plan_of(file, blueprint, live=True)
        except InputError as error:
            raise Problem(422, _told(error), code="invalid_plan") from None
    if not plan.strikes and plan.heal_at is None:
        raise Problem(
            422,
            "there is no strike in the plan; with curl, send a file by --data-binary @FILE, since "
            "-d takes the line ends out",
            code="invalid_plan",
        )
    return plan


def _told(error: InputError) -> str:
    """Return what is wrong with a plan, the first of it if that is much."""
    complaints = [str(each) for each in error.complaints]
    more = len(complaints) - SHOWN_COMPLAINTS
    return "\n".join(complaints[:SHOWN_COMPLAINTS] + ([f"and {more:,} more"] if more > 0 else []))


def _file(body: bytes, kind: str) -> TomlFile:
    """Return a plan that was sent, as what the reader of plans reads."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(400, "the plan is not UTF-8", code="invalid_plan") from None
    if "json" not in kind:
        try:
            return TomlFile.parse("plan", text)
        except InputError as error:
            raise Problem(400, str(error), code="invalid_plan") from None
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise Problem(400, "the plan is not JSON", code="invalid_json") from None
    # TOML has neither null nor half a character, so the reader of plans does not expect them.
    leaves = list(_leaves(data))
    if not isinstance(data, dict) or None in leaves:
        sentence = "a plan is an object with strikes and heal_at, and no null in it"
        raise Problem(422, sentence, code="invalid_plan")
    try:
        "".join(each for each in leaves if isinstance(each, str)).encode()
    except UnicodeEncodeError:
        sentence = "a text in the plan has half of a surrogate pair; send both halves or none"
        raise Problem(422, sentence, code="invalid_plan") from None
    return TomlFile(Path("plan"), "", data)


def _leaves(value: Any) -> Iterator[Any]:
    """Yield every key of a JSON value, and every value in it that has no parts."""
    left = [value]
    while left:  # and no recursion, however deep it is
        match left.pop():
            case dict() as table:
                yield from table
                left += table.values()
            case list() as array:
                left += array
            case leaf:
                yield leaf
