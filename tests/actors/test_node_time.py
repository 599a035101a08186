"""What worker, hive and queen do when a job's time is over. Shown on a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import (
    Cancelled,
    Completed,
    Done,
    Error,
    Failed,
    Hang,
    LatencyModel,
    OpenStream,
    Patience,
    Usage,
)

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Logged, Peer, Peers, Workers

SLOW = LatencyModel(seconds_per_token=1000.0)


# -- never opened ---------------------------------------------------------------------------


def test_a_job_that_nobody_opens_expires_at_the_heartbeat_at_which_its_time_is_over(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(open_seconds=5.0))
    job = client.submit(worker, ask(1))
    later = Failed("nobody opened worker-1/job-1 in the 5 s that it had", "unopened")
    sim.run(until=5.5)
    client.open(job)
    client.pause()
    assert client.ended(job) == [(5.5, later)]


def test_a_job_that_is_opened_at_the_last_moment_runs(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    job = client.submit(start_worker(patience=Patience(open_seconds=5.0)), ask(1))
    sim.run(until=4.9)
    client.open(job)
    sim.run(until=10.0)
    assert client.outcomes(job) == [Completed()]


def test_the_unopened_time_of_each_job_counts_from_its_own_submission(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(open_seconds=5.0))
    client.submit(worker, ask(1))
    sim.run(until=2.5)
    job = client.submit(worker, ask(2))
    sim.run(until=7.4)
    client.open(job)
    sim.run(until=10.0)
    assert client.outcomes(job) == [Completed()]


def test_an_expired_job_gives_its_place_back(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1, max_waiting=0, patience=Patience(open_seconds=5.0))
    client.submit(worker, ask(1))
    sim.run(until=5.5)
    client.submit(worker, ask(2))


# -- read by nobody -------------------------------------------------------------------------


def test_a_job_that_nobody_shows_to_read_is_given_up_when_its_lease_is_over(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks, logged: Logged
) -> None:
    worker = start_worker(latency=SLOW, patience=Patience(lease_seconds=3.0))
    job = client.start(worker, ask())
    sim.run(until=2.9)
    assert client.outcomes(job) == []
    sim.run(until=9.0)
    assert client.ended(job) == [(3.0, Cancelled())]
    assert sim.situations["a job is given up because nobody shows that it is read"] == 1
    (line,) = logged("nobody shows that it reads the job")
    assert (line["node"], line["job"]) == ("worker-1", "worker-1/job-1")


def test_each_opening_renews_the_lease_whoever_does_it(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(latency=SLOW, patience=Patience(lease_seconds=3.0)), ask())
    sim.run(until=2.5)
    client.open(job)
    sim.run(until=5.2)
    peer("second").open(job)
    sim.run(until=20.0)
    assert client.ended(job) == [(9.0, Cancelled())]  # the first heartbeat after 5.2 + 3 s


def test_each_job_has_a_lease_of_its_own(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(latency=SLOW, patience=Patience(lease_seconds=3.0))
    jobs = [client.start(worker, ask(1))]
    sim.run(until=1.2)
    jobs.append(client.start(worker, ask(2)))
    sim.run(until=2.4)
    jobs.append(client.start(worker, ask(3)))
    client.open(jobs[0])
    sim.run(until=20.0)
    assert [client.ended(job)[0][0] for job in jobs] == [6.0, 5.0, 6.0]


def test_a_worker_that_stood_still_spends_no_step_on_what_nobody_reads_by_then(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(lease_seconds=3.0))
    job = client.start(worker, ask(1, 100))
    sim.run(until=0.03)
    worker.tell(Hang(5.0))
    sim.run(until=9.0)
    assert len(client.tokens(job)) == 1
    assert client.ended(job) == [(5.03, Cancelled())]


def test_no_step_is_spent_at_the_moment_at_which_the_lease_is_over(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    latency = LatencyModel(seconds_per_token=1.5)
    worker = start_worker(latency=latency, patience=Patience(lease_seconds=3.0))
    job = client.start(worker, ask())
    sim.run(until=9.0)
    assert client.times(job) == [1.5]
    assert client.ended(job) == [(3.0, Cancelled())]


# -- out of time ----------------------------------------------------------------------------


def test_a_job_that_has_not_ended_in_its_time_fails_at_the_heartbeat_at_which_it_is_over(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(latency=SLOW)
    job = client.start(worker, ask(), seconds=4.0)
    sim.run(until=9.0)
    reason = "worker-1/job-1 has not ended in the time that it had"
    assert client.ended(job) == [(4.0, Failed(reason, "timeout"))]
    assert client.tokens(job) == [Error("timeout", "worker-1 had no more time for worker-1/job-1")]


def test_the_time_counts_from_the_submission_and_no_renewal_gives_it_more(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(latency=SLOW, patience=Patience(lease_seconds=3.0))
    sim.run(until=1.5)
    job = client.submit(worker, ask(), seconds=4.0)
    for time in (2.5, 4.0, 5.4):
        sim.run(until=time)
        client.open(job)
    sim.run(until=9.0)
    assert [(time, end.code) for time, end in client.ended(job)] == [(6.0, "timeout")]


def test_a_job_that_was_opened_after_its_time_fails_at_the_next_heartbeat(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(latency=SLOW)
    job = client.submit(worker, ask(), seconds=2.0)
    sim.run(until=5.5)
    client.open(job)
    sim.run(until=9.0)
    assert [(time, end.code) for time, end in client.ended(job)] == [(6.0, "timeout")]


def test_a_job_that_is_given_no_time_takes_what_it_needs(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    job = client.start(start_worker(), ask(max_tokens=500))
    client.live(20.0)
    assert client.outcomes(job) == [Completed()]


def test_a_worker_that_stood_still_spends_no_step_on_what_is_out_of_time(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1)
    job = client.start(worker, ask(1, 100), seconds=4.0)
    waiting = client.start(worker, ask(2, 1))
    sim.run(until=0.03)
    worker.tell(Hang(5.0))
    sim.run(until=9.0)
    assert [type(token) for token in client.tokens(job)][1:] == [Error]
    assert [time for time, _ in client.ended(job)] == [5.03]
    assert client.tokens(waiting)[-1] == Done("length", Usage(10, 1))
    assert client.times(waiting)[0] == pytest.approx(5.05)


def test_a_job_out_of_time_gives_its_place_and_vram_back(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    latency = LatencyModel(seconds_per_token=0.7)
    worker = start_worker(
        max_num_seqs=2, max_waiting=0, vram_bytes=20, kv_bytes_per_token=1, latency=latency
    )
    client.start(worker, ask(1, 10), seconds=1.0)
    sim.run(until=1.2)
    again = client.start(worker, ask(2, 10))
    sim.run(until=3.0)
    # The step that is under way ends at 1.4 s, and the next one is the other's.
    assert client.times(again)[0] == pytest.approx(2.1)


# -- forgotten ------------------------------------------------------------------------------


def test_an_ended_job_is_forgotten_at_the_heartbeat_at_which_its_time_is_over(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    job = client.submit(start_worker(patience=Patience(keep_seconds=5.0)), ask())
    client.cancel(job)
    for time in (4.9, 5.1):
        sim.run(until=time)
        client.open(job)
        client.pause()
    assert client.outcomes(job)[:2] == [Cancelled()] * 2
    assert [end.code for end in client.outcomes(job)[2:]] == ["unknown-job"]


def test_each_ended_job_is_kept_for_as_long(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(keep_seconds=5.0))
    jobs = [client.submit(worker, ask(number)) for number in (1, 2)]
    client.cancel(jobs[0])
    sim.run(until=1.5)
    client.cancel(jobs[1])
    sim.run(until=6.4)
    for job in jobs:
        worker.tell(OpenStream(job.job_id, 3, client.ref))
    client.pause()
    assert client.outcomes(jobs[0])[1].code == "unknown-job"
    assert client.outcomes(jobs[1])[1:] == [Cancelled()]
