"""Chat completions: the next message of a chat."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from actors.generation import LONGEST_TEXT
from gateway.limits import LONGEST_PROMPT, MOST_TOKENS
from gateway.openai.answer import answer, documented
from gateway.openai.choice import FinishReason
from gateway.openai.convention import CONVENTIONS, ConventionRoute
from gateway.openai.fields import WITHOUT_EFFECT, Fields, not_here
from gateway.openai.message import ChatMessage, prompt_of
from gateway.openai.shapes import FINGERPRINT, Told, Usage
from gateway.problem import Problem
from gateway.service import IdempotencyKey, Inside

__all__ = ["router"]

router = APIRouter(tags=[CONVENTIONS], route_class=ConventionRoute)

_MAX_TOKENS = LONGEST_TEXT + 1
"""More than any text that comes to its end by itself."""

_MOST_MESSAGES = 2048

_Text = Annotated[str | None, Field(max_length=512, description=WITHOUT_EFFECT)]
_Switch = Annotated[bool | None, Field(description=WITHOUT_EFFECT)]


class ChatCompletionRequest(Fields):
    """A chat, and how it is to go on."""

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=_MOST_MESSAGES)]
    max_completion_tokens: Annotated[
        int | None,
        Field(ge=1, le=MOST_TOKENS, description="As `max_tokens`, and goes before it."),
    ] = None

    metadata: Annotated[dict[str, str] | None, Field(description=WITHOUT_EFFECT)] = None
    store: _Switch = None
    parallel_tool_calls: _Switch = None
    service_tier: _Text = None
    reasoning_effort: _Text = None
    verbosity: _Text = None
    safety_identifier: _Text = None
    prompt_cache_key: _Text = None
    prompt_cache_retention: _Text = None

    logprobs: Annotated[bool | None, not_here("are no log probabilities", False)] = None
    top_logprobs: Annotated[int | None, not_here("are no log probabilities", 0)] = None
    response_format: Annotated[
        dict[str, Any] | None, not_here("is no other format than text", {"type": "text"})
    ] = None
    tools: Annotated[list[Any] | None, not_here("are no tools", [])] = None
    tool_choice: Annotated[Any, not_here("are no tools", "none", "auto")] = None
    functions: Annotated[list[Any] | None, not_here("are no functions", [])] = None
    function_call: Annotated[Any, not_here("are no functions", "none", "auto")] = None
    modalities: Annotated[list[str] | None, not_here("is nothing but text", ["text"])] = None
    audio: Annotated[Any, not_here("is no audio")] = None
    prediction: Annotated[Any, not_here("is no predicted output")] = None
    web_search_options: Annotated[Any, not_here("is no web search")] = None
    moderation: Annotated[Any, not_here("is no moderation")] = None


class AssistantMessage(BaseModel):
    """What the model says."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChatChoice(BaseModel):
    """One answer."""

    index: int
    message: AssistantMessage
    logprobs: None = None
    finish_reason: FinishReason


class ChatCompletion(BaseModel):
    """All answers."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    system_fingerprint: str = FINGERPRINT


class _Told:
    """How chat completions are told."""

    prefix = "chatcmpl-"
    chunk = "chat.completion.chunk"
    body: type[BaseModel] = ChatCompletion

    def opening(self, choice: int) -> dict[str, Any]:
        return _choice(choice, {"role": "assistant", "content": ""}, None)

    def piece(self, choice: int, text: str, finish_reason: str | None) -> dict[str, Any]:
        return _choice(choice, {"content": text} if text else {}, finish_reason)

    def choice(self, index: int, told: Told) -> dict[str, Any]:
        reason = told.finish_reason
        return {"index": index, "message": {"content": told.text}, "finish_reason": reason}


def _choice(index: int, delta: dict[str, str], finish_reason: str | None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


@router.post(
    "/v1/chat/completions",
    response_class=Response,
    responses=documented(ChatCompletion, "chat.completion.chunk"),
    summary="Have a chat go on",
)
async def create(
    asked: ChatCompletionRequest,
    inside: Inside,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Have the assistant answer a chat, once or several times."""
    prompt = prompt_of(asked.messages)
    if len(prompt) > LONGEST_PROMPT:
        sentence = f"messages: together they have more than {LONGEST_PROMPT} characters; send fewer"
        raise Problem(400, sentence, code="context_length_exceeded", param="messages")
    max_tokens = asked.max_completion_tokens or asked.max_tokens or _MAX_TOKENS
    order = asked.order([prompt], max_tokens, inside.apiary.models[0])
    return await answer(request, inside, order, idempotency_key, _Told())
