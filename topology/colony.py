"""A blueprint brought to life on a runtime, with the handle that scripts use."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Self

from actors import (
    Ask,
    Cancel,
    Completed,
    Hive,
    Keeper,
    OpenStream,
    Queen,
    Request,
    StreamEnd,
    StreamItem,
    Withdraw,
    Worker,
)
from glasshive.errors import GlasshiveError, nearest
from glasshive.link import quality
from topology.invariants import INVARIANTS, Bees
from topology.metrics import Metrics, Objectives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from pykka import ActorRef

    from actors import Receipt
    from glasshive import Run
    from glasshive.trace import Event, Watcher
    from topology.blueprint import Blueprint
    from topology.invariants import Invariant
    from topology.workload import Arrival

__all__ = ["Colony", "Ticket"]

QUEEN = "queen"
"""The queen's name, and her host's."""


class Ticket:
    """A request that a keeper was asked, and its receipt once there is one.

    Args:
        colony: where it was asked.
        request: what was asked.
        keeper: who asks it.
    """

    def __init__(self, colony: Colony, request: Request, keeper: ActorRef[Any]) -> None:
        self._colony = colony
        self._keeper = keeper
        self.request = request
        self.receipt: Receipt | None = None

    @property
    def text(self) -> str:
        """The whole answer; empty before the receipt is there."""
        return "".join(self.receipt.texts) if self.receipt is not None else ""

    @property
    def completed(self) -> bool:
        """Whether it has ended well."""
        return self.receipt is not None and isinstance(self.receipt.outcome, Completed)

    def cancel(self) -> None:
        """Have the keeper give the request up, wherever it is by now."""
        self._keeper.tell(Withdraw(self.request.request_id))

    def wait(self) -> Receipt:
        """Let time pass until the request has ended, and return its receipt.

        Raises:
            GlasshiveError: when it has not ended in the time that the colony promises.
        """
        self._colony.run_until(lambda: self.receipt is not None, f"{self.request.request_id} ends")
        assert self.receipt is not None
        return self.receipt


class Colony:
    """A queen, her hives, their workers and some keepers, alive on a run's runtime.

    Use it as `with Colony(blueprint, run) as colony:`. On leaving, it waits until every request
    has ended and every finished job is forgotten, checks what must hold at rest, and stops the
    bees.

    Args:
        blueprint: what to build.
        run: the scenario's run; the colony's invariants are listed at its end.
        objectives: what the users were promised, for goodput.
        promise: seconds in which every accepted job ends once nothing is broken.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        run: Run,
        *,
        objectives: Objectives | None = None,
        promise: float = 600.0,
    ) -> None:
        self.blueprint = blueprint
        self.run = run
        self.runtime = runtime = run.runtime
        self.promise = promise
        self.metrics = Metrics(objectives or Objectives())
        self._tickets: dict[str, Ticket] = {}
        self._receipts: deque[Receipt] = deque()
        self._asked = 0
        self._ended = 0
        self._turn = 0
        runtime.network.like = quality(blueprint.latency_seconds)
        for link in blueprint.links:
            runtime.network.link(*link.between, latency=link.latency_seconds)
        self.refs: dict[str, ActorRef[Any]] = {}
        """Every bee's address by its name."""
        self._start()
        self.bees = Bees(*self._inside(), promise)
        self.jobs_run = dict.fromkeys(self.bees.workers, 0)
        """Jobs that each worker has begun, by its name."""
        self.invariants: tuple[Invariant, ...] = tuple(kind(self.bees) for kind in INVARIANTS)
        self._observe()

    # -- coming alive ---------------------------------------------------------------------

    def _start(self) -> None:
        blueprint = self.blueprint
        patience = blueprint.patience
        with self.runtime.on(QUEEN):
            queen = Queen.start(
                name=QUEEN,
                placement=blueprint.queen.placement,
                max_jobs=blueprint.queen.max_jobs,
                patience=patience,
            )
        self.refs[QUEEN] = queen
        for hive in blueprint.hives:
            with self.runtime.on(hive.name):
                self.refs[hive.name] = Hive.start(
                    name=hive.name,
                    queen=queen,
                    workers=hive.workers,
                    placement=hive.placement,
                    max_jobs=hive.max_jobs,
                    patience=patience,
                )
        self._keepers = []
        for name in blueprint.keepers:
            with self.runtime.on(name):
                keeper = Keeper.start(
                    name=name, queen=queen, on_receipt=self._received, patience=patience
                )
            self.refs[name] = keeper
            self._keepers.append(keeper)
        # A hive starts its own workers; everybody has heard of everybody after one heartbeat.
        self.runtime.run(until=self.runtime.now() + patience.heartbeat_seconds)

    def _inside(self) -> tuple[Queen, Mapping[str, Hive], Mapping[str, Worker]]:
        hives = {hive.name: self._actor(hive.name) for hive in self.blueprint.hives}
        workers = {}
        for hive in hives.values():
            for name, below in hive.dispatch.nodes.items():
                self.refs[name] = below.ref
                workers[name] = self._actor(name)
        return self._actor(QUEEN), hives, workers

    def _actor(self, name: str) -> Any:
        actor = self.refs[name]._actor_weakref()  # noqa: SLF001  Pykka has no other way inside
        assert actor is not None
        return actor

    def _observe(self) -> None:
        """Have the invariants hear what happens, each only what it listens to."""
        servers = [ref for ref in self.refs.values() if ref not in self._keepers]
        everybody = list(self.refs.values())
        self._unwatch = (
            self._overhear(OpenStream, servers, "opened"),
            self._overhear(Cancel, servers, "cancelled"),
            self._overhear(StreamItem, self._keepers, "item"),
            self._overhear(StreamEnd, everybody, "ended"),
            self.runtime.watch(self._at_registry(), kinds=["state"]),
        )
        for invariant in self.invariants:
            self.run.check(invariant)

    def _overhear(
        self, message: type[Any], actors: list[ActorRef[Any]], event: str
    ) -> Callable[[], None]:
        """Have the invariants hear of a class of message; return what ends that."""
        hearers = self._hearers(event)

        def watcher(event: Event, message: Any) -> None:
            for hear in hearers:
                hear(event, message.job_id)

        return self.runtime.watch(watcher, kinds=["deliver"], actors=actors, messages=[message])

    def _at_registry(self) -> Watcher:
        changed = self._hearers("changed")
        jobs_run = self.jobs_run

        def watcher(event: Event, _: Any) -> None:
            facts = event.data
            server = facts["subject"].partition("/")[0]
            if facts["after"] == "Running" and server in jobs_run:
                jobs_run[server] += 1
            for hear in changed:
                hear(facts["subject"], facts["before"], facts["after"])

        return watcher

    def _hearers(self, event: str) -> list[Callable[..., None]]:
        """Return the invariants' own methods of this name, leaving out those that do nothing."""
        return [
            getattr(invariant, event)
            for invariant in self.invariants
            if event in type(invariant).__dict__
        ]

    # -- what scripts do ------------------------------------------------------------------

    def submit(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_tokens: int = 16,
        seed: int = 0,
        ignore_eos: bool = False,
        keeper: str | None = None,
    ) -> Ticket:
        """Have a keeper ask for something, now.

        Args:
            prompt: what to go on from; each word counts as one token.
            model: which model to ask; the blueprint's first by default.
            max_tokens: tokens after which the answer ends at the latest.
            seed: chooses one of the texts that the model could give.
            ignore_eos: have exactly `max_tokens`, even if the text would end before.
            keeper: who asks; each keeper in turn by default.

        Returns:
            A ticket with which to wait for the end, or to cancel.
        """
        request = Request(
            request_id=f"request-{self._asked + 1}",
            model=model or self.blueprint.models[0].name,
            prompt=prompt,
            prompt_tokens=max(1, len(prompt.split())),
            max_tokens=max_tokens,
            seed=seed,
            ignore_eos=ignore_eos,
        )
        return self.ask(request, keeper=keeper)

    def ask(self, request: Request, *, keeper: str | None = None) -> Ticket:
        """Have a keeper ask for a request that was made elsewhere, now.

        Args:
            request: its `request_id` must be new to this colony.
            keeper: who asks; each keeper in turn by default.

        Returns:
            A ticket with which to wait for the end, or to cancel.
        """
        if keeper is None:
            ref = self._keepers[self._turn % len(self._keepers)]
            self._turn += 1
        else:
            ref = self._ref(keeper)
        ticket = Ticket(self, request, ref)
        self._tickets[request.request_id] = ticket
        self._asked += 1
        for invariant in self.invariants:
            invariant.asked(request.request_id)
        ref.tell(Ask(request))
        return ticket

    def serve(self, workload: Iterable[Arrival], *, total: int | None = None) -> None:
        """Ask for everything in a workload at its time, and wait until all of it has ended.

        Args:
            workload: arrivals in order of time, taken one by one as their time comes.
            total: how many there will be, if that is known, for the progress shown.
        """
        began = self.runtime.now()
        for arrival in workload:
            self.runtime.run(until=began + arrival.time)
            self._collect()
            self.run.progress(self._ended, total)
            self.ask(arrival.request)
        self.settle(total)

    def settle(self, total: int | None = None) -> None:
        """Let time pass until every request has ended, or has had the time it was promised."""
        deadline = self.runtime.now() + self.promise
        step = self.blueprint.patience.heartbeat_seconds
        self._collect()
        while self._tickets and self.runtime.now() < deadline:
            self.runtime.run(until=self.runtime.now() + step)
            self._collect()
            self.run.progress(self._ended, total)

    def run_until(self, condition: Callable[[], bool], what: str = "it is so") -> None:
        """Let time pass until something is so.

        Args:
            condition: asked after every event.
            what: the condition in words, for the error.

        Raises:
            GlasshiveError: when it does not come true in the time that the colony promises.
        """

        def met() -> bool:
            self._collect()
            return condition()

        if not self.runtime.run(until=self.runtime.now() + self.promise, condition=met):
            raise GlasshiveError(
                f"waited {self.promise:g} s until {what}, in vain; look at the trace, or give "
                "the colony a longer promise"
            )

    def tokens_of(self, ticket: Ticket) -> int:
        """Return how many tokens of a request its keeper holds by now."""
        if ticket.receipt is not None:
            return len(ticket.receipt.texts)
        request_id = ticket.request.request_id
        keepers = (self._actor(name).requests for name in self.blueprint.keepers)
        return sum(len(held[request_id].texts) for held in keepers if request_id in held)

    def worker_of(self, ticket: Ticket) -> str | None:
        """Return the name of the worker that runs a request, or None if none does."""
        return next(iter(self.bees.running(ticket.request.request_id)), None)

    def crash(self, name: str) -> None:
        """End a bee at once: its inbox and timers are lost, and nobody is told.

        Args:
            name: any bee of the blueprint.

        Raises:
            GlasshiveError: when there is no bee of this name.
        """
        ref = self._ref(name)
        for invariant in self.invariants:
            invariant.crashed(name)
        self.bees.crashed.add(name)
        self.runtime.crash(ref)
        self.run.note(f"{name} crashes")

    def _ref(self, name: str) -> ActorRef[Any]:
        if name not in self.refs:
            raise GlasshiveError(f"no bee is called {name!r}; {nearest(name, self.refs)}")
        return self.refs[name]

    def _received(self, receipt: Receipt) -> None:
        """Take a receipt from a keeper, in the keeper's own time."""
        self._receipts.append(receipt)
        if self.runtime.kind == "simulated":
            self._collect()  # on threads the script does it, since this is the keeper's thread

    def _collect(self) -> None:
        """Hand out the receipts that have come in."""
        receipts = self._receipts
        while receipts:
            receipt = receipts.popleft()
            self._ended += 1
            self.metrics.add(receipt)
            for invariant in self.invariants:
                invariant.receipt(receipt)
            ticket = self._tickets.pop(receipt.request.request_id, None)
            if ticket is not None:
                ticket.receipt = receipt

    # -- the end --------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()

    def close(self) -> None:
        """Wait for rest, check what must hold there, and stop every bee that is left."""
        self.settle()
        patience = self.blueprint.patience
        # Finished jobs are kept for their time, and swept away at a heartbeat after that.
        quiet = patience.keep_seconds + 2 * patience.heartbeat_seconds
        self.runtime.run(until=self.runtime.now() + quiet)
        for invariant in self.invariants:
            invariant.at_rest()
            invariant.settled = True
        for name, ref in reversed(self.refs.items()):
            if name not in self.bees.crashed:
                ref.stop()
        for unwatch in self._unwatch:
            unwatch()
