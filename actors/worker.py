"""The worker: generates text, many jobs at once, a step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors.batch import Batch, Sequence
from actors.generation import VOCABULARY, Generation
from actors.messages import Rejected, WorkerState
from actors.node import Node
from actors.registry import Running
from actors.specs import PATIENCE
from actors.tokens import Cancelled, Completed, Done, Error, Token, TokenResponse, Usage
from glasshive import Message, clock

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.messages import Request
    from actors.registry import Job
    from actors.specs import Patience, WorkerSpec

__all__ = ["Worker", "state_of"]

_TOKENS = {text: Token(text) for text in VOCABULARY}
"""One object for each word, however often it is said."""


class Step(Message, frozen=True, gc=False):
    """The step under way is done."""


class Worker(Node[TokenResponse]):
    """Serves one model with continuous batching.

    Nothing runs before its stream is opened. A step carries every running sequence forward by one
    token; sequences join between two steps. A job that is cancelled leaves at once, but a step
    that is under way takes the time that it takes.

    Args:
        spec: its model, and its room.
        hive: who is told its heartbeats, None for nobody.
        patience: how long it waits for others.
    """

    def __init__(
        self, *, spec: WorkerSpec, hive: ActorRef[Any] | None, patience: Patience = PATIENCE
    ) -> None:
        super().__init__(
            name=spec.name,
            parent=hive,
            max_jobs=spec.max_num_seqs + spec.max_waiting,
            patience=patience,
        )
        self.spec = spec
        self.batch = Batch(spec.max_num_seqs, spec.vram_bytes - spec.model.size_bytes)
        self._stepping = False
        self.handlers[Step] = self._on_step

    def refusal(self, request: Request) -> Rejected | None:
        """Refuse another model's request, and one that no empty worker of this size could run."""
        model = self.spec.model
        if request.model != model.name:
            reason = f"{self.name} serves {model.name!r}, not {request.model!r}"
            return Rejected(request.request_id, reason, None)
        needed = self._kv_bytes(request)
        if needed > self.batch.kv_bytes:
            reason = (
                f"{self.name} has {self.batch.kv_bytes} bytes of VRAM beside its model, and "
                f"{request.prompt_tokens} + {request.max_tokens} tokens need {needed}"
            )
            return Rejected(request.request_id, reason, None)
        return None

    def begin(self, job: Job[TokenResponse], request: Request) -> None:
        """Have a job wait for its turn, which may be now."""
        generation = Generation(request.model, request.prompt, request.seed)
        self.batch.add(
            Sequence(
                job,
                generation,
                generation.length(request.max_tokens, ignore_eos=request.ignore_eos),
                request,
                self._kv_bytes(request),
            )
        )
        if not self._stepping:
            self._start_step()

    def withdraw(self, job: Job[TokenResponse]) -> None:
        """Take a job out of the batch before the next step."""
        self.batch.remove(job.job_id)
        self.end(job, Cancelled())

    def states(self) -> tuple[WorkerState, ...]:
        """Return how this worker is."""
        running = len(self.batch.running)
        state = state_of(
            self.spec,
            running=running,
            waiting=self.unfinished - running,
            taken_bytes=self.batch.kv_bytes - self.batch.free_vram_bytes,
        )
        return (state,)

    def on_stop(self) -> None:
        """Say in each stream that the text was cut, and end it."""
        for sequence in (*self.batch.running.values(), *self.batch.waiting.values()):
            self.emit(sequence.job, Error("stopped", f"{self.name} was stopped"))
        super().on_stop()

    def _kv_bytes(self, request: Request) -> int:
        tokens = request.prompt_tokens + request.max_tokens
        return tokens * self.spec.model.kv_bytes_per_token

    def _start_step(self) -> None:
        joined = self.batch.join()
        for sequence in joined:
            self.jobs.update_state(sequence.job.job_id, Running())
        running = len(self.batch.running)
        self._stepping = running > 0
        if self._stepping:
            prefill_tokens = sum(sequence.request.prompt_tokens for sequence in joined)
            seconds = self.spec.model.latency.step_seconds(running, prefill_tokens)
            clock.after(seconds, self.actor_ref, Step())

    def _on_step(self, _: Step) -> None:
        finished = []
        for sequence in self.batch.running.values():
            index = sequence.generated
            self.emit(sequence.job, _TOKENS[sequence.generation.token(index)])
            sequence.generated = index + 1
            if index + 1 == sequence.length:
                finished.append(sequence)
        for sequence in finished:
            self.batch.remove(sequence.job.job_id)
            usage = Usage(sequence.request.prompt_tokens, sequence.length)
            self.emit(sequence.job, Done(sequence.stop_reason, usage))
            self.end(sequence.job, Completed())
        self._start_step()


def state_of(
    spec: WorkerSpec, *, running: int = 0, waiting: int = 0, taken_bytes: int = 0
) -> WorkerState:
    """Return how a worker is; by default, before it was given anything to do.

    Args:
        spec: the worker.
        running: sequences that its steps carry.
        waiting: jobs that it accepted and does not run yet.
        taken_bytes: VRAM that the running sequences take.
    """
    kv_bytes = spec.vram_bytes - spec.model.size_bytes
    return WorkerState(
        name=spec.name,
        model=spec.model.name,
        running=running,
        waiting=waiting,
        free_slots=max(0, spec.max_num_seqs - running - waiting),
        free_vram_bytes=kv_bytes - taken_bytes,
        max_num_seqs=spec.max_num_seqs,
        max_waiting=spec.max_waiting,
        kv_bytes=kv_bytes,
        kv_bytes_per_token=spec.model.kv_bytes_per_token,
    )
