"""The gateway's own table of jobs: what clients see, whatever becomes of them in the swarm."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import structlog
from msgspec.structs import replace

from actors import Cancelled, Failed
from gateway.door import Admitted, Came, Ended, Refused
from gateway.job import Job, tokens_in
from gateway.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors import Outcome, Request
    from gateway.apiary import Apiary
    from gateway.door import Letter
    from gateway.limits import Limits
    from gateway.meters import Meters

__all__ = ["CLOSING", "Desk", "new_id"]

CLOSING = "closing"
"""Code of a job that was cut short because the gateway closes down."""

_SOONER = 0.9
"""Of the swarm's patience: so that what is opened or withdrawn at last gets there in time."""

log = structlog.get_logger()


def new_id() -> str:
    """Return an id that no job has had, in this run of the gateway or another."""
    return f"job-{uuid4().hex}"


class _Known(NamedTuple):
    """What an idempotency key was used for.

    Args:
        body: stands for what was asked.
        job: what came of it.
    """

    body: bytes
    job: Job


class Desk:
    """Makes jobs, hands their tokens to whoever reads them, and forgets them in time.

    All of it belongs to the event loop. It tells the doors what to do and never waits for them;
    what they tell comes back through `read`.

    Args:
        limits: how much it takes, and how long it waits.
        meters: what is counted for Prometheus.
    """

    def __init__(self, limits: Limits, meters: Meters) -> None:
        self.limits = limits
        self.meters = meters
        self.apiary: Apiary
        """The swarm, given right after, since its doors are told where to write to."""
        self.jobs: dict[str, Job] = {}
        """By id, until they expire."""
        self.unfinished: dict[str, Job] = {}
        self.draining = False
        self._epoch: float | None = None
        self._fewer = asyncio.Event()
        """Set whenever a job is over."""
        self._finished: deque[Job] = deque()
        self._held = 0
        """Places for tokens that the finished jobs take in memory."""
        self._expired: dict[str, None] = {}
        self._keys: dict[str, _Known] = {}

    # -- time -------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the seconds of the runtime's clock."""
        return self.apiary.runtime.now()

    def unix(self, at: float | None) -> float | None:
        """Return a time of the runtime's clock as seconds since 1970, None for None."""
        if self._epoch is None:
            # Once, so that the same time is always told as the same.
            self._epoch = time.time() - self.now()
        return None if at is None else round(self._epoch + at, 6)

    @property
    def open_seconds(self) -> float:
        """Seconds that a job waits to be opened; the swarm's own patience would end soon after."""
        return min(self.limits.open_seconds, _SOONER * self.apiary.blueprint.patience.open_seconds)

    # -- making jobs ------------------------------------------------------------------------

    async def submit(
        self,
        request: Request,
        *,
        key: str | None = None,
        body: bytes = b"",
        grace_seconds: float | None = None,
    ) -> Job:
        """Have the queen make a job; it does not run before it is read.

        Args:
            request: what is asked; its id is the job's.
            key: the client's idempotency key.
            body: stands for what it asks; another one under the same key is refused.
            grace_seconds: seconds that it goes on without a reader; the limits' by default.

        Raises:
            Problem: when there is no job.
        """
        known = self._keys.get(key) if key is not None else None
        if known is not None:
            if known.body != body:
                raise Problem(
                    422,
                    "this Idempotency-Key was used for another request; choose a new key, or send "
                    "the same request again",
                    code="idempotency_key_reused",
                )
            return await self._admitted(known.job)
        self._check(request.model)
        limits = self.limits
        grace = limits.grace_seconds if grace_seconds is None else grace_seconds
        job = Job(request, self.apiary.ask(request), self.now(), grace, key)
        self.jobs[job.job_id] = self.unfinished[job.job_id] = job
        if key is not None:
            self._keys[key] = _Known(body, job)
        return await self._admitted(job)

    def _check(self, model: str) -> None:
        """Refuse what nobody can have now."""
        if self.draining:
            raise _closing()
        models = self.apiary.models
        if model not in models:
            known = ", ".join(models)
            raise Problem(
                404,
                f"there is no model of this name; models: {known}",
                code="model_not_found",
                param="model",
            )
        if not self.apiary.ready(model):
            raise self._unready(model)

    def _unready(self, model: str) -> Problem:
        after = self.apiary.blueprint.patience.heartbeat_seconds
        sentence = f"no hive serves {model} at the moment; try again later"
        return Problem(503, sentence, code="not_ready", retry_after=after)

    async def _admitted(self, job: Job) -> Job:
        """Wait until the queen has answered, and return the job if she took it."""
        until = self.now() + self.limits.accept_seconds
        while job.accepted_at is None and job.refusal is None and not job.ended():
            if not await job.changed(max(0.0, until - self.now())):
                self._give_up(job)
        if job.refusal is not None:
            raise self._refused(job, job.refusal)
        if job.accepted_at is None:
            raise Problem(
                503,
                f"the queen has not answered in {self.limits.accept_seconds:g} s; try again later",
                code="no_answer",
                retry_after=self.limits.accept_seconds,
            )
        return job

    def _refused(self, job: Job, refusal: Refused) -> Problem:
        if refusal.retry_after is None:
            return Problem(422, f"the swarm will not take it: {refusal.reason}", code="rejected")
        if self.draining:
            return _closing()
        if not self.apiary.ready(job.request.model):
            return self._unready(job.request.model)
        return Problem(
            429,
            f"the queue is full: {refusal.reason}; try again later",
            code="queue_full",
            retry_after=refusal.retry_after,
        )

    # -- looking at them --------------------------------------------------------------------

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            Problem: when it never was, or has expired.
        """
        job = self.jobs.get(job_id)
        if job is not None:
            return job
        if job_id in self._expired:
            raise Problem(
                410,
                f"this job has expired: it was never read in {self.open_seconds:g} s, or "
                f"it ended more than {self.limits.keep_seconds:g} s ago, or before many others; "
                "make another",
                code="job_expired",
            )
        raise Problem(
            404,
            "there is no job of this id; POST /v1/inference makes one",
            code="job_not_found",
        )

    @contextmanager
    def reading(self, job: Job) -> Iterator[None]:
        """Count somebody who reads a job; when nobody is left, its time of grace begins."""
        job.readers += 1
        job.left_at = None
        try:
            yield
        finally:
            job.readers -= 1
            if not job.readers:
                job.left_at = self.now()

    def open(self, job: Job) -> None:
        """Set a job to work, if it was not before.

        Raises:
            Problem: when the gateway closes down.
        """
        if job.opened_at is None and not job.ended():
            if self.draining:
                raise _closing()
            job.opened_at = self.now()
            self.apiary.open(job.door, job.job_id)

    # -- ending them ------------------------------------------------------------------------

    async def cancel(self, job: Job) -> bool:
        """Cancel a job down to its worker; return whether that was acknowledged in time.

        One that is cancelled already stays so.

        Raises:
            Problem: when it has ended otherwise.
        """
        if not job.ended():
            self._withdraw(job)
        until = self.now() + self.limits.cancel_seconds
        while not job.ended():
            if not await job.changed(max(0.0, until - self.now())):
                return False
        if job.state == "cancelled":
            return True
        raise Problem(
            409,
            f"the job has ended already, as {job.state}; there is nothing to cancel",
            code="job_ended",
        )

    def _withdraw(self, job: Job) -> None:
        if not job.cancelling:
            job.cancelling = True
            self.apiary.withdraw(job.door, job.job_id)

    def _over(self, job: Job) -> None:
        self.unfinished.pop(job.job_id, None)
        self._fewer.set()

    def _give_up(self, job: Job) -> None:
        """Let a job expire that has not begun."""
        self._withdraw(job)
        job.outcome = Cancelled()
        self._forget(job)
        job.ring()

    def _forget(self, job: Job) -> None:
        """Let a job expire; nobody waits for more of it."""
        self._over(job)
        if self.jobs.pop(job.job_id, None) is None:
            return
        if job.key is not None:
            self._keys.pop(job.key, None)
        self._expired[job.job_id] = None
        if len(self._expired) > self.limits.known_ids:
            del self._expired[next(iter(self._expired))]

    # -- what the doors tell ----------------------------------------------------------------

    def read(self, letter: Letter) -> None:
        """Take in what a door tells."""
        job = self.unfinished.get(letter.request_id)
        if job is None:
            return  # it has expired
        now = self.now()
        match letter:
            case Came(texts=texts):
                self._came(job, texts, now)
            case Admitted(attempts=attempts):
                job.attempts = attempts
                if job.accepted_at is None:
                    job.accepted_at = now
                elif job.rows:  # else a reader has nothing that could have been lost
                    job.tell(f"the swarm had lost the job; it goes on after {len(job.rows)} tokens")
            case Refused():
                job.refusal = letter
                self._forget(job)
                self._expired.pop(job.job_id, None)  # nobody was ever told its id
            case Ended(receipt=receipt):
                self._ended(job, receipt.outcome)
        job.ring()

    def _came(self, job: Job, texts: tuple[str, ...], now: float) -> None:
        if job.last_token_at is None:
            job.first_token_at = now
            self.meters.first_token(job, now, tokens_in(texts))
        else:
            self.meters.next_token(job, now - job.last_token_at, tokens_in(texts))
        job.last_token_at = now
        job.rows.append(texts)

    def _ended(self, job: Job, outcome: Outcome) -> None:
        job.outcome = outcome
        job.ended_at = self.now()
        # A prompt may be long, and nobody asks for it any more.
        job.request = replace(job.request, prompt="")
        self._over(job)
        self._finished.append(job)
        self._held += job.held
        self.meters.ended(job)
        log.info("job ended", job=job.job_id, state=job.state, tokens=len(job.rows))

    # -- again and again --------------------------------------------------------------------

    def tick(self) -> None:
        """Cancel what nobody reads any more, and let expire what is over."""
        now, limits = self.now(), self.limits
        for job in list(self.unfinished.values()):
            if job.readers and time.monotonic() - job.rung_at >= limits.comment_seconds:
                job.ring(news=False)
            if job.opened_at is None:
                if now - job.created_at >= self.open_seconds:
                    self._give_up(job)
            elif job.left_at is not None and now - job.left_at >= job.grace_seconds:
                if not job.cancelling:
                    log.info("nobody reads the job", job=job.job_id)
                self._withdraw(job)
        finished = self._finished
        while finished and (
            len(finished) > limits.kept_jobs
            or self._held > limits.kept_tokens
            or now - _ended_at(finished[0]) >= limits.keep_seconds
        ):
            oldest = finished.popleft()
            self._held -= oldest.held
            self._forget(oldest)

    # -- closing down -----------------------------------------------------------------------

    async def drain(self) -> None:
        """Take nothing more, and wait until everything that runs has ended."""
        self.draining = True
        for job in list(self.unfinished.values()):
            if job.opened_at is None:
                self._withdraw(job)
        while self.unfinished:
            self._fewer.clear()
            await self._fewer.wait()

    def cut(self) -> None:
        """End for its readers what has not ended."""
        self.draining = True
        for job in list(self.unfinished.values()):
            self._withdraw(job)
            self._ended(job, Failed("the gateway closes down before the end", CLOSING))
            job.ring()


def _ended_at(job: Job) -> float:
    assert job.ended_at is not None
    return job.ended_at


def _closing() -> Problem:
    sentence = "the gateway is closing down and takes nothing more; ask another"
    return Problem(503, sentence, code=CLOSING, retry_after=1)
