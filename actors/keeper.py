"""The keeper: the client, who wants requests answered and keeps a receipt of each."""

from __future__ import annotations

import random
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from pykka import ThreadingActor

from actors.address import tell
from actors.messages import (
    Accepted,
    Ask,
    Cancel,
    OpenStream,
    Rejected,
    StreamEnd,
    StreamItem,
    Submit,
    Withdraw,
)
from actors.reading import Reader, Reading
from actors.receipt import Receipt
from actors.specs import PATIENCE
from actors.tokens import Cancelled, Failed, QueenToken, WorkerResponse
from glasshive import Message, clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from actors.messages import Request
    from actors.specs import Patience
    from actors.tokens import Outcome
    from glasshive.clock import Timer

__all__ = ["MAX_ATTEMPTS", "Keeper"]

MAX_ATTEMPTS = 8
"""Submissions of one request before its keeper gives up."""

log = structlog.get_logger()


class Retry(Message, frozen=True, gc=False):
    """It is time to submit a request again."""

    request_id: str


# Eight bytes for each number, where a list of floats takes 32.


def _no_times() -> array[float]:
    return array("d")


def _no_indices() -> array[int]:
    return array("q")


@dataclass(slots=True, eq=False)
class _Pending(Reading):
    """A request that has not ended."""

    request: Request
    submitted_at: float
    attempts: int = 0
    accepted_at: float | None = None
    stream: ActorRef[Any] | None = None
    """Whom the job is with."""
    job_id: str = ""
    """The job's id there."""
    token_times: array[float] = field(default_factory=_no_times)
    texts: list[str] = field(default_factory=list)
    indices: array[int] = field(default_factory=_no_indices)
    retry: Timer | None = None
    """Set while the request waits for its next submission."""
    withdrawn: bool = False


