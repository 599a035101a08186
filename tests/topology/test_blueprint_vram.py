"""Models fit on devices, and the shares of workers hold their models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG = [
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
]


@pytest.mark.parametrize(("edit", "complaint"), WRONG)
def test_a_wrong_size_is_complained_of_once_at_its_line(
    complaints: Callable[..., list[str]], edit: tuple[str, str], complaint: str
) -> None:
    assert complaints(edit) == [complaint]
