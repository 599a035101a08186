"""Keeper, queen, hives and workers together when things go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import (
    Cancelled,
    Completed,
    Hang,
    Hive,
    Keeper,
    OutOfMemory,
    Queen,
    Request,
    Submit,
    Usage,
    Withdraw,
    Worker,
)
from glasshive import Simulation

if TYPE_CHECKING:
    from tests.actors.chain.conftest import Chain, Chains
    from tests.actors.conftest import Asks, Words


def assert_whole(chain: Chain, words: Words, count: int, *, attempts: int = 1) -> None:
    """Check that requests were answered from beginning to end, each token once."""
    chain.wait_for(count)
    for receipt in chain.receipts.values():
        tokens = receipt.request.max_tokens
        assert receipt.outcome == Completed("length", Usage(10, tokens))
        assert receipt.texts == words(receipt.request)
        assert list(receipt.indices) == list(range(tokens))
        assert receipt.attempts == attempts


# -- somebody crashes -----------------------------------------------------------------------


def test_the_jobs_of_a_worker_that_crashes_are_answered_whole(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(*(ask(number, 200) for number in range(6)))
    chain.sim.run(until=1.0)
    chain.sim.crash(chain.worker("worker-1").actor_ref)
    assert_whole(chain, words, 6)
    chain.let_go()
    chain.assert_empty()


def test_the_jobs_of_a_hive_that_crashes_are_answered_whole_by_the_other_one(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(*(ask(number, 400) for number in range(8)))
    chain.sim.run(until=1.0)
    chain.sim.crash(chain.hives[0])
    assert_whole(chain, words, 8)


def test_the_jobs_of_a_host_that_crashes_are_answered_whole_elsewhere(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(*(ask(number, 400) for number in range(8)))
    chain.sim.run(until=1.0)
    chain.sim.crash_host("hive-1")
    chain.sim.run(until=20.0)
    chain.sim.restart_host("hive-1")
    assert_whole(chain, words, 8)
    chain.let_go()
    chain.assert_empty()


def test_a_hive_that_begins_anew_is_given_jobs_again_and_has_one_worker_in_each_place(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(*(ask(number, 100) for number in range(8)))
    chain.sim.run(until=1.0)
    chain.sim.crash(chain.hives[0])
    chain.sim.restart(chain.hives[0])
    assert_whole(chain, words, 8)
    chain.sim.run(until=20.0)
    names = sorted(worker.name for worker in chain.of(Worker))
    assert names == ["worker-1", "worker-2", "worker-3", "worker-4"]


@pytest.mark.parametrize(("state", "attempts"), [(False, 2), (True, 1)])
def test_the_jobs_of_a_queen_that_crashes_are_answered_whole(
    chain: Chain, ask: Asks, words: Words, state: bool, attempts: int
) -> None:
    chain.ask(*(ask(number, 400) for number in range(4)))
    chain.sim.run(until=1.0)
    chain.sim.crash(chain.queen)
    chain.sim.run(until=2.5)
    chain.sim.restart(chain.queen, state=state)
    assert_whole(chain, words, 4, attempts=attempts)
    chain.let_go()
    chain.assert_empty()


def test_a_keeper_that_comes_back_knowing_all_has_its_requests_answered_whole(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(*(ask(number, 400) for number in range(4)))
    chain.sim.run(until=1.0)
    chain.sim.crash(chain.keeper)
    chain.sim.run(until=4.0)
    chain.sim.restart(chain.keeper, state=True)
    assert_whole(chain, words, 4)


def test_nobody_works_for_long_for_a_keeper_that_has_forgotten_its_requests(
    chain: Chain, ask: Asks
) -> None:
    chain.ask(*(ask(number, 3900) for number in range(4)))
    chain.sim.run(until=1.0)
    chain.sim.crash(chain.keeper)
    chain.sim.restart(chain.keeper)
    chain.sim.run(until=12.0)
    assert [chain.running(number) for number in range(4)] == [[]] * 4
    chain.let_go()
    chain.assert_empty()


# -- somebody stands still, or falls short --------------------------------------------------


def test_a_worker_that_hangs_is_replaced_and_its_job_answered_whole(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(ask(1, 300))
    chain.sim.run(until=1.0)
    chain.worker("worker-1").actor_ref.tell(Hang(20.0))
    assert_whole(chain, words, 1)
    chain.let_go()
    chain.assert_empty()
    assert len(chain.of(Worker)) == 4


def test_a_job_that_was_refused_vram_is_answered_whole_elsewhere(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(ask(1, 300))
    for seconds in (1.0, 2.0, 3.0):
        chain.sim.run(until=seconds)
        for worker in chain.of(Worker):
            worker.actor_ref.tell(OutOfMemory())
    assert_whole(chain, words, 1)


def test_several_answers_are_whole_though_a_worker_crashes(
    chain: Chain, ask: Asks, words: Words
) -> None:
    request = ask(1, 200, copies=3)
    chain.ask(request)
    chain.sim.run(until=1.0)
    assert len(chain.running()) == 3
    chain.sim.crash(chain.worker("worker-1").actor_ref)
    chain.wait_for(1)
    (receipt,) = chain.receipts.values()
    assert receipt.answers == [words(ask(1, 200, seed=seed)) for seed in range(3)]
    assert receipt.outcome == Completed("length", Usage(10, 600))


# -- the links ------------------------------------------------------------------------------


def test_over_links_that_lose_repeat_and_reorder_every_request_is_answered_whole(
    chain: Chain, ask: Asks, words: Words
) -> None:
    for host in ("keepers", "hive-1", "hive-2"):
        chain.sim.network.link("queen", host, latency=0.01, loss=0.1, duplicate=0.1, reorder=0.2)
    chain.ask(*(ask(number, 40) for number in range(20)))
    chain.wait_for(20)
    for receipt in chain.receipts.values():
        assert receipt.outcome == Completed("length", Usage(10, 40))
        assert receipt.texts == words(receipt.request)
        assert list(receipt.indices) == list(range(40))


def test_a_partition_moves_the_jobs_and_what_was_left_behind_is_cancelled_when_it_heals(
    chain: Chain, ask: Asks, words: Words
) -> None:
    chain.ask(*(ask(number, 300) for number in range(4)))
    chain.sim.run(until=1.0)
    chain.sim.network.cut({"hive-1"}, {"queen"})
    chain.sim.run(until=6.0)
    both = [number for number in range(4) if len(chain.running(number)) == 2]
    assert len(both) == 2  # they run on behind the partition too
    chain.sim.network.heal()
    chain.sim.run(until=7.2)
    assert [len(chain.running(number)) for number in both] == [1, 1]
    assert_whole(chain, words, 4)


def test_a_short_partition_is_not_noticed(chain: Chain, ask: Asks, words: Words) -> None:
    chain.ask(*(ask(number, 100) for number in range(4)))
    chain.sim.run(until=1.0)
    chain.sim.network.cut({"queen"})
    chain.sim.run(until=2.9)
    chain.sim.network.heal()
    assert_whole(chain, words, 4)
    assert "a job that was lost below goes on elsewhere" not in chain.sim.situations


def test_a_queen_that_is_cut_off_from_her_keeper_is_not_stormed(chain: Chain, ask: Asks) -> None:
    submits: list[float] = []
    chain.sim.watch(
        lambda event, _: submits.append(event.time),
        kinds=["send"],
        actors=[chain.keeper],
        messages=[Submit],
    )
    chain.sim.network.cut({"queen"}, {"keepers"})
    chain.ask(*(ask(number) for number in range(10)))
    chain.sim.run(until=10.0)
    assert len(submits) <= 10 * 10


# -- cancels --------------------------------------------------------------------------------


def assert_silent(chain: Chain) -> None:
    """Wait for a cancel's acknowledgement; check that no worker spends a step after it."""
    chain.wait_for(1)
    assert chain.outcome() == Cancelled()
    left = {id(each): (each, each.generated) for each in chain.running()}
    for _ in range(30):
        chain.sim.run(until=chain.sim.now() + 0.5)
        assert all(id(each) in left for each in chain.running())
    assert [each.generated for each, _ in left.values()] == [steps for _, steps in left.values()]


