"""What must hold after every event of a colony's run: eight rules, each with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from actors import Cancelled, Completed, Generation, Token, Worker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actors import Hive, Queen, Receipt
    from glasshive.trace import Event

__all__ = [
    "INVARIANTS",
    "Bees",
    "CancelMeansSilence",
    "Conservation",
    "EveryJobEnds",
    "GaplessTokens",
    "Invariant",
    "LegalRegistries",
    "NoOversubscription",
    "OneEndPerStream",
    "SameText",
]

KEPT = 20
"""Violations that an invariant remembers in words; it counts the rest."""


class Bees:
    """The actors of a colony that keep registries, to look inside.

    Args:
        queen: the queen.
        hives: the hives by name.
        workers: the workers by name, crashed ones too.
        promise: seconds in which every accepted job ends once nothing is broken.
    """

    def __init__(
        self,
        queen: Queen,
        hives: Mapping[str, Hive],
        workers: Mapping[str, Worker],
        promise: float,
    ) -> None:
        self.queen = queen
        self.hives = hives
        self.workers = workers
        self.promise = promise
        self.crashed: set[str] = set()  # asked for membership only, never iterated

    def server(self, job_id: str) -> Queen | Hive | Worker | None:
        """Return the bee that made a job, known by the first half of the job's id."""
        name = job_id.partition("/")[0]
        if name == self.queen.name:
            return self.queen
        return self.hives.get(name) or self.workers.get(name)

    def running(self, request_id: str) -> list[str]:
        """Return the names of the living workers that have a request in their batch."""
        return [
            name
            for name, worker in self.workers.items()
            if name not in self.crashed
            and any(
                sequence.request.request_id == request_id
                for sequence in worker.batch.running.values()
            )
        ]

    def living(self) -> list[Queen | Hive | Worker]:
        """Return every bee that has not crashed."""
        bees: list[Queen | Hive | Worker] = [self.queen]
        bees += self.hives.values()
        bees += self.workers.values()
        return [bee for bee in bees if bee.name not in self.crashed]


class Invariant:
    """A rule that is told what happens in a colony, and remembers where it was broken.

    Args:
        bees: whom it may look inside.
    """

    name: ClassVar[str]
    statement: ClassVar[str]

    def __init__(self, bees: Bees) -> None:
        self.bees = bees
        self.violations: list[str] = []
        self.count = 0
        self.settled = False
        """Whether it has seen the run to its end."""

    def broken(self, how: str) -> None:
        """Note a violation.

        Args:
            how: what happened, naming the job and the bee.
        """
        self.count += 1
        if self.count <= KEPT:
            self.violations.append(how)
        else:
            self.violations[KEPT:] = [f"and {self.count - KEPT} more"]

    def asked(self, request_id: str) -> None:
        """Hear that the script asked a keeper for something."""

    def opened(self, event: Event, job_id: str) -> None:
        """Hear that an OpenStream came to the server of a job."""

    def cancelled(self, event: Event, job_id: str) -> None:
        """Hear that a Cancel came to the server of a job."""

    def item(self, event: Event, job_id: str) -> None:
        """Hear that a token of the queen's came to a keeper."""

    def ended(self, event: Event, job_id: str) -> None:
        """Hear that the end of a job's stream came to its reader, at any hop."""

    def receipt(self, receipt: Receipt) -> None:
        """Hear that a keeper gave its receipt for a request."""

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Hear that a registry changed: a job's id, its state before and after."""

    def crashed(self, name: str) -> None:
        """Hear that the script is about to crash a bee."""

    def at_rest(self) -> None:
        """Hear that every request has ended, and that the time to keep finished jobs is over."""


