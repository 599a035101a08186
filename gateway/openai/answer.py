"""How an answer is sent: whole, or piece by piece."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from gateway.openai.shapes import FINGERPRINT, Told, usage_of
from gateway.openai.work import Work
from gateway.problem import Problem
from gateway.service import answers
from gateway.sse import COMMENT, EventStream, until_left

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request

    from gateway.openai.order import Order
    from gateway.openai.shapes import Shape
    from gateway.service import Service

__all__ = ["answer", "documented"]

_DONE = b"data: [DONE]\n\n"

_GONE = 499
"""What nginx writes down for a client that has left; nobody is sent it."""


async def answer(
    request: Request, inside: Service, order: Order, key: str | None, shape: Shape
) -> Response:
    """Have an order worked on, and return what tells of it.

    Args:
        request: whose client is answered; when it leaves, the work is given up.
        inside: the gateway.
        order: what is asked.
        key: the client's idempotency key.
        shape: how it is told.

    Raises:
        Problem: when there is no answer, or none that is whole.
    """
    work = await Work.begin(inside.desk, order, key)
    if order.streams:
        too_slow = Problem(
            503,
            f"you took nothing of what waited for you in {inside.limits.stall_seconds:g} s",
            code="slow_reader",
        )
        chunks = _chunks(work, shape, usage=order.usage)
        return EventStream(chunks, inside.limits, _event(too_slow.body))
    told = await until_left(request.receive, _whole(work))
    if told is None:
        return Response(status_code=_GONE)
    whole = shape.body(
        id=f"{shape.prefix}{work.name}",
        created=work.created,
        model=work.model,
        choices=[shape.choice(index, each) for index, each in enumerate(told)],
        usage=usage_of(work),
    )
    return Response(whole.model_dump_json(), media_type="application/json")


async def _whole(work: Work) -> list[Told]:
    """Return all answers when they have ended."""
    texts: list[list[str]] = [[] for _ in work.choices]
    async with aclosing(work.pieces()) as pieces:
        async for some in pieces:
            for piece in some:
                texts[piece.choice].append(piece.text)
    return [
        Told("".join(text), choice.finish_reason or "stop")
        for text, choice in zip(texts, work.choices, strict=True)
    ]


async def _chunks(work: Work, shape: Shape, *, usage: bool) -> AsyncGenerator[bytes, None]:
    """Yield the events of a stream."""
    head = {
        "id": f"{shape.prefix}{work.name}",
        "object": shape.chunk,
        "created": work.created,
        "model": work.model,
        "system_fingerprint": FINGERPRINT,
    }
    if usage:
        head["usage"] = None

    def chunk(*choices: dict[str, Any]) -> bytes:
        return _event({**head, "choices": choices})

    try:
        async with aclosing(work.pieces()) as pieces:
            openings = map(shape.opening, range(len(work.choices)))
            # Told with the first token, as vLLM does; the work has begun by then.
            events = [chunk(opening) for opening in openings if opening is not None]
            async for some in pieces:
                if not some:
                    yield COMMENT
                    continue
                for number, text, reason in some:
                    if text:
                        events.append(chunk(shape.piece(number, text, None)))
                    if reason is not None:
                        events.append(chunk(shape.piece(number, "", reason)))
                yield b"".join(events)
                events.clear()
    except Problem as problem:
        yield _event(problem.body)
        return
    if usage:
        yield _event({**head, "choices": [], "usage": usage_of(work).model_dump()})
    yield _DONE


def _event(data: Any) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode(data)


def documented(whole: Any, chunk: str) -> dict[int | str, dict[str, Any]]:
    """Return what a route of completions may answer, for its documentation.

    Args:
        whole: the model of its whole answer.
        chunk: what a piece of its stream is called.
    """
    described = (
        f"The whole answer, or with `stream` its pieces: `data: ` and a {chunk} in each event, "
        "`data: [DONE]` at last; after `data: ` and an error there is no `[DONE]`."
    )
    return {
        **answers(404, 409, 429),
        200: {
            "model": whole,
            "description": described,
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    }
