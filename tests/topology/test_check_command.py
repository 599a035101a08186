from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import topology

SAMPLES = sorted(Path(topology.__file__).with_name("blueprints").glob("*.toml"))

TWO = """\
name = "two [bold]hives[/bold]"
latency_seconds = 0.001

[[models]]
name = "small"
size_gib = 10
kv_bytes_per_token = 131072

[[hives]]
name = "hive-a"
devices = [{ name = "gpu-0", vram_gib = 80 }]

[[hives.workers]]
name = "worker-1"
device = "gpu-0"
model = "small"
vram_gib = 30

[[hives.workers]]
name = "worker-2"
device = "gpu-0"
model = "small"
vram_gib = 20
max_num_seqs = 1

[[links]]
between = ["queen", "hive-a"]
latency_seconds = 0.25
"""


def check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "glasshive", "check", *words],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_right_blueprint_is_shown_with_devices_workers_models_and_links(tmp_path: Path) -> None:
    tmp_path.joinpath("two.toml").write_text(TWO)

    done = check(tmp_path, "two.toml")

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.rstrip() for line in done.stdout.splitlines()] == [
        "two [bold]hives[/bold] · 1 hive · 2 workers · 1 model · 1 keeper · nothing is wrong",
        "",
        "queen · least_loaded · at most 1,024 jobs",
        "└── hive-a · least_loaded · at most 512 jobs",
        "    └── gpu-0 · 50.0 of 80.0 GiB given out",
        ("        ├── worker-1 · small · 30.0 GiB, 20.0 of them for tokens · 16 slots, 64 waiting"),
        ("        └── worker-2 · small · 20.0 GiB, 10.0 of them for tokens · 1 slot, 64 waiting"),
        "",
        " model   size [GiB]   KV [B/token]   prefill [s/token]   step [s]   load factor   workers",
        "─" * 90,
        " small         10.0        131,072                   0       0.02             0         2",
        "",
        " link             latency [s]",
        "─" * 30,
        " queen - hive-a          0.25",
        " all others             0.001",
        "",
        (
            "patience · heartbeat 1 s · degraded 2.2 s · silence 3.5 s · retry 0.5 s · "
            "retry most 16 s · reply 1 s · renew 3 s · lease 10 s · place 15 s · load 120 s · "
            "answer 600 s · margin 3 s · keep 30 s · open 30 s"
        ),
    ]


def test_a_worker_that_is_brought_up_when_wanted_says_so_and_holds_nothing_of_its_device(
    tmp_path: Path,
) -> None:
    tmp_path.joinpath("two.toml").write_text(TWO.replace("vram_gib = 20", "resident = false"))

    done = check(tmp_path, "two.toml")

    assert [line.rstrip() for line in done.stdout.splitlines()[4:7]] == [
        "    └── gpu-0 · 30.0 of 80.0 GiB given out",
        "        ├── worker-1 · small · 30.0 GiB, 20.0 of them for tokens · 16 slots, 64 waiting",
        (
            "        └── worker-2 · small · 80.0 GiB, 70.0 of them for tokens · 1 slot, 64 waiting "
            "· on demand"
        ),
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.stem for sample in SAMPLES])
def test_a_sample_blueprint_is_right(tmp_path: Path, sample: Path) -> None:
    done = check(tmp_path, str(sample))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith(f"{sample.stem} · ")


def test_every_complaint_goes_to_standard_error_and_ends_with_exit_code_2(tmp_path: Path) -> None:
    text = TWO.replace('"small"\nvram', '"smal"\nvram', 1).replace("0.25", "-0.25")
    tmp_path.joinpath("two.toml").write_text(text)

    done = check(tmp_path, "two.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: two.toml, line 16, hive 'hive-a', worker 'worker-1': there is no model 'smal'; "
        "did you mean 'small'?\n"
        "error: two.toml, line 28, links[0]: latency_seconds is -0.25; "
        "write a finite number of seconds, 0 to 31,536,000\n"
    )


def test_a_file_that_is_not_toml_ends_with_exit_code_2(tmp_path: Path) -> None:
    tmp_path.joinpath("two.toml").write_text("[hives\n")

    done = check(tmp_path, "two.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: two.toml, line 1, column 7: this is not TOML: "
        "Expected ']' at the end of a table declaration; "
        "see https://toml.io for how it is written\n"
    )


def test_a_missing_file_ends_with_exit_code_2(tmp_path: Path) -> None:
    done = check(tmp_path, "two.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: two.toml: the file cannot be read: No such file or directory; "
        "give the path of a blueprint, a TOML file\n"
    )
