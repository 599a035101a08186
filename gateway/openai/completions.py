"""Completions: a text goes on."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from gateway.limits import LONGEST_PROMPT
from gateway.openai.answer import answer, documented
from gateway.openai.choice import FinishReason
from gateway.openai.convention import CONVENTIONS, ConventionRoute
from gateway.openai.fields import MOST_CHOICES, NOT_HERE, Fields, as_list, not_here
from gateway.openai.shapes import FINGERPRINT, Told, Usage
from gateway.problem import Problem
from gateway.service import IdempotencyKey, Inside

__all__ = ["router"]

router = APIRouter(tags=[CONVENTIONS], route_class=ConventionRoute)

_MAX_TOKENS = 16
"""OpenAI's own default."""


def _texts(value: Any) -> Any:
    """Return prompts as a list; token ids are refused in words of their own."""
    if isinstance(value, list) and any(isinstance(each, int | list) for each in value):
        sentence = "a prompt is text here, not token ids; send a string, or a list of strings"
        raise PydanticCustomError(NOT_HERE, sentence)
    return as_list(value)


class CompletionRequest(Fields):
    """What is to go on, and how."""

    prompt: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=LONGEST_PROMPT)]],
        BeforeValidator(_texts, json_schema_input_type=str | list[str]),
        Field(
            min_length=1,
            max_length=MOST_CHOICES,
            description="One text, or several, each with answers of its own; words are tokens.",
        ),
    ]
    echo: Annotated[bool | None, Field(description="Tell the prompt before each answer.")] = None
    best_of: Annotated[
        int | None, Field(ge=1, le=MOST_CHOICES, description="The same as `n`, or left out.")
    ] = None
    suffix: Annotated[str | None, not_here("is no insertion before a suffix", "")] = None
    logprobs: Annotated[int | None, not_here("are no log probabilities")] = None


class CompletionChoice(BaseModel):
    """One answer to one prompt."""

    index: int
    text: str
    logprobs: None = None
    finish_reason: FinishReason


class Completion(BaseModel):
    """All answers."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: Usage
    system_fingerprint: str = FINGERPRINT


class _Told:
    """How completions are told.

    Args:
        echoes: what each answer begins with; empty for nothing.
    """

    prefix = "cmpl-"
    chunk = "text_completion"
    body: type[BaseModel] = Completion

    def __init__(self, echoes: list[str]) -> None:
        self._echoes = echoes

    def opening(self, choice: int) -> dict[str, Any] | None:
        echo = self._echoes[choice]
        return self.piece(choice, echo, None) if echo else None

    def piece(self, choice: int, text: str, finish_reason: str | None) -> dict[str, Any]:
        return {"index": choice, "text": text, "logprobs": None, "finish_reason": finish_reason}

    def choice(self, index: int, told: Told) -> dict[str, Any]:
        return self.piece(index, self._echoes[index] + told.text, told.finish_reason)


@router.post(
    "/v1/completions",
    response_class=Response,
    responses=documented(Completion, "text_completion"),
    summary="Have texts go on",
)
async def create(
    asked: CompletionRequest,
    inside: Inside,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Have one or several texts go on, each with one or several answers."""
    copies = asked.n or 1
    if asked.best_of not in {None, copies}:
        sentence = "best_of: no answer here is better than another; leave it out"
        raise Problem(400, sentence, code="unsupported_parameter", param="best_of")
    order = asked.order(asked.prompt, asked.max_tokens or _MAX_TOKENS, inside.apiary.models[0])
    echoes = [prompt if asked.echo else "" for prompt in asked.prompt for _ in range(copies)]
    return await answer(request, inside, order, idempotency_key, _Told(echoes))
