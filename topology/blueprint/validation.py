"""What makes a drawing one that can be built: every rule, each with its sentence."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING

from actors.placement import POLICIES
from glasshive.errors import nearest
from topology.toml import Flaw, quoted
from topology.toml.sizes import GIB, MOST_BYTES, gib

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from actors.specs import Model, Patience, WorkerSpec
    from topology.blueprint.drawing import Blueprint, Device, HiveSpec
    from topology.toml import Place

__all__ = ["MOST", "flaws_in"]

SHORTEST = 1e-6
"""Seconds: a shorter wait comes so often that nothing else does."""

LONGEST = 365 * 24 * 3600.0
"""Seconds: a longer wait is a slip of the finger."""

MOST = 1_000_000
"""A larger count of anything is a slip of the finger."""


def flaws_in(blueprint: Blueprint) -> list[Flaw]:
    """Return everything that is wrong with a drawing.

    Where one mistake would bring others after it, only the first is told.

    Args:
        blueprint: the drawing, its shares dealt out.
    """
    return [
        *_name(("name",), blueprint.name),
        *_seconds(("latency_seconds",), blueprint.latency_seconds),
        *_policy(("queen", "placement"), blueprint.queen.placement),
        *_count(("queen", "max_jobs"), blueprint.queen.max_jobs),
        *_patience(blueprint.patience),
        *_models(blueprint),
        *_hives(blueprint),
        *_bees(blueprint),
        *_links(blueprint),
    ]


# -- single values --------------------------------------------------------------------------


def _name(place: Place, name: str) -> Iterator[Flaw]:
    if not name.strip():
        yield Flaw(place, f"the name {quoted(name)} is empty", "write letters, digits, - or _")
    elif not name.isprintable():
        yield Flaw(
            place,
            f"the name {quoted(name)} has characters that do not print",
            "write letters, digits, - or _",
        )
    elif name != name.strip():
        yield Flaw(place, f"the name {quoted(name)} begins or ends with a space", "remove it")


def _seconds(place: Place, value: float, *, positive: bool = False) -> Iterator[Flaw]:
    # A microsecond and a year: beyond them a clock that runs on floats stands still.
    if not (math.isfinite(value) and (SHORTEST if positive else 0) <= value <= LONGEST):
        least = f"{SHORTEST:g}" if positive else "0"
        yield Flaw(
            place,
            f"{place[-1]} is {quoted(value)}",
            f"write a finite number of seconds, {least} to {LONGEST:,.0f}",
        )


def _count(place: Place, value: int, *, least: int = 1, most: int = MOST) -> Iterator[Flaw]:
    if not least <= value <= most:
        yield Flaw(
            place,
            f"{place[-1]} is {quoted(value)}",
            f"write a whole number from {least} to {most}",
        )


def _policy(place: Place, name: str) -> Iterator[Flaw]:
    if name not in POLICIES:
        yield Flaw(place, f"there is no placement policy {quoted(name)}", nearest(name, POLICIES))


def _patience(patience: Patience) -> Iterator[Flaw]:
    # A wait of no seconds comes again at the same instant, for ever.
    flaws = [
        flaw
        for field in fields(patience)
        for flaw in _seconds(("patience", field.name), getattr(patience, field.name), positive=True)
    ]
    yield from flaws
    if not flaws:
        for shorter, longer, times, why in _ORDER:
            least = times * getattr(patience, shorter)
            if getattr(patience, longer) <= least:
                much = f"{times:g} times " if times != 1 else ""
                yield Flaw(
                    ("patience", longer),
                    f"{longer} is {getattr(patience, longer)}, not longer than {much}{shorter}, "
                    f"{getattr(patience, shorter)}",
                    f"write more, or {why}",
                )


_ORDER = (
    (
        *("heartbeat_seconds", "silence_seconds", 1.0),
        "every node counts as down between two of its heartbeats",
    ),
    (
        *("heartbeat_seconds", "degraded_seconds", 1.0),
        "every node counts as degraded between two of its heartbeats",
    ),
    (
        *("renew_seconds", "lease_seconds", 2.0),
        "one message that is lost makes a node give a job up that is read",
    ),
    (
        *("margin_seconds", "answer_seconds", 3.0),
        "no time is left for the worker, which is the third hop from the keeper",
    ),
)
"""Which wait must be how many times longer than which, and what would happen otherwise."""


# -- models and hives -----------------------------------------------------------------------


def _models(blueprint: Blueprint) -> Iterator[Flaw]:
    if not blueprint.models:
        yield Flaw(("models",), "there are no models", "draw at least one")
    largest_bytes, largest = _largest(blueprint)
    seen: set[str] = set()
    for index, model in enumerate(blueprint.models):
        place = ("models", index)
        yield from _name((*place, "name"), model.name)
        if model.name in seen and model.name.strip():
            yield Flaw(
                (*place, "name"),
                f"there is another model {quoted(model.name)}",
                "give each model a name of its own",
            )
        seen.add(model.name)
        yield from _size((*place, "size_gib"), "size", model.size_bytes)
        yield from _count(
            (*place, "kv_bytes_per_token"), model.kv_bytes_per_token, least=0, most=GIB
        )
        latency = model.latency
        for key in ("prefill_seconds_per_token", "seconds_per_token"):
            yield from _seconds((*place, key), getattr(latency, key))
        if not (math.isfinite(latency.load_factor) and latency.load_factor >= 0):
            yield Flaw(
                (*place, "load_factor"),
                f"load_factor is {quoted(latency.load_factor)}",
                "write a finite number, 0 or more",
            )
        if largest_bytes < model.size_bytes <= MOST_BYTES:
            yield Flaw(
                (*place, "size_gib"),
                f"the model takes {gib(model.size_bytes)}, and no device has so much VRAM",
                f"the largest is {largest}: draw a larger one, or a smaller model",
            )


def _size(place: Place, what: str, size_bytes: int, *, least: int = 0) -> Iterator[Flaw]:
    if not least <= size_bytes <= MOST_BYTES:
        bound = "more than 0" if least else "0 or more"
        yield Flaw(
            place,
            f"the {what} is {gib(size_bytes)}",
            f"write {bound}, and at most {gib(MOST_BYTES)}",
        )


def _largest(blueprint: Blueprint) -> tuple[int, str]:
    """Return the VRAM of the largest device, in bytes, and how to tell people of it.

    As long as the VRAM of some device is wrong, no model is too large.
    """
    size_bytes, told = MOST_BYTES, ""
    devices = [(device, hive) for hive in blueprint.hives for device in hive.devices]
    if devices and all(device.vram_bytes > 0 for device, _ in devices):
        device, hive = max(devices, key=lambda each: each[0].vram_bytes)
        size_bytes = device.vram_bytes
        told = f"{quoted(device.name)} of {quoted(hive.name)} with {gib(size_bytes)}"
    return size_bytes, told


def _hives(blueprint: Blueprint) -> Iterator[Flaw]:
    if not blueprint.hives:
        yield Flaw(("hives",), "there are no hives", "draw at least one")
    models = {model.name: model for model in blueprint.models if model.name.strip()}
    largest_bytes, _ = _largest(blueprint)
    for index, hive in enumerate(blueprint.hives):
        place = ("hives", index)
        yield from _policy((*place, "placement"), hive.placement)
        yield from _count((*place, "max_jobs"), hive.max_jobs)
        crowded: set[str] = set()
        for flaw, device_name in _devices(place, hive):
            crowded.add(device_name)
            yield flaw
        devices = {device.name: device for device in hive.devices}
        if not hive.workers:
            yield Flaw((*place, "workers"), "the hive has no workers", "draw at least one")
        for number, worker in enumerate(hive.workers):
            there = (*place, "workers", number)
            yield from _count((*there, "max_num_seqs"), worker.max_num_seqs)
            yield from _count((*there, "max_waiting"), worker.max_waiting, least=0)
            yield from _device_of(there, worker, hive, devices)
            yield from _model_of(there, worker, models)
            # Too large for every device, or too little room for all: that is told already.
            if worker.model.size_bytes <= largest_bytes and worker.device not in crowded:
                yield from _room(there, worker, devices)


def _devices(place: Place, hive: HiveSpec) -> Iterator[tuple[Flaw, str]]:
    """Yield what is wrong with a hive's devices, each with the device's name."""
    if not hive.devices:
        yield Flaw((*place, "devices"), "the hive has no devices", "draw at least one"), ""
    shares: defaultdict[str, list[WorkerSpec]] = defaultdict(list)
    for worker in hive.workers:
        shares[worker.device].append(worker)
    seen: set[str] = set()
    for number, device in enumerate(hive.devices):
        there = (*place, "devices", number)
        for flaw in _name((*there, "name"), device.name):
            yield flaw, device.name
        if device.name in seen and device.name.strip():
            yield (
                Flaw(
                    (*there, "name"),
                    f"the hive has another device {quoted(device.name)}",
                    "give each device of a hive a name of its own",
                ),
                device.name,
            )
        seen.add(device.name)
        for key, value in (
            ("speed", device.speed),
            ("load_gib_per_second", device.load_bytes_per_second / GIB),
        ):
            if not (math.isfinite(value) and value > 0):
                what = f"{key} is {quoted(value)}"
                yield Flaw((*there, key), what, "write a number above 0"), device.name
        flaws = [*_size((*there, "vram_gib"), "VRAM", device.vram_bytes, least=1)]
        flaws += () if flaws else _crowd((*there, "vram_gib"), device, shares[device.name])
        for flaw in flaws:
            yield flaw, device.name


def _crowd(place: Place, device: Device, workers: list[WorkerSpec]) -> Iterator[Flaw]:
    residents = [worker for worker in workers if worker.resident and worker.vram_bytes > 0]
    shares = {worker.name: worker.vram_bytes for worker in residents}
    total = sum(worker.vram_bytes for worker in residents)
    if total > device.vram_bytes:
        told = ", ".join(f"{quoted(name)} {gib(share)}" for name, share in shares.items())
        yield Flaw(
            place,
            f"it has {gib(device.vram_bytes)} of VRAM, and its workers' shares come to "
            f"{gib(total)}",
            f"make them smaller: {told}",
        )


def _device_of(
    place: Place, worker: WorkerSpec, hive: HiveSpec, devices: Collection[str]
) -> Iterator[Flaw]:
    if devices and worker.device not in devices:
        yield Flaw(
            (*place, "device"),
            f"there is no device {quoted(worker.device)} in {quoted(hive.name)}",
            f"its devices: {', '.join(devices)}",
        )


def _model_of(place: Place, worker: WorkerSpec, models: Mapping[str, Model]) -> Iterator[Flaw]:
    name = worker.model.name
    if models and name not in models:
        yield Flaw((*place, "model"), f"there is no model {quoted(name)}", nearest(name, models))
    elif models and worker.model != models[name]:
        yield Flaw(
            (*place, "model"),
            f"its model {quoted(name)} differs from the blueprint's model of that name",
            "give the worker the same model",
        )


def _room(place: Place, worker: WorkerSpec, devices: Mapping[str, Device]) -> Iterator[Flaw]:
    model, share = worker.model, worker.vram_bytes
    there = (*place, "vram_gib")
    if share < 0:
        yield Flaw(
            there,
            f"its share of the VRAM is {gib(share)}",
            "write more than 0, or nothing for an equal part of what the others leave",
        )
    elif worker.device not in devices:
        return
    elif not worker.resident and share > devices[worker.device].vram_bytes:
        yield Flaw(
            there,
            f"its share of the VRAM is {gib(share)}, and its device has "
            f"{gib(devices[worker.device].vram_bytes)}",
            "give it a smaller share, or another device",
        )
    elif share < model.size_bytes:
        yield Flaw(
            there,
            f"its share of the VRAM is {gib(share)}, and its model {quoted(model.name)} takes "
            f"{gib(model.size_bytes)}",
            "give it a larger share, or a smaller model",
        )
    elif share < model.size_bytes + model.kv_bytes_per_token:
        yield Flaw(
            there,
            f"its share of the VRAM is {gib(share)}, and its model {quoted(model.name)} leaves "
            "no room there for a single token",
            "give it a larger share, or a smaller model",
        )


# -- names and links ------------------------------------------------------------------------


def _bees(blueprint: Blueprint) -> Iterator[Flaw]:
    if not blueprint.keepers:
        yield Flaw(("keepers",), "there are no keepers", "draw at least one")
    taken = {"queen": "the queen"}
    for place, name, who in _named(blueprint):
        flaws = [*_name(place, name)]
        yield from flaws
        if name in taken:
            yield Flaw(
                place,
                f"the name {quoted(name)} is taken by {taken[name]}",
                "give each bee a name of its own",
            )
        elif not flaws:
            taken[name] = who


def _named(blueprint: Blueprint) -> Iterator[tuple[Place, str, str]]:
    """Yield the place, the name and the kind of every bee but the queen."""
    for index, keeper in enumerate(blueprint.keepers):
        yield ("keepers", index), keeper, "a keeper"
    for index, hive in enumerate(blueprint.hives):
        yield ("hives", index, "name"), hive.name, "a hive"
    for index, hive in enumerate(blueprint.hives):
        for number, worker in enumerate(hive.workers):
            place = ("hives", index, "workers", number, "name")
            yield place, worker.name, f"a worker of {quoted(hive.name)}"


def _links(blueprint: Blueprint) -> Iterator[Flaw]:
    hosts = dict.fromkeys(blueprint.hosts)
    linked: dict[tuple[str, ...], int] = {}
    for index, link in enumerate(blueprint.links):
        place: Place = ("links", index, "between")
        a, b = link.between
        for host in dict.fromkeys(link.between):
            if host not in hosts and blueprint.hives and blueprint.keepers:
                yield Flaw(place, f"there is no host {quoted(host)}", nearest(host, hosts))
        pair = tuple(sorted(link.between))
        if a == b:
            yield Flaw(place, f"the link joins {quoted(a)} to itself", "name two hosts")
        elif pair in linked:
            yield Flaw(
                place,
                f"links[{linked[pair]}] joins {quoted(a)} and {quoted(b)} already",
                "keep one of the two",
            )
        linked.setdefault(pair, index)
        yield from _seconds(("links", index, "latency_seconds"), link.latency_seconds)
