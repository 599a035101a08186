from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glasshive.errors import InputError
from topology.blueprint import read_blueprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SLIPS = [
    (
        ("keepers = [", "kepers = ["),
        "bad.toml, line 2: there is no key 'kepers' here; did you mean 'keepers'?",
    ),
    (
        ("max_jobs = 7", "maxjobs = 7"),
        "bad.toml, line 7, queen: there is no key 'maxjobs' here; did you mean 'max_jobs'?",
    ),
    (
        ("silence_seconds", "silense_seconds"),
        (
            "bad.toml, line 11, patience: there is no key 'silense_seconds' here; "
            "did you mean 'silence_seconds' or 'lease_seconds' or 'renew_seconds'?"
        ),
    ),
    (
        ("size_gib = 10", "size_gb = 10"),
        (
            "bad.toml, line 15, model 'small': there is no key 'size_gb' here; "
            "did you mean 'size_gib'?"
        ),
    ),
    (
        ('placement = "power_of_two"', 'policy = "power_of_two"'),
        (
            "bad.toml, line 27, hive 'hive-a': there is no key 'policy' here; "
            "known: devices, max_jobs, name, placement, workers"
        ),
    ),
    (
        ("vram_gib = 80", "vram_gb = 80"),
        (
            "bad.toml, line 32, hive 'hive-a', device 'gpu-0': there is no key 'vram_gb' here; "
            "did you mean 'vram_gib'?"
        ),
    ),
    (
        ("max_waiting = 4", "max_wait = 4"),
        (
            "bad.toml, line 40, hive 'hive-a', worker 'worker-1': there is no key 'max_wait' here; "
            "did you mean 'max_waiting'?"
        ),
    ),
    (
        ("speed = 2.5", "sped = 2.5"),
        (
            "bad.toml, line 77, hive 'hall', device 'gpu-0': there is no key 'sped' here; "
            "did you mean 'speed'?"
        ),
    ),
    (
        ("load_gib_per_second = 8", "load_gib_per_sec = 8"),
        (
            "bad.toml, line 78, hive 'hall', device 'gpu-0': there is no key 'load_gib_per_sec' "
            "here; did you mean 'load_gib_per_second'?"
        ),
    ),
    (
        ("resident = false", "residnet = false"),
        (
            "bad.toml, line 84, hive 'hall', worker 'worker-4': there is no key 'residnet' here; "
            "did you mean 'resident'?"
        ),
    ),
    (
        ("latency_seconds = 0\n", "latency = 0\n"),
        (
            "bad.toml, line 65, links[0]: there is no key 'latency' here; "
            "did you mean 'latency_seconds'?"
        ),
    ),
]


@pytest.mark.parametrize(("edit", "complaint"), SLIPS)
def test_an_unknown_key_is_complained_of_once_and_read_as_the_near_one(
    complaints: Callable[..., list[str]], edit: tuple[str, str], complaint: str
) -> None:
    assert complaints(edit) == [complaint]


MISSING = [
    (('name = "two"\n', ""), "bad.toml: name is missing; add name = and a string"),
    (
        ("size_gib = 10\n", ""),
        "bad.toml, line 13, model 'small': size_gib is missing; add size_gib = and a number",
    ),
    (
        ('name = "hive-b"\n', ""),
        "bad.toml, line 47, hives[1]: name is missing; add name = and a string",
    ),
    (
        ("vram_gib = 80\n", ""),
        (
            "bad.toml, line 30, hive 'hive-a', device 'gpu-0': vram_gib is missing; "
            "add vram_gib = and a number"
        ),
    ),
    (
        ('name = "worker-3"\n', ""),
        "bad.toml, line 58, hive 'hive-b', workers[0]: name is missing; add name = and a string",
    ),
    (
        ('device = "gpu-1"\n', ""),
        (
            "bad.toml, line 58, hive 'hive-b', worker 'worker-3': device is missing; "
            "add device = and a string"
        ),
    ),
    (
        ('model = "large"\n', ""),
        (
            "bad.toml, line 42, hive 'hive-a', worker 'worker-2': model is missing; "
            "add model = and a string"
        ),
    ),
    (
        ('between = ["queen", "hive-a"]\n', ""),
        (
            "bad.toml, line 63, links[0]: between is missing; "
            'name two hosts, as in between = ["queen", "hive-a"]'
        ),
    ),
    (
        ("latency_seconds = 1.5\n", ""),
        (
            "bad.toml, line 67, links[1]: latency_seconds is missing; "
            "add latency_seconds = and a number"
        ),
    ),
]


