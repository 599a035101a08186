from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import structlog
from pykka import ThreadingActor

from actors import (
    Accepted,
    Cancel,
    Completed,
    Done,
    Heartbeat,
    Hello,
    OpenStream,
    Patience,
    Queen,
    Rejected,
    Request,
    StreamEnd,
    StreamItem,
    Submit,
    Token,
    Usage,
    WorkerOutput,
    WorkerState,
)
from glasshive import Simulation, clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pykka import ActorRef

    from actors import HiveToken, Outcome

T = TypeVar("T")


class Ear(ThreadingActor):
    """Keeps what it is told, and when."""

    def __init__(self, name: str, heard: list[tuple[float, Any]]) -> None:
        super().__init__()
        self.name = name
        self.heard = heard

    def on_receive(self, message: Any) -> None:
        self.heard.append((clock.now(), message))


class Peer:
    """The test's own end of the dual call, as a client or as a node below."""

    def __init__(self, sim: Simulation, name: str) -> None:
        self.sim = sim
        self.name = name
        self.heard: list[tuple[float, Any]] = []
        self.ref = Ear.start(name, self.heard)

    def of(self, kind: type[T]) -> list[T]:
        """Return the messages of one class."""
        return [message for _, message in self.heard if type(message) is kind]

    def submit(self, node: ActorRef[Any], request: Request) -> Accepted:
        """Submit a request that is accepted in this very instant."""
        before = len(self.of(Accepted))
        node.tell(Submit(request, self.ref))
        self.pause()
        accepted = self.of(Accepted)
        assert len(accepted) == before + 1, self.heard[-1]
        return accepted[-1]

    def open(self, job: Accepted, after: int = -1) -> None:
        job.stream.tell(OpenStream(job.job_id, after, self.ref))

    def cancel(self, job: Accepted) -> None:
        job.stream.tell(Cancel(job.job_id, self.ref))

    def start(self, node: ActorRef[Any], request: Request) -> Accepted:
        job = self.submit(node, request)
        self.open(job)
        self.pause()
        return job

    def pause(self) -> None:
        """Let everything happen that happens in this very instant, no time passing."""
        # A run until now delivers what has been sent; what that brings about is for the next.
        for _ in range(20):
            self.sim.run(until=self.sim.now())

    def items(self, job: Accepted) -> list[tuple[int, Any]]:
        return [
            (item.index, item.token) for item in self.of(StreamItem) if item.job_id == job.job_id
        ]

    def tokens(self, job: Accepted) -> list[Any]:
        return [token for _, token in self.items(job)]

    def times(self, job: Accepted) -> list[float]:
        return [
            time
            for time, message in self.heard
            if isinstance(message, StreamItem) and message.job_id == job.job_id
        ]

    def outcomes(self, job: Accepted) -> list[Any]:
        return [end.outcome for end in self.of(StreamEnd) if end.job_id == job.job_id]


class Below:
    """A hive in the test's hands."""

    def __init__(
        self, peer: Peer, queen: ActorRef[Any], *, slots: int = 2, max_waiting: int = 0
    ) -> None:
        self.peer = peer
        self.queen = queen
        self.state = WorkerState("worker-1", "llama", 0, 0, slots, 0, slots, max_waiting, 0, 0)
        self.say(Hello(peer.name, peer.ref, (self.state,)))

    def say(self, *messages: Any) -> None:
        for message in messages:
            self.queen.tell(message)
        self.peer.pause()

    def beat(self) -> None:
        self.say(Heartbeat(self.peer.name, self.peer.ref, (self.state,)))

    def asked(self) -> list[str]:
        return [submit.request.request_id for submit in self.peer.of(Submit)]

    def accept(self, number: int = 1) -> None:
        self.say(Accepted(f"request-{number}", f"{self.peer.name}/job-{number}", self.peer.ref))

    def reject(self, number: int, retry_after: float | None) -> None:
        self.say(Rejected(f"request-{number}", "no room", retry_after))

    def item(self, index: int, token: HiveToken, number: int = 1) -> None:
        self.say(StreamItem(f"{self.peer.name}/job-{number}", index, token))

    def word(self, index: int, text: str, number: int = 1) -> None:
        self.item(index, WorkerOutput(Token(text)), number)

    def done(self, index: int, number: int = 1) -> None:
        self.item(index, WorkerOutput(Done("stop", Usage(10, index))), number)
        self.end(index + 1, Completed(), number)

    def end(self, index: int, outcome: Outcome, number: int = 1) -> None:
        self.say(StreamEnd(f"{self.peer.name}/job-{number}", index, outcome))


@pytest.fixture(autouse=True)
def _no_lines_on_the_terminal() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with Simulation(seed=1) as simulation:
        yield simulation


@pytest.fixture
def peer(sim: Simulation) -> Callable[[str], Peer]:
    return lambda name: Peer(sim, name)


@pytest.fixture
def client(sim: Simulation) -> Peer:
    return Peer(sim, "client")


@pytest.fixture
def ask() -> Callable[..., Request]:
    """Return a maker of requests that generate exactly their `max_tokens`."""

    def make(number: int = 1, max_tokens: int = 3, *, prompt_tokens: int = 10) -> Request:
        return Request(
            request_id=f"request-{number}",
            model="llama",
            prompt=f"prompt {number}",
            prompt_tokens=prompt_tokens,
            max_tokens=max_tokens,
            ignore_eos=True,
        )

    return make


@pytest.fixture
def queen(sim: Simulation) -> ActorRef[Queen]:  # noqa: ARG001 - she is started inside it
    return Queen.start(max_jobs=4, patience=Patience(retry_seconds=0.25))


@pytest.fixture
def start_hive(peer: Callable[[str], Peer], queen: ActorRef[Queen]) -> Callable[[str], Below]:
    return lambda name: Below(peer(name), queen)


@pytest.fixture
def hive(start_hive: Callable[[str], Below]) -> Below:
    return start_hive("hive-1")