def test_after_a_cancel_is_acknowledged_no_worker_spends_a_step_on_it(
    chain: Chain, ask: Asks
) -> None:
    chain.ask(ask(1, 3000))
    chain.sim.run(until=2.0)
    chain.keeper.tell(Withdraw("request-1"))
    assert_silent(chain)


@pytest.mark.parametrize("seconds", [1.0, 3.0, 5.0, 8.0])
def test_nor_if_the_job_was_left_behind_a_partition(
    chain: Chain, ask: Asks, seconds: float
) -> None:
    chain.ask(ask(1, 3000))
    chain.sim.run(until=2.0)
    chain.sim.network.cut({"hive-1"}, {"queen"})
    chain.sim.run(until=2.0 + seconds)
    chain.keeper.tell(Withdraw("request-1"))
    assert_silent(chain)


@pytest.mark.parametrize("seconds", [0.0, 1.602, 1.603, 1.604, 2.0, 3.0])
def test_nor_if_the_queen_began_anew_and_the_keeper_submits_again(
    chain: Chain, ask: Asks, seconds: float
) -> None:
    chain.ask(ask(1, 3000))
    chain.sim.run(until=2.0)
    chain.sim.crash(chain.queen)
    chain.sim.run(until=2.5)
    chain.sim.restart(chain.queen)
    chain.sim.network.cut({"hive-1"}, {"queen"})
    chain.sim.run(until=2.5 + seconds)
    chain.keeper.tell(Withdraw("request-1"))
    assert_silent(chain)


