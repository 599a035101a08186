"""The keeper: the client, who wants requests answered and keeps a receipt of each."""

from __future__ import annotations

import math
import random
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from actors.address import tell
from actors.backoff import backoff
from actors.bee import Bee
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
from actors.tokens import (
    TIMEOUT,
    UNKNOWN,
    UNOPENED,
    Cancelled,
    Failed,
    QueenToken,
    WorkerResponse,
)
from glasshive import Message, clock, sometimes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

    from actors.messages import Request, Turn
    from actors.specs import Patience
    from actors.tokens import Outcome
    from glasshive.clock import Timer

__all__ = ["MAX_ATTEMPTS", "Keeper", "Pending"]

MAX_ATTEMPTS = 8
"""Submissions of one request before its keeper gives up."""

_HOPS = 3
"""Nodes on a job's way down: queen, hive and worker."""

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
class Pending(Reading):
    """A request that has not ended.

    With a `retry` it waits for its next submission, without one and without a `stream` for an
    answer to the last one; with a `stream` it is being read.
    """

    request: Request
    submitted_at: float
    ends_at: float
    """When the keeper wants it no more, in seconds of the clock."""
    attempts: int = 0
    rejections: int = 0
    """In a row."""
    turn: Turn = (0, 0)
    told_at: float = 0.0
    """When it was last submitted, in seconds of the clock."""
    accepted_at: float | None = None
    stream: ActorRef[Any] | None = None
    """Whom the job is with."""
    job_id: str = ""
    """The job's id there."""
    first: int = 0
    """Items that came of earlier jobs, before the first item of this one."""
    opened: bool = False
    """Whether any job of it was ever opened, and so may run."""
    token_times: array[float] = field(default_factory=_no_times)
    answers: list[list[str]] = field(default_factory=list)
    indices: array[int] = field(default_factory=_no_indices)
    fenced_until: float = -math.inf
    """When a job of it that the queen has lost has surely stopped."""
    retry: Timer | None = None
    withdrawn: bool = False
    cancel_by: float = math.inf
    """When it has surely stopped, whether anybody says so or not."""


