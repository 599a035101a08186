"""Which hop gives up when a request gets nowhere: always the lowest that can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import Device, Failed, FailToLoad, Hang, Hive, Keeper, Patience, Queen, Slow, Worker

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.chain.conftest import Chain, Chains
    from tests.actors.conftest import Asks

SHORT = Patience(answer_seconds=20.0, silence_seconds=900.0)
"""Twenty seconds for an answer, of which each hop keeps three; and nobody is ever missed."""


def afflict(chain: Chain, kind: type[Any], ailment: Any) -> None:
    """Have all of a kind be struck, so that the request is with one of them, a second later."""
    chain.sim.run(until=1.1)
    for actor in chain.of(kind):
        actor.actor_ref.tell(ailment)


@pytest.mark.parametrize(
    ("kind", "ailment", "at", "reason"),
    [
        # Of the 20 s from 0.1 s on the worker has 11, and its heart beats at 12.
        (Worker, Slow(1e6), 12.0, "worker-1 had no more time for worker-1/job-1"),
        # The worker stands still; the hive has 14 s, and its heart beats at 15.
        (Worker, Hang(900.0), 15.0, "hive-1/job-1 has not ended in the time that it had"),
        # The queen has 17 s, and her heart beats at 18.
        (Hive, Hang(900.0), 18.0, "queen/job-1 has not ended in the time that it had"),
        # The keeper's own beats from when it was asked.
        (Queen, Hang(900.0), 20.1, "keeper has waited 20 s for the end"),
    ],
    ids=["a worker that gets nowhere", "a worker that hangs", "a hive", "the queen"],
)
def test_the_hop_above_the_one_that_stands_still_is_the_first_whose_time_is_over(
    *,
    sim: Simulation,
    chains: Chains,
    ask: Asks,
    kind: type[Any],
    ailment: Any,
    at: float,
    reason: str,
) -> None:
    chain = chains(sim, hives=1, patience=SHORT)
    chain.ask(ask(1, 2000))
    afflict(chain, kind, ailment)
    sim.run(until=at - 0.01)
    assert chain.receipts == {}
    sim.run(until=at + 0.01)
    assert chain.outcome() == Failed(reason, "timeout")


def test_nobody_below_works_on_what_is_out_of_time(
    sim: Simulation, chains: Chains, ask: Asks
) -> None:
    chain = chains(sim, hives=1, patience=Patience(answer_seconds=20.0))
    chain.ask(ask(1, 2000))
    chain.wait_for(1)
    assert chain.running() == []
    chain.let_go()
    chain.assert_empty()


def test_a_model_that_no_worker_can_load_any_more_is_given_up_by_the_hive_and_then_the_queen(
    sim: Simulation, chains: Chains, ask: Asks
) -> None:
    chain = chains(sim, hives=1, devices=(Device("gpu-0", 8000),))
    for number in (1, 2):
        chain.hives[0].tell(FailToLoad(f"worker-{number}", 99))
    chain.ask(ask(1, 500))
    sim.run(until=1.1)
    for worker in chain.of(Worker):
        worker.actor_ref.stop(block=False)
    chain.wait_for(1)
    reason = "nobody at queen serves 'llama' any more"
    assert chain.outcome() == Failed(reason, "no-worker")
    # 15 s at the hive from 1.1 s on, 30 s at the queen from 17 s on, each at its next heartbeat.
    assert chain.receipts["request-1"].ended_at == pytest.approx(48.0, abs=0.01)


def test_a_keeper_whose_queen_is_gone_waits_for_its_own_time_and_no_longer(
    sim: Simulation, chains: Chains, ask: Asks
) -> None:
    chain = chains(sim, patience=Patience(answer_seconds=20.0))
    chain.ask(ask(1, 2000))
    sim.run(until=1.1)
    sim.crash(chain.queen)
    chain.wait_for(1)
    assert chain.receipts["request-1"].ended_at == pytest.approx(20.1)
    assert chain.of(Keeper)[0].requests == {}
    sim.run(until=25.0)
    assert chain.running() == []  # their leases are over too
