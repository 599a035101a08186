"""What worker, hive and queen say of themselves, and how they close down. Shown on a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors import (
    Accepted,
    Completed,
    Device,
    Drain,
    Drained,
    Heartbeat,
    Hello,
    Lie,
    Patience,
    Rejected,
    WorkerState,
)

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Logged, Peer, Peers, Workers

IDLE = WorkerState("worker-1", "llama", 0, 0, 4, 0, 4, 4, 0, 0)


# -- heartbeats -----------------------------------------------------------------------------


def test_a_node_says_hello_and_then_how_it_is_at_each_heartbeat(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    hive = peer("hive")
    worker = start_worker(
        hive=hive.ref, max_num_seqs=3, vram_bytes=10_100, model_bytes=100, kv_bytes_per_token=2
    )
    client.start(worker, ask(1, 200))
    client.submit(worker, ask(2))
    sim.run(until=2.5)
    idle = WorkerState("worker-1", "llama", 0, 0, 3, 10_000, 3, 4, 10_000, 2)
    # One runs and takes (10 + 200) x 2 bytes; one was never opened.
    busy = WorkerState("worker-1", "llama", 1, 1, 1, 9_580, 3, 4, 10_000, 2)
    assert hive.heard == [
        (0.0, Hello("worker-1", worker, (idle,), "", (0, 1))),
        (1.0, Heartbeat("worker-1", worker, (busy,), "", (0, 2))),
        (2.0, Heartbeat("worker-1", worker, (busy,), "", (0, 3))),
    ]


@pytest.mark.parametrize(("birth", "epoch"), [("", "r1"), ("2", "2r1"), ("1.3", "1.3r1")])
def test_a_node_that_begins_anew_says_so_by_its_epoch_and_counts_its_heartbeats_anew(
    sim: Simulation, client: Peer, start_worker: Workers, birth: str, epoch: str
) -> None:
    worker = start_worker(hive=client.ref, birth=birth)
    sim.run(until=1.5)
    assert [(each.epoch, each.turn) for _, each in client.heard] == [
        (birth, (0, 1)),
        (birth, (0, 2)),
    ]
    sim.crash(worker)
    sim.restart(worker)
    sim.run(until=3.0)
    again = [(type(each), each.epoch, each.turn) for _, each in client.heard[2:]]
    assert again == [(Hello, epoch, (1, 1)), (Heartbeat, epoch, (1, 2))]


def test_a_node_that_goes_on_knowing_all_keeps_its_epoch_and_its_count(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    worker = start_worker(hive=client.ref, birth="2")
    sim.run(until=1.5)
    sim.crash(worker)
    sim.restart(worker, state=True)
    client.pause()
    assert client.heard[-1] == (1.5, Hello("worker-1", worker, (IDLE,), "2", (0, 3)))


def test_a_birth_names_a_nodes_jobs(client: Peer, start_worker: Workers, ask: Asks) -> None:
    assert client.submit(start_worker(birth="2"), ask()).job_id == "worker-1/life-2/job-1"


def test_a_heartbeat_that_nobody_hears_is_logged(
    sim: Simulation, client: Peer, start_worker: Workers, logged: Logged
) -> None:
    start_worker(hive=client.ref)
    client.pause()
    client.ref.stop()
    sim.run(until=2.5)
    line = {"event": "nobody hears the heartbeat", "log_level": "warning", "node": "worker-1"}
    assert logged("nobody hears the heartbeat") == [line] * 2


# -- lying ----------------------------------------------------------------------------------


def test_a_node_that_lies_tells_for_a_while_that_all_is_idle(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    hive = peer("hive")
    worker = start_worker(hive=hive.ref, vram_bytes=10_000, kv_bytes_per_token=2)
    client.start(worker, ask(1, 400))
    sim.run(until=0.5)
    worker.tell(Lie(1.5))
    sim.run(until=2.5)
    idle = WorkerState("worker-1", "llama", 0, 0, 4, 10_000, 4, 4, 10_000, 2)
    busy = WorkerState("worker-1", "llama", 1, 0, 3, 9_180, 4, 4, 10_000, 2)
    told = [message.workers for message in hive.of(Heartbeat)]
    assert told == [(idle,), (busy,)]  # at 2 s the lie is over


def test_a_node_that_is_blind_tells_for_a_while_that_it_knows_nothing(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    worker = start_worker(hive=client.ref)
    sim.run(until=0.5)
    worker.tell(Lie(1.6, blind=True))
    sim.run(until=3.5)
    assert [message.workers for message in client.of(Heartbeat)] == [None, None, (IDLE,)]


def test_a_node_lies_about_being_ready_too(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    worker = start_worker(
        hive=client.ref, model_bytes=100, vram_bytes=100, device=Device("gpu-0", 100, 1.0, 1.0)
    )
    client.pause()
    worker.tell(Lie(1.5))
    sim.run(until=2.5)
    assert client.phases() == [(0.0, "loading"), (1.0, "ready"), (2.0, "loading")]


# -- closing down ---------------------------------------------------------------------------


def test_a_node_without_jobs_closes_down_at_once(
    client: Peer, start_worker: Workers, logged: Logged
) -> None:
    worker = start_worker()
    worker.tell(Drain(client.ref))
    client.pause()
    assert client.heard == [(0.0, Drained("worker-1"))]
    assert not worker.is_alive()
    (line,) = logged("closing down")
    assert (line["node"], line["jobs"]) == ("worker-1", 0)


def test_a_node_that_closes_down_finishes_its_jobs_and_takes_no_more(
    sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(retry_seconds=0.25))
    asker = peer("asker")
    jobs = [client.start(worker, ask(number, 5 * number)) for number in (1, 2)]
    worker.tell(Drain(asker.ref))
    client.offer(worker, ask(3), (0, 8))
    sim.run(until=1.0)
    rejected = Rejected("request-3", "worker-1 is closing down", 0.25, (0, 8))
    assert client.of(Rejected) == [rejected]
    assert [client.outcomes(job) for job in jobs] == [[Completed()]] * 2
    assert asker.of(Drained) == [Drained("worker-1")]
    assert asker.when(Drained) == pytest.approx([0.22])
    assert not worker.is_alive()


def test_a_node_that_closes_down_still_tells_which_job_it_has_accepted(
    client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.submit(worker, ask())
    worker.tell(Drain(client.ref))
    assert client.submit(worker, ask()) == job
    assert client.of(Rejected) == []
    assert len(client.of(Accepted)) == 2


def test_whoever_asked_last_is_told_once_that_a_node_has_closed_down(
    *, sim: Simulation, client: Peer, peer: Peers, start_worker: Workers, ask: Asks, logged: Logged
) -> None:
    worker = start_worker()
    client.start(worker, ask())
    first, last = peer("first"), peer("last")
    worker.tell(Drain(first.ref))
    worker.tell(Drain(last.ref))
    sim.run(until=1.0)
    assert (first.heard, last.of(Drained)) == ([], [Drained("worker-1")])
    assert [line["jobs"] for line in logged("closing down")] == [1]


def test_a_node_that_is_asked_twice_to_close_down_says_once_that_it_has(
    client: Peer, start_worker: Workers
) -> None:
    worker = start_worker()
    worker.tell(Drain(client.ref))
    worker.tell(Drain(client.ref))
    client.pause()
    assert client.of(Drained) == [Drained("worker-1")]


def test_a_node_closes_down_though_nobody_wants_to_know(
    sim: Simulation, start_worker: Workers
) -> None:
    worker = start_worker()
    worker.tell(Drain(None))
    sim.run(until=1.0)
    assert not worker.is_alive()
    assert sim.casualties == []
