"""A bee, device or model has a name of its own, and what is named is there."""

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
def test_a_wrong_name_is_complained_of_once_at_its_line(
    complaints: Callable[..., list[str]], edit: tuple[str, str], complaint: str
) -> None:
    assert complaints(edit) == [complaint]


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
