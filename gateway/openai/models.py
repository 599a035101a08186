"""The models that can be asked for."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.openai.convention import CONVENTIONS, ConventionRoute
from gateway.problem import Problem
from gateway.service import Inside, Service, answers
from glasshive.errors import nearest

__all__ = ["router"]

router = APIRouter(tags=[CONVENTIONS], route_class=ConventionRoute)


class Model(BaseModel):
    """A model of the blueprint; `created` is when the gateway began to serve it."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "glasshive"


class ModelList(BaseModel):
    """All models, in the blueprint's order."""

    object: Literal["list"] = "list"
    data: list[Model]


def _model(inside: Service, name: str) -> Model:
    return Model(id=name, created=int(inside.desk.unix(0.0) or 0))


@router.get("/v1/models", responses=answers(), summary="All models")
async def models(inside: Inside) -> ModelList:
    """Return the models that the blueprint draws, whether a hive serves them now or not."""
    return ModelList(data=[_model(inside, name) for name in inside.apiary.models])


@router.get("/v1/models/{model:path}", responses=answers(404), summary="A model")
async def show(model: str, inside: Inside) -> Model:
    """Return a model; its name may have slashes."""
    known = inside.apiary.models
    if model not in known:
        sentence = f"there is no model of this name; {nearest(model, known)}"
        raise Problem(404, sentence, code="model_not_found", param="model")
    return _model(inside, model)
