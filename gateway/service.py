"""What the routes work with, and how each of them gets it."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request

from gateway.apiary import Apiary
from gateway.desk import Desk
from gateway.feed import Feed
from gateway.limits import Limits
from gateway.meters import Meters
from gateway.recent import Recent
from gateway.striker import Striker

__all__ = ["IdempotencyKey", "Inside", "Service", "answers"]


@dataclass(frozen=True, slots=True)
class Service:
    """One gateway, while it serves.

    Args:
        desk: its jobs.
        apiary: the swarm behind it.
        meters: what is counted.
        feed: the trace, as it comes.
        recent: its last events.
        striker: carries out plans of faults.
        limits: how much it takes, and how long it waits.
    """

    desk: Desk
    apiary: Apiary
    meters: Meters
    feed: Feed
    recent: Recent
    striker: Striker
    limits: Limits


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


Inside = Annotated[Service, Depends(_service)]
"""A route's parameter that is the service."""

IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=200)]
"""A route's parameter that is the client's idempotency key, if it gave one."""

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}

_WORDS = {
    400: "It is not JSON, or not HTTP.",
    401: "The token is missing or wrong.",
    403: "It comes from a page of another origin, or asks for another host.",
    404: "There is none of this name.",
    408: "The request was not here in time.",
    409: "It has ended already.",
    410: "The job has expired.",
    413: "The body is too large.",
    422: "A value is wrong.",
    429: "The queue is full, or too many plans of faults wait to strike.",
    431: "The headers are too long.",
    503: "No hive is ready, or the gateway is closing down.",
}
_AGAIN = (429, 503)
_RETRY = {
    "Retry-After": {
        "description": "Seconds to wait before another try, if that may help.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_ALWAYS = (400, 401, 403, 408, 413, 422, 431, 503)


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route may answer besides what it is for, for its documentation.

    Args:
        statuses: those that are its own; what any route may answer is added.
    """
    return {
        status: {
            "description": _WORDS[status],
            "content": {"application/json": {"schema": _ERROR}},
            **({"headers": _RETRY} if status in _AGAIN else {}),
        }
        for status in sorted({*statuses, *_ALWAYS})
    }
