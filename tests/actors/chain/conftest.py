from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    PATIENCE,
    Ask,
    Device,
    Hive,
    Keeper,
    LatencyModel,
    Model,
    Patience,
    Queen,
    Worker,
    WorkerSpec,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pykka import ActorRef

    from actors import Outcome, Receipt, Request
    from actors.batch import Sequence
    from glasshive import Simulation

    Chains: TypeAlias = Callable[..., "Chain"]


class Chain:
    """A queen, some hives of two workers each, and a keeper, ready for requests.

    A message takes 1 ms between queen and keeper, and between queen and hive.
    """

    def __init__(
        self,
        sim: Simulation,
        *,
        placement: str = "least_loaded",
        hives: int = 2,
        slots: int = 2,
        patience: Patience = PATIENCE,
        devices: tuple[Device, ...] = (),
    ) -> None:
        self.sim = sim
        self.receipts: dict[str, Receipt] = {}
        """By request id."""
        model = Model(
            "llama", size_bytes=100, kv_bytes_per_token=1, latency=LatencyModel(0.001, 0.02, 0.1)
        )
        for host in ("keepers", *(f"hive-{hive}" for hive in range(1, hives + 1))):
            sim.network.link("queen", host, latency=0.001)
        with sim.on("queen"):
            self.queen = Queen.start(placement=placement, patience=patience)
        self.hives: list[ActorRef[Hive]] = []
        for hive in range(1, hives + 1):
            workers = [
                WorkerSpec(f"worker-{n}", model, vram_bytes=4000, max_num_seqs=slots)
                for n in (2 * hive - 1, 2 * hive)
            ]
            with sim.on(f"hive-{hive}"):
                ref = Hive.start(
                    name=f"hive-{hive}",
                    queen=self.queen,
                    workers=workers,
                    devices=devices,
                    placement=placement,
                    patience=patience,
                )
            self.hives.append(ref)
        with sim.on("keepers"):
            self.keeper = Keeper.start(
                name="keeper", queen=self.queen, on_receipt=self.take, patience=patience
            )
        sim.run(until=0.1)

    def take(self, receipt: Receipt) -> None:
        assert receipt.request.request_id not in self.receipts
        self.receipts[receipt.request.request_id] = receipt

    def ask(self, *requests: Request) -> None:
        for request in requests:
            self.keeper.tell(Ask(request))

    def wait_for(self, count: int, seconds: float = 1000.0) -> None:
        assert self.sim.run(
            until=self.sim.now() + seconds, condition=lambda: len(self.receipts) == count
        )

    def outcome(self, number: int = 1) -> Outcome:
        return self.receipts[f"request-{number}"].outcome

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the living actors of one class, in the order in which they were started."""
        return [actor for actor in self.sim.actors() if isinstance(actor, kind)]

    def worker(self, name: str) -> Worker:
        (worker,) = [worker for worker in self.of(Worker) if worker.name == name]
        assert isinstance(worker, Worker)
        return worker

    def running(self, number: int = 1) -> list[Sequence]:
        """Return what the workers run of a request."""
        running = [each for worker in self.of(Worker) for each in worker.batch.running.values()]
        return [each for each in running if each.request.request_id == f"request-{number}"]

    def let_go(self) -> None:
        """Wait until every finished job has been kept for as long as it is."""
        self.sim.run(until=self.sim.now() + 40.0)

    def assert_empty(self) -> None:
        """Check that nobody holds anything of any job any more."""
        for node in (*self.of(Queen), *self.of(Hive)):
            assert (node.unfinished, node.jobs.job_count(), node.submissions) == (0, 0, {})
            assert node.routes == node.readings == node._submitted == node._verdicts == {}
            assert node.queues.models() == []
            rooms = [room for node in node.dispatch.nodes.values() for room in node.rooms.values()]
            assert {(room.held, room.promised_bytes) for room in rooms} == {(0, 0)}
        for node in (*self.of(Queen), *self.of(Hive), *self.of(Worker)):
            assert node._open == node._unopened == {}
        for worker in self.of(Worker):
            assert (worker.unfinished, worker.jobs.job_count(), worker.submissions) == (0, 0, {})
            assert (worker.batch.running, worker.batch.waiting) == ({}, {})
            assert worker.batch.free_vram_bytes == worker.batch.kv_bytes
        for keeper in self.of(Keeper):
            assert keeper.requests == keeper.readings == {}


@pytest.fixture(scope="session")
def chains() -> Chains:
    """Return what sets up a chain in a simulation of a test's own."""
    return Chain


@pytest.fixture
def chain(sim: Simulation) -> Chain:
    return Chain(sim)