# -- anything -------------------------------------------------------------------------------


class Strike(NamedTuple):
    at: float
    what: str
    whom: int


STRIKES = [
    *("crash", "restart", "restart knowing all", "crash a worker", "hang a worker"),
    *("cut", "heal", "lossy", "crash the queen", "out of memory"),
]
strikes = st.lists(
    st.builds(
        Strike,
        st.integers(0, 80).map(lambda tenths: 0.1 + tenths / 10),
        st.sampled_from(STRIKES),
        st.integers(0, 3),
    ),
    max_size=5,
)


def strike(chain: Chain, each: Strike) -> None:
    sim, hive = chain.sim, chain.hives[each.whom % 2]
    workers = chain.of(Worker)
    worker = workers[each.whom % len(workers)].actor_ref if workers else None
    if each.what == "crash":
        sim.crash(hive)
    elif each.what == "crash the queen":
        sim.crash(chain.queen)
        sim.restart(chain.queen, state=each.whom > 1)
    elif each.what.startswith("restart"):
        if sim.can_restart(hive):
            sim.restart(hive, state=each.what != "restart")
    elif each.what == "cut":
        sim.network.cut({f"hive-{1 + each.whom % 2}"})
    elif each.what == "heal":
        sim.network.heal()
    elif each.what == "lossy":
        sim.network.link("queen", "keepers", latency=0.01, loss=0.2, duplicate=0.2, reorder=0.2)
    elif worker is not None and each.what == "crash a worker":
        sim.crash(worker)
    elif worker is not None:
        worker.tell(Hang(6.0) if each.what == "hang a worker" else OutOfMemory())


@settings(max_examples=60, deadline=None)
@given(plan=strikes, seed=st.integers(0, 1000))
def test_whatever_goes_wrong_once_it_heals_every_request_ends_once_with_its_own_text(
    chains: Chains, words: Words, plan: list[Strike], seed: int
) -> None:
    with structlog.testing.capture_logs(), Simulation(seed=seed) as sim:
        chain = chains(sim)
        for number in range(6):
            chain.ask(Request(f"request-{number}", "llama", f"{number}", 10, 150, ignore_eos=True))
        for each in sorted(plan):
            sim.run(until=max(sim.now(), each.at))
            strike(chain, each)
        sim.run(until=10.0)
        sim.network.heal()
        sim.network.link("queen", "keepers", latency=0.001)
        for hive in chain.hives:
            if sim.can_restart(hive):
                sim.restart(hive)
        chain.wait_for(6, seconds=90.0)
        assert sim.casualties == []
        for receipt in chain.receipts.values():
            assert receipt.texts == words(receipt.request)[: len(receipt.texts)]
            assert list(receipt.indices) == list(range(len(receipt.texts)))
            if isinstance(receipt.outcome, Completed):
                assert len(receipt.texts) == 150
        sim.run(until=sim.now() + 90.0)
        chain.assert_empty()
        assert len(chain.of(Worker)) == 4
        assert [len(chain.of(kind)) for kind in (Queen, Hive, Keeper)] == [1, 2, 1]
