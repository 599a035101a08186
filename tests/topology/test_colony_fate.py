"""Bees are crashed, restarted and afflicted by their names, and found again by them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Completed,
    FailToLoad,
    Hang,
    Model,
    OutOfMemory,
    Slow,
    WorkerSpec,
)
from glasshive import GlasshiveError, Live, Run, Simulation
from topology import GIB, Blueprint, Colony, Device, HiveSpec, sample_blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = Blueprint.grid(hives=2, workers_per_hive=2, keepers=2)
EVERY_SORT = ("queen", "hive-1", "worker-1", "keeper-1")
SILENCE = SMALL.patience.silence_seconds


class Audience:
    """Keeps the story."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)

    def progress(self, *_: Any) -> None:
        """Hear nothing."""


@pytest.fixture
def audience() -> Audience:
    return Audience()


@pytest.fixture
def run(audience: Audience) -> Iterator[Run]:
    with Simulation(seed=1) as simulation:
        yield Run(simulation, audience)


@pytest.fixture
def colony(run: Run) -> Iterator[Colony]:
    with Colony(SMALL, run) as colony:
        yield colony
    assert {each.name: each.violations for each in run.invariants if each.violations} == {}


def cold() -> Blueprint:
    """Draw a hive with a worker that is brought up when a job wants it."""
    model = Model("late-1b", GIB)
    worker = WorkerSpec("worker-1", model, resident=False)
    hive = HiveSpec("hive-1", (Device("gpu-0", 8 * GIB),), (worker,))
    return Blueprint(name="cold", models=(model,), hives=(hive,))


def called(run: Run, name: str) -> list[Any]:
    """Return the living bees of a name."""
    return [actor for actor in run.runtime.actors() if getattr(actor, "name", None) == name]


# -- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY_SORT)
def test_a_bee_is_up_until_it_crashes_and_again_when_it_was_restarted(
    colony: Colony, name: str
) -> None:
    assert colony.is_up(name)
    colony.crash(name)
    assert not colony.is_up(name)
    colony.restart(name)
    assert colony.is_up(name)
    assert not colony.is_up("nobody")


def test_a_worker_lives_on_its_hives_host_and_everybody_else_on_their_own(colony: Colony) -> None:
    names = ("queen", "hive-2", "worker-2", "worker-3", "keeper-1")
    hosts = {name: colony.host_of(name) for name in names}
    assert hosts == {
        "queen": "queen",
        "hive-2": "hive-2",
        "worker-2": "hive-1",
        "worker-3": "hive-2",
        "keeper-1": "keeper-1",
    }
    for name, host in hosts.items():
        assert colony.ref(name).actor_inbox.host.name == host  # type: ignore[attr-defined]


def test_a_name_leads_to_the_worker_that_its_hive_has_put_in_the_place_of_one_that_crashed(
    run: Run, colony: Colony
) -> None:
    first = colony.ref("worker-1")
    colony.crash("worker-1")
    assert colony.ref("worker-1") == first
    colony.run_until(lambda: colony.is_up("worker-1"))
    second = colony.ref("worker-1")
    assert second != first
    assert [actor.actor_ref for actor in called(run, "worker-1")] == [second]


def test_a_name_leads_to_the_new_worker_while_the_one_that_hung_still_stands_there(
    run: Run, colony: Colony
) -> None:
    colony.afflict("worker-1", Hang(60.0))
    colony.run_until(lambda: len(called(run, "worker-1")) == 2)
    old, new = called(run, "worker-1")
    assert colony.ref("worker-1") == new.actor_ref
    assert colony.bees.workers["worker-1"] is new
    colony.run_some(60.0)
    assert called(run, "worker-1") == [new]
    assert not old.actor_ref.is_alive()


def test_a_name_leads_to_the_last_worker_of_a_place_when_that_has_crashed_too(
    colony: Colony,
) -> None:
    colony.crash("worker-1")
    colony.run_until(lambda: colony.is_up("worker-1"))
    second = colony.ref("worker-1")
    colony.crash("worker-1")
    assert colony.ref("worker-1") == second


def test_a_worker_that_was_never_brought_up_is_said_not_to_be_there(run: Run) -> None:
    with Colony(cold(), run) as colony, pytest.raises(GlasshiveError) as caught:
        colony.crash("worker-1")
    assert str(caught.value) == "worker-1 is not there: its hive has not brought it up"


def test_while_the_queen_is_away_nobody_can_look_inside_her(colony: Colony) -> None:
    queen = colony.queen
    colony.crash("queen")
    with pytest.raises(GlasshiveError) as caught:
        _ = colony.queen
    assert str(caught.value) == ("the queen is not alive; restart her before you look inside")
    colony.restart("queen", state=True)
    assert colony.queen is queen


