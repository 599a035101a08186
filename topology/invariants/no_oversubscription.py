"""Slots and VRAM are never oversubscribed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from actors import Hive, Worker
from topology.invariants.invariant import Invariant

if TYPE_CHECKING:
    from actors.nursery import Place

__all__ = ["NoOversubscription"]


class NoOversubscription(Invariant):
    """Adds up what workers and devices hold, whenever a registry of theirs changes."""

    name = "no-oversubscription"
    statement = "slots and VRAM are never oversubscribed"

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Look at the worker or the hive whose registry changed."""
        del before
        bee = self.bees.server(subject)
        if isinstance(bee, Worker):
            self._look_at_worker(bee)
        elif isinstance(bee, Hive) and after == "Running":
            self._look_at_devices(bee)

    def at_rest(self) -> None:
        """Look at every device once more, and make sure that none is promised to nobody."""
        for hive in self.bees.hives.values():
            self._look_at_devices(hive)
            for place in hive.nursery.places.values():
                if place.phase != "absent" and (place.ref is None or not place.ref.is_alive()):
                    self.broken(
                        f"{hive.name} keeps {place.spec.vram_bytes:,} bytes of "
                        f"{place.spec.device} reserved for {place.spec.name}, which is not there"
                    )
            for name, node in hive.dispatch.nodes.items():
                for room in node.rooms.values():
                    if room.jobs or room.promised_bytes:
                        self.broken(
                            f"{hive.name} keeps {room.jobs} places and {room.promised_bytes:,} "
                            f"bytes of VRAM at {name} promised to jobs that are over"
                        )

    def _look_at_worker(self, worker: Worker) -> None:
        spec = worker.spec
        running = worker.batch.running.values()
        held = spec.model.size_bytes + sum(sequence.kv_bytes for sequence in running)
        if len(running) > spec.max_num_seqs:
            self.broken(f"{spec.name} runs {len(running)} of at most {spec.max_num_seqs} sequences")
        if held > spec.vram_bytes:
            self.broken(f"{spec.name} holds {held:,} of {spec.vram_bytes:,} bytes of VRAM")

    def _look_at_devices(self, hive: Hive) -> None:
        held: Counter[str] = Counter()
        for place in hive.nursery.places.values():
            if _is_there(place):
                held[place.spec.device] += place.spec.vram_bytes
        for device in {place.device: None for place in hive.nursery.places.values()}:
            if device is not None and held[device.name] > device.vram_bytes:
                self.broken(
                    f"workers on {device.name} of {hive.name} hold {held[device.name]:,} of its "
                    f"{device.vram_bytes:,} bytes of VRAM"
                )


def _is_there(place: Place) -> bool:
    """Return whether a worker that holds VRAM is in a place, whatever the hive believes."""
    return place.phase != "absent" or (place.ref is not None and place.ref.is_alive())
