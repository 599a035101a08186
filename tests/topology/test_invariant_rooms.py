"""Registries go the way that is written down, and slots and VRAM are given out once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Completed,
    Failed,
    Hive,
    HiveToken,
    Job,
    JobRegistry,
    LatencyModel,
    Model,
    TokenResponse,
    Worker,
    WorkerSpec,
)
from actors.batch import Batch
from actors.nursery import Nursery
from glasshive import Run, Simulation, record_state
from topology import GIB, Blueprint, Cast, Colony, Device, HiveSpec
from topology.invariants import LegalRegistries, NoOversubscription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from actors import JobState, Outcome
    from actors.nursery import Place
    from actors.route import Route

    Broken: TypeAlias = Callable[..., dict[str, tuple[str, ...]]]

LEGAL, ROOM = LegalRegistries.name, NoOversubscription.name
DISTURBED = pytest.mark.parametrize("disturbed", [False, True])

# -- legal-registries -----------------------------------------------------------------------


class AnyWriteWins(JobRegistry[TokenResponse]):
    """Takes a job to whatever state is written."""

    def update_state(self, job_id: str, state: JobState) -> None:
        job = self.get_job(job_id)
        record_state(job_id, type(job.state).__name__, type(state).__name__)
        job.state = state


class FailsAfterAll(Worker):
    """Has a registry that bears with it, and fails what it has completed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.jobs = AnyWriteWins(self.name, self.epoch)

    def end(self, job: Job[TokenResponse], outcome: Outcome) -> None:
        super().end(job, outcome)
        self.jobs.update_state(job.job_id, Failed("after all"))


@DISTURBED
def test_a_registry_in_which_any_write_wins_is_told_with_the_job_and_both_states(
    broken: Broken, disturbed: bool
) -> None:
    assert broken(Cast(worker=FailsAfterAll), disturbed=disturbed) == {
        LEGAL: ("worker-1/job-1 went from Completed to Failed",)
    }


class Misremembers(JobRegistry[TokenResponse]):
    """Tells of another state than the one that a job was in."""

    def update_state(self, job_id: str, state: JobState) -> None:
        job = self.get_job(job_id)
        if isinstance(state, Completed):
            record_state(job_id, "Queued", "Running")
        record_state(job_id, "Running", type(state).__name__)
        job.state = state


