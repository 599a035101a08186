"""A colony on paper: queen, hives with their devices and workers, keepers, links."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TYPE_CHECKING

from actors.specs import PATIENCE, Device, LatencyModel, Model, Patience, WorkerSpec
from glasshive.errors import Complaint
from topology.blueprint.flaw import FlawedBlueprint, label
from topology.blueprint.validation import flaws_in
from topology.blueprint.writer import written
from topology.toml import quoted
from topology.toml.sizes import GIB

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "LATENCY_SECONDS",
    "Blueprint",
    "Device",
    "HiveSpec",
    "LinkSpec",
    "QueenSpec",
    "keeper_names",
]

GRID_MODEL = Model(
    "model-1",
    size_bytes=15 * GIB,
    kv_bytes_per_token=131_072,
    latency=LatencyModel(
        prefill_seconds_per_token=0.0001, seconds_per_token=0.012, load_factor=0.02
    ),
)
"""About what 8 billion 16-bit parameters with grouped-query attention do on a current device."""

LATENCY_SECONDS = 0.001
"""Seconds that a message takes on a link that is not told otherwise."""


@dataclass(frozen=True, slots=True)
class QueenSpec:
    """What the queen is told when she is born.

    Args:
        placement: the policy by which she chooses a hive, by its name in `actors.placement`.
        max_jobs: unfinished jobs that she holds at most.
    """

    placement: str = "least_loaded"
    max_jobs: int = 1024


@dataclass(frozen=True, slots=True)
class HiveSpec:
    """A hive and all that lives on its host.

    Args:
        name: the hive's name, and its host's.
        devices: what its workers run on.
        workers: its workers; a resident one with a share of 0 bytes gets an equal part of the VRAM
            that the residents' stated shares leave on its device, any other the whole of it.
        placement: the policy by which it chooses a worker, by its name in `actors.placement`.
        max_jobs: unfinished jobs that it holds at most.
    """

    name: str
    devices: tuple[Device, ...]
    workers: tuple[WorkerSpec, ...]
    placement: str = "least_loaded"
    max_jobs: int = 512


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """The way between two hosts, in both directions.

    Args:
        between: the two hosts.
        latency_seconds: seconds that a message takes.
    """

    between: tuple[str, str]
    latency_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A whole colony on paper. One that exists is one that can be built.

    The hosts are "queen", each hive by its name, and each keeper by its name.

    Args:
        name: what the colony is called.
        models: every model that its workers serve.
        hives: the hives, in the order in which they are started.
        queen: the queen's settings; her name is "queen".
        keepers: the clients' names.
        links: the links that differ from the rest.
        latency_seconds: seconds that a message takes between two hosts that no link names.
        patience: how long every bee waits for others.

    Raises:
        InputError: with a complaint for each thing that is wrong.
    """

    name: str
    models: tuple[Model, ...]
    hives: tuple[HiveSpec, ...]
    queen: QueenSpec = QueenSpec()
    keepers: tuple[str, ...] = ("keeper-1",)
    links: tuple[LinkSpec, ...] = ()
    latency_seconds: float = LATENCY_SECONDS
    patience: Patience = PATIENCE

    def __post_init__(self) -> None:
        object.__setattr__(self, "hives", tuple(map(_with_shares, self.hives)))
        flaws = flaws_in(self)
        if flaws:
            raise FlawedBlueprint(
                *(
                    Complaint(
                        ", ".join(
                            filter(None, (f"blueprint {quoted(self.name)}", label(place, self)))
                        ),
                        what,
                        remedy,
                    )
                    for place, what, remedy in flaws
                ),
                flaws=flaws,
            )

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host, the queen's first."""
        return ("queen", *(hive.name for hive in self.hives), *self.keepers)

    @property
    def workers(self) -> tuple[WorkerSpec, ...]:
        """Every worker, hive by hive."""
        return tuple(worker for hive in self.hives for worker in hive.workers)

    def to_toml(self) -> str:
        """Return the text of a blueprint file that reads back as an equal blueprint."""
        return written(self)

    @classmethod
    def grid(
        cls,
        *,
        hives: int = 2,
        workers_per_hive: int = 4,
        keepers: int = 1,
        models: Sequence[Model] = (GRID_MODEL,),
        vram_bytes: int = 80 * GIB,
        max_num_seqs: int = 16,
        max_waiting: int = 64,
        placement: str = "least_loaded",
        latency_seconds: float = LATENCY_SECONDS,
        patience: Patience = PATIENCE,
        name: str = "grid",
    ) -> Blueprint:
        """Draw hives that are all alike, each worker on a device of its own.

        Args:
            hives: how many, "hive-1" and on.
            workers_per_hive: workers of each hive; "worker-1" and on, counted through the colony.
            keepers: how many, "keeper-1" and on.
            models: what the workers serve, dealt out in turn.
            vram_bytes: VRAM of each device.
            max_num_seqs: sequences that a worker runs at once.
            max_waiting: accepted jobs that wait at a worker.
            placement: the policy of the queen and of every hive.
            latency_seconds: seconds that a message takes between two hosts.
            patience: how long every bee waits for others.
            name: what the colony is called.

        Raises:
            InputError: with a complaint for each thing that is wrong.
        """
        dealt = cycle(models)
        numbers = iter(range(1, hives * workers_per_hive + 1))
        devices = tuple(Device(f"gpu-{number}", vram_bytes) for number in range(workers_per_hive))
        return cls(
            name=name,
            models=tuple(models),
            hives=tuple(
                HiveSpec(
                    name=f"hive-{number}",
                    devices=devices,
                    workers=tuple(
                        WorkerSpec(
                            f"worker-{next(numbers)}",
                            model,
                            device=device.name,
                            vram_bytes=vram_bytes,
                            max_num_seqs=max_num_seqs,
                            max_waiting=max_waiting,
                        )
                        for device, model in zip(
                            devices, islice(dealt, workers_per_hive), strict=False
                        )
                    ),
                    placement=placement,
                )
                for number in range(1, hives + 1)
            ),
            queen=QueenSpec(placement=placement),
            keepers=keeper_names(keepers),
            latency_seconds=latency_seconds,
            patience=patience,
        )


def keeper_names(count: int) -> tuple[str, ...]:
    """Return the names of keepers that were only counted.

    Args:
        count: how many.
    """
    return tuple(f"keeper-{number}" for number in range(1, count + 1))


def _with_shares(hive: HiveSpec) -> HiveSpec:
    """Give each worker without a stated share its part of what is left on its device."""
    residents = [worker for worker in hive.workers if worker.resident]
    stated: Counter[str] = Counter()
    for worker in residents:
        stated[worker.device] += max(0, worker.vram_bytes)
    silent = Counter(worker.device for worker in residents if not worker.vram_bytes)
    if all(worker.vram_bytes for worker in hive.workers):
        return hive
    whole = {device.name: device.vram_bytes for device in hive.devices}
    shares = {
        name: max(0, vram_bytes - stated[name]) // silent[name]
        for name, vram_bytes in whole.items()
        if silent[name]
    }
    return replace(
        hive,
        workers=tuple(
            worker
            if worker.vram_bytes
            else replace(
                worker, vram_bytes=(shares if worker.resident else whole).get(worker.device, 0)
            )
            for worker in hive.workers
        ),
    )
