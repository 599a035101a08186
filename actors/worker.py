"""The worker: generates text, many jobs at once, a step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import structlog

from actors.address import tell
from actors.ailment import OutOfMemory, Slow
from actors.batch import Batch, Sequence
from actors.generation import VOCABULARY, Generation
from actors.messages import Farewell, Heartbeat, LoadFailed, Loading, Rejected, WorkerState
from actors.node import Node
from actors.registry import Running
from actors.specs import PATIENCE
from actors.tokens import (
    OUT_OF_MEMORY,
    STOPPED,
    TIMEOUT,
    Cancelled,
    Completed,
    Done,
    Error,
    Failed,
    Token,
    TokenResponse,
    Usage,
)
from glasshive import Message, clock

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.messages import Request
    from actors.registry import Job
    from actors.specs import Device, Patience, WorkerSpec

__all__ = ["Worker", "state_of"]

_TOKENS = {text: Token(text) for text in VOCABULARY}
"""One object for each word, however often it is said."""

log = structlog.get_logger()

LOAD_PARTS = 4
"""In how many parts a model loads; after each the hive is told how far it is."""


class Step(Message, frozen=True, gc=False):
    """The step under way is done."""


class Loaded(Message, frozen=True, gc=False):
    """A part of the model is there."""


class Worker(Node[TokenResponse]):
    """Serves one model with continuous batching.

    Nothing runs before its stream is opened. A step carries every running sequence forward by one
    token; sequences join between two steps. A job that is cancelled leaves at once, but a step
    that is under way takes the time that it takes.

    Args:
        spec: its model, and its room.
        hive: who is told its heartbeats, None for nobody.
        patience: how long it waits for others.
        device: what it runs on, None for one of plain speed where the model is there at once.
        birth: which of several workers of this name it is, empty for the first.
        warm: whether its model is there when it first starts.
        fails: whether its model cannot be loaded, because somebody plays fate.
    """

    height: ClassVar[int] = 1

    def __init__(
        self,
        *,
        spec: WorkerSpec,
        hive: ActorRef[Any] | None,
        patience: Patience = PATIENCE,
        device: Device | None = None,
        birth: str = "",
        warm: bool = False,
        fails: bool = False,
    ) -> None:
        super().__init__(
            name=spec.name,
            parent=hive,
            max_jobs=spec.max_num_seqs + spec.max_waiting,
            patience=patience,
            birth=birth,
        )
        self.spec = spec
        self.batch = Batch(spec.max_num_seqs, spec.vram_bytes - spec.model.size_bytes)
        self._pace = 1.0 / (device.speed if device is not None else 1.0)
        self.slowness = 1.0
        """By what factor its steps take longer than they should on its device."""
        cold = device is not None and not (warm and not self.life)
        self._load_seconds = device.load_seconds(spec.model) if device and cold else 0.0
        self._loaded_parts = 0 if self._load_seconds else LOAD_PARTS
        self._fails = fails
        self._stepping = False
        self.handlers |= {
            Step: self._on_step,
            Loaded: self._on_loaded,
            Slow: self._on_slow,
            OutOfMemory: self._on_out_of_memory,
        }

    def on_start(self) -> None:
        """Load the model if it is not there, and go on with what an earlier life had begun."""
        super().on_start()
        if self._fails and not self._load_seconds:
            self._fail_to_load()
        elif not self.ready:
            self._load_on()
        self._stepping = False
        self._start_step(clock.now())

    @property
    def ready(self) -> bool:
        """Whether its model is there."""
        return self._loaded_parts == LOAD_PARTS

    def refusal(self, request: Request) -> Rejected | None:
        """Refuse another model's request, and one that no empty worker of this size could run."""
        model = self.spec.model
        if request.model != model.name:
            reason = f"{self.name} serves {model.name!r}, not {request.model!r}"
            return Rejected(request.request_id, reason, None)
        if not self.ready:
            reason = f"{self.name} is loading {model.name!r}"
            return Rejected(request.request_id, reason, self.patience.retry_seconds)
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
        sequence = Sequence(
            job,
            generation,
            generation.length(request.max_tokens, ignore_eos=request.ignore_eos),
            request,
            self._kv_bytes(request),
            job.generated,
        )
        if sequence.generated >= sequence.length:
            # The client has the whole text, and lost only the word that it is whole.
            self.jobs.update_state(job.job_id, Running())
            self._complete(sequence)
            return
        self.batch.add(sequence)
        if not self._stepping:
            self._start_step(clock.now())

    def withdraw(self, job: Job[TokenResponse]) -> None:
        """Take a job out of the batch before the next step."""
        self.batch.remove(job.job_id)
        self.end(job, Cancelled())

    def drop(self, job: Job[TokenResponse]) -> None:
        """Take a job out of the batch whose time is over, and say so in its stream."""
        self.batch.remove(job.job_id)
        self.emit(job, Error(TIMEOUT, f"{self.name} had no more time for {job.job_id}"))

    def states(self) -> tuple[WorkerState, ...]:
        """Return how this worker is."""
        running = len(self.batch.running)
        state = state_of(
            self.spec,
            running=running,
            waiting=self.unfinished - running,
            taken_bytes=self.batch.kv_bytes - self.batch.free_vram_bytes,
            phase="ready" if self.ready else "loading",
        )
        return (state,)

    def on_stop(self) -> None:
        """Say in each stream that the text was cut, end it, and bid the hive farewell."""
        for sequence in (*self.batch.running.values(), *self.batch.waiting.values()):
            self.emit(sequence.job, Error(STOPPED, f"{self.name} was stopped"))
        super().on_stop()
        if self.parent is not None:
            tell(self.parent, Farewell(self.name, self.actor_ref))

    # -- loading ----------------------------------------------------------------------------

    def _load_on(self) -> None:
        clock.after(self._load_seconds / LOAD_PARTS, self.actor_ref, Loaded())

    def _on_loaded(self, _: Loaded) -> None:
        if self._fails:
            self._fail_to_load()
            return
        self._loaded_parts += 1
        if self.parent is not None:
            tell(self.parent, Loading(self.name, self._loaded_parts / LOAD_PARTS))
        if self.ready:
            self.announce(Heartbeat)
        else:
            self._load_on()

    def _fail_to_load(self) -> None:
        reason = f"could not load {self.spec.model.name!r}"
        log.warning("loading failed", node=self.name, model=self.spec.model.name)
        if self.parent is not None:
            tell(self.parent, LoadFailed(self.name, reason))
        self.parent = None  # it has said its last word
        self.stop()

    # -- steps ------------------------------------------------------------------------------

    def _kv_bytes(self, request: Request) -> int:
        tokens = request.prompt_tokens + request.max_tokens
        return tokens * self.spec.model.kv_bytes_per_token

    def _start_step(self, free_at: float) -> None:
        """Let join who has a place, and carry all that run forward by a token.

        Args:
            free_at: since when the device has had nothing to do, in seconds of the clock. To send
                the text takes no time in a simulation, and on threads the device does not wait.
        """
        joined = self.batch.join()
        for sequence in joined:
            if not isinstance(sequence.job.state, Running):
                self.jobs.update_state(sequence.job.job_id, Running())
        running = len(self.batch.running)
        self._stepping = running > 0
        if self._stepping:
            prefill_tokens = sum(sequence.prefill_tokens for sequence in joined)
            seconds = self.spec.model.latency.step_seconds(running, prefill_tokens)
            takes = seconds * self._pace * self.slowness - (clock.now() - free_at)
            clock.after(max(0.0, takes), self.actor_ref, Step())

    def _on_step(self, _: Step) -> None:
        now = clock.now()
        if now >= self._look_at:
            self.sweep(now)  # nobody may want it any more, if this worker has stood still
        finished = []
        for sequence in self.batch.running.values():
            index = sequence.generated
            self.emit(sequence.job, _TOKENS[sequence.generation.token(index)])
            sequence.generated = index + 1
            if index + 1 == sequence.length:
                finished.append(sequence)
        for sequence in finished:
            self.batch.remove(sequence.job.job_id)
            self._complete(sequence)
        self._start_step(now)

    def _complete(self, sequence: Sequence) -> None:
        usage = Usage(sequence.request.prompt_tokens, sequence.length)
        self.emit(sequence.job, Done(sequence.stop_reason, usage))
        self.end(sequence.job, Completed())

    # -- what can befall it -----------------------------------------------------------------

    def _on_slow(self, message: Slow) -> None:
        self.slowness = message.factor

    def _on_out_of_memory(self, _: OutOfMemory) -> None:
        running = self.batch.running.values()
        largest = max(running, key=lambda each: each.prefill_tokens, default=None)
        if largest is None:
            return
        job = largest.job
        self.batch.remove(job.job_id)
        reason = f"{self.name} was refused VRAM after {largest.generated} tokens"
        self.emit(job, Error(OUT_OF_MEMORY, reason))
        self.end(job, Failed(reason, OUT_OF_MEMORY))


def state_of(
    spec: WorkerSpec,
    *,
    running: int = 0,
    waiting: int = 0,
    taken_bytes: int = 0,
    phase: str = "ready",
) -> WorkerState:
    """Return how a worker is; by default, before it was given anything to do.

    Args:
        spec: the worker.
        running: sequences that its steps carry.
        waiting: jobs that it accepted and does not run yet.
        taken_bytes: VRAM that the running sequences take.
        phase: "ready", "loading" or "absent".
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
        phase=phase,
    )
