"""The dual call: POST makes a job, GET opens its stream, which sets it to work."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from actors import Failed, Request, prompt_tokens
from gateway.desk import Desk, new_id
from gateway.digest import digest_of
from gateway.job import Job, State, Token
from gateway.limits import LONGEST_PROMPT, MOST_TOKENS
from gateway.service import IdempotencyKey, Inside, answers
from gateway.sse import COMMENT, EventStream, frame

__all__ = ["router"]

router = APIRouter(tags=["the dual call"])

_EXACT = (1 << 53) - 1
"""The largest whole number of which every JSON reader knows all digits."""
_LARGEST = 1_000_000_000


class InferenceRequest(BaseModel):
    """What is to be generated."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Annotated[
        str | None,
        Field(max_length=200, description="Which model; the blueprint's first by default."),
    ] = None
    prompt: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_PROMPT,
            description="The text to go on from; each word counts as one token.",
        ),
    ]
    max_tokens: Annotated[
        int, Field(ge=1, le=MOST_TOKENS, description="Tokens to generate at most.")
    ] = 16
    seed: Annotated[
        int, Field(ge=-_EXACT, le=_EXACT, description="Chooses among the texts there could be.")
    ] = 0
    priority: Annotated[
        int,
        Field(ge=-_LARGEST, le=_LARGEST, description="A higher one goes first wherever jobs wait."),
    ] = 0
    ignore_eos: Annotated[
        bool, Field(description="Generate `max_tokens`, even if the text would end before.")
    ] = False


class Created(BaseModel):
    """A job was made, and waits for its stream to be opened."""

    job_id: str
    sse_url: str


class JobView(BaseModel):
    """A job; times are seconds since 1970."""

    job_id: str
    model: str
    state: State
    tokens: int
    attempts: int
    created_at: float | None
    accepted_at: float | None
    started_at: float | None
    first_token_at: float | None
    last_token_at: float | None
    ended_at: float | None
    finish_reason: str | None
    error: str | None


class JobList(BaseModel):
    """Jobs, oldest first."""

    jobs: list[JobView]


def view(desk: Desk, job: Job) -> JobView:
    """Return what clients see of a job."""
    unix = desk.unix
    return JobView(
        job_id=job.job_id,
        model=job.request.model,
        state=job.state,
        tokens=len(job.rows),
        attempts=job.attempts,
        created_at=unix(job.created_at),
        accepted_at=unix(job.accepted_at),
        started_at=unix(job.opened_at),
        first_token_at=unix(job.first_token_at),
        last_token_at=unix(job.last_token_at),
        ended_at=unix(job.ended_at),
        finish_reason=job.finish_reason,
        error=job.outcome.message if isinstance(job.outcome, Failed) else None,
    )


@router.post("/v1/inference", status_code=202, responses=answers(404, 429), summary="Make a job")
async def create(
    asked: InferenceRequest,
    inside: Inside,
    idempotency_key: IdempotencyKey = None,
) -> Created:
    """Make a job; nothing runs before its stream is opened."""
    request = Request(
        request_id=new_id(),
        model=asked.model if asked.model is not None else inside.apiary.models[0],
        prompt=asked.prompt,
        prompt_tokens=prompt_tokens(asked.prompt),
        max_tokens=asked.max_tokens,
        seed=asked.seed,
        ignore_eos=asked.ignore_eos,
        priority=asked.priority,
    )
    job = await inside.desk.submit(request, key=idempotency_key, body=digest_of(asked))
    return Created(job_id=job.job_id, sse_url=f"/v1/inference/{job.job_id}/stream")


@router.get("/v1/inference/{job_id}", responses=answers(404, 410), summary="How a job is")
async def show(job_id: str, inside: Inside) -> JobView:
    """Return a job's state and times."""
    return view(inside.desk, inside.desk.get(job_id))


@router.delete(
    "/v1/inference/{job_id}",
    responses={**answers(404, 409, 410), 202: {"model": JobView, "description": "Not yet."}},
    summary="Cancel a job",
)
async def cancel(job_id: str, inside: Inside, response: Response) -> JobView:
    """Cancel a job down to its worker; 200 once that is acknowledged, 202 if it takes longer."""
    job = inside.desk.get(job_id)
    if not await inside.desk.cancel(job):
        response.status_code = 202
    return view(inside.desk, job)


@router.get("/v1/jobs", responses=answers(), summary="All jobs")
async def jobs(inside: Inside) -> JobList:
    """Return every job that has not expired."""
    desk = inside.desk
    return JobList(jobs=[view(desk, job) for job in desk.jobs.values()])


@router.get(
    "/v1/inference/{job_id}/stream",
    status_code=200,
    response_class=EventStream,
    responses={
        **answers(404, 410),
        200: {
            "description": "Events `started`, `token`, `status`, and one `end` or `error` at last.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
    summary="Open a job's stream",
)
async def stream(
    job_id: str,
    inside: Inside,
    after: Annotated[
        int, Query(ge=-1, le=_LARGEST, description="Index of the last token you have.")
    ] = -1,
    last_event_id: Annotated[
        str,
        Header(
            pattern="^[0-9]{0,10}$",
            description="The same, as a browser sends it; it goes first, unless it is empty.",
        ),
    ] = "",
) -> EventStream:
    """Send a job's tokens as they come; the first reader sets it to work.

    Any number may read, each from where it likes.
    """
    job = inside.desk.get(job_id)
    if last_event_id:
        after = int(last_event_id)
    inside.desk.open(job)
    too_slow = frame(
        "error",
        {
            "job_id": job_id,
            "code": "slow_reader",
            "message": "you took nothing of what waited for you in "
            f"{inside.limits.stall_seconds:g} s; come back with Last-Event-ID",
        },
    )
    frames = _frames(inside.desk, job, after)
    return EventStream(frames, inside.limits, too_slow)


async def _frames(desk: Desk, job: Job, after: int) -> AsyncGenerator[bytes, None]:
    """Yield a job's events."""
    job_id = job.job_id
    with desk.reading(job):
        yield frame("started", {"job_id": job_id, "model": job.request.model, "after": after})
        async for parts in job.parts(after):
            yield (
                b"".join(
                    frame("token", {"index": part.index, "text": part.texts[0]}, part.index)
                    if isinstance(part, Token)
                    else frame("status", {"job_id": job_id, "message": part.text})
                    for part in parts
                )
                or COMMENT
            )
        yield _last(job)


def _last(job: Job) -> bytes:
    outcome = job.outcome
    if isinstance(outcome, Failed):
        code = outcome.code or "failed"
        return frame("error", {"job_id": job.job_id, "code": code, "message": outcome.message})
    usage = job.usage
    facts: dict[str, Any] = {
        "job_id": job.job_id,
        "state": job.state,
        "finish_reason": job.finish_reason,
        "tokens": len(job.rows),
        "usage": {
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        },
    }
    return frame("end", facts)
