"""Whether the gateway lives, and whether it is worth asking."""

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.desk import CLOSING
from gateway.problem import Problem
from gateway.service import Inside, answers

__all__ = ["router"]

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The process lives."""

    status: str


class Hive(BaseModel):
    """A hive as the queen sees it."""

    name: str
    health: str
    models: list[str]


class Ready(BaseModel):
    """Some hive can be asked."""

    status: str
    hives: list[Hive]


@router.get("/health", responses=answers(), summary="Does it live?")
async def health() -> Health:
    """Say that the process lives, whatever the swarm does."""
    return Health(status="ok")


@router.get("/ready", responses=answers(), summary="Is it worth asking?")
async def ready(inside: Inside) -> Ready:
    """Say how the hives are; 503 while none is ready, or the gateway is closing down."""
    if inside.desk.draining:
        raise Problem(503, "the gateway is closing down", code=CLOSING, retry_after=1)
    if not inside.apiary.ready():
        after = inside.apiary.blueprint.patience.heartbeat_seconds
        raise Problem(503, "no hive is ready", code="not_ready", retry_after=after)
    hives = [
        Hive(name=hive.name, health=hive.health, models=list(hive.models))
        for hive in inside.apiary.hives()
    ]
    return Ready(status="ready", hives=hives)
