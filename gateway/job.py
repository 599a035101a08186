"""One request as its client knows it: its state, its times, its tokens, and how it ended."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from actors import Cancelled, Completed, Failed, Usage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pykka import ActorRef

    from actors import Outcome, Request
    from gateway.door import Refused

__all__ = ["Job", "Part", "State", "Status", "Token", "tokens_in"]

State: TypeAlias = Literal["submitted", "queued", "running", "completed", "failed", "cancelled"]

MOST_STATUSES = 64
"""What is said of one job at most; more says nothing new."""

MOST_TOGETHER = 256
"""Parts that are handed on at once, so that a reader takes a long answer piece by piece."""


class _Bell(asyncio.Event):
    """Rings once."""

    news = True


@dataclass(frozen=True, slots=True)
class Token:
    """One token of each answer.

    Args:
        index: its place, from 0.
        texts: answer by answer, empty for one that has come to its end.
    """

    index: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Something about a job for people.

    Args:
        after: tokens that came before it.
        text: a sentence.
    """

    after: int
    text: str


Part: TypeAlias = Token | Status
"""What a stream has before its end."""


def tokens_in(texts: tuple[str, ...]) -> int:
    """Return how many tokens there are in a row.

    Args:
        texts: answer by answer, empty for one that has come to its end.
    """
    return len(texts) - texts.count("")


@dataclass(eq=False, slots=True)
class Job:
    """One job of the gateway; all of it belongs to the event loop.

    Args:
        request: what was asked; its id is the job's, and its prompt is left out when it has ended.
        door: whom the swarm knows it by.
        created_at: when it was made, in seconds of the runtime's clock as all other times.
        grace_seconds: seconds that it goes on without a reader.
    """

    request: Request
    door: ActorRef[Any]
    created_at: float
    grace_seconds: float
    key: str | None = None
    """The client's idempotency key, if it gave one."""
    accepted_at: float | None = None
    opened_at: float | None = None
    first_token_at: float | None = None
    last_token_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None
    refusal: Refused | None = None
    attempts: int = 0
    """Submissions of it that the queen has accepted."""
    rows: list[tuple[str, ...]] = field(default_factory=list)
    """Its tokens, by their index."""
    statuses: list[Status] = field(default_factory=list)
    readers: int = 0
    """Streams of it that are read now."""
    left_at: float | None = None
    """Since when nobody reads it any more."""
    cancelling: bool = False
    rung_at: float = field(default_factory=time.monotonic)
    """When its readers were last woken, in seconds of the system's clock."""
    _bell: _Bell = field(default_factory=_Bell)

    @property
    def job_id(self) -> str:
        """Its id."""
        return self.request.request_id

    @property
    def state(self) -> State:
        """How it is."""
        match self.outcome:
            case Completed():
                return "completed"
            case Failed():
                return "failed"
            case Cancelled():
                return "cancelled"
        if self.opened_at is not None:
            return "running"
        return "queued" if self.accepted_at is not None else "submitted"

    @property
    def finish_reason(self) -> str | None:
        """Why the text ended: "stop", "length" or "cancelled"; None if it has not, or failed."""
        match self.outcome:
            case Completed(stop_reason=reason):
                return reason
            case Cancelled():
                return "cancelled"
        return None

    @property
    def usage(self) -> Usage:
        """The tokens that it took so far."""
        if isinstance(self.outcome, Completed) and self.outcome.usage is not None:
            return self.outcome.usage
        came = sum(map(tokens_in, self.rows))
        return Usage(self.request.prompt_tokens, came)

    @property
    def going(self) -> int:
        """Answers that have not come to their end, as far as tokens have told."""
        return tokens_in(self.rows[-1]) if self.rows else self.request.copies

    @property
    def held(self) -> int:
        """Places for tokens that it takes in memory."""
        return sum(map(len, self.rows))

    def ended(self) -> bool:
        """Return whether nothing more will come of it."""
        return self.outcome is not None

    def tell(self, text: str) -> None:
        """Have something said of it to whoever reads it, when they are woken."""
        if len(self.statuses) < MOST_STATUSES:
            self.statuses.append(Status(len(self.rows), text))

    def ring(self, *, news: bool = True) -> None:
        """Wake everybody who waits for something to change.

        Args:
            news: whether something did; if not, nothing has for long.
        """
        bell, self._bell = self._bell, _Bell()
        self.rung_at = time.monotonic()
        bell.news = news
        bell.set()

    async def changed(self, seconds: float) -> bool:
        """Wait until somebody rings; return whether anybody did.

        Args:
            seconds: how long at most.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return False
        return True

    async def parts(self, after: int) -> AsyncIterator[list[Part]]:
        """Yield what came and what comes after a token, until the job has ended.

        When it was silent for long, which the desk rings for, nothing is yielded: an empty list.

        Args:
            after: index of the last token that the reader has, -1 for none.
        """
        token = after + 1
        status = bisect_left(self.statuses, token, key=lambda each: each.after)
        while True:
            # Looked at first: what comes meanwhile is taken, and the end stays the end.
            over = self.ended()
            new: list[Part] = []
            while len(new) < MOST_TOGETHER and (
                token < len(self.rows) or status < len(self.statuses)
            ):
                if status < len(self.statuses) and self.statuses[status].after <= token:
                    new.append(self.statuses[status])
                    status += 1
                elif token < len(self.rows):
                    new.append(Token(token, self.rows[token]))
                    token += 1
                else:
                    break  # said of tokens that the reader claims to have, and that are to come
            if new:
                yield new
            elif over:
                return
            else:
                bell = self._bell
                await bell.wait()
                if not bell.news:
                    yield []