class OneEndPerStream(Invariant):
    """Counts, for each job at each hop, the streams opened and the ends that came."""

    name = "one-end-per-stream"
    statement = "every opened stream gets exactly one end, and nothing after it"

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self._open: dict[str, int] = {}
        self._readers: dict[str, str | None] = {}

    def opened(self, event: Event, job_id: str) -> None:
        """Count one stream more."""
        self._readers[job_id] = event.peer
        self._open[job_id] = self._open.get(job_id, 0) + 1

    def cancelled(self, event: Event, job_id: str) -> None:
        """Count the cancel of a job that was never opened, since its end is the answer."""
        if job_id not in self._readers:
            self.opened(event, job_id)

    def item(self, event: Event, job_id: str) -> None:
        """Make sure that the stream has not ended."""
        if job_id not in self._open:
            self.broken(f"{event.actor} got a token of {job_id} after its end, {event.time:.6f} s")

    def ended(self, event: Event, job_id: str) -> None:
        """Count one stream less."""
        left = self._open.pop(job_id, 0) - 1
        if left < 0:
            self.broken(f"{event.actor} got a second end of {job_id} at {event.time:.6f} s")
        elif left > 0:
            self._open[job_id] = left

    def at_rest(self) -> None:
        """Make sure that every stream has ended whose server and reader are alive."""
        crashed = self.bees.crashed
        for job_id in self._open:
            if job_id.partition("/")[0] not in crashed and self._readers[job_id] not in crashed:
                self.broken(f"the stream of {job_id} was opened and never ended")


class GaplessTokens(Invariant):
    """Reads the indices off each receipt."""

    name = "gapless-tokens"
    statement = "a keeper sees indices 0, 1, 2 … with no gap, repeat or swap"

    def receipt(self, receipt: Receipt) -> None:
        """Compare the indices with 0, 1, 2 and so on."""
        for place, index in enumerate(receipt.indices):
            if index != place:
                self.broken(
                    f"{receipt.request.request_id} got index {index} where {place} was next"
                )
                return


class SameText(Invariant):
    """Generates each answer once more, by itself."""

    name = "same-text"
    statement = "the text is the text that this model gives for this prompt"

    def receipt(self, receipt: Receipt) -> None:
        """Compare the answer with the model's text, or its beginning if it was cut."""
        request = receipt.request
        generation = Generation(request.model, request.prompt, request.seed)
        whole = generation.length(request.max_tokens, ignore_eos=request.ignore_eos)
        count = len(receipt.texts)
        if isinstance(receipt.outcome, Completed) and count != whole:
            self.broken(f"{request.request_id} is complete with {count} tokens instead of {whole}")
        for index, text in enumerate(receipt.texts):
            if text != generation.token(index):
                self.broken(
                    f"{request.request_id}: token {index} is {text!r} "
                    f"instead of {generation.token(index)!r}"
                )
                return


class CancelMeansSilence(Invariant):
    """Looks at keepers for late tokens, and at workers for work that nobody wants."""

    name = "cancel-means-silence"
    statement = "after a cancel is acknowledged no token arrives, and no worker spends another step"

    def receipt(self, receipt: Receipt) -> None:
        """Make sure that no living worker still runs the request."""
        if not isinstance(receipt.outcome, Cancelled):
            return
        request_id = receipt.request.request_id
        for name in self.bees.running(request_id):
            self.broken(
                f"{name} still runs {request_id}, whose cancel was acknowledged "
                f"at {receipt.ended_at:.6f} s"
            )


