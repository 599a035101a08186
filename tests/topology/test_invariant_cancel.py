"""A cancel that is acknowledged means silence, and every job ends in the time it was promised."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Cancelled,
    Completed,
    Hang,
    Hive,
    HiveToken,
    Job,
    Keeper,
    Receipt,
    Request,
    TokenResponse,
    Worker,
)
from glasshive import Run, Simulation
from glasshive.fault import Cut, ResumeHost
from topology import Blueprint, Cast, Colony
from topology.faults import AfterMessage, FaultPlan, PauseHost
from topology.invariants import CancelMeansSilence, EveryJobEnds

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from actors import Outcome
    from actors.batch import Sequence

    Broken: TypeAlias = Callable[..., dict[str, tuple[str, ...]]]

SILENT, ENDS = CancelMeansSilence.name, EveryJobEnds.name
DISTURBED = pytest.mark.parametrize("disturbed", [False, True])


# -- cancel-means-silence -------------------------------------------------------------------


class GoesOn(Worker):
    """Says that it has stopped, and generates the rest all the same."""

    def withdraw(self, job: Job[TokenResponse]) -> None:
        self.end(job, Cancelled())

    def emit(self, job: Job[TokenResponse], token: TokenResponse) -> None:
        if job.outcome is None:
            super().emit(job, token)

    def _complete(self, sequence: Sequence) -> None:
        if sequence.job.outcome is None:
            super()._complete(sequence)


@DISTURBED
def test_a_worker_that_spends_more_steps_is_told_with_how_many(
    broken: Broken, disturbed: bool
) -> None:
    left: list[tuple[int, float]] = []

    def act(colony: Colony) -> None:
        job = colony.submit("hum", max_tokens=50, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 5)
        job.cancel()
        at = job.wait().ended_at
        ((_, sequence),) = colony.bees.running("request-1")
        left.append((50 - sequence.generated, at))

    told = broken(Cast(worker=GoesOn), act, disturbed=disturbed)
    ((steps, at),) = left
    assert 40 <= steps <= 45
    assert told[SILENT] == (
        (
            f"worker-1 spent {steps} more steps on request-1, whose cancel was acknowledged "
            f"at {at:.6f} s"
        ),
    )


def test_a_worker_that_is_still_at_it_at_rest_is_told_then(broken: Broken) -> None:
    def act(colony: Colony) -> None:
        job = colony.submit("hum", max_tokens=10_000, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 5)
        job.cancel()

    class GoesOnForEver(GoesOn):
        def _forget(self, job_id: str) -> None:
            """Keep it."""

    (told,) = broken(Cast(worker=GoesOnForEver), act)[SILENT]
    assert told.startswith("worker-1 spent ")


class StartsOver(Hive):
    """Has what it was told to cancel done once more."""

    def withdraw(self, job: Job[HiveToken]) -> None:
        (route,) = self.routes[job.job_id]
        again = self.jobs.create_job(job.request_id)
        super().withdraw(job)
        self.jobs.set_payload(again, route.request)
        self.begin(self.jobs.get_job(again), self.jobs.take_payload(again))


def test_a_worker_that_begins_with_what_was_cancelled_is_told(broken: Broken) -> None:
    at: list[float] = []

    def act(colony: Colony) -> None:
        job = colony.submit("hum", max_tokens=50, ignore_eos=True)
        busy = colony.submit("buzz", max_tokens=60, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 5)
        job.cancel()
        at.append(job.wait().ended_at)
        busy.wait()

    told = broken(
        Cast(hive=StartsOver),
        act,
        blueprint=Blueprint.grid(hives=1, workers_per_hive=1, latency_seconds=0.0),
    )
    assert told[SILENT] == (
        f"worker-1/job-3 begins to run request-1, whose cancel was acknowledged at {at[0]:.6f} s",
    )


def test_a_worker_that_stands_still_has_until_it_goes_on_to_hear_of_the_cancel(
    broken: Broken,
) -> None:
    def act(colony: Colony) -> None:
        job = colony.submit("hum", max_tokens=500, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 5)
        colony.afflict("worker-1", Hang(100.0))
        job.cancel()
        job.wait()
        assert len(colony.bees.running("request-1")) == 1

    assert broken(act=act) == {}


def test_a_worker_that_stood_still_before_its_stream_was_opened_hears_of_the_cancel_in_time(
    broken: Broken,
) -> None:
    """Both wait for it when it goes on, the opening and then the cancel; it spends no step."""
    steps: list[int] = []

    def act(colony: Colony) -> None:
        colony.strike(FaultPlan.of([(AfterMessage(1, "Accepted", "hive-1"), PauseHost("hive-1"))]))
        job = colony.submit("hum", max_tokens=500, ignore_eos=True)
        colony.run_some(1.0)
        at_worker = colony.bees.workers["worker-1"].jobs.get_job("worker-1/job-1")
        job.cancel()
        assert isinstance(job.wait().outcome, Cancelled)
        colony.heal()
        colony.run_some(5.0)
        steps.append(len(at_worker.tokens))

    assert broken(act=act) == {}
    assert steps == [0]


def test_a_hive_that_stood_still_and_is_cut_off_begins_nothing_that_was_withdrawn_meanwhile(
    broken: Broken,
) -> None:
    """The opening of the stream has waited for it, and no cancel can reach it."""
    begun: list[int] = []

    def act(colony: Colony) -> None:
        assert isinstance(colony.runtime, Simulation)
        colony.strike(FaultPlan.of([(AfterMessage(1, "Accepted", "queen"), PauseHost("hive-1"))]))
        job = colony.submit("hum", max_tokens=500, ignore_eos=True)
        colony.run_some(1.0)
        Cut(("hive-1",), ("queen",)).strike(colony.runtime)
        job.cancel()
        assert isinstance(job.wait().outcome, Cancelled)
        ResumeHost("hive-1").strike(colony.runtime)
        colony.run_some(20.0)
        begun.append(colony.jobs_run["worker-1"])

    assert broken(act=act) == {}
    assert begun == [0]


def test_a_request_that_ended_well_may_be_run_by_others_still() -> None:
    with Simulation() as simulation, Colony(Blueprint.grid(), Run(simulation)) as colony:
        rule = CancelMeansSilence(colony.bees)
        job = colony.submit("hum", max_tokens=50, ignore_eos=True)
        colony.run_until(lambda: colony.tokens_of(job) >= 5)
        rule.receipt(receipt(Completed()))
        colony.run_some(0.2)
        rule.at_rest()
        assert rule.violations == []
        rule.receipt(receipt(Cancelled()))
        colony.run_some(0.2)
        rule.at_rest()
        assert len(rule.violations) == 1


# -- every-job-ends -------------------------------------------------------------------------


def receipt(outcome: Outcome, submitted_at: float = 0.0, ended_at: float = 3.0) -> Receipt:
    return Receipt(
        request=Request("request-1", "model-1", "hum", 1, 50, ignore_eos=True),
        submitted_at=submitted_at,
        accepted_at=submitted_at,
        token_times=array("d"),
        answers=[[]],
        ended_at=ended_at,
        outcome=outcome,
        attempts=1,
    )


class SaysNothing(Keeper):
    """Forgets a request without a word when it has ended."""

    def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
        """Give none."""


@DISTURBED
def test_a_request_without_a_receipt_is_told_at_rest(broken: Broken, disturbed: bool) -> None:
    told = broken(Cast(keeper=SaysNothing), disturbed=disturbed, promise=20.0)
    assert told[ENDS] == ("request-1 was asked and has not ended in the time it had",)


class Repeats(Keeper):
    """Gives its receipt twice."""

    def _give_receipt(self, pending: Any, outcome: Outcome) -> None:
        for _ in range(2):
            super()._give_receipt(pending, outcome)


@DISTURBED
def test_a_receipt_that_nobody_waits_for_is_told(broken: Broken, disturbed: bool) -> None:
    told = broken(Cast(keeper=Repeats), disturbed=disturbed)
    assert told[ENDS] == ("request-1 has a receipt that nobody waits for",)


def slow_song(colony: Colony) -> None:
    """Have a job that takes 12 seconds."""
    colony.submit("hum", max_tokens=1000, ignore_eos=True)
    colony.run_some(20.0)


def test_a_request_that_takes_longer_than_was_promised_is_told_with_both_times(
    broken: Broken,
) -> None:
    (told,) = broken(act=slow_song, promise=11.0)[ENDS]
    assert told.startswith("request-1 took 12.0")
    assert told.endswith(" s of the 11 s it had")
    assert broken(act=slow_song, promise=13.0) == {}


@pytest.mark.parametrize(
    ("healed_at", "took"), [(-1.0, 61.0), (5.0, 60.5), (5.5, 60.0), (40.0, 25.5)]
)
def test_the_time_of_a_request_counts_from_when_all_was_put_right(
    healed_at: float, took: float
) -> None:
    with Simulation() as simulation:
        colony = Colony(Blueprint.grid(), Run(simulation), promise=60.0)
        rule = EveryJobEnds(colony.bees)
        colony.bees.healed_at = healed_at
        rule.asked("request-1")
        rule.receipt(receipt(Completed(), submitted_at=4.5, ended_at=65.5))
        late = [f"request-1 took {took:g} s of the 60 s it had"]
        assert rule.violations == (late if took > 60 else [])


def test_nobody_waits_for_a_request_that_was_lost() -> None:
    with Simulation() as simulation:
        rule = EveryJobEnds(Colony(Blueprint.grid(), Run(simulation)).bees)
        rule.asked("request-1")
        rule.asked("request-2")
        rule.lost("request-1")
        rule.lost("request-3")
        rule.at_rest()
        assert rule.violations == ["request-2 was asked and has not ended in the time it had"]