class HasOne(Worker):
    """Has a registry that misremembers."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.jobs = Misremembers(self.name, self.epoch)


def test_a_change_that_does_not_begin_where_the_last_one_ended_is_told(broken: Broken) -> None:
    assert broken(Cast(worker=HasOne))[LEGAL] == (
        "worker-1/job-1 was Queued and is said to have been Running",
        "worker-1/job-1 went from Running to Running",
        "worker-1/job-1 was Running and is said to have been Queued",
    )


class NeverForgets(Hive):
    """Keeps every job for ever."""

    def _forget(self, job_id: str) -> None:
        """Keep it."""


@DISTURBED
def test_a_finished_job_that_is_never_removed_is_told_at_rest(
    broken: Broken, disturbed: bool
) -> None:
    assert broken(Cast(hive=NeverForgets), disturbed=disturbed) == {
        LEGAL: ("hive-1 still holds hive-1/job-1 (Completed) when all is over",)
    }


class NeverBegins(Worker):
    """Lets jobs lie."""

    def begin(self, *_: Any) -> None:
        """Do nothing."""


def test_an_unfinished_job_that_is_held_at_rest_is_told_with_its_state(broken: Broken) -> None:
    told = broken(Cast(worker=NeverBegins), promise=20.0)[LEGAL]
    assert told == (
        "queen still holds queen/job-1 (Running) when all is over",
        "hive-1 still holds hive-1/job-1 (Running) when all is over",
        "worker-1 still holds worker-1/job-1 (Queued) when all is over",
    )


STATES = (None, "Queued", "Running", "Completed", "Failed", "Cancelled")
LAWFUL = {
    *((None, "Queued"), ("Queued", "Running"), ("Queued", "Failed"), ("Queued", "Cancelled")),
    *(("Running", "Completed"), ("Running", "Failed"), ("Running", "Cancelled")),
    *(("Completed", None), ("Failed", None), ("Cancelled", None)),
}
WAY: dict[str | None, tuple[str | None, ...]] = {
    None: (),
    "Queued": ("Queued",),
    "Running": ("Queued", "Running"),
    "Completed": ("Queued", "Running", "Completed"),
    "Failed": ("Queued", "Failed"),
    "Cancelled": ("Queued", "Running", "Cancelled"),
}


@pytest.fixture
def rule() -> Iterator[LegalRegistries]:
    with Simulation() as simulation:
        yield LegalRegistries(Colony(Blueprint.grid(), Run(simulation)).bees)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_of_all_changes_only_the_ten_lawful_ones_are_none(
    rule: LegalRegistries, before: str | None, after: str | None
) -> None:
    states: list[str | None] = [None, *WAY[before]]
    for one, other in pairwise(states):
        rule.changed("hive-1/job-9", one, other)
    assert rule.violations == []
    rule.changed("hive-1/job-9", before, after)
    told = f"hive-1/job-9 went from {before or 'nothing'} to {after or 'nothing'}"
    assert rule.violations == ([] if (before, after) in LAWFUL else [told])


# -- no-oversubscription: workers ---------------------------------------------------------------


def busy(colony: Colony) -> None:
    """Have four jobs of sixty tokens at once."""
    for number in range(4):
        colony.submit(f"hum {number}", max_tokens=58, ignore_eos=True)


TIGHT = Model("tight", GIB, GIB // 100, LatencyModel(seconds_per_token=0.02))


def tight() -> Blueprint:
    """Draw a worker with four slots, and VRAM for a hundred tokens."""
    worker = WorkerSpec("worker-1", TIGHT, max_num_seqs=4)
    hive = HiveSpec("hive-1", (Device("gpu-0", 2 * GIB),), (worker,))
    return Blueprint(name="tight", models=(TIGHT,), hives=(hive,))


class Squeezes(Worker):
    """Runs one sequence more than it has slots."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.batch = Batch(self.batch.max_num_seqs + 1, self.batch.kv_bytes)


@DISTURBED
def test_a_worker_that_runs_more_sequences_than_it_has_slots_is_told(
    broken: Broken, disturbed: bool
) -> None:
    told = broken(Cast(worker=Squeezes), busy, disturbed=disturbed)
    assert list(told) == [ROOM]
    assert set(told[ROOM]) == {"worker-1 runs 3 of at most 2 sequences"}


class Overfills(Worker):
    """Takes its VRAM for twice as large as it is."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.batch = Batch(self.batch.max_num_seqs, 2 * self.batch.kv_bytes)


@DISTURBED
def test_a_worker_that_holds_more_vram_than_its_share_is_told_with_both(
    broken: Broken, disturbed: bool
) -> None:
    told = broken(Cast(worker=Overfills), busy, blueprint=tight(), disturbed=disturbed)
    assert list(told) == [ROOM]
    held = GIB + 3 * 60 * (GIB // 100)
    assert f"worker-1 holds {held:,} of {2 * GIB:,} bytes of VRAM" in told[ROOM]


@pytest.mark.parametrize("drawing", [None, tight()], ids=["slots", "VRAM"])
def test_a_right_worker_has_them_wait(broken: Broken, drawing: Blueprint | None) -> None:
    assert broken(act=busy, blueprint=drawing) == {}


# -- no-oversubscription: devices ---------------------------------------------------------------

ONE, OTHER = (
    Model(name, 3 * GIB, latency=LatencyModel(seconds_per_token=0.02)) for name in ("one", "other")
)


def shared(*, resident: bool = False) -> Blueprint:
    """Draw a device that has room for one of two workers at a time."""
    hive = HiveSpec(
        "hive-1",
        (Device("gpu-0", 5 * GIB),),
        (
            WorkerSpec("worker-1", ONE, vram_bytes=4 * GIB, resident=resident),
            WorkerSpec("worker-2", OTHER, vram_bytes=4 * GIB, resident=False),
        ),
    )
    return Blueprint(name="shared", models=(ONE, OTHER), hives=(hive,))


def both_models(colony: Colony) -> None:
    """Ask both models for something."""
    for model in (ONE, OTHER):
        colony.submit("hum", model=model.name, max_tokens=20, ignore_eos=True)
        colony.run_some(0.2)


class Roomy(Nursery):
    """Has room for whoever comes."""

    def has_room(self, place: Place) -> bool:
        del place
        return True


class TakesEverybody(Hive):
    """Brings workers up wherever."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.nursery = Roomy(settings["workers"], settings["devices"])


