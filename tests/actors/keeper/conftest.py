from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Accepted,
    Ask,
    Cancel,
    Keeper,
    OpenStream,
    Rejected,
    StreamEnd,
    StreamItem,
    Submit,
    Withdraw,
    WorkerResponse,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pykka import ActorRef

    from actors import Outcome, Patience, Receipt, Request
    from actors.messages import Turn
    from glasshive import Simulation
    from tests.actors.conftest import Peer, Peers

    Courts: TypeAlias = Callable[..., "Court"]


class Court:
    """A keeper and its queen, who is the test."""

    def __init__(self, peer: Peer, kind: type[Keeper] = Keeper, **settings: Any) -> None:
        self.peer = peer
        self.receipts: list[Receipt] = []
        self.keeper: ActorRef[Keeper] = kind.start(
            name="keeper", queen=peer.ref, on_receipt=self.receipts.append, **settings
        )

    @property
    def actor(self) -> Keeper:
        (actor,) = [each for each in self.peer.sim.actors() if isinstance(each, Keeper)]
        return actor

    def say(self, *messages: Any) -> None:
        for message in messages:
            self.keeper.tell(message)
        self.peer.pause()

    def ask(self, *requests: Request) -> None:
        self.say(*map(Ask, requests))

    def withdraw(self, number: int = 1) -> None:
        self.say(Withdraw(f"request-{number}"))

    def turn(self, number: int = 1) -> Turn:
        """Return the turn in which a request was submitted last."""
        name = f"request-{number}"
        return [s.turn for s in self.peer.of(Submit) if s.request.request_id == name][-1]

    def accept(self, number: int = 1, job: int | None = None) -> None:
        job_id = f"queen/job-{number if job is None else job}"
        self.say(Accepted(f"request-{number}", job_id, self.peer.ref, self.turn(number)))

    def reject(self, retry_after: float | None = 0.5, number: int = 1) -> None:
        reason = "queen is full"
        self.say(Rejected(f"request-{number}", reason, retry_after, self.turn(number)))

    def word(self, index: int, text: str, job: int = 1) -> None:
        self.say(StreamItem(f"queen/job-{job}", index, WorkerResponse(text)))

    def end(self, index: int, outcome: Outcome, job: int = 1) -> None:
        self.say(StreamEnd(f"queen/job-{job}", index, outcome))

    def run(self, until: float) -> None:
        self.peer.sim.run(until=until)

    @property
    def submits(self) -> list[Submit]:
        return self.peer.of(Submit)

    @property
    def opened(self) -> list[OpenStream]:
        return self.peer.of(OpenStream)

    @property
    def cancelled(self) -> list[str]:
        """The jobs that were cancelled, as often as they were."""
        cancels = self.peer.of(Cancel)
        assert all(cancel.reply_to == self.keeper for cancel in cancels)
        return [cancel.job_id for cancel in cancels]

    @property
    def ends(self) -> list[tuple[float, Outcome]]:
        """When the requests ended, and how."""
        return [(receipt.ended_at, receipt.outcome) for receipt in self.receipts]


@pytest.fixture
def courts(peer: Peers) -> Courts:
    """Return what sets up a keeper of some patience."""

    def start(patience: Patience | None = None) -> Court:
        settings: dict[str, Any] = {} if patience is None else {"patience": patience}
        return Court(peer("queen"), **settings)

    return start


@pytest.fixture
def court(courts: Courts, sim: Simulation) -> Court:  # noqa: ARG001 - it is set up inside it
    return courts()