# -- restarts -------------------------------------------------------------------------------


def test_a_queen_that_is_restarted_with_her_state_knows_her_jobs_and_hives(colony: Colony) -> None:
    job = colony.submit("hum", max_tokens=20, ignore_eos=True)
    colony.run_until(lambda: colony.tokens_of(job) >= 3)
    colony.crash("queen")
    colony.restart("queen", state=True)
    assert colony.queen.jobs.job_ids() == ["queen/job-1"]
    assert list(colony.queen.dispatch.nodes) == ["hive-1", "hive-2"]
    receipt = job.wait()
    assert (receipt.attempts, len(receipt.texts)) == (1, 20)


def test_a_queen_that_is_restarted_without_her_state_knows_nothing_and_learns_it_again(
    colony: Colony,
) -> None:
    job = colony.submit("hum", max_tokens=20, ignore_eos=True)
    colony.run_until(lambda: colony.tokens_of(job) >= 3)
    colony.crash("queen")
    colony.restart("queen")
    assert colony.queen.jobs.job_ids() == []
    assert list(colony.queen.dispatch.nodes) == []
    receipt = job.wait()
    assert (receipt.attempts > 1, len(receipt.texts)) == (True, 20)
    assert colony.queen.jobs.job_ids() == ["queen/life-r1/job-1"]


def test_a_bee_that_is_up_has_no_need_to_be_restarted(audience: Audience, colony: Colony) -> None:
    before = colony.queen
    colony.restart("queen")
    assert colony.queen is before
    assert audience.told == ["queen has no need to be restarted"]


def test_a_worker_that_its_hive_has_replaced_has_no_need_to_be_restarted(
    audience: Audience, run: Run, colony: Colony
) -> None:
    colony.crash("worker-1")
    colony.run_until(lambda: colony.is_up("worker-1"))
    there = called(run, "worker-1")
    colony.restart("worker-1")
    assert called(run, "worker-1") == there
    assert audience.told == ["worker-1 crashes", "worker-1 has no need to be restarted"]


def test_a_worker_that_took_the_place_of_another_can_be_restarted_when_it_has_crashed(
    colony: Colony,
) -> None:
    colony.crash("worker-1")
    colony.run_until(lambda: colony.is_up("worker-1"))
    colony.crash("worker-1")
    colony.restart("worker-1")
    assert colony.is_up("worker-1")


def test_a_worker_that_was_brought_up_and_has_crashed_is_its_hives_to_bring_up_again(
    run: Run,
) -> None:
    with Colony(cold(), run) as colony:
        job = colony.submit("hum", max_tokens=40, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 3)
        colony.crash("worker-1")
        with pytest.raises(GlasshiveError, match="worker-1 is not there"):
            colony.restart("worker-1")
        assert len(job.wait().texts) == 40
        assert colony.is_up("worker-1")


def test_a_restart_is_told_with_what_the_bee_knows_then(audience: Audience, colony: Colony) -> None:
    for state in (True, False):
        colony.crash("hive-1")
        colony.restart("hive-1", state=state)
    assert audience.told == [
        "hive-1 crashes",
        "hive-1 starts again, knowing all",
        "hive-1 crashes",
        "hive-1 starts again, knowing nothing",
    ]


# -- hosts ----------------------------------------------------------------------------------


def test_a_host_that_crashes_takes_everybody_on_it_along_until_it_starts_again(
    audience: Audience, colony: Colony
) -> None:
    colony.crash_host("hive-1")
    there = ("hive-1", "worker-1", "worker-2")
    assert not any(map(colony.is_up, there))
    assert all(map(colony.is_up, ("queen", "hive-2", "worker-3", "worker-4", "keeper-1")))
    colony.restart_host("hive-1")
    assert all(map(colony.is_up, there))
    assert colony.observer.fallen == list(there)
    assert audience.told == ["the host of hive-1 crashes", "the host of hive-1 starts again"]


@pytest.mark.parametrize("state", [True, False])
def test_what_a_hive_knew_is_there_after_its_hosts_restart_if_that_was_kept(
    colony: Colony, state: bool
) -> None:
    job = colony.submit("hum", max_tokens=20, ignore_eos=True)
    colony.run_until(lambda: colony.tokens_of(job) >= 3)
    colony.crash_host("hive-1")
    colony.restart_host("hive-1", state=state)
    assert colony.bees.hives["hive-1"].jobs.job_count() == int(state)
    assert colony.bees.workers["worker-1"].jobs.job_count() == int(state)
    assert len(job.wait().texts) == 20


