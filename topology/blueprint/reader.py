"""Reads a blueprint from a TOML file, and says on which line what is wrong."""

from __future__ import annotations

from dataclasses import fields
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from actors.specs import PATIENCE, Device, LatencyModel, Model, Patience, WorkerSpec
from glasshive.errors import Complaint, InputError, nearest
from topology.blueprint.drawing import (
    LATENCY_SECONDS,
    Blueprint,
    HiveSpec,
    LinkSpec,
    QueenSpec,
    keeper_names,
)
from topology.blueprint.flaw import FlawedBlueprint, label
from topology.blueprint.validation import MOST
from topology.toml import Table, TomlFile, described
from topology.toml.sizes import GIB, MOST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from topology.toml import Flaw

__all__ = ["read_blueprint", "sample_blueprint"]

# The keys of each table.
_LATENCY = tuple(field.name for field in fields(LatencyModel))
_PATIENCE = tuple(field.name for field in fields(Patience))
_BLUEPRINT = (
    *("name", "keepers", "latency_seconds"),
    *("queen", "patience", "models", "hives", "links"),
)
_QUEEN = ("placement", "max_jobs")
_MODEL = ("name", "size_gib", "kv_bytes_per_token", *_LATENCY)
_HIVE = ("name", "placement", "max_jobs", "devices", "workers")
_DEVICE = ("name", "vram_gib", "speed", "load_gib_per_second")
_WORKER = ("name", "device", "model", "vram_gib", "max_num_seqs", "max_waiting", "resident")
_LINK = ("between", "latency_seconds")

# What a file does not say is what Python does not say.
_PLAIN_QUEEN = QueenSpec()
_PLAIN_LATENCY = LatencyModel()
_PLAIN_MODEL = Model("")
_PLAIN_HIVE = HiveSpec("", (), ())
_PLAIN_DEVICE = Device("", 0)
_PLAIN_WORKER = WorkerSpec("", _PLAIN_MODEL)


def read_blueprint(path: str | Path) -> Blueprint:
    """Read a blueprint from a TOML file.

    Args:
        path: the file.

    Raises:
        InputError: with a complaint for each thing that is wrong, in the order of the file.
    """
    file = TomlFile.read(path, "a blueprint")
    flaws: list[Flaw] = []
    try:
        blueprint = _blueprint(Table(file.data, (), _BLUEPRINT, flaws))
    except FlawedBlueprint as error:
        told = {flaw.place for flaw in flaws}
        flaws += (flaw for flaw in error.flaws if flaw.place not in told)
    else:
        if not flaws:
            return blueprint
    raise file.error(flaws, lambda place: label(place, file.data))


def sample_blueprint(name: str) -> Blueprint:
    """Read one of the blueprints that come with this package.

    Args:
        name: its name, such as "two_hives".

    Raises:
        InputError: there is none of this name.
    """
    folder = files("topology") / "blueprints"
    samples = {file.name.removesuffix(".toml"): file for file in folder.iterdir()}
    if name not in samples:
        raise InputError(
            Complaint(
                f"sample blueprint {name!r}", "there is none of this name", nearest(name, samples)
            )
        )
    with as_file(samples[name]) as path:
        return read_blueprint(path)


# -- the tables -----------------------------------------------------------------------------


def _blueprint(table: Table) -> Blueprint:
    queen = table.table("queen", _QUEEN)
    patience = table.table("patience", _PATIENCE)
    models = [_model(each) for each in table.tables("models", _MODEL)]
    by_name = {model.name: model for model in models}
    return Blueprint(
        name=table.text("name"),
        models=tuple(models),
        hives=tuple(_hive(each, by_name) for each in table.tables("hives", _HIVE)),
        queen=QueenSpec(
            placement=queen.text("placement", _PLAIN_QUEEN.placement),
            max_jobs=queen.count("max_jobs", _PLAIN_QUEEN.max_jobs),
        ),
        keepers=_keepers(table),
        links=tuple(
            LinkSpec(_between(each), each.number("latency_seconds"))
            for each in table.tables("links", _LINK)
        ),
        latency_seconds=table.number("latency_seconds", LATENCY_SECONDS),
        patience=Patience(
            **{key: patience.number(key, getattr(PATIENCE, key)) for key in _PATIENCE}
        ),
    )


def _keepers(table: Table) -> tuple[str, ...]:
    value = table.get("keepers")
    if value is None:
        return keeper_names(1)
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST:
        return keeper_names(value)
    what = f"keepers is {described(value)}"
    if isinstance(value, list):
        what = "keepers holds something else than strings"
    table.wrong(
        "keepers", what, f"write an integer from 1 to {MOST}, or an array of names in quotes"
    )
    return ()


def _model(table: Table) -> Model:
    return Model(
        table.text("name"),
        size_bytes=table.size("size_gib"),
        kv_bytes_per_token=table.count("kv_bytes_per_token", _PLAIN_MODEL.kv_bytes_per_token),
        latency=LatencyModel(
            **{key: table.number(key, getattr(_PLAIN_LATENCY, key)) for key in _LATENCY}
        ),
    )


def _hive(table: Table, models: dict[str, Model]) -> HiveSpec:
    return HiveSpec(
        name=table.text("name"),
        devices=tuple(
            # One whose VRAM is not known has room for all, so that nothing else is complained of.
            Device(
                device.text("name"),
                device.size("vram_gib", instead=MOST_BYTES),
                device.number("speed", _PLAIN_DEVICE.speed),
                device.number("load_gib_per_second", _PLAIN_DEVICE.load_bytes_per_second / GIB)
                * GIB,
            )
            for device in table.tables("devices", _DEVICE)
        ),
        workers=tuple(_worker(worker, models) for worker in table.tables("workers", _WORKER)),
        placement=table.text("placement", _PLAIN_HIVE.placement),
        max_jobs=table.count("max_jobs", _PLAIN_HIVE.max_jobs),
    )


def _worker(table: Table, models: dict[str, Model]) -> WorkerSpec:
    model = table.text("model")
    wrong_share = -1
    share = table.size("vram_gib", 0, instead=wrong_share)
    if share == 0 and table.get("vram_gib") is not None:
        table.wrong(
            "vram_gib",
            "its share of the VRAM is 0 GiB",
            "write more than 0, or nothing for an equal part of what the others leave",
        )
        share = wrong_share
    return WorkerSpec(
        table.text("name"),
        models.get(model, Model(model)),
        device=table.text("device"),
        vram_bytes=share,
        max_num_seqs=table.count("max_num_seqs", _PLAIN_WORKER.max_num_seqs),
        max_waiting=table.count("max_waiting", _PLAIN_WORKER.max_waiting),
        resident=table.truth("resident", default=_PLAIN_WORKER.resident),
    )


def _between(table: Table) -> tuple[str, str]:
    match table.get("between"):
        case [str(a), str(b)]:
            return a, b
        case None:
            what = "between is missing"
        case list(hosts):
            what = f"between is an array of {len(hosts)}"
            if any(not isinstance(host, str) for host in hosts):
                what = "between holds something else than strings"
        case value:
            what = f"between is {described(value)}"
    table.wrong("between", what, 'name two hosts, as in between = ["queen", "hive-a"]')
    return "", ""
