"""Keeper, queen, hives and workers together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import (
    POLICIES,
    Ask,
    Cancelled,
    Completed,
    Failed,
    Hive,
    Keeper,
    LatencyModel,
    Model,
    Queen,
    Receipt,
    Request,
    Usage,
    Withdraw,
    WorkerSpec,
)
from actors.generation import Generation
from glasshive import Simulation, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka import ActorRef

LATENCY = 0.001
"""Seconds between keeper and queen, and between queen and hive."""


class Chain:
    """A queen, two hives and four workers, ready for requests."""

    def __init__(self, sim: Simulation, *, placement: str = "least_loaded", slots: int = 2) -> None:
        self.sim = sim
        self.receipts: dict[str, Receipt] = {}
        model = Model(
            "llama", size_bytes=100, kv_bytes_per_token=1, latency=LatencyModel(0.001, 0.02, 0.1)
        )
        for host in ("keepers", "hive-1", "hive-2"):
            sim.network.link("queen", host, latency=LATENCY)
        with sim.on("queen"):
            self.queen = Queen.start(placement=placement)
        self.hives: list[ActorRef[Hive]] = []
        for hive in (1, 2):
            workers = [
                WorkerSpec(
                    name=f"worker-{number}", model=model, vram_bytes=4000, max_num_seqs=slots
                )
                for number in (2 * hive - 1, 2 * hive)
            ]
            with sim.on(f"hive-{hive}"):
                ref = Hive.start(
                    name=f"hive-{hive}", queen=self.queen, workers=workers, placement=placement
                )
            self.hives.append(ref)
        with sim.on("keepers"):
            self.keeper = Keeper.start(name="keeper", queen=self.queen, on_receipt=self.take)
        sim.run(until=0.1)

    def take(self, receipt: Receipt) -> None:
        assert receipt.request.request_id not in self.receipts
        self.receipts[receipt.request.request_id] = receipt

    def wait_for(self, count: int) -> None:
        assert self.sim.run(
            until=self.sim.now() + 1000.0, condition=lambda: len(self.receipts) == count
        )

    def nodes(self) -> list[Any]:
        """Return the actors themselves: queen, hives, workers."""
        hives = [hive._actor_weakref() for hive in self.hives]
        workers = [
            below.ref._actor_weakref() for hive in hives if hive for below in nodes_below(hive)
        ]
        return [self.queen._actor_weakref(), *hives, *workers]

    def let_go(self) -> None:
        """Wait until every finished job has been kept for as long as it is."""
        self.sim.run(until=self.sim.now() + 40.0)

    def assert_empty(self) -> None:
        """Check that nobody holds anything of any job any more."""
        for node in self.nodes():
            assert (node.unfinished, node.jobs.job_count(), node.submissions) == (0, 0, {})
            if hasattr(node, "batch"):
                assert (node.batch.running, node.batch.waiting) == ({}, {})
                assert node.batch.free_vram_bytes == node.batch.kv_bytes
            else:
                assert node.routes == node.readings == {}
                assert not any(node._queues.values())
                for below in nodes_below(node):
                    for room in below.rooms.values():
                        assert (room.jobs, room.promised_bytes) == (0, 0)
        keeper = self.keeper._actor_weakref()
        assert keeper is not None
        assert keeper.requests == keeper.readings == {}


def nodes_below(node: Any) -> list[Any]:
    return list(node.dispatch.nodes.values())


def text_of(request: Request, count: int) -> list[str]:
    generation = Generation(request.model, request.prompt, request.seed)
    return [generation.token(index) for index in range(count)]


@pytest.fixture
def chain(sim: Simulation) -> Chain:
    return Chain(sim)


def test_one_request_takes_its_way_down_and_its_text_comes_up(
    chain: Chain, ask: Callable[..., Request]
) -> None:
    chain.keeper.tell(Ask(ask(1, 3, prompt_tokens=10)))
    chain.wait_for(1)
    receipt = chain.receipts["request-1"]
    assert receipt.outcome == Completed("length", Usage(10, 3))
    assert receipt.texts == text_of(receipt.request, 3)
    assert list(receipt.indices) == [0, 1, 2]
    assert receipt.accepted_at == pytest.approx(0.1 + 2 * LATENCY)
    # Open to the queen, submit, accept and open to the hive, then 10 + 20 ms, 20 ms, 20 ms.
    first = 0.1 + 2 * LATENCY + 4 * LATENCY + 0.03 + 2 * LATENCY
    assert list(receipt.token_times) == pytest.approx([first, first + 0.02, first + 0.04])
    assert receipt.ended_at == receipt.token_times[-1]


@pytest.mark.parametrize("placement", POLICIES)
def test_under_every_policy_all_requests_complete_and_leave_nothing_behind(
    placement: str, ask: Callable[..., Request]
) -> None:
    with Simulation(seed=2) as sim:
        chain = Chain(sim, placement=placement)
        for number in range(40):
            chain.keeper.tell(Ask(ask(number, 1 + number % 7)))
        chain.wait_for(40)
        for receipt in chain.receipts.values():
            assert isinstance(receipt.outcome, Completed)
            assert receipt.texts == text_of(receipt.request, receipt.request.max_tokens)
        chain.let_go()
        chain.assert_empty()


@pytest.mark.parametrize("milliseconds", [0, *range(1, 12), 20, 39, 40, 41, 60, 100, 140, 150, 200])
def test_a_request_can_be_withdrawn_at_any_time_and_leaves_nothing_behind(
    chain: Chain, ask: Callable[..., Request], milliseconds: int
) -> None:
    chain.keeper.tell(Ask(ask(1, 6)))
    chain.sim.run(until=0.1 + milliseconds / 1000 + 0.0001)
    chain.keeper.tell(Withdraw("request-1"))
    chain.let_go()
    receipt = chain.receipts["request-1"]
    assert receipt.texts == text_of(receipt.request, len(receipt.texts))
    if len(receipt.texts) < 6:
        assert receipt.outcome == Cancelled()
    else:
        assert receipt.outcome == Completed("length", Usage(10, 6))
    chain.assert_empty()


def test_a_request_that_no_worker_can_ever_hold_fails_with_the_workers_reason(
    chain: Chain, ask: Callable[..., Request]
) -> None:
    chain.keeper.tell(Ask(ask(1, 5000)))
    chain.wait_for(1)
    assert chain.receipts["request-1"].outcome == Failed(
        "nobody at hive-1 can ever take the request: worker-2 has 3900 bytes of VRAM beside its "
        "model, and 10 + 5000 tokens need 5010"
    )


def test_a_request_that_no_worker_can_ever_hold_fails_though_all_slots_are_taken(
    chain: Chain, ask: Callable[..., Request]
) -> None:
    for number in range(2, 14):
        chain.keeper.tell(Ask(ask(number, 500)))
    chain.sim.run(until=1.0)
    chain.keeper.tell(Ask(ask(1, 5000)))
    chain.sim.run(until=1.1)
    assert list(chain.receipts) == ["request-1"]
    assert isinstance(chain.receipts["request-1"].outcome, Failed)


@pytest.mark.parametrize(
    ("slots", "prompt_tokens", "running", "at"),
    [(3, 10, 3, 1.0), (8, 1460, 2, 2.0)],
    ids=["slots", "VRAM"],
)
@pytest.mark.parametrize("placement", POLICIES)
def test_what_the_workers_cannot_run_at_once_waits_with_them_and_not_above(
    ask: Callable[..., Request],
    *,
    placement: str,
    slots: int,
    prompt_tokens: int,
    running: int,
    at: float,
) -> None:
    with Simulation(seed=2) as sim:
        chain = Chain(sim, placement=placement, slots=slots)
        held: set[int] = set()
        queen, hives, workers = chain.nodes()[0], chain.nodes()[1:3], chain.nodes()[3:]

        def at_change(*_: Any) -> None:
            held.update(len(worker.batch.running) for worker in workers)
            for worker in workers:
                taken = sum(each.kv_bytes for each in worker.batch.running.values())
                assert worker.batch.free_vram_bytes == 3900 - taken >= 0

        sim.watch(at_change, kinds=["state"])
        for number in range(40):
            chain.keeper.tell(Ask(ask(number, 40, prompt_tokens=prompt_tokens)))
        sim.run(until=at)  # when all that can run have joined, and none has ended
        waiting = [len(worker.batch.waiting) for worker in workers]
        assert sum(waiting) == 40 - 4 * running
        assert min(waiting) > 0
        assert not any(queue for node in (queen, *hives) for queue in node._queues.values())
        chain.wait_for(40)
        assert max(held) == running
        outcomes = {type(receipt.outcome) for receipt in chain.receipts.values()}
        assert outcomes == {Completed}


def test_a_hive_that_crashes_takes_its_jobs_with_it_and_no_others(
    chain: Chain, ask: Callable[..., Request]
) -> None:
    for number in range(8):
        chain.keeper.tell(Ask(ask(number, 500)))
    chain.sim.run(until=1.0)
    chain.sim.crash(chain.hives[0])
    chain.wait_for(8)
    outcomes = [type(receipt.outcome) for receipt in chain.receipts.values()]
    assert (outcomes.count(Failed), outcomes.count(Completed)) == (4, 4)
    for receipt in chain.receipts.values():
        assert receipt.texts == text_of(receipt.request, len(receipt.texts))
        if isinstance(receipt.outcome, Failed):
            assert receipt.outcome.message.startswith("hive-1 has been silent for ")


def run_to_digest(seed: int) -> list[object]:
    with Simulation(seed=seed) as sim:
        chain = Chain(sim, placement="power_of_two")
        for number in range(20):
            chain.keeper.tell(Ask(Request(f"request-{number}", "llama", f"{number}", 5, 40)))
        chain.wait_for(20)
        return [
            (name, receipt.outcome, receipt.texts, list(receipt.token_times))
            for name, receipt in chain.receipts.items()
        ]


def test_a_seed_gives_the_same_run_every_time() -> None:
    assert run_to_digest(7) == run_to_digest(7)
    assert run_to_digest(7) != run_to_digest(8)


class Job(NamedTuple):
    asked_at: float
    max_tokens: int
    withdrawn_after: float | None


seconds = st.integers(0, 300).map(lambda number: number / 1000)
jobs = st.lists(
    st.builds(Job, seconds, st.integers(1, 12), st.none() | seconds), min_size=1, max_size=20
)


@settings(max_examples=60, deadline=None)
@given(jobs=jobs, seed=st.integers(0, 1000), placement=st.sampled_from(list(POLICIES)))
def test_whatever_is_asked_and_withdrawn_every_request_ends_once_with_its_own_text(
    jobs: list[Job], seed: int, placement: str
) -> None:
    # With this schedule, what is due at one instant is delivered in any order.
    with Simulation(seed=seed, schedule=Uniform(seed)) as sim:
        chain = Chain(sim, placement=placement, slots=1)
        plan: list[tuple[float, Any]] = []
        for number, job in enumerate(jobs):
            name = f"request-{number}"
            request = Request(name, "llama", name, 5, job.max_tokens, ignore_eos=True)
            plan.append((0.1 + job.asked_at, Ask(request)))
            if job.withdrawn_after is not None:
                plan.append((0.1 + job.asked_at + job.withdrawn_after, Withdraw(name)))
        for time, message in sorted(plan, key=lambda entry: entry[0]):
            sim.run(until=time)
            chain.keeper.tell(message)
        chain.wait_for(len(jobs))
        for number, job in enumerate(jobs):
            receipt = chain.receipts[f"request-{number}"]
            assert receipt.texts == text_of(receipt.request, len(receipt.texts))
            if isinstance(receipt.outcome, Completed):
                assert len(receipt.texts) == job.max_tokens
            else:
                assert receipt.outcome == Cancelled()
                assert job.withdrawn_after is not None
        chain.let_go()
        chain.assert_empty()
