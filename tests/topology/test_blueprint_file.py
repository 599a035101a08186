from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actors.specs import LatencyModel, Model, Patience, WorkerSpec
from glasshive.errors import InputError
from topology.blueprint import (
    GIB,
    Blueprint,
    Device,
    HiveSpec,
    LinkSpec,
    QueenSpec,
    read_blueprint,
    sample_blueprint,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read_complaints(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_blueprint(path)
    return [str(complaint) for complaint in caught.value.complaints]


def test_a_file_says_what_python_would_say(blueprint_path: Path, blueprint_text: str) -> None:
    blueprint_path.write_text(blueprint_text)
    small = Model("small", 10 * GIB, 1024, LatencyModel(seconds_per_token=0.5))
    large = Model(
        "large",
        40 * GIB + GIB // 2,
        latency=LatencyModel(prefill_seconds_per_token=0.125, load_factor=0.75),
    )

    assert read_blueprint(blueprint_path) == Blueprint(
        name="two",
        keepers=("anna", "ben"),
        latency_seconds=0.25,
        queen=QueenSpec("round_robin", 7),
        patience=Patience(heartbeat_seconds=2.0, silence_seconds=5.0),
        models=(small, large),
        hives=(
            HiveSpec(
                "hive-a",
                (Device("gpu-0", 80 * GIB),),
                (
                    WorkerSpec("worker-1", small, "gpu-0", 20 * GIB, 3, 4),
                    WorkerSpec("worker-2", large, "gpu-0", 60 * GIB),
                ),
                "power_of_two",
                9,
            ),
            HiveSpec(
                "hive-b",
                (Device("gpu-0", 24 * GIB), Device("gpu-1", 24 * GIB)),
                (WorkerSpec("worker-3", small, "gpu-1", 24 * GIB),),
            ),
            HiveSpec(
                "hall",
                (Device("gpu-0", 48 * GIB, speed=2.5, load_bytes_per_second=8.0 * GIB),),
                (WorkerSpec("worker-4", large, "gpu-0", 48 * GIB, resident=False),),
            ),
        ),
        links=(LinkSpec(("queen", "hive-a"), 0.0), LinkSpec(("anna", "queen"), 1.5)),
    )


def test_a_byte_order_mark_and_crlf_are_read(blueprint_path: Path, blueprint_text: str) -> None:
    blueprint_path.write_text(blueprint_text)
    plain = read_blueprint(blueprint_path)
    blueprint_path.write_bytes(b"\xef\xbb\xbf" + blueprint_text.replace("\n", "\r\n").encode())

    assert read_blueprint(blueprint_path) == plain


def test_what_a_file_leaves_out_is_what_python_leaves_out(blueprint_path: Path) -> None:
    blueprint_path.write_text(
        "name = 'least'\n"
        "models = [{ name = 'small', size_gib = 1 }]\n"
        "[[hives]]\n"
        "name = 'hive'\n"
        "devices = [{ name = 'gpu-0', vram_gib = 2 }]\n"
        "workers = [{ name = 'worker', device = 'gpu-0', model = 'small' }]\n"
    )
    small = Model("small", GIB)

    least = read_blueprint(blueprint_path)

    assert least == Blueprint(
        name="least",
        models=(small,),
        hives=(HiveSpec("hive", (Device("gpu-0", 2 * GIB),), (WorkerSpec("worker", small),)),),
    )
    assert least.keepers == ("keeper-1",)
    assert least.workers[0].vram_bytes == 2 * GIB
    assert least.workers[0].resident
    assert least.hives[0].devices[0].speed == 1.0
    assert least.hives[0].devices[0].load_bytes_per_second == 4 * GIB


def test_the_sample_one_worker_has_one_of_each() -> None:
    one = sample_blueprint("one_worker")

    assert one.hosts == ("queen", "hive", "keeper-1")
    assert [worker.name for worker in one.workers] == ["worker"]


def test_the_sample_two_hives_has_a_queen_two_hives_and_eight_workers() -> None:
    two = sample_blueprint("two_hives")

    assert two.hosts == (
        *("queen", "hive-a", "hive-b"),
        *("keeper-1", "keeper-2", "keeper-3", "keeper-4"),
    )
    assert [worker.name for worker in two.workers] == [f"worker-{n}" for n in range(1, 9)]
    assert [worker.vram_bytes // GIB for worker in two.workers] == [40, 40, 30, 50, 40, 40, 20, 28]
    assert [model.name for model in two.models] == ["honey-8b", "nectar-13b"]


def test_an_unknown_sample_is_refused_with_the_near_one() -> None:
    with pytest.raises(InputError) as caught:
        sample_blueprint("two_hive")

    assert str(caught.value) == (
        "sample blueprint 'two_hive': there is none of this name; did you mean 'two_hives'?"
    )


# -- the file -------------------------------------------------------------------------------


def test_a_missing_file_is_complained_of(blueprint_path: Path) -> None:
    assert read_complaints(blueprint_path) == [
        (
            "bad.toml: the file cannot be read: No such file or directory; "
            "give the path of a blueprint, a TOML file"
        )
    ]


def test_a_folder_is_complained_of(blueprint_path: Path) -> None:
    blueprint_path.mkdir()

    assert read_complaints(blueprint_path) == [
        (
            "bad.toml: the file cannot be read: Is a directory; "
            "give the path of a blueprint, a TOML file"
        )
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_byte_that_is_not_utf_8_is_complained_of_with_its_line(
    blueprint_path: Path, mark: bytes
) -> None:
    blueprint_path.write_bytes(mark + b'keepers = 1\nname = "caf\xe9"\n')

    assert read_complaints(blueprint_path) == [
        "bad.toml, line 2: byte 0xe9 is not UTF-8; save the file as UTF-8"
    ]


def test_a_file_that_is_not_toml_is_complained_of_with_line_and_column(
    blueprint_path: Path,
) -> None:
    blueprint_path.write_text('name = "two"\nkeepers = two\n')

    assert read_complaints(blueprint_path) == [
        (
            "bad.toml, line 2, column 11: this is not TOML: Invalid value; "
            "see https://toml.io for how it is written"
        )
    ]


def test_a_file_that_ends_too_early_is_complained_of_at_its_end(blueprint_path: Path) -> None:
    blueprint_path.write_text('name = "two"\nkeepers =')

    assert read_complaints(blueprint_path) == [
        (
            "bad.toml, at its end: this is not TOML: Invalid value; "
            "see https://toml.io for how it is written"
        )
    ]


def test_brackets_without_end_are_complained_of(blueprint_path: Path) -> None:
    blueprint_path.write_text("name = " + "[" * 100_000)

    assert read_complaints(blueprint_path) == [
        "bad.toml: brackets stand too deep in one another; remove some"
    ]


def test_an_empty_file_lacks_a_name_models_and_hives(blueprint_path: Path) -> None:
    blueprint_path.write_text("")

    assert read_complaints(blueprint_path) == [
        "bad.toml: name is missing; add name = and a string",
        "bad.toml: there are no models; draw at least one",
        "bad.toml: there are no hives; draw at least one",
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
