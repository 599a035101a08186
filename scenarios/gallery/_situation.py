"""What the gallery's situations have in common: a small colony of little patience."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeAlias

from actors import LatencyModel, Model, Patience, WorkerSpec
from glasshive import GlasshiveError, Simulation
from topology import GIB, Blueprint, Device, HiveSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshive.fault import Fault
    from topology import Colony, Ticket

__all__ = [
    "MODELS",
    "PROMISE",
    "PROMPT",
    "Mistake",
    "cold_colony",
    "colony_of",
    "let_pass",
    "strike",
]

Mistake: TypeAlias = Annotated[bool, "whether the bees make the mistake; false for the right ones"]
"""The one parameter of every entry."""

PROMPT = "Hum."
"""What is asked where it does not matter."""

PATIENCE = Patience(
    heartbeat_seconds=0.2,
    degraded_seconds=0.5,
    silence_seconds=0.8,
    retry_seconds=0.2,
    retry_most_seconds=0.8,
    reply_seconds=0.5,
    renew_seconds=0.9,
    lease_seconds=2.0,
    place_seconds=2.0,
    load_seconds=0.8,
    answer_seconds=4.0,
    margin_seconds=0.3,
    keep_seconds=1.0,
    open_seconds=1.0,
)
"""So short that what takes minutes elsewhere is over in a few seconds, in the same order."""

PROMISE = 2.5
"""Seconds in which every job is to end where that is what breaks; keepers wait for longer."""

MODELS = tuple(Model(name, kv_bytes_per_token=131_072) for name in ("model-1", "model-2"))
"""Two of them, where one is not enough."""


def colony_of(
    *,
    hives: int = 1,
    workers: int = 1,
    models: Sequence[Model] = MODELS[:1],
    seconds_per_token: float = 0.05,
    **waits: float,
) -> Blueprint:
    """Draw a small colony with one keeper, whose workers run two sequences each.

    Args:
        hives: how many.
        workers: workers of each hive.
        models: what the workers serve, dealt out in turn.
        seconds_per_token: seconds of a step.
        **waits: what differs from the gallery's patience.
    """
    latency = LatencyModel(seconds_per_token=seconds_per_token)
    return Blueprint.grid(
        hives=hives,
        workers_per_hive=workers,
        models=[replace(model, latency=latency) for model in models],
        max_num_seqs=2,
        patience=replace(PATIENCE, **waits),
        name="gallery",
    )


def cold_colony(*seconds: float, **waits: float) -> Blueprint:
    """Draw a colony of one hive whose workers are brought up when a job wants them.

    Args:
        *seconds: what each worker's device takes to load the model.
        **waits: what differs from the gallery's patience.
    """
    model = replace(MODELS[0], size_bytes=GIB)
    devices = tuple(
        Device(f"gpu-{number}", 2 * GIB, load_bytes_per_second=GIB / each)
        for number, each in enumerate(seconds)
    )
    workers = tuple(
        WorkerSpec(f"worker-{number}", model, device.name, max_num_seqs=2, resident=False)
        for number, device in enumerate(devices, start=1)
    )
    hive = HiveSpec("hive-1", devices, workers)
    patience = replace(PATIENCE, **waits)
    return Blueprint(name="gallery", models=(model,), hives=(hive,), patience=patience)


def let_come(colony: Colony, tokens: int, job: Ticket) -> None:
    """Let time pass until a keeper holds some tokens of an answer.

    Args:
        colony: where.
        tokens: how many.
        job: what was asked.
    """
    colony.run_until(lambda: colony.tokens_of(job) >= tokens, f"{tokens} tokens have come")


def let_pass(colony: Colony, seconds: float = PATIENCE.answer_seconds + 1.0) -> None:
    """Let time pass, be the jobs done or not; by default until no keeper waits any more.

    Args:
        colony: where.
        seconds: how long.
    """
    colony.runtime.run(until=colony.runtime.now() + seconds)


def strike(colony: Colony, *faults: Fault) -> None:
    """Have faults strike, now.

    Args:
        colony: a simulated one.
        *faults: what strikes, one after the other.

    Raises:
        GlasshiveError: the run is live.
    """
    if not isinstance(colony.runtime, Simulation):
        raise GlasshiveError("this situation needs faults that only a simulated run has")
    for fault in faults:
        fault.strike(colony.runtime)