class LegalRegistries(Invariant):
    """Follows every job of every registry from state to state."""

    name = "legal-registries"
    statement = (
        "registries make only legal transitions; at rest none holds an unfinished job, "
        "and finished ones go when their time is up"
    )

    # Written down a second time on purpose: a registry that errs must not vouch for itself.
    _NEXT: ClassVar[Mapping[str | None, tuple[str | None, ...]]] = {
        None: ("Queued",),
        "Queued": ("Running", "Failed", "Cancelled"),
        "Running": ("Completed", "Failed", "Cancelled"),
        "Completed": (None,),
        "Failed": (None,),
        "Cancelled": (None,),
    }

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self._states: dict[str, str] = {}

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Make sure that the change starts where the last one ended, and may be."""
        known = self._states.pop(subject, None)
        if known != before:
            self.broken(f"{subject} was {known or 'not there'} and is said to have been {before}")
        if after not in self._NEXT[before]:
            self.broken(f"{subject} went from {before or 'nothing'} to {after or 'nothing'}")
        if after is not None:
            self._states[subject] = after

    def at_rest(self) -> None:
        """Make sure that every registry is empty."""
        for bee in self.bees.living():
            for job_id in bee.jobs.job_ids():
                state = type(bee.jobs.get_job(job_id).state).__name__
                self.broken(f"{bee.name} still holds {job_id} ({state}) when all is over")


class NoOversubscription(Invariant):
    """Adds up what every worker's running sequences hold, whenever a registry changes."""

    name = "no-oversubscription"
    statement = "slots and VRAM are never oversubscribed"

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Look at the worker whose registry changed."""
        del before, after
        worker = self.bees.server(subject)
        if not isinstance(worker, Worker):
            return
        spec = worker.spec
        running = worker.batch.running.values()
        held = spec.model.size_bytes + sum(sequence.kv_bytes for sequence in running)
        if len(running) > spec.max_num_seqs:
            self.broken(f"{spec.name} runs {len(running)} of at most {spec.max_num_seqs} sequences")
        if held > spec.vram_bytes:
            self.broken(f"{spec.name} holds {held:,} of {spec.vram_bytes:,} bytes of VRAM")


class Conservation(Invariant):
    """Keeps one account of all tokens: generated by workers, delivered to keepers, dropped."""

    name = "conservation"
    statement = "tokens are conserved: generated = delivered + dropped and accounted for"

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self._balance: dict[str, int] = {}
        """Tokens generated and not delivered, by request, while they are not level."""
        self._cut: set[str] = set()  # asked for membership only, never iterated
        self.generated = 0
        self.delivered = 0
        self.dropped = 0
        """Tokens that were generated for requests that were cut short, and never delivered."""

    def changed(self, subject: str, before: str | None, after: str | None) -> None:
        """Add what a worker has generated for a job that ends."""
        del before
        worker = self.bees.server(subject)
        if isinstance(worker, Worker) and after in ("Completed", "Failed", "Cancelled"):
            self._add_generated(worker, subject)

    def crashed(self, name: str) -> None:
        """Add what a worker has generated for jobs that it will never end."""
        worker = self.bees.workers.get(name)
        for job_id in worker.jobs.job_ids() if worker is not None else ():
            if worker is not None and worker.jobs.get_job(job_id).outcome is None:
                self._add_generated(worker, job_id)

    def receipt(self, receipt: Receipt) -> None:
        """Take off what a keeper got."""
        request_id = receipt.request.request_id
        self.delivered += len(receipt.texts)
        if not isinstance(receipt.outcome, Completed):
            self._cut.add(request_id)
        self._level(request_id, -len(receipt.texts))

    def at_rest(self) -> None:
        """Balance the account."""
        for request_id, left in self._balance.items():
            if left > 0 and request_id in self._cut:
                self.dropped += left
            else:
                self.broken(
                    f"{request_id}: keepers got {abs(left)} tokens "
                    f"{'fewer' if left > 0 else 'more'} than workers generated"
                )

    def _add_generated(self, worker: Worker, job_id: str) -> None:
        job = worker.jobs.get_job(job_id)
        tokens = sum(isinstance(token, Token) for token in job.tokens)
        self.generated += tokens
        self._level(job.request_id, tokens)

    def _level(self, request_id: str, tokens: int) -> None:
        left = self._balance.pop(request_id, 0) + tokens
        if left:
            self._balance[request_id] = left


class EveryJobEnds(Invariant):
    """Remembers who has asked and has no receipt yet."""

    name = "every-job-ends"
    statement = "once the faults heal, every accepted job ends within a stated time"

    def __init__(self, bees: Bees) -> None:
        super().__init__(bees)
        self.waiting: dict[str, None] = {}
        """Requests without a receipt, in the order in which they were asked."""

    def asked(self, request_id: str) -> None:
        """Wait for one more receipt."""
        self.waiting[request_id] = None

    def receipt(self, receipt: Receipt) -> None:
        """Wait for one receipt less."""
        request_id = receipt.request.request_id
        if request_id not in self.waiting:
            self.broken(f"{request_id} has a second receipt")
        took = receipt.ended_at - receipt.submitted_at
        if took > self.bees.promise:
            self.broken(f"{request_id} took {took:g} s of the {self.bees.promise:g} s it had")
        self.waiting.pop(request_id, None)

    def at_rest(self) -> None:
        """Make sure that nobody waits any more."""
        for request_id in self.waiting:
            self.broken(f"{request_id} was asked and has not ended in the time it had")


INVARIANTS = (
    OneEndPerStream,
    GaplessTokens,
    SameText,
    CancelMeansSilence,
    LegalRegistries,
    NoOversubscription,
    Conservation,
    EveryJobEnds,
)
"""All eight, in the order of the design."""
