"""What a bee is told about itself when it is born: its model, its room, its patience."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "LOAD_BYTES_PER_SECOND",
    "PATIENCE",
    "Device",
    "LatencyModel",
    "Model",
    "Patience",
    "WorkerSpec",
]

LOAD_BYTES_PER_SECOND = 4 << 30
"""What a device reads weights at that is not told otherwise: a current NVMe disk's 4 GiB/s."""


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
class Device:
    """A device that workers share.

    Args:
        name: unique in its hive.
        vram_bytes: the VRAM that it has.
        speed: how many times as fast as the models' latencies say its steps are.
        load_bytes_per_second: bytes of a model's weights that it takes in per second.
    """

    name: str
    vram_bytes: int
    speed: float = 1.0
    load_bytes_per_second: float = float(LOAD_BYTES_PER_SECOND)

    def load_seconds(self, model: Model) -> float:
        """Return the seconds that it takes to load a model."""
        return model.size_bytes / self.load_bytes_per_second


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
        resident: whether it is there from the beginning, its model loaded; one that is not is
            brought up when a job wants it.
    """

    name: str
    model: Model
    device: str = "gpu-0"
    vram_bytes: int = 0
    max_num_seqs: int = 16
    max_waiting: int = 64
    resident: bool = True


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the bees wait for one another.

    Args:
        heartbeat_seconds: seconds between two heartbeats.
        degraded_seconds: seconds without a heartbeat after which a node counts as degraded, and
            gets a job only where no healthy one can take it.
        silence_seconds: seconds without a heartbeat after which a node counts as down.
        retry_seconds: seconds that a rejection asks its client to wait before it tries again.
        retry_most_seconds: seconds at which a client that is rejected again and again stops
            waiting twice as long.
        reply_seconds: seconds after which a submission that was not answered is told again.
        renew_seconds: seconds after which a reader opens its stream again, to have sent what
            was lost, and to show that it is still there.
        lease_seconds: seconds without its reader after which a job is given up; they count from
            when it is accepted, so a stream that is opened for the first time after them is lost.
        place_seconds: seconds at each hop that a job waits when nobody serves its model.
        load_seconds: seconds that a model may take to load before its worker is given up.
        answer_seconds: seconds in which a keeper wants a request answered.
        margin_seconds: seconds of the time for an answer that each hop keeps for itself, so that
            the hop below is the first to notice that it is over.
        keep_seconds: seconds that a finished job and its buffer stay in a registry.
        open_seconds: seconds that an accepted job waits for its stream to be opened.
    """

    heartbeat_seconds: float = 1.0
    degraded_seconds: float = 2.2
    silence_seconds: float = 3.5
    retry_seconds: float = 0.5
    retry_most_seconds: float = 16.0
    reply_seconds: float = 1.0
    renew_seconds: float = 3.0
    lease_seconds: float = 10.0
    place_seconds: float = 15.0
    load_seconds: float = 120.0
    answer_seconds: float = 600.0
    margin_seconds: float = 3.0
    keep_seconds: float = 30.0
    open_seconds: float = 30.0

    def fence_seconds(self, height: int) -> float:
        """Return after how many seconds a job has surely stopped whose reader is gone.

        Each node below gives the job up when its own lease is over, which it notices at its next
        heartbeat, and only then stops showing itself to the node below it. The quarter more is
        for clocks that run slow.

        Args:
            height: how many nodes there are on the job's way down, a worker alone being 1.
        """
        return height * (1.25 * self.lease_seconds + 2 * self.heartbeat_seconds)


PATIENCE = Patience()
"""What a bee has that is not told otherwise."""
