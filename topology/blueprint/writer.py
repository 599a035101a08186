"""A blueprint as the text of a TOML file."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

from topology.toml.sizes import GIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actors.specs import Model, WorkerSpec
    from topology.blueprint.drawing import Blueprint, HiveSpec

__all__ = ["written"]


def written(blueprint: Blueprint) -> str:
    """Return the text of a file from which an equal blueprint is read.

    Args:
        blueprint: the blueprint.
    """
    return "\n".join(_lines(blueprint)) + "\n"


def _lines(blueprint: Blueprint) -> Iterator[str]:
    yield f"name = {_text(blueprint.name)}"
    yield f"keepers = [{', '.join(map(_text, blueprint.keepers))}]"
    yield f"latency_seconds = {_number(blueprint.latency_seconds)}"
    yield "\n[queen]"
    yield f"placement = {_text(blueprint.queen.placement)}"
    yield f"max_jobs = {blueprint.queen.max_jobs}"
    yield "\n[patience]"
    for field in fields(blueprint.patience):
        yield f"{field.name} = {_number(getattr(blueprint.patience, field.name))}"
    for model in blueprint.models:
        yield from _model(model)
    for hive in blueprint.hives:
        yield from _hive(hive)
    for link in blueprint.links:
        yield "\n[[links]]"
        yield f"between = [{', '.join(map(_text, link.between))}]"
        yield f"latency_seconds = {_number(link.latency_seconds)}"


def _model(model: Model) -> Iterator[str]:
    yield "\n[[models]]"
    yield f"name = {_text(model.name)}"
    yield f"size_gib = {_gib(model.size_bytes)}"
    yield f"kv_bytes_per_token = {model.kv_bytes_per_token}"
    for field in fields(model.latency):
        yield f"{field.name} = {_number(getattr(model.latency, field.name))}"


def _hive(hive: HiveSpec) -> Iterator[str]:
    yield "\n[[hives]]"
    yield f"name = {_text(hive.name)}"
    yield f"placement = {_text(hive.placement)}"
    yield f"max_jobs = {hive.max_jobs}"
    for device in hive.devices:
        yield "\n[[hives.devices]]"
        yield f"name = {_text(device.name)}"
        yield f"vram_gib = {_gib(device.vram_bytes)}"
        yield f"speed = {_number(device.speed)}"
        yield f"load_gib_per_second = {_number(device.load_bytes_per_second / GIB)}"
    for worker in hive.workers:
        yield from _worker(worker)


def _worker(worker: WorkerSpec) -> Iterator[str]:
    yield "\n[[hives.workers]]"
    yield f"name = {_text(worker.name)}"
    yield f"device = {_text(worker.device)}"
    yield f"model = {_text(worker.model.name)}"
    if worker.vram_bytes:
        yield f"vram_gib = {_gib(worker.vram_bytes)}"
    yield f"max_num_seqs = {worker.max_num_seqs}"
    yield f"max_waiting = {worker.max_waiting}"
    yield f"resident = {str(worker.resident).lower()}"


def _text(text: str) -> str:
    # Names print, so a JSON string is a TOML string.
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    return repr(float(value))


def _gib(size_bytes: int) -> str:
    whole, rest = divmod(size_bytes, GIB)
    return _number(size_bytes / GIB) if rest else str(whole)
