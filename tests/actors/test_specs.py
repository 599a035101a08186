from __future__ import annotations

from dataclasses import asdict

import pytest

from actors import PATIENCE, Device, LatencyModel, Model, Patience, WorkerSpec

GIB = 1 << 30


def test_a_step_takes_its_time_and_the_share_of_each_further_sequence_and_the_prompts() -> None:
    latency = LatencyModel(prefill_seconds_per_token=0.5, seconds_per_token=2.0, load_factor=0.25)
    assert latency.step_seconds(1, 0) == 2.0
    assert latency.step_seconds(3, 0) == 3.0
    assert latency.step_seconds(3, 10) == 8.0


def test_a_model_says_nothing_of_its_latency_and_has_steps_of_20_ms() -> None:
    assert Model("llama").latency.step_seconds(5, 100) == 0.02


def test_a_model_takes_its_size_over_the_devices_speed_to_load() -> None:
    model = Model("llama", size_bytes=16 * GIB)
    assert Device("gpu-0", 80 * GIB).load_seconds(model) == 4.0
    assert Device("gpu-0", 80 * GIB, load_bytes_per_second=GIB).load_seconds(model) == 16.0


def test_a_worker_is_there_from_the_beginning_and_runs_16_jobs_while_64_wait() -> None:
    spec = WorkerSpec("worker-1", Model("llama"))
    assert spec == WorkerSpec(
        "worker-1",
        Model("llama", size_bytes=0, kv_bytes_per_token=0),
        device="gpu-0",
        vram_bytes=0,
        max_num_seqs=16,
        max_waiting=64,
        resident=True,
    )


@pytest.mark.parametrize(("height", "seconds"), [(1, 14.5), (2, 29.0), (3, 43.5)])
def test_a_job_has_stopped_after_a_lease_a_quarter_and_two_heartbeats_at_each_hop(
    height: int, seconds: float
) -> None:
    assert PATIENCE.fence_seconds(height) == seconds


def test_the_fence_follows_lease_and_heartbeat() -> None:
    patience = Patience(heartbeat_seconds=2.0, lease_seconds=4.0)
    assert patience.fence_seconds(1) == 9.0


def test_a_bee_that_is_not_told_otherwise_waits_this_long_for_others() -> None:
    assert asdict(PATIENCE) == {
        "heartbeat_seconds": 1.0,
        "degraded_seconds": 2.2,
        "silence_seconds": 3.5,
        "retry_seconds": 0.5,
        "retry_most_seconds": 16.0,
        "reply_seconds": 1.0,
        "renew_seconds": 3.0,
        "lease_seconds": 10.0,
        "place_seconds": 15.0,
        "load_seconds": 120.0,
        "answer_seconds": 600.0,
        "margin_seconds": 3.0,
        "keep_seconds": 30.0,
        "open_seconds": 30.0,
    }
