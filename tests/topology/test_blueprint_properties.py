from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from actors.placement import POLICIES
from actors.specs import LatencyModel, Model, Patience, WorkerSpec
from topology.blueprint import (
    GIB,
    Blueprint,
    Device,
    HiveSpec,
    LinkSpec,
    QueenSpec,
    read_blueprint,
)
from topology.toml.sizes import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)
names = st.one_of(words, st.builds("{} {}".format, words, words)).filter(
    lambda name: name.isprintable() and name != "queen"
)
counts = st.integers(1, 1_000_000)
seconds = st.floats(0, 31_536_000)
waits = st.floats(1e-6, 31_536_000)
paces = st.floats(1e-6, 1e6)
policies = st.sampled_from(sorted(POLICIES))


@st.composite
def patiences(draw: st.DrawFn) -> Patience:
    heartbeat, renew, margin = (draw(st.floats(1e-6, 1e6)) for _ in range(3))
    longer = st.floats(1e-3, 1e6)
    return Patience(
        heartbeat_seconds=heartbeat,
        degraded_seconds=heartbeat + draw(longer),
        silence_seconds=heartbeat + draw(longer),
        renew_seconds=renew,
        lease_seconds=2 * renew + draw(longer),
        margin_seconds=margin,
        answer_seconds=3 * margin + draw(longer),
        retry_seconds=draw(waits),
        retry_most_seconds=draw(waits),
        reply_seconds=draw(waits),
        place_seconds=draw(waits),
        load_seconds=draw(waits),
        keep_seconds=draw(waits),
        open_seconds=draw(waits),
    )


@st.composite
def models(draw: st.DrawFn, name: str) -> Model:
    latency = LatencyModel(draw(seconds), draw(seconds), draw(seconds))
    return Model(name, draw(st.integers(0, 1 << 38)), draw(st.integers(0, 1 << 30)), latency)


@st.composite
def hives(draw: st.DrawFn, name: str, workers: Sequence[str], models: Sequence[Model]) -> HiveSpec:
    devices = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    served = [
        WorkerSpec(
            worker,
            draw(st.sampled_from(models)),
            device=draw(st.sampled_from(devices)),
            max_num_seqs=draw(counts),
            max_waiting=draw(st.integers(0, 1_000_000)),
            resident=draw(st.booleans()),
        )
        for worker in workers
    ]
    # Room for any worker's model and a token of it, however the device is divided.
    least = 4 * (1 << 39)
    return HiveSpec(
        name,
        tuple(
            Device(device, draw(st.integers(least, MOST_BYTES)), draw(paces), draw(paces) * GIB)
            for device in devices
        ),
        tuple(
            worker
            if draw(st.booleans())
            else WorkerSpec(
                worker.name,
                worker.model,
                worker.device,
                draw(st.integers(1 << 39, least // 4)),
                worker.max_num_seqs,
                worker.max_waiting,
                worker.resident,
            )
            for worker in served
        ),
        draw(policies),
        draw(counts),
    )


@st.composite
def blueprints(draw: st.DrawFn) -> Blueprint:
    bees = draw(st.lists(names, min_size=10, max_size=10, unique=True))
    keepers = tuple(bees[: draw(st.integers(1, 3))])
    kinds = [
        draw(models(name)) for name in draw(st.lists(names, min_size=1, max_size=3, unique=True))
    ]
    drawn = [draw(hives(bees[3], bees[4 : draw(st.integers(5, 6))], kinds))]
    if draw(st.booleans()):
        drawn.append(draw(hives(bees[6], bees[7 : draw(st.integers(8, 10))], kinds)))
    hosts = ["queen", *keepers, *(hive.name for hive in drawn)]
    pairs = [(a, b) for index, a in enumerate(hosts) for b in hosts[:index]]
    return Blueprint(
        name=draw(names),
        models=tuple(kinds),
        hives=tuple(drawn),
        queen=QueenSpec(draw(policies), draw(counts)),
        keepers=keepers,
        links=tuple(
            LinkSpec(pair, draw(seconds))
            for pair in draw(st.lists(st.sampled_from(pairs), max_size=4, unique=True))
        ),
        latency_seconds=draw(seconds),
        patience=draw(patiences()),
    )


@given(blueprints())
def test_a_blueprint_that_is_written_to_a_file_and_read_back_is_equal(
    blueprint: Blueprint,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "blueprint.toml")
        path.write_text(blueprint.to_toml(), encoding="utf-8")

        assert read_blueprint(path) == blueprint


@given(blueprints())
def test_the_shares_of_a_devices_residents_never_exceed_it_and_no_other_share_does(
    blueprint: Blueprint,
) -> None:
    for hive in blueprint.hives:
        for device in hive.devices:
            there = [worker for worker in hive.workers if worker.device == device.name]
            shares = [worker.vram_bytes for worker in there if worker.resident]
            assert sum(shares) <= device.vram_bytes
            assert all(0 < worker.vram_bytes <= device.vram_bytes for worker in there)