class Keeper(ThreadingActor, Reader[_Pending, QueenToken]):
    """Has many requests answered at once, and forgets each when its receipt is given.

    It is told `Ask` and `Withdraw`. A request that is rejected is submitted again, each time after
    twice as long, drawn at random so that keepers do not come back all at once, and
    `MAX_ATTEMPTS` times at most.

    Args:
        name: the keeper's name, unique in the colony.
        queen: who is asked.
        on_receipt: called with the receipt of each request, in the keeper's own time.
        patience: how long it waits for others.
    """

    def __init__(
        self,
        *,
        name: str,
        queen: ActorRef[Any],
        on_receipt: Callable[[Receipt], None] | None = None,
        patience: Patience = PATIENCE,
    ) -> None:
        super().__init__()
        self.name = name
        self.queen = queen
        self.on_receipt = on_receipt
        self.patience = patience
        self.random = random.Random()
        self.requests: dict[str, _Pending] = {}
        """By request id, until they end."""
        self.readings: dict[str, _Pending] = {}
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            StreamItem: self.on_stream_item,
            StreamEnd: self.on_stream_end,
            Accepted: self._on_accepted,
            Rejected: self._on_rejected,
            Ask: self._on_ask,
            Withdraw: self._on_withdraw,
            Retry: self._on_retry,
        }

    def on_start(self) -> None:
        """Draw a seed."""
        self.random.seed(random.getrandbits(64))

    def on_stop(self) -> None:
        """Give up what has not ended, so that nobody below works for a keeper that is gone."""
        for pending in list(self.requests.values()):
            if pending.stream is not None:
                tell(pending.stream, Cancel(pending.job_id, self.actor_ref))
            self._end(pending, Failed(f"{self.name} was stopped before the end"))

    def on_receive(self, message: Any) -> None:
        """Handle a message by its class; one that is not known is logged by Pykka."""
        handler = self._handlers.get(type(message))
        if handler is None:
            super().on_receive(message)
        else:
            handler(message)

    # -- the script -------------------------------------------------------------------------

    def _on_ask(self, message: Ask) -> None:
        request = message.request
        pending = _Pending(request, clock.now())
        if request.request_id in self.requests:
            reason = f"{self.name} is asking a request {request.request_id!r} already"
            self._give_receipt(pending, Failed(reason))
            return
        self.requests[request.request_id] = pending
        self._submit(pending)

    def _on_withdraw(self, message: Withdraw) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None:
            log.info("too late to withdraw", keeper=self.name, request=message.request_id)
            return
        pending.withdrawn = True
        if pending.retry is not None:
            self._end(pending, Cancelled())
        elif pending.stream is not None:
            self._tell_stream(pending, Cancel(pending.job_id, self.actor_ref))

    # -- submitting -------------------------------------------------------------------------

    def _submit(self, pending: _Pending) -> None:
        pending.attempts += 1
        if not tell(self.queen, Submit(pending.request, self.actor_ref)):
            self._try_later(pending, "the queen was stopped", self.patience.retry_seconds)

    def _on_retry(self, message: Retry) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None or pending.retry is None:
            return  # it was on its way already when the request ended
        pending.retry = None
        self._submit(pending)

    def _on_rejected(self, message: Rejected) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None or pending.stream is not None or pending.retry is not None:
            return  # told twice
        if pending.withdrawn:
            self._end(pending, Cancelled())
        else:
            self._try_later(pending, message.reason, message.retry_after)

    def _try_later(self, pending: _Pending, reason: str, retry_after: float | None) -> None:
        """Submit again after a while, or give up."""
        attempts = pending.attempts
        if retry_after is None or attempts == MAX_ATTEMPTS:
            times = "once" if attempts == 1 else f"{attempts} times"
            self._end(pending, Failed(f"rejected {times}: {reason}"))
            return
        # Never before the rejection says; "full jitter" from there to twice as long.
        delay = retry_after * 2 ** (attempts - 1) * self.random.uniform(1.0, 2.0)
        pending.retry = clock.after(delay, self.actor_ref, Retry(pending.request.request_id))

    def _on_accepted(self, message: Accepted) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None or pending.job_id not in ("", message.job_id):
            # The request ended while this was on its way; nobody may run the job.
            tell(message.stream, Cancel(message.job_id, self.actor_ref))
            return
        if pending.stream is not None:
            return  # told twice
        pending.accepted_at = clock.now()
        pending.stream = message.stream
        pending.job_id = message.job_id
        self.readings[message.job_id] = pending
        if pending.withdrawn:
            self._tell_stream(pending, Cancel(message.job_id, self.actor_ref))
        else:
            self.open_stream(pending)

    # -- reading ----------------------------------------------------------------------------

    def take(self, reading: _Pending, item: StreamItem[QueenToken]) -> None:
        """Keep the text, and when it came."""
        reading.indices.append(item.index)
        token = item.token
        if isinstance(token, WorkerResponse):
            reading.texts.append(token.text)
            reading.token_times.append(clock.now())
        else:
            for text in token.texts:
                reading.texts.append(text)
                reading.token_times.append(clock.now())

    def finish(self, reading: _Pending, outcome: Outcome) -> None:
        """Give the receipt."""
        self._end(reading, outcome)

    def open_stream(self, reading: _Pending) -> None:
        """Open the queen's stream where the keeper is."""
        after = reading.expected - 1
        self._tell_stream(reading, OpenStream(reading.job_id, after, self.actor_ref))

    def _tell_stream(self, pending: _Pending, message: Message) -> None:
        """Tell whoever has the job something; without them it cannot go on."""
        assert pending.stream is not None
        if not tell(pending.stream, message):
            self._end(pending, Failed(f"whoever had {pending.job_id} was stopped"))

    # -- ending -----------------------------------------------------------------------------

    def _end(self, pending: _Pending, outcome: Outcome) -> None:
        """Forget a request and give its receipt."""
        del self.requests[pending.request.request_id]
        self.readings.pop(pending.job_id, None)
        if pending.retry is not None:
            pending.retry.cancel()
        self._give_receipt(pending, outcome)

    def _give_receipt(self, pending: _Pending, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            log.warning(
                "request failed",
                keeper=self.name,
                request=pending.request.request_id,
                job=pending.job_id,
                reason=outcome.message,
            )
        if self.on_receipt is not None:
            self.on_receipt(
                Receipt(
                    request=pending.request,
                    submitted_at=pending.submitted_at,
                    accepted_at=pending.accepted_at,
                    token_times=pending.token_times,
                    texts=pending.texts,
                    ended_at=clock.now(),
                    outcome=outcome,
                    attempts=pending.attempts,
                    indices=pending.indices,
                )
            )
