"""The eight invariants are silent while all is well, whatever befalls a colony of right bees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import Hang
from glasshive import Run, Simulation
from glasshive.fault import Crash, CrashHost, JumpClock
from topology import Blueprint, Colony
from topology.faults import swarm_plan
from topology.invariants import INVARIANTS, KEPT, Conservation, EveryJobEnds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.trace import Event

BLUEPRINT = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2, max_num_seqs=2)


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    with Simulation(seed=1) as simulation:
        yield simulation


def violations(run: Run) -> dict[str, tuple[str, ...]]:
    return {each.name: each.violations for each in run.invariants if each.violations}


def test_there_are_eight_each_with_a_name_and_a_sentence_of_its_own() -> None:
    assert [each.name for each in INVARIANTS] == [
        "one-end-per-stream",
        "gapless-tokens",
        "same-text",
        "cancel-means-silence",
        "legal-registries",
        "no-oversubscription",
        "conservation",
        "every-job-ends",
    ]
    assert len({each.statement for each in INVARIANTS}) == 8


requests = st.fixed_dictionaries(
    {
        "prompt": st.text(max_size=5),
        "max_tokens": st.integers(1, 60),
        "ignore_eos": st.booleans(),
        "priority": st.integers(-1, 1),
        "copies": st.integers(1, 3),
    }
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(requests, st.floats(0, 0.3), st.none() | st.floats(0, 0.5)),
        min_size=1,
        max_size=6,
    )
)
def test_all_are_silent_in_peace_whatever_is_asked_and_withdrawn(
    asked: list[tuple[dict[str, Any], float, float | None]],
) -> None:
    with Simulation() as simulation:
        run = Run(simulation)
        with Colony(BLUEPRINT, run) as colony:
            for words, pause, withdrawn_after in asked:
                ticket = colony.submit(**words)
                colony.run_some(pause)
                if withdrawn_after is not None:
                    colony.run_some(withdrawn_after)
                    ticket.cancel()
        assert not colony.bees.disturbed
    assert violations(run) == {}
    assert all(each.settled for each in run.invariants)


@pytest.mark.parametrize("seed", range(20))
def test_all_are_silent_and_the_account_of_tokens_is_even_under_a_swarm_of_faults(
    seed: int,
) -> None:
    plan = swarm_plan(BLUEPRINT, seed, seconds=10.0, kinds=8)
    with Simulation(seed=seed) as simulation:
        run = Run(simulation)
        with Colony(BLUEPRINT, run) as colony:
            colony.strike(plan)
            tickets = [
                colony.submit(f"hum {n}", max_tokens=150, ignore_eos=True, copies=1 + n % 2)
                for n in range(6)
            ]
            colony.run_some(1.0)
            tickets[0].cancel()
            colony.run_some(10.0)
        (account,) = (each for each in colony.invariants if isinstance(each, Conservation))
    assert violations(run) == {}
    assert account.generated == account.delivered + account.dropped
    assert account.delivered == sum(
        len(answer) for each in tickets if each.receipt for answer in each.receipt.answers
    )


def test_an_invariant_is_settled_only_when_the_colony_has_come_to_rest(
    simulation: Simulation,
) -> None:
    colony = Colony(BLUEPRINT, Run(simulation))
    assert not any(rule.settled for rule in colony.invariants)
    colony.close()
    assert all(rule.settled for rule in colony.invariants)


def test_a_flood_of_violations_is_counted_and_not_kept(simulation: Simulation) -> None:
    with Colony(BLUEPRINT, Run(simulation)) as colony:
        rule = EveryJobEnds(colony.bees)
    for number in range(KEPT + 5):
        rule.broken(f"number {number}")
    assert rule.violations == [*(f"number {number}" for number in range(KEPT)), "and 5 more"]
    assert rule.count == KEPT + 5


# -- what they hear ---------------------------------------------------------------------------


def test_any_fault_leaves_a_colony_disturbed_and_peace_does_not(simulation: Simulation) -> None:
    with Colony(BLUEPRINT, Run(simulation)) as colony:
        colony.submit("hum").wait()
        assert not colony.bees.disturbed
        JumpClock("queen", 5.0).strike(simulation)
        assert colony.bees.disturbed


def test_who_crashes_is_told_each_time_alone_or_with_their_host(simulation: Simulation) -> None:
    with Colony(BLUEPRINT, Run(simulation)) as colony:
        Crash("worker-1").strike(simulation)
        colony.restart("worker-1")
        CrashHost("hive-1").strike(simulation)
        colony.restart_host("hive-1")
        Crash("queen").strike(simulation)
    assert colony.observer.fallen == ["worker-1", "hive-1", "worker-2", "worker-1", "queen"]


def test_whoever_changes_a_job_is_found_by_it_be_there_two_of_one_name(
    simulation: Simulation,
) -> None:
    with Colony(BLUEPRINT, Run(simulation)) as colony:
        lost: list[str] = []
        seen: set[str] = set()

        def changed(event: Event, _: object) -> None:
            bee = colony.bees.server(event.data["subject"])
            if event.data["after"] is not None and bee is not simulation.current.owner():  # type: ignore[attr-defined]
                lost.append(event.data["subject"])
            seen.add(event.data["subject"])

        simulation.watch(changed, kinds=["state"])
        jobs = [colony.submit(f"hum {n}", max_tokens=500, ignore_eos=True) for n in range(4)]
        colony.run_some(0.5)
        colony.afflict("worker-1", Hang(20.0))
        colony.run_until(lambda: colony.ref("worker-1") != colony.refs["worker-1"])
        colony.run_until(lambda: colony.bees.workers["worker-1"].ready)
        jobs += [colony.submit(f"buzz {n}", max_tokens=2000, ignore_eos=True) for n in range(8)]
        colony.run_until(lambda: all(job.completed for job in jobs))
        assert simulation.now() > 22.0
    assert lost == []
    assert {"worker-1/job-1", "worker-1/life-1/job-1"} <= seen


def test_who_has_a_job_is_found_by_the_script_too_and_nobody_has_what_never_was(
    simulation: Simulation,
) -> None:
    with Colony(BLUEPRINT, Run(simulation)) as colony:
        colony.submit("hum").wait()
        bees = colony.bees
        assert bees.server("hive-1/job-1") is bees.hives["hive-1"]
        assert bees.server("worker-1/job-1") is bees.workers["worker-1"]
        assert bees.server("queen/job-1") is colony.queen
        assert bees.server("queen/job-2") is None
        colony.crash("queen")
        assert bees.server("queen/job-1") is None
        colony.restart("queen")
        assert bees.server("queen/job-1") is None
        colony.submit("hum").wait()
        assert bees.server("queen/life-r1/job-1") is colony.queen
        assert bees.server("nobody/job-1") is None
