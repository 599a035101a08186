from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Heartbeat,
    Hive,
    LatencyModel,
    Model,
    ModelInfo,
    StreamItem,
    Token,
    WorkerOutput,
    WorkerSpec,
    WorkerStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pykka import ActorRef

    from actors import Accepted, Request
    from tests.actors.conftest import Peer

    Founds: TypeAlias = Callable[..., "Found"]


class Found:
    """A real hive with real workers, whose queen is the test."""

    def __init__(self, client: Peer, specs: tuple[WorkerSpec, ...], **settings: Any) -> None:
        self.client = client
        self.ref = Hive.start(name="hive-1", queen=client.ref, workers=specs, **settings)
        client.pause()

    @property
    def actor(self) -> Hive:
        # Its reference leads to the actor of its first life.
        (actor,) = [each for each in self.client.sim.actors() if isinstance(each, Hive)]
        return actor

    def worker(self, name: str) -> ActorRef[Any]:
        return self.actor.dispatch.nodes[name].ref

    def phases(self) -> dict[str, str]:
        return {name: place.phase for name, place in self.actor.nursery.places.items()}

    def told(self) -> dict[str, tuple[str, int, int]]:
        """Return phase, running and waiting of each worker as the last heartbeat tells them."""
        last = [message for _, message in self.client.heard if isinstance(message, Heartbeat)][-1]
        states = last.workers or ()
        return {state.name: (state.phase, state.running, state.waiting) for state in states}

    def start(self, *requests: Request) -> list[Accepted]:
        return [self.client.start(self.ref, request) for request in requests]

    def said(self, job: Accepted) -> list[tuple[float, str]]:
        """Return what is said for people in a job's stream, and when."""
        told = zip(self.client.times(job), self.client.tokens(job), strict=True)
        return [
            (round(time, 6), token.text)
            for time, token in told
            if isinstance(token, WorkerStatus | ModelInfo)
        ]

    def placements(self) -> list[str]:
        """Return where the jobs went, in order."""
        tokens = [item.token for item in self.client.of(StreamItem)]
        said = [token.text for token in tokens if isinstance(token, WorkerStatus)]
        return [text.removeprefix("placed on ") for text in said if text.startswith("placed")]

    def words(self, job: Accepted) -> list[str]:
        """Return the text that came."""
        outputs = [token for token in self.client.tokens(job) if isinstance(token, WorkerOutput)]
        return [each.token.text for each in outputs if isinstance(each.token, Token)]


@pytest.fixture
def found(client: Peer) -> Founds:
    """Return what founds a hive, of some workers that are always there if it is not told of any."""

    def start(
        *specs: WorkerSpec,
        workers: int = 2,
        slots: int = 2,
        max_waiting: int = 64,
        **settings: Any,
    ) -> Found:
        model = Model("llama", latency=LatencyModel(seconds_per_token=0.02))
        own = tuple(
            WorkerSpec(f"worker-{n}", model, max_num_seqs=slots, max_waiting=max_waiting)
            for n in range(1, workers + 1)
        )
        return Found(client, specs or own, **settings)

    return start