def test_a_host_that_is_up_has_no_need_to_be_restarted(
    audience: Audience, run: Run, colony: Colony
) -> None:
    there = run.runtime.actors()
    colony.restart_host("hive-1")
    assert run.runtime.actors() == there
    assert audience.told == ["the host of hive-1 has no need to be restarted"]


# -- keepers that forget --------------------------------------------------------------------


@pytest.mark.parametrize("host", [False, True])
def test_no_receipt_is_waited_for_that_a_keeper_has_forgotten(colony: Colony, host: bool) -> None:
    lost = colony.submit("hum", max_tokens=500, ignore_eos=True, keeper="keeper-1")
    kept = colony.submit("hum", max_tokens=500, ignore_eos=True, keeper="keeper-2")
    colony.run_until(lambda: colony.tokens_of(lost) >= 3)
    if host:
        colony.crash_host("keeper-1")
        colony.restart_host("keeper-1")
    else:
        colony.crash("keeper-1")
        colony.restart("keeper-1")
    began = colony.runtime.now()
    colony.settle()
    assert colony.runtime.now() - began < 20
    assert lost.receipt is None
    assert kept.completed


def test_a_keeper_that_is_restarted_with_its_state_goes_on_reading(colony: Colony) -> None:
    job = colony.submit("hum", max_tokens=50, ignore_eos=True, keeper="keeper-1")
    colony.run_until(lambda: colony.tokens_of(job) >= 3)
    colony.crash("keeper-1")
    colony.run_some(2.0)
    colony.restart("keeper-1", state=True)
    receipt = job.wait()
    assert (receipt.attempts, len(receipt.texts)) == (1, 50)


# -- ailments -------------------------------------------------------------------------------


def test_what_befalls_a_bee_reaches_it_whatever_its_links_are_like(
    run: Run, colony: Colony
) -> None:
    run.runtime.network.cut(colony.blueprint.hosts, ("local",))
    colony.afflict("worker-1", Slow(3.0))
    colony.run_some(0.0)
    assert colony.bees.workers["worker-1"].slowness == 3.0
    run.runtime.network.heal()


def test_nothing_befalls_a_bee_that_is_not_there(colony: Colony) -> None:
    colony.crash("worker-1")
    colony.afflict("worker-1", OutOfMemory())
    colony.restart("worker-1", state=True)
    colony.afflict("worker-2", Slow(2.0))
    colony.run_some(0.0)
    assert [colony.bees.workers[f"worker-{n}"].slowness for n in (1, 2)] == [1.0, 2.0]


def test_nothing_befalls_a_worker_that_was_never_brought_up(run: Run) -> None:
    with Colony(cold(), run) as colony:
        colony.afflict("worker-1", Slow(2.0))
        colony.submit("hum").wait()
        assert colony.bees.workers["worker-1"].slowness == 1.0


def test_a_worker_that_fails_to_load_is_brought_up_later(colony: Colony) -> None:
    colony.afflict("hive-1", FailToLoad("worker-1", 2))
    colony.crash("worker-1")
    colony.run_until(lambda: not colony.is_up("worker-1"))
    colony.run_until(lambda: colony.is_up("worker-1") and called(colony.run, "worker-1")[0].ready)
    place = colony.bees.hives["hive-1"].nursery.places["worker-1"]
    assert (place.born, place.fails) == (4, 0)


@pytest.mark.parametrize("ailment", [Hang(1.0), Slow(2.0), OutOfMemory()], ids=str)
def test_a_colony_that_something_has_befallen_is_disturbed(colony: Colony, ailment: Any) -> None:
    assert not colony.bees.disturbed
    colony.afflict("worker-1", ailment)
    assert colony.bees.disturbed


def test_a_sequence_that_was_refused_vram_goes_on_elsewhere(colony: Colony) -> None:
    job = colony.submit("hum", max_tokens=20, ignore_eos=True)
    colony.run_until(lambda: colony.tokens_of(job) >= 3)
    colony.afflict("worker-1", OutOfMemory())
    assert isinstance(job.wait().outcome, Completed)
    assert colony.jobs_run == {"queen": 1, "hive-1": 1, "worker-1": 1, "worker-2": 1}


def test_a_live_colony_says_that_it_cannot_crash_or_restart_a_host() -> None:
    with Live() as live:
        colony = Colony(sample_blueprint("one_worker"), Run(live))
        for what, told in (
            (partial(colony.crash_host, "hive"), "crash the host of bees"),
            (partial(colony.restart_host, "hive"), "restart the host of bees"),
        ):
            with pytest.raises(GlasshiveError, match=f"only a simulated run can {told}"):
                what()
