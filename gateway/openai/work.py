"""The jobs behind one request, and what comes of them, answer by answer."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing, contextmanager, suppress
from typing import TYPE_CHECKING, TypeAlias

from actors import Cancelled, Failed
from gateway.desk import CLOSING
from gateway.job import Token
from gateway.openai.choice import Choice, Piece
from gateway.problem import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from gateway.desk import Desk
    from gateway.job import Job
    from gateway.openai.order import Order

__all__ = ["Work"]

_RETRY_SECONDS = 1

_Some: TypeAlias = "list[Piece]"
"""Pieces that came together; none after a silence."""


class Work:
    """The jobs of one request: one for each prompt, each with as many answers as were asked for.

    Args:
        desk: where the jobs are.
        order: what was asked.
        jobs: they, a prompt's at its place.
    """

    def __init__(self, desk: Desk, order: Order, jobs: list[Job]) -> None:
        self._desk = desk
        self._jobs = jobs
        self.prompt_tokens = sum(job.request.prompt_tokens for job in jobs)
        self.model = order.model
        self.choices = [
            Choice(index, order.max_tokens, order.stops)
            for index in range(len(jobs) * order.copies)
        ]
        """All answers: those to the first prompt, those to the second, and so on."""
        self.name = jobs[0].job_id.removeprefix("job-")
        """The same for whoever asks again with the same key."""
        self.created = int(desk.unix(jobs[0].created_at) or 0)
        """When it was made, in whole seconds since 1970."""

    @classmethod
    async def begin(cls, desk: Desk, order: Order, key: str | None) -> Work:
        """Have jobs made for an order; they run when they are read.

        Args:
            desk: where.
            order: what is asked.
            key: the client's idempotency key. With one the jobs outlive its connection for the
                desk's time of grace, since it may come back for them; without one they do not.

        Raises:
            Problem: when there is not a job for each prompt.
        """
        first, *others = order.requests()
        grace = 0.0 if key is None else None
        # By itself, since it says whether the key is free; if it is not, nothing is made.
        jobs = [await desk.submit(first, key=key, body=order.digest, grace_seconds=grace)]
        made = await asyncio.gather(
            *(
                desk.submit(
                    request,
                    # No header has a line end, so such a key is no client's own.
                    key=None if key is None else f"{key}\n{number}",
                    body=order.digest,
                    grace_seconds=grace,
                )
                for number, request in enumerate(others, 1)
            ),
            return_exceptions=True,
        )
        jobs += [each for each in made if not isinstance(each, BaseException)]
        errors = [each for each in made if isinstance(each, BaseException)]
        if errors:
            if key is None:  # else they wait for it to come again
                await asyncio.gather(*(_give_up(desk, job) for job in jobs))
            raise errors[0]
        return cls(desk, order, jobs)

    @property
    def completion_tokens(self) -> int:
        """Tokens that came, of all answers."""
        return sum(choice.tokens for choice in self.choices)

    async def pieces(self) -> AsyncGenerator[_Some, None]:
        """Yield what comes, until every answer has ended; whoever closes this gives the work up.

        Raises:
            Problem: when an answer cannot come to its end.
        """
        copies = len(self.choices) // len(self._jobs)
        with ExitStack() as stack:
            streams = []
            for number, job in enumerate(self._jobs):
                own = stack.enter_context(ExitStack())
                own.enter_context(_reading(self._desk, job))
                choices = self.choices[number * copies : (number + 1) * copies]
                streams.append(self._pieces_of(job, choices, own))
            async with aclosing(_merged(streams)) as merged:
                async for some in merged:
                    yield some

    async def _pieces_of(
        self, job: Job, choices: list[Choice], reading: ExitStack
    ) -> AsyncGenerator[_Some, None]:
        """Yield what comes of one job."""
        async for parts in job.parts(-1):
            pieces = [
                piece
                for part in parts
                if isinstance(part, Token)
                for choice, text in zip(choices, part.texts, strict=True)
                if (piece := choice.take(text)) is not None
            ]
            if all(choice.finish_reason is not None for choice in choices):
                # The rest is wanted by nobody, whoever else may come with the same key.
                job.grace_seconds = 0.0
                reading.close()
                yield pieces
                return
            if pieces or not parts:
                yield pieces
        self._check(job)
        yield [piece for choice in choices if (piece := choice.close()) is not None]

    def _check(self, job: Job) -> None:
        """Raise what went wrong with a job that has ended."""
        if isinstance(job.outcome, Failed):
            code, sentence = job.outcome.code or "failed", job.outcome.message
            raise Problem(503, sentence, code=code, retry_after=_RETRY_SECONDS)
        if isinstance(job.outcome, Cancelled):
            if self._desk.draining:
                sentence = "the gateway is closing down; ask another"
                raise Problem(503, sentence, code=CLOSING, retry_after=_RETRY_SECONDS)
            raise Problem(
                409,
                "the job was cancelled before its end; ask again, with a new Idempotency-Key if "
                "there was one",
                code="job_cancelled",
            )


async def _give_up(desk: Desk, job: Job) -> None:
    with suppress(Problem):
        await desk.cancel(job)


@contextmanager
def _reading(desk: Desk, job: Job) -> Iterator[None]:
    """Set a job to work and read it; without a time of grace, it is given up on leaving."""
    desk.open(job)
    try:
        with desk.reading(job):
            yield
    finally:
        if not job.ended():
            desk.tick()  # at once, not when it is the desk's time


async def _merged(streams: list[AsyncGenerator[_Some, None]]) -> AsyncGenerator[_Some, None]:
    """Yield what comes of several streams, as it comes."""
    if len(streams) == 1:
        async with aclosing(streams[0]) as only:
            async for some in only:
                yield some
        return
    # One place: a reader that is slow is waited for.
    queue: asyncio.Queue[_Some | Exception | None] = asyncio.Queue(1)
    pumps = [asyncio.create_task(_pump(stream, queue)) for stream in streams]
    try:
        left = len(pumps)
        while left:
            came = await queue.get()
            if isinstance(came, Exception):
                raise came
            if came is None:
                left -= 1
            else:
                yield came
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(
    stream: AsyncGenerator[_Some, None], queue: asyncio.Queue[_Some | Exception | None]
) -> None:
    async with aclosing(stream):
        try:
            async for some in stream:
                await queue.put(some)
        except Exception as error:  # noqa: BLE001  raised again where it is taken out
            await queue.put(error)
        else:
            await queue.put(None)
