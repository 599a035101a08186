"""Several answers to one request, what goes first where jobs wait, and keepers out of reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import Cancelled, Completed, Failed, Generation, Keeper
from glasshive import Run, Simulation
from glasshive.fault import Cut, Heal
from topology import Blueprint, Colony

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors import Receipt
    from glasshive.fault import Fault
    from topology import Ticket

SMALL = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2)
MODEL = SMALL.models[0].name


@pytest.fixture
def run() -> Iterator[Run]:
    with Simulation(seed=1) as simulation:
        yield Run(simulation)


def violations(run: Run) -> dict[str, tuple[str, ...]]:
    return {each.name: each.violations for each in run.invariants if each.violations}


def texts(prompt: str, seed: int, count: int) -> list[str]:
    generation = Generation(MODEL, prompt, seed)
    return [generation.token(index) for index in range(count)]


# -- copies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [2, 4])
def test_copies_are_answers_of_seeds_counted_up_each_from_a_worker_of_its_own(
    run: Run, copies: int
) -> None:
    with Colony(SMALL, run) as colony:
        job = colony.submit("hum", max_tokens=9, seed=5, ignore_eos=True, copies=copies)
        receipt = job.wait()
    assert receipt.answers == [texts("hum", 5 + copy, 9) for copy in range(copies)]
    assert job.text == "".join(texts("hum", 5, 9))
    assert isinstance(receipt.outcome, Completed)
    assert receipt.outcome.usage is not None
    assert receipt.outcome.usage.completion_tokens == copies * 9
    ran = {name: count for name, count in colony.jobs_run.items() if name.startswith("worker")}
    assert len(ran) == copies
    assert set(ran.values()) == {1}
    assert violations(run) == {}


def test_where_there_is_one_worker_it_gives_all_the_answers(run: Run) -> None:
    with Colony(Blueprint.grid(hives=1, workers_per_hive=1), run) as colony:
        receipt = colony.submit("hum", max_tokens=9, ignore_eos=True, copies=3).wait()
        assert colony.jobs_run == {"queen": 1, "hive-1": 3, "worker-1": 3}
    assert receipt.answers == [texts("hum", copy, 9) for copy in range(3)]
    assert violations(run) == {}


def test_an_answer_that_comes_to_its_end_before_the_others_is_whole_and_they_go_on(
    run: Run,
) -> None:
    lengths = [Generation(MODEL, "buzz", seed).natural_length() for seed in range(3)]
    with Colony(SMALL, run) as colony:
        receipt = colony.submit("buzz", max_tokens=1024, copies=3).wait()
    assert len(set(lengths)) == 3
    assert [len(answer) for answer in receipt.answers] == lengths
    assert len(receipt.indices) == max(lengths)
    assert violations(run) == {}


@settings(max_examples=60, deadline=None)
@given(
    copies=st.integers(2, 5),
    tokens=st.integers(1, 30),
    after=st.integers(0, 29),
    victim=st.sampled_from(("worker-1", "worker-3", "hive-2", "queen")),
    seed=st.integers(0, 1000),
)
def test_every_answer_is_whole_whoever_crashes_meanwhile(
    copies: int, tokens: int, after: int, victim: str, seed: int
) -> None:
    with Simulation(seed=seed) as simulation:
        run = Run(simulation)
        with Colony(SMALL, run) as colony:
            job = colony.submit("hum", max_tokens=tokens, seed=seed, ignore_eos=True, copies=copies)
            colony.run_until(lambda: colony.tokens_of(job) >= min(after, tokens - 1))
            colony.crash(victim)
            colony.run_some(1.0)
            colony.restart(victim)
            receipt = job.wait()
    assert receipt.answers == [texts("hum", seed + copy, tokens) for copy in range(copies)]
    assert violations(run) == {}


def test_a_request_of_several_answers_is_withdrawn_as_one(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        job = colony.submit("hum", max_tokens=200, ignore_eos=True, copies=4)
        colony.run_until(lambda: colony.tokens_of(job) >= 10)
        job.cancel()
        receipt = job.wait()
        assert colony.worker_of(job) is None
    assert isinstance(receipt.outcome, Cancelled)
    assert {len(answer) for answer in receipt.answers} <= set(range(10, 20))
    assert violations(run) == {}


# -- priorities -----------------------------------------------------------------------------


def begun_in(receipts: list[Receipt]) -> list[str]:
    """Return which requests had their first token, in the order in which they had it."""
    ordered = sorted(receipts, key=lambda receipt: receipt.token_times[0])
    return [receipt.request.prompt for receipt in ordered]


@pytest.mark.parametrize("max_waiting", [64, 0], ids=["at the worker", "at the queen"])
def test_a_later_urgent_job_overtakes_those_that_wait_and_interrupts_none(
    run: Run, max_waiting: int
) -> None:
    blueprint = Blueprint.grid(hives=1, workers_per_hive=1, max_num_seqs=1, max_waiting=max_waiting)
    with Colony(blueprint, run) as colony:
        first = colony.submit("first", max_tokens=20, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(first) >= 5)
        asked = [("plain", 0), ("idle", -1), ("other", 0), ("urgent", 2), ("pressing", 1)]
        tickets: list[Ticket] = [first]
        for prompt, priority in asked:
            tickets.append(colony.submit(prompt, max_tokens=3, ignore_eos=True, priority=priority))
            colony.run_some(0.01)
        receipts = [ticket.wait() for ticket in tickets]
    assert begun_in(receipts) == ["first", "urgent", "pressing", "plain", "other", "idle"]
    assert max(receipts[0].token_times) < receipts[4].token_times[0]
    assert violations(run) == {}


# -- keepers out of reach -------------------------------------------------------------------


def strike(run: Run, fault: Fault) -> None:
    assert isinstance(run.runtime, Simulation)
    fault.strike(run.runtime)


def test_a_request_asked_of_a_keeper_that_is_cut_off_reaches_it_and_is_served_when_it_is_back(
    run: Run,
) -> None:
    with Colony(SMALL, run) as colony:
        strike(run, Cut(("keeper-1",)))
        job = colony.submit("hum", max_tokens=5, ignore_eos=True, keeper="keeper-1")
        colony.run_some(5.0)
        (keeper,) = (
            actor
            for actor in run.runtime.actors()
            if isinstance(actor, Keeper) and actor.name == "keeper-1"
        )
        assert list(keeper.requests) == [job.request.request_id]
        assert colony.queen.jobs.job_count() == 0
        strike(run, Heal())
        receipt = job.wait()
    assert receipt.texts == texts("hum", 0, 5)
    assert receipt.attempts == 1
    assert violations(run) == {}


@pytest.mark.parametrize("after", [0, 1, 50])
def test_a_request_withdrawn_while_its_keeper_is_cut_off_ends_when_it_has_surely_stopped(
    run: Run, after: int
) -> None:
    patience = SMALL.patience
    with Colony(SMALL, run) as colony:
        job = colony.submit("hum", max_tokens=5000, ignore_eos=True, keeper="keeper-1")
        colony.run_until(lambda: colony.tokens_of(job) >= after)
        strike(run, Cut(("keeper-1",)))
        job.cancel()
        began = run.runtime.now()
        receipt = job.wait()
        assert colony.worker_of(job) is None
    took = receipt.ended_at - began
    assert took <= patience.fence_seconds(3) + patience.heartbeat_seconds
    assert took == 0.0 if after == 0 else took > patience.lease_seconds
    assert isinstance(receipt.outcome, Cancelled)
    assert violations(run) == {}


def test_a_keeper_waits_as_long_as_it_has_patience_and_no_longer(run: Run) -> None:
    blueprint = replace(SMALL, patience=replace(SMALL.patience, answer_seconds=20.0))
    with Colony(blueprint, run) as colony:
        receipt = colony.submit("hum", max_tokens=100_000, ignore_eos=True).wait()
        colony.run_some(1.0)
        assert all(not worker.batch.running for worker in colony.bees.workers.values())
    assert isinstance(receipt.outcome, Failed)
    assert receipt.outcome.code == "timeout"
    assert receipt.ended_at - receipt.submitted_at <= 20.0 + 2 * 1.0
    assert receipt.texts == texts("hum", 0, len(receipt.texts))
    assert violations(run) == {}
