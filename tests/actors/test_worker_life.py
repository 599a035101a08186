"""A worker's beginning and end, and what can befall it in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from actors import (
    Completed,
    Device,
    Error,
    Failed,
    Heartbeat,
    Hello,
    LatencyModel,
    Model,
    OutOfMemory,
    Patience,
    Rejected,
    Slow,
    WorkerSpec,
)
from actors.messages import Farewell, LoadFailed, Loading
from actors.worker import state_of

if TYPE_CHECKING:
    from glasshive import Simulation
    from tests.actors.conftest import Asks, Logged, Peer, Workers

COLD: dict[str, Any] = {
    "model_bytes": 80,
    "vram_bytes": 100,
    "device": Device("gpu-0", 100, load_bytes_per_second=20.0),
}
"""A worker whose model takes 4 s to load."""


# -- loading --------------------------------------------------------------------------------


def test_a_model_loads_in_four_parts_and_the_hive_is_told_of_each(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    start_worker(hive=client.ref, **COLD)
    sim.run(until=6.0)
    assert client.of(Loading) == [Loading("worker-1", share) for share in (0.25, 0.5, 0.75, 1.0)]
    assert client.when(Loading) == [1.0, 2.0, 3.0, 4.0]


def test_a_worker_that_loads_says_hello_at_once_and_that_it_is_ready_as_soon_as_it_is(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    start_worker(hive=client.ref, patience=Patience(heartbeat_seconds=1.5), **COLD)
    sim.run(until=5.0)
    assert client.when(Hello) == [0.0]
    assert client.phases() == [
        (0.0, "loading"),
        (1.5, "loading"),
        (3.0, "loading"),
        (4.0, "ready"),
        (4.5, "ready"),
    ]


def test_a_worker_that_loads_rejects_and_says_when_to_come_again(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(patience=Patience(retry_seconds=0.25), **COLD)
    sim.run(until=3.9)
    client.offer(worker, ask(), (0, 4))
    reason = "worker-1 is loading 'llama'"
    assert client.of(Rejected) == [Rejected("request-1", reason, 0.25, (0, 4))]
    sim.run(until=4.1)
    client.submit(worker, ask(), (0, 5))


def test_a_warm_worker_is_ready_at_once(client: Peer, start_worker: Workers, ask: Asks) -> None:
    worker = start_worker(hive=client.ref, warm=True, **COLD)
    client.submit(worker, ask())
    assert client.phases() == [(0.0, "ready")]
    assert client.of(Loading) == []


def test_a_warm_worker_that_begins_anew_loads_its_model_again(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    worker = start_worker(hive=client.ref, warm=True, **COLD)
    sim.run(until=0.5)
    sim.crash(worker)
    sim.restart(worker)
    sim.run(until=5.0)
    assert client.when(Loading) == [1.5, 2.5, 3.5, 4.5]


def test_a_worker_that_crashed_while_it_loaded_and_knows_all_loads_the_rest(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    worker = start_worker(hive=client.ref, **COLD)
    sim.run(until=2.5)
    sim.crash(worker)
    sim.restart(worker, state=True)
    sim.run(until=9.0)
    assert client.when(Loading) == [1.0, 2.0, 3.5, 4.5]


def test_a_worker_whose_device_is_not_told_of_has_its_model_at_once(
    client: Peer, start_worker: Workers
) -> None:
    start_worker(hive=client.ref, model_bytes=80, vram_bytes=100)
    client.pause()
    assert client.phases() == [(0.0, "ready")]


def test_a_worker_that_loads_for_nobody_gets_ready_too(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(**COLD)
    sim.run(until=4.1)
    client.submit(worker, ask())


def test_a_worker_that_cannot_load_says_so_after_the_first_part_and_is_gone(
    sim: Simulation, client: Peer, start_worker: Workers, logged: Logged
) -> None:
    worker = start_worker(hive=client.ref, fails=True, **COLD)
    sim.run(until=6.0)
    assert [type(message) for _, message in client.heard] == [Hello, Heartbeat, LoadFailed]
    assert client.heard[-1] == (1.0, LoadFailed("worker-1", "could not load 'llama'"))
    assert not worker.is_alive()
    assert logged("loading failed") == [
        {
            "event": "loading failed",
            "log_level": "warning",
            "node": "worker-1",
            "model": "llama",
        }
    ]


def test_a_worker_that_has_nothing_to_load_can_fail_to_load_it_all_the_same(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    worker = start_worker(hive=client.ref, fails=True)
    sim.run(until=3.0)
    assert [(time, type(message)) for time, message in client.heard] == [
        (0.0, Hello),
        (0.0, LoadFailed),
    ]
    assert not worker.is_alive()


def test_a_worker_that_cannot_load_for_nobody_is_gone_without_a_word(
    sim: Simulation, start_worker: Workers
) -> None:
    worker = start_worker(fails=True, **COLD)
    sim.run(until=3.0)
    assert not worker.is_alive()
    assert sim.casualties == []


# -- stopping -------------------------------------------------------------------------------


def test_a_stopped_worker_says_in_each_stream_that_the_text_was_cut(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1)
    running = client.start(worker, ask(1, 100))
    waiting = client.start(worker, ask(2))
    unopened = client.submit(worker, ask(3))
    sim.run(until=0.03)
    worker.stop()
    sim.run(until=1.0)
    cut = Error("stopped", "worker-1 was stopped")
    assert client.tokens(running)[1:] == client.tokens(waiting) == [cut]
    reason = "worker-1 was stopped before worker-1/job-1 had ended"
    assert client.outcomes(running) == [Failed(reason, "stopped")]
    assert client.outcomes(unopened) == []


def test_a_stopped_worker_bids_its_hive_farewell(
    sim: Simulation, client: Peer, start_worker: Workers
) -> None:
    worker = start_worker(hive=client.ref)
    worker.stop(block=False)
    sim.run(until=3.0)
    assert client.heard[-1] == (0.0, Farewell("worker-1", worker))


# -- running slow ---------------------------------------------------------------------------


def test_a_slow_workers_steps_take_longer_from_the_next_one_on(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    job = client.start(worker, ask(max_tokens=6))
    sim.run(until=0.03)
    worker.tell(Slow(5.0))
    sim.run(until=0.2)
    worker.tell(Slow(1.0))
    sim.run(until=1.0)
    assert client.times(job)[:6] == pytest.approx([0.02, 0.04, 0.14, 0.24, 0.26, 0.28])


def test_a_slow_worker_is_slow_by_its_devices_measure(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(device=Device("gpu-0", 0, speed=2.0))
    worker.tell(Slow(5.0))
    job = client.start(worker, ask(max_tokens=2))
    sim.run(until=1.0)
    assert client.times(job)[:2] == pytest.approx([0.05, 0.1])


# -- running out of memory ------------------------------------------------------------------


def test_a_worker_out_of_memory_ends_the_sequence_that_holds_the_most_tokens(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    jobs = [client.start(worker, ask(n, 9, prompt_tokens=p)) for n, p in ((1, 20), (2, 22), (3, 9))]
    sim.run(until=0.05)  # there are 20 + 2, 22 + 1 and 9 + 1 tokens
    worker.tell(OutOfMemory())
    sim.run(until=1.0)
    reason = "worker-1 was refused VRAM after 1 tokens"
    assert client.ended(jobs[1]) == [(0.05, Failed(reason, "out-of-memory"))]
    assert client.tokens(jobs[1])[1:] == [Error("out-of-memory", reason)]
    assert [client.outcomes(job) for job in (jobs[0], jobs[2])] == [[Completed()]] * 2


def test_what_was_generated_elsewhere_counts_as_held(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    short = client.start(worker, ask(1, 9, prompt_tokens=12))
    resumed = client.start(worker, ask(2, 9, prompt_tokens=10), generated=4)
    sim.run(until=0.05)
    worker.tell(OutOfMemory())
    sim.run(until=1.0)
    assert client.outcomes(short) == [Completed()]
    assert client.outcomes(resumed)[0].message == "worker-1 was refused VRAM after 5 tokens"


def test_what_it_held_is_free_for_the_next_step(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker(max_num_seqs=1, vram_bytes=20, kv_bytes_per_token=1)
    client.start(worker, ask(1, 9))
    waiting = client.start(worker, ask(2, 9))
    sim.run(until=0.05)
    worker.tell(OutOfMemory())
    sim.run(until=1.0)
    assert client.times(waiting)[0] == pytest.approx(0.08)


def test_a_worker_that_runs_nothing_cannot_run_out_of_memory(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    worker = start_worker()
    worker.tell(OutOfMemory())
    job = client.start(worker, ask())
    sim.run(until=1.0)
    assert client.outcomes(job) == [Completed()]
    assert sim.casualties == []


# -- coming back ----------------------------------------------------------------------------


def test_a_worker_that_comes_back_knowing_all_begins_a_new_step_without_its_prompts(
    sim: Simulation, client: Peer, start_worker: Workers, ask: Asks
) -> None:
    latency = LatencyModel(prefill_seconds_per_token=0.001, seconds_per_token=0.02)
    worker = start_worker(latency=latency)
    job = client.start(worker, ask(1, 3, prompt_tokens=100))
    sim.run(until=0.13)
    sim.crash(worker)
    sim.restart(worker, state=True)
    sim.run(until=1.0)
    assert client.times(job)[:3] == pytest.approx([0.12, 0.15, 0.17])


# -- how it is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("running", "waiting", "free"), [(0, 0, 3), (2, 0, 1), (2, 1, 0), (3, 0, 0), (3, 2, 0)]
)
def test_a_worker_has_as_many_free_slots_as_neither_run_nor_wait(
    running: int, waiting: int, free: int
) -> None:
    state = state_of(
        WorkerSpec("a", Model("llama"), max_num_seqs=3), running=running, waiting=waiting
    )
    assert (state.free_slots, state.phase) == (free, "ready")