TOO_MANY = f"workers on gpu-0 of hive-1 hold {8 * GIB:,} of its {5 * GIB:,} bytes of VRAM"


@DISTURBED
def test_a_hive_that_brings_up_more_than_a_device_holds_is_told(
    broken: Broken, disturbed: bool
) -> None:
    told = broken(Cast(hive=TakesEverybody), both_models, blueprint=shared(), disturbed=disturbed)
    assert list(told) == [ROOM]
    assert set(told[ROOM]) == {TOO_MANY}


class GivesRoomTwice(Hive):
    """Believes that a worker is gone which it has not even told to go."""

    def _make_room(self, place: Place) -> None:
        for other in self.nursery.to_unload(place, self._is_idle):
            other.phase = "absent"
            self.dispatch.nodes[other.spec.name].down = True


def test_a_worker_that_is_there_holds_its_share_whatever_its_hive_believes(
    broken: Broken,
) -> None:
    told = broken(Cast(hive=GivesRoomTwice), both_models, blueprint=shared())
    assert set(told[ROOM]) == {TOO_MANY}


def test_a_right_hive_has_them_take_turns(broken: Broken) -> None:
    assert broken(act=both_models, blueprint=shared()) == {}
    assert broken(act=both_models, blueprint=shared(resident=True)) == {}


def test_a_device_that_is_too_full_is_told_at_rest_if_nothing_has_run_since() -> None:
    with Simulation() as simulation:
        colony = Colony(shared(resident=True), Run(simulation))
        rule = NoOversubscription(colony.bees)
        rule.at_rest()
        assert rule.violations == []
        one, other = colony.bees.hives["hive-1"].nursery.places.values()
        other.phase, other.ref = "ready", one.ref
        rule.at_rest()
        assert rule.violations == [TOO_MANY]


class NeverReleases(Nursery):
    """Keeps the share of whoever is gone."""

    def release(self, place: Place) -> None:
        place.ref = None


class Hoards(Hive):
    """Has a nursery that never gives anything back."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.nursery = NeverReleases(settings["workers"], settings["devices"])


def test_vram_that_stays_reserved_for_a_worker_that_is_gone_is_told_at_rest(
    broken: Broken,
) -> None:
    def act(colony: Colony) -> None:
        colony.crash("worker-1")
        colony.run_some(10.0)
        colony.submit("hum", max_tokens=5, ignore_eos=True).wait()

    grid = Blueprint.grid(hives=1, workers_per_hive=2)
    assert broken(act=act, blueprint=grid) == {}
    assert broken(Cast(hive=Hoards), act, blueprint=grid) == {
        ROOM: (
            f"hive-1 keeps {80 * GIB:,} bytes of gpu-0 reserved for worker-1, which is not there",
        )
    }


class KeepsPromises(Hive):
    """Never takes a promise back."""

    def detach(self, route: Route[HiveToken]) -> None:
        route.room = None
        super().detach(route)


@DISTURBED
def test_places_and_vram_that_stay_promised_to_jobs_that_are_over_are_told_at_rest(
    broken: Broken, disturbed: bool
) -> None:
    assert broken(Cast(hive=KeepsPromises), blueprint=tight(), disturbed=disturbed) == {
        ROOM: (
            (
                f"hive-1 keeps 1 places and {6 * (GIB // 100):,} bytes of VRAM at worker-1 "
                "promised to jobs that are over"
            ),
        )
    }
