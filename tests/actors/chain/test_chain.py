"""Keeper, queen, hives and workers together, and nothing goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import (
    POLICIES,
    Ask,
    Cancelled,
    Completed,
    Failed,
    Hive,
    Queen,
    Request,
    Usage,
    Withdraw,
    Worker,
)
from glasshive import Simulation, Uniform

if TYPE_CHECKING:
    from tests.actors.chain.conftest import Chain, Chains
    from tests.actors.conftest import Asks, Words

LATENCY = 0.001
"""Seconds between keeper and queen, and between queen and hive."""


def test_one_request_takes_its_way_down_and_its_text_comes_up(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(ask(1, 3, prompt_tokens=10))
    chain.wait_for(1)
    receipt = chain.receipts["request-1"]
    assert receipt.outcome == Completed("length", Usage(10, 3))
    assert receipt.texts == words(receipt.request)
    assert list(receipt.indices) == [0, 1, 2]
    assert receipt.accepted_at == pytest.approx(0.1 + 2 * LATENCY)
    # Open to the queen, submit, accept and open to the hive, then 10 + 20 ms, 20 ms, 20 ms.
    first = 0.1 + 2 * LATENCY + 4 * LATENCY + 0.03 + 2 * LATENCY
    assert list(receipt.token_times) == pytest.approx([first, first + 0.02, first + 0.04])
    assert receipt.ended_at == receipt.token_times[-1]


@pytest.mark.parametrize("placement", POLICIES)
def test_under_every_policy_all_requests_complete_and_leave_nothing_behind(
    chains: Chains, ask: Asks, words: Words, placement: str
) -> None:
    with Simulation(seed=2) as sim:
        chain = chains(sim, placement=placement)
        for number in range(40):
            chain.ask(ask(number, 1 + number % 7))
        chain.wait_for(40)
        for receipt in chain.receipts.values():
            assert isinstance(receipt.outcome, Completed)
            assert receipt.texts == words(receipt.request)
        chain.let_go()
        chain.assert_empty()


@pytest.mark.parametrize("milliseconds", [0, *range(1, 12), 20, 39, 40, 41, 60, 100, 140, 150, 200])
def test_a_request_can_be_withdrawn_at_any_time_and_leaves_nothing_behind(
    chain: Chain, ask: Asks, words: Words, milliseconds: int
) -> None:
    chain.ask(ask(1, 6))
    chain.sim.run(until=0.1 + milliseconds / 1000 + 0.0001)
    chain.keeper.tell(Withdraw("request-1"))
    chain.let_go()
    receipt = chain.receipts["request-1"]
    assert receipt.texts == words(receipt.request)[: len(receipt.texts)]
    if len(receipt.texts) < 6:
        assert receipt.outcome == Cancelled()
    else:
        assert receipt.outcome == Completed("length", Usage(10, 6))
    chain.assert_empty()


def test_a_request_that_no_worker_can_ever_hold_fails_with_the_workers_reason(
    chain: Chain, ask: Asks
) -> None:
    chain.ask(ask(1, 5000))
    chain.wait_for(1)
    assert chain.receipts["request-1"].outcome == Failed(
        "nobody at hive-1 can ever take the request: worker-2 has 3900 bytes of VRAM beside its "
        "model, and 10 + 5000 tokens need 5010"
    )


def test_a_request_that_no_worker_can_ever_hold_fails_though_all_slots_are_taken(
    chain: Chain, ask: Asks
) -> None:
    for number in range(2, 14):
        chain.ask(ask(number, 500))
    chain.sim.run(until=1.0)
    chain.ask(ask(1, 5000))
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
    chains: Chains,
    ask: Asks,
    *,
    placement: str,
    slots: int,
    prompt_tokens: int,
    running: int,
    at: float,
) -> None:
    with Simulation(seed=2) as sim:
        chain = chains(sim, placement=placement, slots=slots)
        held: set[int] = set()
        workers = chain.of(Worker)

        def at_change(*_: Any) -> None:
            held.update(len(worker.batch.running) for worker in workers)
            for worker in workers:
                taken = sum(each.kv_bytes for each in worker.batch.running.values())
                assert worker.batch.free_vram_bytes == 3900 - taken >= 0

        sim.watch(at_change, kinds=["state"])
        for number in range(40):
            chain.ask(ask(number, 40, prompt_tokens=prompt_tokens))
        sim.run(until=at)  # when all that can run have joined, and none has ended
        waiting = [len(worker.batch.waiting) for worker in workers]
        assert sum(waiting) == 40 - 4 * running
        assert min(waiting) > 0
        assert [node.queues.models() for node in (*chain.of(Queen), *chain.of(Hive))] == [
            [],
            [],
            [],
        ]
        chain.wait_for(40)
        assert max(held) == running
        outcomes = {type(receipt.outcome) for receipt in chain.receipts.values()}
        assert outcomes == {Completed}


def run_to_digest(chains: Chains, seed: int) -> list[object]:
    with Simulation(seed=seed) as sim:
        chain = chains(sim, placement="power_of_two")
        chain.ask(*(Request(f"request-{n}", "llama", f"{n}", 5, 40) for n in range(20)))
        chain.wait_for(20)
        return [
            (name, receipt.outcome, receipt.texts, list(receipt.token_times))
            for name, receipt in chain.receipts.items()
        ]


def test_a_seed_gives_the_same_run_every_time(chains: Chains) -> None:
    assert run_to_digest(chains, 7) == run_to_digest(chains, 7)
    assert run_to_digest(chains, 7) != run_to_digest(chains, 8)


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
    chains: Chains, words: Words, jobs: list[Job], seed: int, placement: str
) -> None:
    # With this schedule, what is due at one instant is delivered in any order.
    quiet = structlog.testing.capture_logs()
    with quiet, Simulation(seed=seed, schedule=Uniform(seed)) as sim:
        chain = chains(sim, placement=placement, slots=1)
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
            assert receipt.texts == words(receipt.request)[: len(receipt.texts)]
            if isinstance(receipt.outcome, Completed):
                assert len(receipt.texts) == job.max_tokens
            else:
                assert receipt.outcome == Cancelled()
                assert job.withdrawn_after is not None
        chain.let_go()
        chain.assert_empty()
