from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import structlog
from pykka import ThreadingActor

from actors import (
    PATIENCE,
    Accepted,
    Cancel,
    Completed,
    Done,
    Heartbeat,
    Hello,
    LatencyModel,
    Model,
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
    Worker,
    WorkerOutput,
    WorkerSpec,
    WorkerState,
)
from actors.address import tell
from actors.generation import Generation
from glasshive import Simulation, clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping
    from typing import TypeAlias

    from pykka import ActorRef

    from actors import HiveToken, Outcome
    from actors.messages import Turn

    Asks: TypeAlias = Callable[..., Request]
    Peers: TypeAlias = Callable[[str], "Peer"]
    PeersIn: TypeAlias = Callable[[Simulation, str], "Peer"]
    Workers: TypeAlias = Callable[..., ActorRef[Worker]]
    Hives: TypeAlias = Callable[..., "Below"]
    Words: TypeAlias = Callable[[Request], list[str]]
    Logged: TypeAlias = Callable[[str], list[dict[str, Any]]]

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
        self.reads: list[Accepted] = []
        """What it shows to be reading when it beats."""

    def of(self, kind: type[T]) -> list[T]:
        """Return the messages of one class."""
        return [message for _, message in self.heard if type(message) is kind]

    def when(self, kind: type[Any]) -> list[float]:
        """Return when the messages of one class came."""
        return [time for time, message in self.heard if type(message) is kind]

    def offer(
        self,
        node: ActorRef[Any],
        request: Request,
        turn: Turn = (0, 0),
        *,
        generated: int = 0,
        seconds: float | None = None,
    ) -> None:
        """Submit a request, whatever the answer will be."""
        node.tell(Submit(request, self.ref, turn, generated, seconds))
        self.pause()

    def submit(
        self,
        node: ActorRef[Any],
        request: Request,
        turn: Turn = (0, 0),
        *,
        generated: int = 0,
        seconds: float | None = None,
    ) -> Accepted:
        """Submit a request that is accepted in this very instant."""
        before = len(self.of(Accepted))
        self.offer(node, request, turn, generated=generated, seconds=seconds)
        accepted = self.of(Accepted)
        assert len(accepted) == before + 1, self.heard[-1]
        return accepted[-1]

    def open(self, job: Accepted, after: int = -1) -> None:
        tell(job.stream, OpenStream(job.job_id, after, self.ref))

    def cancel(self, job: Accepted) -> None:
        job.stream.tell(Cancel(job.job_id, self.ref))
        self.pause()

    def start(
        self,
        node: ActorRef[Any],
        request: Request,
        turn: Turn = (0, 0),
        *,
        generated: int = 0,
        seconds: float | None = None,
    ) -> Accepted:
        job = self.submit(node, request, turn, generated=generated, seconds=seconds)
        self.open(job)
        self.reads.append(job)
        self.pause()
        return job

    def beat(self) -> None:
        """Show that what was started here and has not ended is still read."""
        for job in self.reads:
            if not self.outcomes(job):
                self.open(job, max((index for index, _ in self.items(job)), default=-1))
        self.pause()

    def pause(self) -> None:
        """Let everything happen that happens in this very instant, no time passing."""
        # A run until now delivers what has been sent; what that brings about is for the next.
        for _ in range(20):
            self.sim.run(until=self.sim.now())

    def live(self, until: float, *others: Peer | Below) -> None:
        """Let time pass, and have this one and others beat each second, half a second off."""
        while (half := self.sim.now() // 0.5 * 0.5 + 0.5) < until:
            self.sim.run(until=half)
            if half % 1.0:
                for each in (self, *others):
                    each.beat()
        self.sim.run(until=until)

    def revive(self) -> None:
        """Crash and begin anew at the same address, with a new reference."""
        self.sim.crash(self.ref)
        self.sim.restart(self.ref)
        ears = [actor for actor in self.sim.actors() if isinstance(actor, Ear)]
        self.ref = next(ear.actor_ref for ear in ears if ear.heard is self.heard)

    def phases(self) -> list[tuple[float, str]]:
        """Return what the heartbeats that came say of the first worker, and when."""
        return [
            (time, message.workers[0].phase)
            for time, message in self.heard
            if isinstance(message, Heartbeat) and message.workers
        ]

    def items(self, job: Accepted) -> list[tuple[int, Any]]:
        return [
            (item.index, item.token) for item in self.of(StreamItem) if item.job_id == job.job_id
        ]

    def tokens(self, job: Accepted) -> list[Any]:
        return [token for _, token in self.items(job)]

    def texts(self, job: Accepted) -> list[str]:
        return [token.text for token in self.tokens(job)]

    def times(self, job: Accepted) -> list[float]:
        return [
            time
            for time, message in self.heard
            if isinstance(message, StreamItem) and message.job_id == job.job_id
        ]

    def outcomes(self, job: Accepted) -> list[Any]:
        return [end.outcome for end in self.of(StreamEnd) if end.job_id == job.job_id]

    def ended(self, job: Accepted) -> list[tuple[float, Any]]:
        """Return when a job's ends came, and what they said."""
        return [
            (time, message.outcome)
            for time, message in self.heard
            if isinstance(message, StreamEnd) and message.job_id == job.job_id
        ]


class Below:
    """A hive in the test's hands."""

    def __init__(
        self, peer: Peer, queen: ActorRef[Any], *, slots: int = 2, max_waiting: int = 0
    ) -> None:
        self.peer = peer
        self.queen = queen
        self.state = WorkerState("worker-1", "llama", 0, 0, slots, 0, slots, max_waiting, 0, 0)
        self.epoch = ""
        self.beats = 1
        self.say(Hello(peer.name, peer.ref, (self.state,), "", (0, 1)))

    def say(self, *messages: Any) -> None:
        for message in messages:
            self.queen.tell(message)
        self.peer.pause()

    def beat(self) -> None:
        self.beats += 1
        turn = (0, self.beats)
        self.say(Heartbeat(self.peer.name, self.peer.ref, (self.state,), self.epoch, turn))

    def live(self, until: float, *others: Peer | Below) -> None:
        """Let time pass, and have this one and others beat each second."""
        self.peer.live(until, self, *others)

    def asked(self) -> list[str]:
        return [submit.request.request_id for submit in self.peer.of(Submit)]

    def turns(self) -> list[Submit]:
        """Return how requests were submitted first in each turn."""
        first: dict[Turn, Submit] = {}
        for submit in self.peer.of(Submit):
            first.setdefault(submit.turn, submit)
        return list(first.values())

    def submitted(self, number: int = 1, branch: int = 0) -> Submit:
        """Return how a request was submitted last."""
        key = (f"request-{number}", branch)
        submits = self.peer.of(Submit)
        return [s for s in submits if (s.request.request_id, s.request.branch) == key][-1]

    def job(self, number: int = 1) -> str:
        return f"{self.peer.name}/job-{number}"

    def accept(self, number: int = 1, job: int | None = None, branch: int = 0) -> None:
        """Accept a request as it was submitted last, with a job of its number or of another."""
        turn = self.submitted(number, branch).turn
        job_id = self.job(number if job is None else job)
        self.say(Accepted(f"request-{number}", job_id, self.peer.ref, turn))

    def reject(self, number: int = 1, retry_after: float | None = None) -> None:
        turn = self.submitted(number).turn
        self.say(Rejected(f"request-{number}", "no room", retry_after, turn))

    def item(self, index: int, token: HiveToken, job: int = 1) -> None:
        self.say(StreamItem(self.job(job), index, token))

    def word(self, index: int, text: str, job: int = 1) -> None:
        self.item(index, WorkerOutput(Token(text)), job)

    def done(self, index: int, job: int = 1, reason: str = "stop") -> None:
        self.item(index, WorkerOutput(Done(reason, Usage(10, index))), job)
        self.end(index + 1, Completed(), job)

    def end(self, index: int, outcome: Outcome, job: int = 1) -> None:
        self.say(StreamEnd(self.job(job), index, outcome))


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """Return the lines that are logged, and keep them from the terminal."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture
def logged(logs: list[MutableMapping[str, Any]]) -> Logged:
    """Return what finds the log's lines of one event, with what the bee itself said in them."""

    added = ("at", "actor", "message")

    def find(event: str) -> list[dict[str, Any]]:
        own = [line for line in logs if line["event"] == event]
        return [{k: v for k, v in line.items() if k not in added} for line in own]

    return find


@pytest.fixture
def sim() -> Iterator[Simulation]:
    with Simulation(seed=1) as simulation:
        yield simulation


@pytest.fixture
def peer(sim: Simulation) -> Peers:
    return lambda name: Peer(sim, name)


@pytest.fixture(scope="session")
def peer_in() -> PeersIn:
    """Return what makes a peer in a simulation of a test's own."""
    return Peer


@pytest.fixture
def client(sim: Simulation) -> Peer:
    return Peer(sim, "client")


@pytest.fixture
def ask() -> Asks:
    """Return a maker of requests that generate exactly their `max_tokens`."""

    def make(
        number: int = 1,
        max_tokens: int = 3,
        *,
        prompt_tokens: int = 10,
        model: str = "llama",
        **others: int,
    ) -> Request:
        return Request(
            request_id=f"request-{number}",
            model=model,
            prompt=f"prompt {number}",
            prompt_tokens=prompt_tokens,
            max_tokens=max_tokens,
            ignore_eos=True,
            **others,
        )

    return make


@pytest.fixture
def start_worker(sim: Simulation) -> Workers:  # noqa: ARG001 - it is started inside it
    """Return what starts a worker whose steps take 20 ms."""

    def start(
        *,
        max_num_seqs: int = 4,
        max_waiting: int = 4,
        vram_bytes: int = 0,
        model_bytes: int = 0,
        kv_bytes_per_token: int = 0,
        latency: LatencyModel | None = None,
        patience: Patience = PATIENCE,
        hive: ActorRef[Any] | None = None,
        **others: Any,
    ) -> ActorRef[Worker]:
        model = Model(
            "llama",
            size_bytes=model_bytes,
            kv_bytes_per_token=kv_bytes_per_token,
            latency=latency or LatencyModel(seconds_per_token=0.02),
        )
        spec = WorkerSpec(
            name="worker-1",
            model=model,
            vram_bytes=vram_bytes,
            max_num_seqs=max_num_seqs,
            max_waiting=max_waiting,
        )
        return Worker.start(spec=spec, hive=hive, patience=patience, **others)

    return start


@pytest.fixture(scope="session")
def words() -> Words:
    """Return what says the whole text that a request gets."""

    def of(request: Request) -> list[str]:
        generation = Generation(request.model, request.prompt, request.seed)
        length = generation.length(request.max_tokens, ignore_eos=request.ignore_eos)
        return [generation.token(index) for index in range(length)]

    return of


@pytest.fixture
def queen(sim: Simulation) -> ActorRef[Queen]:  # noqa: ARG001 - she is started inside it
    return Queen.start(max_jobs=4, patience=Patience(retry_seconds=0.25))


@pytest.fixture
def start_hive(peer: Peers, queen: ActorRef[Queen]) -> Hives:
    """Return what has the test be one more hive, of the queen that is there or of another."""

    def start(
        name: str,
        of: ActorRef[Queen] = queen,
        *,
        slots: int = 2,
        max_waiting: int = 0,
    ) -> Below:
        return Below(peer(name), of, slots=slots, max_waiting=max_waiting)

    return start


@pytest.fixture
def hive(start_hive: Hives) -> Below:
    return start_hive("hive-1")
