"""A whole blueprint file, for tests that break it, and small colonies to strike or to break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from glasshive import Run, Simulation
from glasshive.errors import InputError
from glasshive.fault import JumpClock
from tests.topology.listening_swarm import Swarm
from topology import Blueprint, Cast, Colony
from topology.blueprint import read_blueprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    Broken: TypeAlias = Callable[..., dict[str, tuple[str, ...]]]

WHOLE = """\
name = "two"
keepers = ["anna", "ben"]
latency_seconds = 0.25

[queen]
placement = "round_robin"
max_jobs = 7

[patience]
heartbeat_seconds = 2
silence_seconds = 5.0

[[models]]
name = "small"
size_gib = 10
kv_bytes_per_token = 1024
seconds_per_token = 0.5

[[models]]
name = "large"
size_gib = 40.5
prefill_seconds_per_token = 0.125
load_factor = 0.75

[[hives]]
name = "hive-a"
placement = "power_of_two"
max_jobs = 9

[[hives.devices]]
name = "gpu-0"
vram_gib = 80

[[hives.workers]]
name = "worker-1"
device = "gpu-0"
model = "small"
vram_gib = 20
max_num_seqs = 3
max_waiting = 4

[[hives.workers]]
name = "worker-2"
device = "gpu-0"
model = "large"

[[hives]]
name = "hive-b"

[[hives.devices]]
name = "gpu-0"
vram_gib = 24

[[hives.devices]]
name = "gpu-1"
vram_gib = 24

[[hives.workers]]
name = "worker-3"
device = "gpu-1"
model = "small"

[[links]]
between = ["queen", "hive-a"]
latency_seconds = 0

[[links]]
between = ["anna", "queen"]
latency_seconds = 1.5

[[hives]]
name = "hall"

[[hives.devices]]
name = "gpu-0"
vram_gib = 48
speed = 2.5
load_gib_per_second = 8

[[hives.workers]]
name = "worker-4"
device = "gpu-0"
model = "large"
resident = false
"""


@pytest.fixture
def blueprint_text() -> str:
    """Return the text of a blueprint file in which all is right."""
    return WHOLE


@pytest.fixture
def blueprint_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a blueprint may lie, in the current folder so that complaints are short."""
    monkeypatch.chdir(tmp_path)
    return Path("bad.toml")


@pytest.fixture
def complaints_of(blueprint_path: Path) -> Callable[[str], list[str]]:
    """Read a blueprint file of some text, and return every complaint."""

    def complain(text: str) -> list[str]:
        blueprint_path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_blueprint(blueprint_path)
        return [str(complaint) for complaint in caught.value.complaints]

    return complain


@pytest.fixture
def complaints(complaints_of: Callable[[str], list[str]]) -> Callable[..., list[str]]:
    """Read the whole blueprint after some edits, and return every complaint."""

    def complain(*edits: tuple[str, str]) -> list[str]:
        text = WHOLE
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        return complaints_of(text)

    return complain


RIGHT = Cast()


@pytest.fixture
def broken() -> Broken:
    """Have a small colony do something, and return what the invariants say that it broke.

    By default it has a worker of two slots, does one job of five tokens, and comes to its rest.
    A disturbed one has seen a fault that does nothing to anybody.
    """

    def play(
        cast: Cast = RIGHT,
        act: Callable[[Colony], object] | None = None,
        *,
        blueprint: Blueprint | None = None,
        disturbed: bool = False,
        promise: float | None = None,
    ) -> dict[str, tuple[str, ...]]:
        drawing = blueprint or Blueprint.grid(hives=1, workers_per_hive=1, max_num_seqs=2)
        with Simulation(seed=1) as simulation:
            run = Run(simulation)
            with Colony(drawing, run, cast=cast, promise=promise) as colony:
                if disturbed:
                    JumpClock("queen", 1.0).strike(simulation)
                if act is None:
                    colony.submit("hum", max_tokens=5, ignore_eos=True)
                else:
                    act(colony)
            assert all(each.settled for each in run.invariants)
        return {each.name: each.violations for each in run.invariants if each.violations}

    return play


@pytest.fixture
def swarm() -> Iterator[Swarm]:
    """Return a simulated colony whose bees only listen."""
    with Simulation(seed=7) as simulation:
        yield Swarm(simulation)