class Keeper(Bee, Reader[Pending, QueenToken]):
    """Has many requests answered at once, and forgets each when its receipt is given.

    It is told `Ask` and `Withdraw`. A request that is rejected is submitted again, each time after
    twice as long, drawn at random so that keepers do not come back all at once, and
    `MAX_ATTEMPTS` times in a row at most. One whose job the queen has lost is submitted again at
    once, and goes on after the last token that came.

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
        super().__init__(name=name, patience=patience)
        self.queen = queen
        self.on_receipt = on_receipt
        self.random = random.Random()
        self.requests: dict[str, Pending] = {}
        """By request id, until they end."""
        self.readings: dict[str, Pending] = {}
        self._turns = 0
        self._beating = False
        self.handlers |= {
            StreamItem: self.on_stream_item,
            StreamEnd: self.on_stream_end,
            Accepted: self._on_accepted,
            Rejected: self._on_rejected,
            Ask: self._on_ask,
            Withdraw: self._on_withdraw,
            Retry: self._on_retry,
        }

    def on_start(self) -> None:
        """Draw a seed, and go on with what an earlier life had begun."""
        self.random.seed(random.getrandbits(64))
        self._beating = False
        for pending in self.requests.values():
            self._keep_beating()
            if pending.retry is not None:
                self._retry_after(pending, self.patience.retry_seconds)

    def on_stop(self) -> None:
        """Give up what has not ended, so that nobody below works for a keeper that is gone."""
        for pending in list(self.requests.values()):
            if pending.stream is not None:
                tell(pending.stream, Cancel(pending.job_id, self.actor_ref))
            self.end(pending, Failed(f"{self.name} was stopped before the end"))

    # -- the script -------------------------------------------------------------------------

    def _on_ask(self, message: Ask) -> None:
        request, now = message.request, clock.now()
        pending = Pending(request, now, now + self.patience.answer_seconds)
        pending.answers = [[] for _ in range(max(1, request.copies))]
        if request.request_id in self.requests:
            reason = f"{self.name} is asking a request {request.request_id!r} already"
            self._give_receipt(pending, Failed(reason))
            return
        self.requests[request.request_id] = pending
        self._keep_beating()
        self._submit(pending)

    def _on_withdraw(self, message: Withdraw) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None:
            log.info("too late to withdraw", keeper=self.name, request=message.request_id)
            return
        if pending.withdrawn:
            return
        pending.withdrawn = True
        if not pending.opened:
            # What was never opened never runs; if it is accepted yet, it is cancelled then.
            if pending.stream is not None:
                tell(pending.stream, Cancel(pending.job_id, self.actor_ref))
            self.end(pending, Cancelled())
            return
        if pending.retry is not None:
            pending.retry.cancel()
            pending.retry = None
        # Counted from when it was last shown to be read.
        pending.cancel_by = pending.opened_at + self.patience.fence_seconds(_HOPS)
        if pending.stream is not None:
            self._tell_stream(pending, Cancel(pending.job_id, self.actor_ref))

    # -- submitting -------------------------------------------------------------------------

    def _submit(self, pending: Pending) -> None:
        """Submit a request in a turn of its own."""
        pending.attempts += 1
        self._turns += 1
        pending.turn = (self.life, self._turns)
        self._tell_queen(pending)

    def _tell_queen(self, pending: Pending) -> None:
        pending.told_at = now = clock.now()
        submit = Submit(
            pending.request,
            self.actor_ref,
            pending.turn,
            len(pending.indices),
            max(0.0, pending.ends_at - now - self.patience.margin_seconds),
        )
        if not tell(self.queen, submit):
            self.rejected(pending, "the queen was stopped", self.patience.retry_seconds)

    def _on_retry(self, message: Retry) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None or pending.retry is None:
            return  # it was on its way already when the request ended
        pending.retry = None
        self._submit(pending)

    def _on_rejected(self, message: Rejected) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None or pending.turn != message.turn:
            return  # of an earlier turn
        if pending.stream is not None or pending.retry is not None:
            return  # told twice
        if pending.withdrawn:
            return  # an earlier job of it may run on below for a while
        self.rejected(pending, message.reason, message.retry_after)

    def rejected(self, pending: Pending, reason: str, retry_after: float | None) -> None:
        """Submit again after a while, or give up.

        Args:
            pending: the request that nobody has taken.
            reason: why not.
            retry_after: seconds to wait at least; None if waiting will not help.
        """
        pending.rejections += 1
        if retry_after is None or pending.rejections == MAX_ATTEMPTS:
            times = "once" if pending.rejections == 1 else f"{pending.rejections} times"
            self.end(pending, Failed(f"rejected {times}: {reason}"))
            return
        most = self.patience.retry_most_seconds
        self._retry_after(pending, backoff(retry_after, pending.rejections, most, self.random))

    def _retry_after(self, pending: Pending, seconds: float) -> None:
        pending.retry = clock.after(seconds, self.actor_ref, Retry(pending.request.request_id))

    def _on_accepted(self, message: Accepted) -> None:
        pending = self.requests.get(message.request_id)
        if pending is None or pending.turn != message.turn:
            # The request ended or was submitted again while this was on its way; nobody may run it.
            tell(message.stream, Cancel(message.job_id, self.actor_ref))
            return
        if pending.stream is not None:
            return  # told twice
        if pending.accepted_at is None:
            pending.accepted_at = clock.now()
        pending.rejections = 0
        pending.stream = message.stream
        pending.job_id = message.job_id
        pending.start_over()
        pending.first = len(pending.indices)
        self.readings[message.job_id] = pending
        if pending.withdrawn:
            self._tell_stream(pending, Cancel(message.job_id, self.actor_ref))
        else:
            self.accepted(pending)

    def accepted(self, pending: Pending) -> None:
        """Read what the queen has accepted.

        Args:
            pending: the request, its `stream` and `job_id` those of the new job.
        """
        self.open_stream(pending)

    # -- reading ----------------------------------------------------------------------------

    def take(self, reading: Pending, item: StreamItem[QueenToken]) -> None:
        """Keep the text, and when it came."""
        reading.indices.append(reading.first + item.index)
        reading.token_times.append(clock.now())
        token = item.token
        if isinstance(token, WorkerResponse):
            reading.answers[0].append(token.text)
        else:
            for answer, text in zip(reading.answers, token.texts, strict=True):
                if text:
                    answer.append(text)

    def finish(self, reading: Pending, outcome: Outcome) -> None:
        """Give the receipt, or have a job that the queen has lost begun anew."""
        unknown = isinstance(outcome, Failed) and outcome.code in (UNKNOWN, UNOPENED)
        if reading.withdrawn and (unknown or clock.now() < reading.fenced_until):
            self._leave_stream(reading)  # what she has forgotten may run on below for a while
        elif reading.withdrawn:
            self.end(reading, outcome)
        elif unknown or isinstance(outcome, Cancelled):
            # She was started anew, or has not heard of this keeper for too long.
            sometimes("a keeper submits again what its queen has lost")
            self._leave_stream(reading)
            self._submit(reading)
        else:
            self.end(reading, outcome)

    def _leave_stream(self, pending: Pending) -> None:
        self.readings.pop(pending.job_id, None)
        pending.fenced_until = pending.opened_at + self.patience.fence_seconds(_HOPS)
        pending.stream = None
        pending.job_id = ""

    def open_stream(self, reading: Pending) -> None:
        """Open the queen's stream where the keeper is."""
        reading.opened = True
        reading.opened_at = clock.now()
        after = reading.expected - 1
        self._tell_stream(reading, OpenStream(reading.job_id, after, self.actor_ref))

    def _tell_stream(self, pending: Pending, message: Message) -> None:
        """Tell whoever has the job something; without them it cannot go on."""
        assert pending.stream is not None
        if not tell(pending.stream, message):
            self.end(pending, Failed(f"whoever had {pending.job_id} was stopped"))

    # -- again and again --------------------------------------------------------------------

    def _keep_beating(self) -> None:
        if not self._beating:
            self._beating = True
            super().beat_later()

    def beat_later(self) -> None:
        """Have the heart beat once more if there is anything to look after."""
        self._beating = False
        if self.requests:
            self._keep_beating()

    def tend(self, now: float) -> None:
        """Say again what may have been lost, and give up what has waited too long."""
        for pending in list(self.requests.values()):
            self._tend(pending, now)

    def _tend(self, pending: Pending, now: float) -> None:
        patience = self.patience
        if pending.withdrawn:
            if now >= pending.cancel_by:
                self.end(pending, Cancelled())
            elif pending.stream is not None:
                self._tell_stream(pending, Cancel(pending.job_id, self.actor_ref))
        elif now >= pending.ends_at:
            if pending.stream is not None:
                tell(pending.stream, Cancel(pending.job_id, self.actor_ref))
            reason = f"{self.name} has waited {patience.answer_seconds:g} s for the end"
            self.end(pending, Failed(reason, TIMEOUT))
        elif pending.stream is not None:
            if now - pending.opened_at >= patience.renew_seconds:
                self.open_stream(pending)
        elif pending.retry is None and now - pending.told_at >= patience.reply_seconds:
            self._tell_queen(pending)

    # -- ending -----------------------------------------------------------------------------

    def end(self, pending: Pending, outcome: Outcome) -> None:
        """Forget a request and give its receipt.

        Args:
            pending: the request.
            outcome: how it ends.
        """
        del self.requests[pending.request.request_id]
        self.readings.pop(pending.job_id, None)
        if pending.retry is not None:
            pending.retry.cancel()
        self._give_receipt(pending, outcome)

    def _give_receipt(self, pending: Pending, outcome: Outcome) -> None:
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
                    answers=pending.answers,
                    ended_at=clock.now(),
                    outcome=outcome,
                    attempts=pending.attempts,
                    indices=pending.indices,
                )
            )
