"""A blueprint brought to life on a runtime, with the handle that scripts use."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Self

from actors import Ask, Drain, Keeper, Queen, Request, Worker, prompt_tokens
from glasshive.errors import GlasshiveError
from topology.fate import QUEEN
from topology.faults import Injector
from topology.gauges import Gauges
from topology.metrics import Metrics, Objectives
from topology.observer import Observer
from topology.swarm import PLAIN, Swarm
from topology.ticket import Ticket

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from pykka import ActorRef

    from actors import Receipt
    from glasshive import Run
    from topology.blueprint import Blueprint
    from topology.cast import Cast
    from topology.faults import FaultPlan
    from topology.invariants import Bees, Invariant
    from topology.workload import Arrival

__all__ = ["Colony"]


class Colony(Swarm):
    """A queen, her hives, their workers and some keepers, alive on a run's runtime.

    Use it as `with Colony(blueprint, run) as colony:`. On leaving, it puts right whatever faults
    have broken, waits until every request has ended and every finished job is forgotten, checks
    what must hold at rest, and stops the bees.

    Args:
        blueprint: what to build.
        run: the scenario's run; the colony's invariants are listed at its end.
        cast: the classes of the bees.
        objectives: what the users were promised, for goodput.
        promise: seconds in which every accepted job ends once nothing is broken; by default the
            time that keepers wait for an answer, and then for the end of what they gave up.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        run: Run,
        *,
        cast: Cast = PLAIN,
        objectives: Objectives | None = None,
        promise: float | None = None,
    ) -> None:
        patience = blueprint.patience
        super().__init__(blueprint, run, cast=cast)
        self.promise = promise or patience.answer_seconds + patience.fence_seconds(3)
        self.metrics = Metrics(objectives or Objectives())
        self._tickets: dict[str, Ticket] = {}
        self._receipts: deque[Receipt] = deque()
        self._asked = 0
        self._ended = 0
        self._turn = 0
        self._injectors: list[Injector] = []
        self._begin()
        self.began = self.runtime.now()
        """When everybody was there, in seconds of the runtime's clock."""
        servers = [ref for ref in self.refs.values() if ref not in self.keepers]
        self.observer = Observer(self.runtime, servers, self.keepers, self.promise)
        for invariant in self.invariants:
            run.check(invariant)
        self.gauges: Gauges | None = None
        """What is measured for the charts, if anybody wants some."""
        if run.charting:
            hives = [self.refs[hive.name] for hive in blueprint.hives]
            self.gauges = Gauges(run, hives, lapse=patience.silence_seconds)

    @property
    def invariants(self) -> tuple[Invariant, ...]:
        """The rules that are watched."""
        return self.observer.invariants

    @property
    def bees(self) -> Bees:
        """The bees, to look inside."""
        return self.observer.bees

    @property
    def queen(self) -> Queen:
        """The queen, to look inside.

        Raises:
            GlasshiveError: when she is not alive.
        """
        for bee in self.bees.living():
            if isinstance(bee, Queen):
                return bee
        raise GlasshiveError("the queen is not alive; restart her before you look inside")

    @property
    def jobs_run(self) -> Counter[str]:
        """Jobs that each worker has begun, by its name."""
        return self.observer.jobs_run

    # -- coming alive ---------------------------------------------------------------------

    def _begin(self) -> None:
        self.start()
        # A hive starts its own workers; everybody has heard of everybody after one heartbeat.
        self.runtime.run(until=self.runtime.now() + self.blueprint.patience.heartbeat_seconds)
        for actor in self.runtime.actors():
            if isinstance(actor, Worker):
                self.refs[actor.name] = actor.actor_ref

    def start_keeper(self, name: str, queen: ActorRef[Any]) -> ActorRef[Any]:
        """Start a keeper whose receipts come here."""
        return self.cast.keeper.start(
            name=name, queen=queen, on_receipt=self._received, patience=self.blueprint.patience
        )

    # -- what scripts do ------------------------------------------------------------------

    def submit(
        self,
        prompt: str,
        *,
        model: str | None = None,
        max_tokens: int = 16,
        seed: int = 0,
        ignore_eos: bool = False,
        priority: int = 0,
        copies: int = 1,
        keeper: str | None = None,
    ) -> Ticket:
        """Have a keeper ask for something, now.

        Args:
            prompt: what to go on from; each word counts as one token.
            model: which model to ask; the blueprint's first by default.
            max_tokens: tokens after which the answer ends at the latest.
            seed: chooses one of the texts that the model could give.
            ignore_eos: have exactly `max_tokens`, even if the text would end before.
            priority: a higher one goes first wherever jobs wait.
            copies: answers that are wanted, each with a seed of its own.
            keeper: who asks; each keeper in turn by default.

        Returns:
            A ticket with which to wait for the end, or to cancel.
        """
        request = Request(
            request_id=f"request-{self._asked + 1}",
            model=model or self.blueprint.models[0].name,
            prompt=prompt,
            prompt_tokens=prompt_tokens(prompt),
            max_tokens=max_tokens,
            seed=seed,
            ignore_eos=ignore_eos,
            priority=priority,
            copies=copies,
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
            ref = self.keepers[self._turn % len(self.keepers)]
            self._turn += 1
        else:
            ref = self.ref(keeper)
        ticket = Ticket(self, request, ref)
        self._tickets[request.request_id] = ticket
        self._asked += 1
        self.observer.asked(request.request_id)
        self.tell_at_home(ref, Ask(request))
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

    def ask_at(self, arrival: Arrival) -> Ticket:
        """Let time pass until a request of a workload arrives, and ask for it.

        Args:
            arrival: the request and its time, counted from when the colony was there.

        Returns:
            A ticket with which to wait for the end, or to cancel.
        """
        self.runtime.run(until=max(self.runtime.now(), self.began + arrival.time))
        self._collect()
        return self.ask(arrival.request)

    def run_some(self, seconds: float) -> None:
        """Let some time pass.

        Args:
            seconds: how long.
        """
        self.runtime.run(until=self.runtime.now() + seconds)
        self._collect()

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
        return sum(
            len(actor.requests[request_id].answers[0])
            for actor in self.runtime.actors()
            if isinstance(actor, Keeper) and request_id in actor.requests
        )

    def worker_of(self, ticket: Ticket) -> str | None:
        """Return the name of the worker that runs a request, or None if none does."""
        running = self.bees.running(ticket.request.request_id)
        return running[0][0].name if running else None

    def shut_down(self) -> None:
        """Have the queen take nothing more, finish what there is, and close all below her."""
        self.tell_at_home(self.ref(QUEEN), Drain(None))

    def strike(self, plan: FaultPlan) -> Injector:
        """Have a plan's faults strike from now on, until the colony is closed.

        Args:
            plan: what strikes when; its times are counted from now.

        Raises:
            InputError: when the plan cannot be carried out here, with a complaint for each reason.
        """
        injector = Injector(self, plan, self.run)
        self._injectors.append(injector)
        return injector

    # -- what becomes of it -----------------------------------------------------------------

    def disturbed(self) -> None:
        """Expect no more than what holds under faults."""
        self.bees.disturbed = self.bees.ailing = True

    def healed(self) -> None:
        """Give every accepted job the time that was promised, from now on."""
        self.bees.ailing = False
        self.bees.healed_at = self.runtime.now()

    def forgot(self, name: str) -> None:
        """Expect no receipt for what a keeper has forgotten."""
        ref = self.refs[name]
        for request_id, ticket in list(self._tickets.items()):
            if ticket.keeper is ref:
                del self._tickets[request_id]
                self.observer.lost(request_id)

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
            self.observer.receipt(receipt)
            if self.gauges is not None:
                self.gauges.receipt(receipt)
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
        """Put all right, wait for rest, check what must hold there, and stop every bee."""
        for injector in self._injectors:
            injector.disarm()
        if self.bees.ailing:
            self.heal()
        self.settle()
        self.runtime.run(until=self.runtime.now() + self.promise, condition=self.nobody_hangs)
        self.runtime.run(until=self.runtime.now() + self._quiet_seconds())
        self.observer.at_rest()
        self.stop()
        self.observer.leave()

    def _quiet_seconds(self) -> float:
        """Return the seconds after the last receipt in which every registry is swept empty."""
        patience = self.blueprint.patience
        # Finished jobs are kept for their time, and swept away at a heartbeat after that.
        quiet = patience.keep_seconds + 2 * patience.heartbeat_seconds
        if self.bees.disturbed:
            # Before that, jobs that were lost on the way are given up by whoever has them still.
            quiet += max(patience.open_seconds, patience.fence_seconds(3))
        return quiet
