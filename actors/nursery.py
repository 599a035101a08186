"""The places that a hive has for workers, who is in them, and the VRAM that each holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actors.worker import state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pykka import ActorRef

    from actors.messages import WorkerState
    from actors.specs import Device, WorkerSpec

__all__ = ["MOST_FAILURES", "Nursery", "Place"]

MOST_FAILURES = 3
"""Attempts in a row to bring a worker up before it is left alone for long."""


@dataclass(slots=True, eq=False)
class Place:
    """A worker that may be there; what it holds is told by its phase.

    In every phase but "absent" its share of the device's VRAM is reserved.
    """

    spec: WorkerSpec
    device: Device | None
    """None where the hive was not told of its devices, and counts no VRAM."""
    phase: str = "absent"
    """"absent", "loading", "ready" or "leaving"."""
    ref: ActorRef[Any] | None = None
    lost: str | None = None
    """The epoch of the worker that was lost here last."""
    since: float = 0.0
    """When it came into this phase, in seconds of the clock."""
    used_at: float = 0.0
    """When it was last given a job, in seconds of the clock."""
    born: int = 0
    """Workers that were brought up here."""
    failures: int = 0
    """Those of them that were lost, since one was last ready."""
    retry_at: float = 0.0
    """When the next may be brought up, in seconds of the clock."""
    fails: int = 0
    """Attempts that are still to fail, because somebody plays fate."""

    def hopeful(self, now: float) -> bool:
        """Return whether it is not left alone after too many attempts that failed."""
        return self.failures < MOST_FAILURES or now >= self.retry_at

    @property
    def load_seconds(self) -> float:
        """Seconds that its model takes to load."""
        return self.device.load_seconds(self.spec.model) if self.device is not None else 0.0


class Nursery:
    """A hive's places by their workers' names, and the devices that they share.

    Args:
        specs: every worker that there may be.
        devices: the devices; a worker on one that is not among them needs no room.
    """

    def __init__(self, specs: Sequence[WorkerSpec], devices: Sequence[Device]) -> None:
        by_name = {device.name: device for device in devices}
        self.places = {spec.name: Place(spec, by_name.get(spec.device)) for spec in specs}
        self._sharing: dict[str, list[Place]] = {name: [] for name in by_name}
        for place in self.places.values():
            if place.device is not None:
                self._sharing[place.device.name].append(place)

    def free_bytes(self, device: Device) -> int:
        """Return the VRAM of a device that no worker holds."""
        held = sum(
            place.spec.vram_bytes for place in self._sharing[device.name] if place.phase != "absent"
        )
        return device.vram_bytes - held

    def has_room(self, place: Place) -> bool:
        """Return whether a worker's share of the VRAM is free."""
        device = place.device
        return device is None or place.spec.vram_bytes <= self.free_bytes(device)

    def reserve(self, place: Place, now: float) -> None:
        """Have a worker hold its share from now on, while its model loads.

        Args:
            place: one that is absent, and for which there is room.
            now: seconds of the clock.
        """
        assert place.phase == "absent"
        assert self.has_room(place)
        place.phase = "loading"
        place.since = now
        place.born += 1

    def release(self, place: Place) -> None:
        """Give back what a worker held that is gone."""
        place.phase = "absent"
        place.ref = None

    def of(self, model: str) -> list[Place]:
        """Return the places of the workers that serve a model."""
        return [place for place in self.places.values() if place.spec.model.name == model]

    def loading(self, model: str) -> list[Place]:
        """Return the places of the workers that load a model now."""
        return [place for place in self.of(model) if place.phase == "loading"]

    def absent(self, model: str, now: float) -> list[Place]:
        """Return the places of a model's workers that are not there and may be brought up.

        Args:
            model: its name.
            now: seconds of the clock.
        """
        return [
            place for place in self.of(model) if place.phase == "absent" and place.retry_at <= now
        ]

    def hopeful(self, model: str, now: float) -> bool:
        """Return whether a worker of a model is there, or will be tried soon.

        Args:
            model: its name.
            now: seconds of the clock.
        """
        return any(
            place.phase in ("loading", "ready") or place.hopeful(now) for place in self.of(model)
        )

    def to_unload(self, place: Place, idle: Callable[[Place], bool]) -> list[Place]:
        """Return which idle workers have to go for another to have room, longest idle first.

        Args:
            place: the one that wants room.
            idle: says of a worker that is ready whether it has nothing to do.

        Returns:
            As few as will do, none if all of them would not be enough.
        """
        device = place.device
        if device is None:
            return []
        missing = place.spec.vram_bytes - self.free_bytes(device)
        going = []
        for other in sorted(self._sharing[device.name], key=lambda each: each.used_at):
            if missing > 0 and other.phase == "ready" and idle(other):
                going.append(other)
                missing -= other.spec.vram_bytes
        return going if missing <= 0 else []

    def leaving(self, place: Place) -> bool:
        """Return whether some worker on a place's device is about to give its share back."""
        device = place.device
        return device is not None and any(
            other.phase == "leaving" for other in self._sharing[device.name]
        )

    def not_ready(self, now: float) -> list[WorkerState]:
        """Return the workers that load now, and those that are not there and can be.

        Args:
            now: seconds of the clock.
        """
        return [
            state_of(place.spec, phase="loading" if place.phase == "loading" else "absent")
            for place in self.places.values()
            if place.phase != "ready" and place.hopeful(now)
        ]
