"""Every number of a blueprint has its limits, and so has every count of what it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG = [
    (
        ("kv_bytes_per_token = 1024", "kv_bytes_per_token = -1"),
        (
            "bad.toml, line 16, model 'small': kv_bytes_per_token is -1; "
            "write a whole number from 0 to 1073741824"
        ),
    ),
    (
        ("load_factor = 0.75", "load_factor = -0.75"),
        "bad.toml, line 23, model 'large': load_factor is -0.75; write a finite number, 0 or more",
    ),
    (
        ("seconds_per_token = 0.5", "seconds_per_token = -0.5"),
        (
            "bad.toml, line 17, model 'small': seconds_per_token is -0.5; "
            "write a finite number of seconds, 0 to 31,536,000"
        ),
    ),
    (
        ("prefill_seconds_per_token = 0.125", "prefill_seconds_per_token = inf"),
        (
            "bad.toml, line 22, model 'large': prefill_seconds_per_token is inf; "
            "write a finite number of seconds, 0 to 31,536,000"
        ),
    ),
    (
        ("latency_seconds = 0.25", "latency_seconds = -0.25"),
        (
            "bad.toml, line 3: latency_seconds is -0.25; "
            "write a finite number of seconds, 0 to 31,536,000"
        ),
    ),
    (
        ("latency_seconds = 1.5", "latency_seconds = nan"),
        (
            "bad.toml, line 69, links[1]: latency_seconds is nan; "
            "write a finite number of seconds, 0 to 31,536,000"
        ),
    ),
    (
        ("heartbeat_seconds = 2", "heartbeat_seconds = 0"),
        (
            "bad.toml, line 10, patience: heartbeat_seconds is 0.0; "
            "write a finite number of seconds, 1e-06 to 31,536,000"
        ),
    ),
    (
        ("silence_seconds = 5.0", "silence_seconds = 1.5"),
        (
            "bad.toml, line 11, patience: silence_seconds is 1.5, not longer than "
            "heartbeat_seconds, 2.0; "
            "write more, or every node counts as down between two of its heartbeats"
        ),
    ),
    (
        ("silence_seconds = 5.0", "degraded_seconds = 1.5"),
        (
            "bad.toml, line 11, patience: degraded_seconds is 1.5, not longer than "
            "heartbeat_seconds, 2.0; "
            "write more, or every node counts as degraded between two of its heartbeats"
        ),
    ),
    (
        ("silence_seconds = 5.0", "lease_seconds = 6"),
        (
            "bad.toml, line 11, patience: lease_seconds is 6.0, not longer than 2 times "
            "renew_seconds, 3.0; "
            "write more, or one message that is lost makes a node give a job up that is read"
        ),
    ),
    (
        ("silence_seconds = 5.0", "renew_seconds = 5.5"),
        (
            "bad.toml, line 9, patience: lease_seconds is 10.0, not longer than 2 times "
            "renew_seconds, 5.5; "
            "write more, or one message that is lost makes a node give a job up that is read"
        ),
    ),
    (
        ("silence_seconds = 5.0", "answer_seconds = 9"),
        (
            "bad.toml, line 11, patience: answer_seconds is 9.0, not longer than 3 times "
            "margin_seconds, 3.0; "
            "write more, or no time is left for the worker, which is the third hop from the keeper"
        ),
    ),
    (
        ("silence_seconds = 5.0", "load_seconds = inf"),
        (
            "bad.toml, line 11, patience: load_seconds is inf; "
            "write a finite number of seconds, 1e-06 to 31,536,000"
        ),
    ),
    (
        ("speed = 2.5", "speed = 0"),
        "bad.toml, line 77, hive 'hall', device 'gpu-0': speed is 0.0; write a number above 0",
    ),
    (
        ("speed = 2.5", "speed = inf"),
        "bad.toml, line 77, hive 'hall', device 'gpu-0': speed is inf; write a number above 0",
    ),
    (
        ("load_gib_per_second = 8", "load_gib_per_second = -8"),
        (
            "bad.toml, line 78, hive 'hall', device 'gpu-0': load_gib_per_second is -8.0; "
            "write a number above 0"
        ),
    ),
    (
        ("load_gib_per_second = 8", "load_gib_per_second = nan"),
        (
            "bad.toml, line 78, hive 'hall', device 'gpu-0': load_gib_per_second is nan; "
            "write a number above 0"
        ),
    ),
    (
        ("max_jobs = 7", "max_jobs = 0"),
        "bad.toml, line 7, queen: max_jobs is 0; write a whole number from 1 to 1000000",
    ),
    (
        ("max_jobs = 9", "max_jobs = -9"),
        "bad.toml, line 28, hive 'hive-a': max_jobs is -9; write a whole number from 1 to 1000000",
    ),
    (
        ("max_num_seqs = 3", "max_num_seqs = 0"),
        (
            "bad.toml, line 39, hive 'hive-a', worker 'worker-1': max_num_seqs is 0; "
            "write a whole number from 1 to 1000000"
        ),
    ),
    (
        ("max_num_seqs = 3", "max_num_seqs = 1000001"),
        (
            "bad.toml, line 39, hive 'hive-a', worker 'worker-1': max_num_seqs is 1000001; "
            "write a whole number from 1 to 1000000"
        ),
    ),
    (
        ("max_waiting = 4", "max_waiting = -4"),
        (
            "bad.toml, line 40, hive 'hive-a', worker 'worker-1': max_waiting is -4; "
            "write a whole number from 0 to 1000000"
        ),
    ),
]


@pytest.mark.parametrize(("edit", "complaint"), WRONG)
def test_a_number_beyond_its_limits_is_complained_of_once_at_its_line(
    complaints: Callable[..., list[str]], edit: tuple[str, str], complaint: str
) -> None:
    assert complaints(edit) == [complaint]


def test_no_keepers_are_complained_of(complaints: Callable[..., list[str]]) -> None:
    found = complaints(('["anna", "ben"]', "[]"), ('["anna", "queen"]', '["hive-b", "queen"]'))

    assert found == ["bad.toml, line 2: there are no keepers; draw at least one"]


@pytest.mark.parametrize("count", [0, -3, 1_000_001])
def test_an_absurd_count_of_keepers_is_complained_of(
    complaints: Callable[..., list[str]], count: int
) -> None:
    found = complaints(
        ('["anna", "ben"]', str(count)), ('["anna", "queen"]', '["hive-b", "queen"]')
    )

    assert found == [
        (
            f"bad.toml, line 2: keepers is the integer {count}; "
            "write an integer from 1 to 1000000, or an array of names in quotes"
        )
    ]


def test_a_hive_without_workers_and_devices_is_complained_of(
    complaints_of: Callable[[str], list[str]],
) -> None:
    found = complaints_of(
        "name = 'two'\nmodels = [{ name = 'small', size_gib = 1 }]\n[[hives]]\nname = 'hive-a'\n"
    )

    assert found == [
        "bad.toml, line 3, hive 'hive-a': the hive has no devices; draw at least one",
        "bad.toml, line 3, hive 'hive-a': the hive has no workers; draw at least one",
    ]
