"""A gateway on a port of its own, and a client that reads its streams."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from actors import Generation, LatencyModel, Model, Patience
from gateway.limits import Limits
from gateway.listener import listen
from gateway.server import Gateway
from topology import Blueprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from topology.faults import FaultPlan

    Serves: TypeAlias = Callable[..., "Served"]

PATIENCE = Patience(
    heartbeat_seconds=0.2,
    degraded_seconds=0.6,
    silence_seconds=1.2,
    retry_seconds=0.1,
    reply_seconds=1.0,
    renew_seconds=1.0,
    keep_seconds=2.0,
)
"""Short, so that a crash is noticed soon; long enough for a machine that does much else."""

LONG = 30.0
"""Seconds that nothing here takes, on whatever machine."""


def blueprint(
    *, seconds_per_token: float = 0.001, hives: int = 1, patience: Patience = PATIENCE, **grid: Any
) -> Blueprint:
    """Return two workers of a model that is called "honey"."""
    model = Model("honey", latency=LatencyModel(seconds_per_token=seconds_per_token))
    return Blueprint.grid(
        hives=hives,
        workers_per_hive=grid.pop("workers_per_hive", 2),
        models=(model,),
        patience=patience,
        latency_seconds=0.0002,
        **grid,
    )


def text_of(prompt: str, tokens: int, seed: int = 0) -> str:
    """Return what the model says."""
    generation = Generation("honey", prompt, seed)
    return "".join(map(generation.token, range(tokens)))


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < until, "it did not come true"
        time.sleep(0.01)


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    type: str
    data: Any
    id: str | None = None


def events_in(lines: Iterator[str]) -> Iterator[Event]:
    """Yield the events of a stream, and its comments as events of type ":"."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            yield Event(":", line[1:].strip())
        elif line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Event(fields["event"], json.loads(fields["data"]), fields.get("id"))
            fields = {}


def spoken(events: list[Event]) -> str:
    """Return the text of some events."""
    return "".join(event.data["text"] for event in events if event.type == "token")


class Served:
    """A gateway that serves, and a client of it."""

    def __init__(self, gateway: Gateway, token: str | None) -> None:
        self.gateway = gateway
        self.listener = listen("127.0.0.1", 0)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(
            base_url=self.url, timeout=LONG, headers=headers, trust_env=False
        )
        self.whole: bool | None = None
        self.error: BaseException | None = None
        self._ready = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.whole = self.gateway.run(self.listener, self._ready.set)
        except BaseException as error:  # noqa: BLE001  raised in the test
            self.error = error
        finally:
            self._ready.set()

    @contextmanager
    def running(self) -> Iterator[Served]:
        self.thread.start()
        assert self._ready.wait(LONG)
        try:
            yield self
        finally:
            self.client.close()
            self.gateway.stop()
            self.thread.join(LONG)
            assert not self.thread.is_alive()
            if self.error is not None:
                raise self.error

    # -- as a client ------------------------------------------------------------------------

    def post(self, prompt: str = "sing", headers: dict[str, str] | None = None, **body: Any) -> Any:
        return self.client.post(
            "/v1/inference", json={"prompt": prompt, **body}, headers=headers or {}
        )

    def submit(self, prompt: str = "sing", tokens: int = 8, **body: Any) -> str:
        """Make a job of so many tokens, and return its id."""
        answer = self.post(prompt, max_tokens=tokens, ignore_eos=True, **body)
        assert answer.status_code == 202, answer.text
        job_id: str = answer.json()["job_id"]
        return job_id

    @contextmanager
    def reading(
        self, job_id: str, headers: dict[str, str] | None = None, **query: Any
    ) -> Iterator[Iterator[Event]]:
        path = f"/v1/inference/{job_id}/stream"
        with self.client.stream("GET", path, params=query, headers=headers or {}) as answer:
            assert answer.status_code == 200, answer.read()
            with closing(answer.iter_lines()) as lines:  # type: ignore[type-var]
                yield events_in(lines)

    def read(self, job_id: str, headers: dict[str, str] | None = None, **query: Any) -> list[Event]:
        """Return all events of a stream."""
        with self.reading(job_id, headers, **query) as events:
            return list(events)

    def show(self, job_id: str) -> dict[str, Any]:
        answer = self.client.get(f"/v1/inference/{job_id}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def state(self, job_id: str) -> str:
        state: str = self.show(job_id)["state"]
        return state

    def held(self, node: str) -> dict[str, dict[str, Any]]:
        """Return the jobs in a node's registry, by their request."""
        jobs = self.client.get(f"/v1/nodes/{node}/jobs").json()["jobs"]
        return {job["request_id"]: job for job in jobs}

    def worker_of(self, job_id: str) -> str:
        """Return the worker that has a job."""
        names = self.client.get("/v1/nodes").json()["nodes"]
        (found,) = [name for name in names if "worker" in name and job_id in self.held(name)]
        return str(found)


@contextmanager
def serving(
    drawn: Blueprint | None = None,
    token: str | None = None,
    plan: FaultPlan | None = None,
    **limits: Any,
) -> Iterator[Served]:
    """Serve a blueprint for a while."""
    own = Limits(**{"drain_seconds": 0.5, **limits})
    gateway = Gateway(drawn or blueprint(), limits=own, token=token, plan=plan)
    with Served(gateway, token).running() as served:
        yield served


class Shared:
    """The gateway that a module's tests share, for as long as none wants one of its own."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._served: Served | None = None

    def get(self) -> Served:
        if self._served is None:
            self._served = self._stack.enter_context(serving())
        return self._served

    def close(self) -> None:
        """End it, since a program has one runtime at a time."""
        self._served = None
        self._stack.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    with closing(Shared()) as of_all:
        yield of_all


@pytest.fixture
def served(shared: Shared) -> Served:
    """Return a gateway before two quick workers."""
    return shared.get()


@pytest.fixture
def serves(shared: Shared) -> Iterator[Serves]:
    """Return what serves a blueprint until the test is over."""
    shared.close()
    with ExitStack() as stack:
        yield lambda *args, **limits: stack.enter_context(serving(*args, **limits))


@pytest.fixture
def steady(serves: Serves) -> Served:
    """Return a gateway before workers whose text can be watched as it comes."""
    return serves(blueprint(seconds_per_token=0.02))
