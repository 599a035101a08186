from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG = [
    (
        ('device = "gpu-1"', 'device = "gpu-7"'),
        (
            "bad.toml, line 60, hive 'hive-b', worker 'worker-3': "
            "there is no device 'gpu-7' in 'hive-b'; its devices: gpu-0, gpu-1"
        ),
    ),
    (
        ('model = "large"', 'model = "lrge"'),
        (
            "bad.toml, line 45, hive 'hive-a', worker 'worker-2': "
            "there is no model 'lrge'; did you mean 'large'?"
        ),
    ),
    (
        ('"round_robin"', '"robin_round"'),
        (
            "bad.toml, line 6, queen: there is no placement policy 'robin_round'; "
            "known: least_loaded, most_free_vram, power_of_two, round_robin"
        ),
    ),
    (
        ('"power_of_two"', '"power_of_too"'),
        (
            "bad.toml, line 27, hive 'hive-a': there is no placement policy 'power_of_too'; "
            "did you mean 'power_of_two'?"
        ),
    ),
    (
        ("size_gib = 40.5", "size_gib = 80.5"),
        (
            "bad.toml, line 21, model 'large': the model takes 80.5 GiB, and no device has so much "
            "VRAM; the largest is 'gpu-0' of 'hive-a' with 80 GiB: draw a larger one, or a smaller "
            "model"
        ),
    ),
    (
        ("vram_gib = 20", "vram_gib = 9.5"),
        (
            "bad.toml, line 38, hive 'hive-a', worker 'worker-1': its share of the VRAM is "
            "9.5 GiB, and its model 'small' takes 10 GiB; "
            "give it a larger share, or a smaller model"
        ),
    ),
    (
        ("vram_gib = 20", "vram_gib = 10"),
        (
            "bad.toml, line 38, hive 'hive-a', worker 'worker-1': its share of the VRAM is 10 GiB, "
            "and its model 'small' leaves no room there for a single token; "
            "give it a larger share, or a smaller model"
        ),
    ),
    (
        ("vram_gib = 20", "vram_gib = 50"),
        (
            "bad.toml, line 42, hive 'hive-a', worker 'worker-2': its share of the VRAM is 30 GiB, "
            "and its model 'large' takes 40.5 GiB; give it a larger share, or a smaller model"
        ),
    ),
    (
        ('model = "large"', 'model = "large"\nvram_gib = 60.5'),
        (
            "bad.toml, line 32, hive 'hive-a', device 'gpu-0': it has 80 GiB of VRAM, and its "
            "workers' shares come to 80.5 GiB; make them smaller: 'worker-1' 20 GiB, "
            "'worker-2' 60.5 GiB"
        ),
    ),
    (
        ("vram_gib = 20", "vram_gib = 0"),
        (
            "bad.toml, line 38, hive 'hive-a', worker 'worker-1': its share of the VRAM is 0 GiB; "
            "write more than 0, or nothing for an equal part of what the others leave"
        ),
    ),
    (
        ("vram_gib = 20", "vram_gib = -3"),
        (
            "bad.toml, line 38, hive 'hive-a', worker 'worker-1': its share of the VRAM is -3 GiB; "
            "write more than 0, or nothing for an equal part of what the others leave"
        ),
    ),
    (
        ("vram_gib = 80", "vram_gib = 0"),
        (
            "bad.toml, line 32, hive 'hive-a', device 'gpu-0': the VRAM is 0 GiB; "
            "write more than 0, and at most 1048576 GiB"
        ),
    ),
    (
        ("vram_gib = 80", "vram_gib = 1e300"),
        (
            "bad.toml, line 32, hive 'hive-a', device 'gpu-0': the VRAM is 1e+300 GiB; "
            "write more than 0, and at most 1048576 GiB"
        ),
    ),
    (
        ("size_gib = 10", "size_gib = -10"),
        (
            "bad.toml, line 15, model 'small': the size is -10 GiB; "
            "write 0 or more, and at most 1048576 GiB"
        ),
    ),
    (
        ("size_gib = 10", "size_gib = nan"),
        "bad.toml, line 15, model 'small': size_gib is nan; write a finite number of GiB",
    ),
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
        ("resident = false", "vram_gib = 48.5\nresident = false"),
        (
            "bad.toml, line 84, hive 'hall', worker 'worker-4': its share of the VRAM is "
            "48.5 GiB, and its device has 48 GiB; give it a smaller share, or another device"
        ),
    ),
    (
        ("resident = false", "vram_gib = 40\nresident = false"),
        (
            "bad.toml, line 84, hive 'hall', worker 'worker-4': its share of the VRAM is 40 GiB, "
            "and its model 'large' takes 40.5 GiB; give it a larger share, or a smaller model"
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
    (
        ('keepers = ["anna", "ben"]', 'keepers = ["anna", ""]'),
        "bad.toml, line 2: the name '' is empty; write letters, digits, - or _",
    ),
    (
        ('name = "two"', 'name = " \\t"'),
        "bad.toml, line 1: the name ' \\t' is empty; write letters, digits, - or _",
    ),
    (
        ('name = "worker-3"', 'name = "worker\\u0007"'),
        (
            "bad.toml, line 59, hive 'hive-b', worker 'worker\\x07': the name 'worker\\x07' has "
            "characters that do not print; write letters, digits, - or _"
        ),
    ),
    (
        ('name = "hive-b"', 'name = "hive-b "'),
        (
            "bad.toml, line 48, hive 'hive-b ': the name 'hive-b ' begins or ends with a space; "
            "remove it"
        ),
    ),
    (
        ('name = "worker-3"', 'name = "worker-1"'),
        (
            "bad.toml, line 59, hive 'hive-b', worker 'worker-1': the name 'worker-1' is taken by "
            "a worker of 'hive-a'; give each bee a name of its own"
        ),
    ),
    (
        ('name = "worker-3"', 'name = "queen"'),
        (
            "bad.toml, line 59, hive 'hive-b', worker 'queen': the name 'queen' is taken by "
            "the queen; give each bee a name of its own"
        ),
    ),
    (
        ('name = "worker-3"', 'name = "ben"'),
        (
            "bad.toml, line 59, hive 'hive-b', worker 'ben': the name 'ben' is taken by a keeper; "
            "give each bee a name of its own"
        ),
    ),
    (
        ('name = "hive-b"', 'name = "hive-a"'),
        (
            "bad.toml, line 48, hive 'hive-a': the name 'hive-a' is taken by a hive; "
            "give each bee a name of its own"
        ),
    ),
    (
        ('["queen", "hive-a"]', '["queen", "hive-c"]'),
        (
            "bad.toml, line 64, links[0]: there is no host 'hive-c'; "
            "did you mean 'hive-b' or 'hive-a'?"
        ),
    ),
    (
        ('["queen", "hive-a"]', '["queen", "worker-1"]'),
        (
            "bad.toml, line 64, links[0]: there is no host 'worker-1'; "
            "known: anna, ben, hall, hive-a, hive-b, queen"
        ),
    ),
    (
        ('["queen", "hive-a"]', '["hive-a", "hive-a"]'),
        "bad.toml, line 64, links[0]: the link joins 'hive-a' to itself; name two hosts",
    ),
    (
        ('["queen", "hive-a"]', '["queen", "anna"]'),
        (
            "bad.toml, line 68, links[1]: links[0] joins 'anna' and 'queen' already; "
            "keep one of the two"
        ),
    ),
]


@pytest.mark.parametrize(("edit", "complaint"), WRONG)
def test_a_single_mistake_in_the_whole_is_complained_of_once_at_its_line(
    complaints: Callable[..., list[str]], edit: tuple[str, str], complaint: str
) -> None:
    assert complaints(edit) == [complaint]


def test_no_keepers_are_complained_of(complaints: Callable[..., list[str]]) -> None:
    found = complaints(('["anna", "ben"]', "[]"), ('["anna", "queen"]', '["hive-b", "queen"]'))

    assert found == ["bad.toml, line 2: there are no keepers; draw at least one"]


def test_a_model_without_a_name_is_complained_of(complaints: Callable[..., list[str]]) -> None:
    small = ('model = "large"', 'model = "small"')
    found = complaints(('name = "large"', 'name = ""'), small, small)

    assert found == [
        "bad.toml, line 20, models[1]: the name '' is empty; write letters, digits, - or _"
    ]


def test_two_devices_of_one_name_are_complained_of(complaints: Callable[..., list[str]]) -> None:
    found = complaints(
        ('name = "gpu-1"', 'name = "gpu-0"'), ('device = "gpu-1"', 'device = "gpu-0"')
    )

    assert found == [
        (
            "bad.toml, line 55, hive 'hive-b', device 'gpu-0': the hive has another device "
            "'gpu-0'; give each device of a hive a name of its own"
        )
    ]


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


def test_two_models_of_one_name_are_complained_of(
    complaints_of: Callable[[str], list[str]], blueprint_text: str
) -> None:
    found = complaints_of(
        blueprint_text + '\n[[models]]\nname = "small"\nsize_gib = 10\nkv_bytes_per_token = 1024\n'
        "seconds_per_token = 0.5\n"
    )

    assert found == [
        (
            "bad.toml, line 87, model 'small': there is another model 'small'; "
            "give each model a name of its own"
        )
    ]


def test_every_mistake_is_told_in_the_order_of_the_file(
    complaints: Callable[..., list[str]],
) -> None:
    found = complaints(
        ('name = "two"', "name = 2"),
        ("max_jobs = 7", "maxjobs = 0"),
        ("size_gib = 10", 'size_gib = "ten"'),
        ("max_num_seqs = 3", "max_num_seqs = 0"),
        ('device = "gpu-1"', 'device = "gpu-2"'),
        ('["anna", "queen"]', '["anna", "anna"]'),
    )

    assert [complaint.split(":")[0] for complaint in found] == [
        "bad.toml, line 1",
        "bad.toml, line 5, queen",
        "bad.toml, line 7, queen",
        "bad.toml, line 15, model 'small'",
        "bad.toml, line 39, hive 'hive-a', worker 'worker-1'",
        "bad.toml, line 60, hive 'hive-b', worker 'worker-3'",
        "bad.toml, line 68, links[1]",
    ]
