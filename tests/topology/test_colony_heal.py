"""Whatever was broken is put right by `heal`, which closing a colony begins with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from actors import Cancelled, Completed, Hang, Slow
from glasshive import Live, Run, Simulation
from glasshive.fault import Crash, CrashHost, Cut, DriftClock, Heal, PauseHost, Relink, SlowHost
from glasshive.link import quality
from topology import Blueprint, Colony, sample_blueprint
from topology.blueprint import LinkSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.fault import Fault

SMALL = replace(
    Blueprint.grid(hives=2, workers_per_hive=2, keepers=2),
    links=(LinkSpec(("queen", "hive-2"), 0.25),),
)
WORKERS = ("worker-1", "worker-2", "worker-3", "worker-4")
BROKEN: list[Fault] = [
    Cut(("hive-1",)),
    Cut(("queen",), ("keeper-1", "hive-2"), one_way=True),
    Relink("queen", "hive-2", latency=0.5, loss=0.5),
    Relink("keeper-1", "queen", duplicate=0.25, one_way=True),
    SlowHost("hive-1", 4.0),
    DriftClock("queen", 1.25),
    PauseHost("hive-2"),
    CrashHost("queen"),
    CrashHost("hive-1"),
    CrashHost("keeper-2"),
    Crash("queen"),
    Crash("hive-2"),
    Crash("keeper-1"),
    Crash("worker-3"),
]


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    with Simulation(seed=1) as simulation:
        yield simulation


def held(run: Run) -> bool:
    return not run.claims and not any(each.violations for each in run.invariants)


def as_drawn(simulation: Simulation) -> bool:
    """Return whether hosts and links are as the blueprint draws them."""
    hosts = {name: simulation.network.hosts[name] for name in SMALL.hosts}
    for name, host in hosts.items():
        if host.down or host.paused or host.slowness != 1.0 or host.lasting(1.0) != 1.0:
            return False
        for other, far in hosts.items():
            link = host.link_to(far)
            seconds = 0.25 if {name, other} == {"queen", "hive-2"} else 0.001
            if link.cut or link.like != quality(seconds):
                return False
    return True


@pytest.mark.parametrize("fault", BROKEN, ids=str)
def test_whatever_is_broken_is_as_drawn_when_it_was_healed_and_jobs_are_served_again(
    simulation: Simulation, fault: Fault
) -> None:
    run = Run(simulation)
    with Colony(SMALL, run) as colony:
        assert as_drawn(simulation)
        fault.strike(simulation)
        assert not as_drawn(simulation) or isinstance(fault, Crash)
        colony.run_some(1.0)
        colony.heal()
        assert as_drawn(simulation)
        colony.run_some(12.0)
        assert all(map(colony.is_up, (*SMALL.hosts, *WORKERS)))
        jobs = [
            colony.submit(f"hum {number}", max_tokens=5, ignore_eos=True, keeper=keeper)
            for number, keeper in enumerate(SMALL.keepers)
        ]
        assert all(isinstance(job.wait().outcome, Completed) for job in jobs)
        assert {job.receipt.attempts for job in jobs if job.receipt} == {1}
    assert held(run)


@pytest.mark.parametrize("fault", BROKEN, ids=str)
def test_a_colony_that_is_left_broken_is_healed_as_it_closes_and_every_job_ends(
    simulation: Simulation, fault: Fault
) -> None:
    run = Run(simulation)
    with Colony(SMALL, run) as colony:
        jobs = [
            colony.submit(f"hum {number}", max_tokens=40, ignore_eos=True, keeper=keeper)
            for number, keeper in enumerate(SMALL.keepers)
        ]
        colony.run_until(lambda: colony.tokens_of(jobs[0]) >= 5)
        fault.strike(simulation)
    forgotten = {"keeper-1": jobs[0], "keeper-2": jobs[1]}
    victim = getattr(fault, "host", getattr(fault, "actor", ""))
    for keeper, job in forgotten.items():
        crashed = isinstance(fault, Crash | CrashHost) and victim == keeper
        assert (job.receipt is None) == crashed
        assert job.completed != crashed
    assert held(run)


def test_a_worker_that_was_slowed_is_at_full_speed_again(simulation: Simulation) -> None:
    with Colony(SMALL, Run(simulation)) as colony:
        colony.afflict("worker-2", Slow(5.0))
        colony.run_some(1.0)
        colony.heal()
        colony.run_some(0.0)
        assert [worker.slowness for worker in colony.bees.workers.values()] == [1.0] * 4


def test_a_colony_in_which_nothing_was_broken_is_not_healed_as_it_closes(
    simulation: Simulation,
) -> None:
    with Colony(SMALL, Run(simulation)) as colony:
        colony.submit("hum").wait()
    assert colony.bees.healed_at == float("-inf")


def test_a_job_has_the_time_that_was_promised_from_when_all_was_put_right(
    simulation: Simulation,
) -> None:
    run = Run(simulation)
    with Colony(SMALL, run, promise=60.0) as colony:
        Cut(("keeper-1",)).strike(simulation)
        job = colony.submit("hum", max_tokens=5, ignore_eos=True, keeper="keeper-1")
        colony.run_some(100.0)
    assert job.receipt is not None
    assert job.receipt.ended_at - job.receipt.submitted_at > 100
    assert held(run)


def test_a_partition_that_was_ended_before_leaves_the_colony_disturbed(
    simulation: Simulation,
) -> None:
    with Colony(SMALL, Run(simulation)) as colony:
        assert not colony.bees.disturbed
        Cut(("keeper-1",)).strike(simulation)
        Heal().strike(simulation)
        assert colony.bees.disturbed


def test_closing_waits_until_nobody_hangs(simulation: Simulation) -> None:
    run = Run(simulation)
    with Colony(SMALL, run) as colony:
        colony.afflict("worker-1", Hang(300.0))
        began = simulation.now()
        colony.run_some(0.0)
        assert not colony.nobody_hangs()
    assert simulation.now() - began > 300.0
    assert held(run)


def test_a_job_withdrawn_from_a_worker_that_hangs_is_not_gone_on_with_when_that_wakes(
    simulation: Simulation,
) -> None:
    run = Run(simulation)
    with Colony(SMALL, run) as colony:
        job = colony.submit("hum", max_tokens=500, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 5)
        colony.afflict("worker-1", Hang(200.0))
        job.cancel()
        receipt = job.wait()
        assert simulation.now() < 100
    assert isinstance(receipt.outcome, Cancelled)
    assert held(run)


def test_on_threads_too_a_partition_is_ended_by_healing() -> None:
    with Live() as live:
        colony = Colony(sample_blueprint("one_worker"), Run(live))
        keeper, queen = (live.network.known_host(name) for name in ("keeper-1", "queen"))
        live.network.cut(("keeper-1",))
        assert live.network.parted(keeper, queen)
        colony.heal()
        assert not live.network.parted(keeper, queen)