@pytest.mark.parametrize(("edit", "complaint"), MISSING)
def test_a_missing_key_is_complained_of_once_at_its_table(
    complaints: Callable[..., list[str]], edit: tuple[str, str], complaint: str
) -> None:
    assert complaints(edit) == [complaint]


MISTYPED = [
    (
        ('name = "two"', "name = 2"),
        "bad.toml, line 1: name is the integer 2; write a string, in quotes",
    ),
    (
        ('["anna", "ben"]', "true"),
        (
            "bad.toml, line 2: keepers is the boolean true; "
            "write an integer from 1 to 1000000, or an array of names in quotes"
        ),
    ),
    (
        ('["anna", "ben"]', '["anna", 7]'),
        (
            "bad.toml, line 2: keepers holds something else than strings; "
            "write an integer from 1 to 1000000, or an array of names in quotes"
        ),
    ),
    (
        ("latency_seconds = 0.25", 'latency_seconds = "0.25"'),
        "bad.toml, line 3: latency_seconds is the string '0.25'; write a number",
    ),
    (
        ("max_jobs = 7", "max_jobs = true"),
        "bad.toml, line 7, queen: max_jobs is the boolean true; write an integer",
    ),
    (
        ("heartbeat_seconds = 2", "heartbeat_seconds = false"),
        "bad.toml, line 10, patience: heartbeat_seconds is the boolean false; write a number",
    ),
    (
        ("kv_bytes_per_token = 1024", "kv_bytes_per_token = 1024.0"),
        (
            "bad.toml, line 16, model 'small': kv_bytes_per_token is the float 1024.0; "
            "write an integer"
        ),
    ),
    (
        ("size_gib = 40.5", "size_gib = [40, 5]"),
        "bad.toml, line 21, model 'large': size_gib is an array; write a number",
    ),
    (
        ('placement = "power_of_two"', "placement = {}"),
        "bad.toml, line 27, hive 'hive-a': placement is a table; write a string, in quotes",
    ),
    (
        ('placement = "power_of_two"', "placement = 2024-02-03"),
        (
            "bad.toml, line 27, hive 'hive-a': placement is the date or time 2024-02-03; "
            "write a string, in quotes"
        ),
    ),
    (
        ("vram_gib = 80", 'vram_gib = "80"'),
        (
            "bad.toml, line 32, hive 'hive-a', device 'gpu-0': vram_gib is the string '80'; "
            "write a number"
        ),
    ),
    (
        ("vram_gib = 20", "vram_gib = false"),
        (
            "bad.toml, line 38, hive 'hive-a', worker 'worker-1': vram_gib is the boolean false; "
            "write a number"
        ),
    ),
    (
        ('model = "large"', "model = 1"),
        (
            "bad.toml, line 45, hive 'hive-a', worker 'worker-2': model is the integer 1; "
            "write a string, in quotes"
        ),
    ),
    (
        ("speed = 2.5", 'speed = "fast"'),
        (
            "bad.toml, line 77, hive 'hall', device 'gpu-0': speed is the string 'fast'; "
            "write a number"
        ),
    ),
    (
        ("load_gib_per_second = 8", "load_gib_per_second = true"),
        (
            "bad.toml, line 78, hive 'hall', device 'gpu-0': load_gib_per_second is the boolean "
            "true; write a number"
        ),
    ),
    (
        ("resident = false", "resident = 0"),
        (
            "bad.toml, line 84, hive 'hall', worker 'worker-4': resident is the integer 0; "
            "write true or false"
        ),
    ),
    (
        ('["queen", "hive-a"]', '"queen"'),
        (
            "bad.toml, line 64, links[0]: between is the string 'queen'; "
            'name two hosts, as in between = ["queen", "hive-a"]'
        ),
    ),
    (
        ('["queen", "hive-a"]', '["queen"]'),
        (
            "bad.toml, line 64, links[0]: between is an array of 1; "
            'name two hosts, as in between = ["queen", "hive-a"]'
        ),
    ),
    (
        ('["queen", "hive-a"]', '["queen", 1]'),
        (
            "bad.toml, line 64, links[0]: between holds something else than strings; "
            'name two hosts, as in between = ["queen", "hive-a"]'
        ),
    ),
]


