"""What a bee is told about itself when it is born: its model, its room, its patience."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PATIENCE", "LatencyModel", "Model", "Patience", "WorkerSpec"]


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """How long a worker's steps take.

    A step carries every running sequence forward by one token (continuous batching, Yu et al.,
    "Orca", OSDI 2022); the prompts of the sequences that join are prefilled in the same step.

    Args:
        prefill_seconds_per_token: seconds that one prompt token adds to the step it joins in.
        seconds_per_token: seconds of a step that carries a single sequence.
        load_factor: share by which each further sequence lengthens the step, 0 for none.
    """

    prefill_seconds_per_token: float = 0.0
    seconds_per_token: float = 0.02
    load_factor: float = 0.0

    def step_seconds(self, running: int, prefill_tokens: int) -> float:
        """Return the seconds that one step takes.

        Args:
            running: sequences that the step carries, at least one.
            prefill_tokens: prompt tokens of the sequences that join in this step.
        """
        decode = self.seconds_per_token * (1.0 + self.load_factor * (running - 1))
        return decode + self.prefill_seconds_per_token * prefill_tokens


@dataclass(frozen=True, slots=True)
class Model:
    """A model that workers serve.

    Args:
        name: what requests ask for.
        size_bytes: VRAM that the weights take.
        kv_bytes_per_token: VRAM that one token of a running sequence takes.
        latency: how long its steps take.
    """

    name: str
    size_bytes: int = 0
    kv_bytes_per_token: int = 0
    latency: LatencyModel = LatencyModel()


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """A worker's place: which model it serves, where, and how much at once.

    Args:
        name: the worker's name, unique in the colony.
        model: the one model it serves.
        device: the device it runs on, by name.
        vram_bytes: its share of the device's VRAM, for weights and running sequences.
        max_num_seqs: sequences that may run at once (vLLM's name for it).
        max_waiting: accepted jobs that may wait for a slot.
    """

    name: str
    model: Model
    device: str = "gpu-0"
    vram_bytes: int = 0
    max_num_seqs: int = 16
    max_waiting: int = 64


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the bees wait for one another.

    Args:
        heartbeat_seconds: seconds between two heartbeats.
        silence_seconds: seconds without a heartbeat after which a node counts as down.
        retry_seconds: seconds that a rejection asks its client to wait before it tries again.
        keep_seconds: seconds that a finished job and its buffer stay in a registry.
        open_seconds: seconds that an accepted job waits for its stream to be opened.
    """

    heartbeat_seconds: float = 1.0
    silence_seconds: float = 3.5
    retry_seconds: float = 0.5
    keep_seconds: float = 30.0
    open_seconds: float = 30.0


PATIENCE = Patience()
"""What a bee has that is not told otherwise."""
