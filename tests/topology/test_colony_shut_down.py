"""A colony that is shut down finishes what there is, and then closes from the workers up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors import Failed
from glasshive import GlasshiveError, Run, Simulation
from topology import Blueprint, Colony

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.trace import Event

SMALL = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2, max_num_seqs=1)
SERVERS = {"queen", "hive-1", "hive-2", "worker-1", "worker-2", "worker-3", "worker-4"}
ABOVE = {"worker-1": "hive-1", "worker-2": "hive-1", "worker-3": "hive-2", "worker-4": "hive-2"}


@pytest.fixture
def run() -> Iterator[Run]:
    with Simulation(seed=1) as simulation:
        yield Run(simulation)


def violations(run: Run) -> dict[str, tuple[str, ...]]:
    return {each.name: each.violations for each in run.invariants if each.violations}


def up(colony: Colony) -> set[str]:
    return set(filter(colony.is_up, SERVERS))


def test_everybody_stops_when_every_accepted_job_has_ended_workers_first_and_the_queen_last(
    run: Run,
) -> None:
    stops: list[tuple[str, float]] = []

    def stopped(event: Event, _: object) -> None:
        stops.append((event.actor, event.time))

    with Colony(SMALL, run) as colony:
        run.runtime.watch(stopped, kinds=["stop"])
        jobs = [colony.submit(f"hum {n}", max_tokens=40, ignore_eos=True) for n in range(9)]
        colony.run_some(0.1)
        assert colony.queen.unfinished == 9
        colony.shut_down()
        colony.run_until(lambda: not up(colony), "everybody has stopped")
    assert all(job.completed for job in jobs)
    order = [name for name, _ in stops if name in SERVERS]
    assert set(order) == SERVERS
    assert len(order) == len(SERVERS)
    assert order[-1] == "queen"
    for worker, hive in ABOVE.items():
        assert order.index(worker) < order.index(hive)
    assert stops[0][1] >= max(job.receipt.ended_at for job in jobs if job.receipt)
    assert violations(run) == {}


def test_an_idle_colony_stops_at_once(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        colony.shut_down()
        colony.run_some(0.1)
        assert up(colony) == set()
        with pytest.raises(GlasshiveError, match="the queen is not alive"):
            _ = colony.queen
    assert violations(run) == {}


def test_what_is_asked_after_that_is_refused_and_told_why(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        accepted = colony.submit("hum", max_tokens=2000, ignore_eos=True)
        colony.run_some(0.1)
        colony.shut_down()
        late = colony.submit("hum", max_tokens=2, ignore_eos=True)
        outcome = late.wait().outcome
        accepted.wait()
    assert accepted.completed
    assert isinstance(outcome, Failed)
    assert outcome.message.startswith("rejected 8 times: ")
    assert violations(run) == {}


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 1000),
    tokens=st.lists(st.integers(1, 80), min_size=1, max_size=6),
    crashes=st.lists(
        st.tuples(st.sampled_from(sorted(SERVERS - {"queen"})), st.floats(0, 2), st.booleans()),
        max_size=3,
    ),
)
def test_every_accepted_job_ends_well_whoever_crashes_while_the_colony_closes_down(
    seed: int, tokens: list[int], crashes: list[tuple[str, float, bool]]
) -> None:
    with Simulation(seed=seed) as simulation:
        run = Run(simulation)
        with Colony(SMALL, run) as colony:
            jobs = [
                colony.submit(f"hum {number}", max_tokens=count, ignore_eos=True)
                for number, count in enumerate(tokens)
            ]
            colony.run_some(0.05)
            colony.shut_down()
            for name, down, state in crashes:
                if colony.is_up(name):
                    colony.crash(name)
                    colony.run_some(down)
                    colony.restart(name, state=state)
    assert all(job.completed for job in jobs)
    assert violations(run) == {}


def test_a_hive_that_was_just_started_anew_leaves_no_worker_behind(run: Run) -> None:
    with Colony(SMALL, run) as colony:
        colony.run_some(0.5)  # its workers say half a second later that they are there
        colony.crash("hive-1")
        colony.restart("hive-1")
        colony.shut_down()
        colony.run_some(60.0)
        assert up(colony) == set()