@pytest.mark.parametrize(("edit", "complaint"), MISTYPED)
def test_a_value_of_the_wrong_type_is_complained_of_once_at_its_line(
    complaints: Callable[..., list[str]], edit: tuple[str, str], complaint: str
) -> None:
    assert complaints(edit) == [complaint]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("queen = 3", "bad.toml, line 3, queen: queen is the integer 3; write a table, [queen]"),
        (
            "hives = 3",
            "bad.toml, line 3: hives is the integer 3; write a table for each, [[hives]]",
        ),
        (
            "hives = [3]",
            "bad.toml, line 3: hives[0] is the integer 3; write a table for each, [[hives]]",
        ),
        (
            "[hives]\nname = 'hive-a'",
            "bad.toml, line 3: hives is a table; write a table for each, [[hives]]",
        ),
    ],
)
def test_something_else_in_the_place_of_a_table_is_complained_of(
    complaints_of: Callable[[str], list[str]], text: str, expected: str
) -> None:
    found = complaints_of(f"name = 'two'\nmodels = [{{ name = 'small', size_gib = 1 }}]\n{text}\n")

    assert found[-1] == expected
    assert found[:-1] in ([], ["bad.toml: there are no hives; draw at least one"])


def test_a_number_of_thousands_of_digits_is_complained_of(
    complaints: Callable[..., list[str]],
) -> None:
    huge = "0x" + "f" * 5000

    assert complaints(
        ("max_jobs = 7", f"max_jobs = {huge}"), ("vram_gib = 80", f"vram_gib = {huge}")
    ) == [
        (
            f"bad.toml, line 7, queen: max_jobs is {huge[:60]}…; "
            "write a whole number from 1 to 1000000"
        ),
        (
            "bad.toml, line 32, hive 'hive-a', device 'gpu-0': vram_gib is inf; "
            "write a finite number of GiB"
        ),
    ]


JUNK = [
    *("true", "0", "-1", "1.5", "1e308", "nan", "-inf", '""', '"x"', "[]", "[1]", '["x", "y"]'),
    *("{}", "{ name = 1 }", "[{}]", "[[]]", "1979-05-27", "07:32:00", "0x" + "f" * 5000),
]


@pytest.mark.parametrize("junk", JUNK)
def test_whatever_stands_in_the_place_of_a_value_nothing_but_complaints_comes_of_it(
    blueprint_path: Path, blueprint_text: str, junk: str
) -> None:
    lines = blueprint_text.splitlines()
    for number, line in enumerate(lines):
        key, equals, _ = line.partition(" = ")
        if equals:
            blueprint_path.write_text(
                "\n".join([*lines[:number], f"{key} = {junk}", *lines[number + 1 :]])
            )
            try:
                read_blueprint(blueprint_path)
            except InputError as error:
                assert error.complaints  # noqa: PT017  either way is right, any other error is not
