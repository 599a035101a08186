"""Continuous batching: which sequences a worker's next step carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actors.generation import Generation
    from actors.messages import Request
    from actors.registry import Job
    from actors.tokens import TokenResponse

__all__ = ["Batch", "Sequence"]


@dataclass(slots=True, eq=False)
class Sequence:
    """One job in a worker's hands.

    Args:
        job: the job.
        generation: the text that it gives.
        length: tokens that it will have.
        request: what was asked.
        kv_bytes: VRAM that it takes while it runs.
        generated: tokens of the text that there are so far, here or in an earlier job.
    """

    job: Job[TokenResponse]
    generation: Generation
    length: int
    request: Request
    kv_bytes: int
    generated: int = 0

    @property
    def prefill_tokens(self) -> int:
        """Tokens that have to be read before the next one can be generated."""
        return self.request.prompt_tokens + self.generated

    @property
    def stop_reason(self) -> str:
        """Why it ends where it does: "length" if `max_tokens` cuts it, else "stop"."""
        return "length" if self.length == self.request.max_tokens else "stop"


class Batch:
    """The sequences that run and those that wait, by priority and then in order of arrival.

    Sequences join between two steps, one after the other: one that does not fit makes those
    behind it wait too, so that a large one is not passed over for ever.

    Args:
        max_num_seqs: sequences that may run at once.
        kv_bytes: VRAM for all that run.
    """

    def __init__(self, max_num_seqs: int, kv_bytes: int) -> None:
        self.max_num_seqs = max_num_seqs
        self.kv_bytes = kv_bytes
        self.free_vram_bytes = kv_bytes
        self.running: dict[str, Sequence] = {}
        """By job id, in the order in which they joined."""
        self.waiting: dict[str, Sequence] = {}

    def add(self, sequence: Sequence) -> None:
        """Have a sequence wait for its turn.

        Args:
            sequence: one that takes no more than `kv_bytes`, or it would wait for ever.
        """
        assert sequence.kv_bytes <= self.kv_bytes
        last = next(reversed(self.waiting.values()), sequence)
        self.waiting[sequence.job.job_id] = sequence
        if last.request.priority < sequence.request.priority:
            ordered = sorted(self.waiting.items(), key=lambda item: -item[1].request.priority)
            self.waiting = dict(ordered)

    def join(self) -> list[Sequence]:
        """Let everything run that has its turn, and return what joined."""
        joined = []
        while self.waiting and len(self.running) < self.max_num_seqs:
            job_id, sequence = next(iter(self.waiting.items()))
            if sequence.kv_bytes > self.free_vram_bytes:
                break
            self.free_vram_bytes -= sequence.kv_bytes
            self.running[job_id] = sequence
            del self.waiting[job_id]
            joined.append(sequence)
        return joined

    def remove(self, job_id: str) -> None:
        """Take a sequence out, wherever it is, and give its slot and VRAM back."""
        sequence = self.running.pop(job_id, None)
        if sequence is None:
            self.waiting.pop(job_id, None)
        else:
            self.free_vram_bytes += sequence.kv_bytes
