"""The placing half of a relay: where each answer of a job goes, and what if it is lost there."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from actors.address import tell
from actors.backoff import backoff
from actors.dispatch import Dispatch
from actors.messages import Accepted, Cancel, Rejected, Submit
from actors.node import Node
from actors.queue import Queues
from actors.registry import Running
from actors.route import Route
from actors.tokens import LOST, Cancelled, Completed, Failed
from glasshive import Message, clock, sometimes

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.dispatch import Below
    from actors.messages import Request, Turn
    from actors.registry import Job
    from actors.specs import Patience
    from actors.tokens import Outcome

__all__ = ["FENCED", "MOST_MOVES", "Gone", "Placer"]

FENCED = "a cancel waits for a job that was lost below to have stopped"

MOST_MOVES = 4
"""How often a job that gets no token further is lost below before it is given up."""

TokenT = TypeVar("TokenT")


class Gone(Message, frozen=True, gc=False):
    """A node below was found stopped."""

    name: str


class Placer(Node[TokenT], Generic[TokenT]):
    """Places each job that it accepts on a node below, again and again if need be.

    A job goes below as soon as its stream is opened, to run there or to wait there. It waits here
    only while every node below has as many as it may have, running and waiting. One that is lost
    below goes on elsewhere, after the last token that came up.

    Args:
        name: the node's name, unique in the colony.
        parent: who is told the heartbeats, None for nobody.
        placement: the policy that chooses the node, by name.
        max_jobs: unfinished jobs that it holds at most.
        patience: how long it waits for others.

    Raises:
        ValueError: there is no such policy.
    """

    def __init__(
        self,
        *,
        name: str,
        parent: ActorRef[Any] | None,
        placement: str,
        max_jobs: int,
        patience: Patience,
    ) -> None:
        super().__init__(name=name, parent=parent, max_jobs=max_jobs, patience=patience)
        self.dispatch = Dispatch(placement, patience.degraded_seconds)
        self.routes: dict[str, list[Route[TokenT]]] = {}
        """By the job's id here, from the opening of its stream to its end: one for each answer."""
        self.readings: dict[str, Route[TokenT]] = {}
        """Those that are read below, by the job's id there."""
        self.queues: Queues[TokenT] = Queues()
        self._submitted: dict[Turn, Route[TokenT]] = {}
        self._verdicts: dict[str, Outcome] = {}
        """How jobs of several answers end that cannot end well any more."""
        self._arrived = 0
        self._turns = 0
        # Another life may have had jobs below, of which this one knows nothing.
        self._fenced_until = (
            clock.now() + patience.fence_seconds(self.height - 1) if self.life else -math.inf
        )
        self.handlers |= {Accepted: self._on_accepted, Rejected: self._on_rejected}

    # -- what a kind of relay adds ----------------------------------------------------------

    @abstractmethod
    def open_stream(self, reading: Route[TokenT]) -> None:
        """Open the stream below where this node is."""

    @abstractmethod
    def placed(self, route: Route[TokenT], node: Below) -> None:
        """Say whatever there is to say about a job that a node below has accepted."""

    def moved(self, route: Route[TokenT], reason: str) -> None:
        """Say whatever there is to say about a job that was lost below and goes on elsewhere."""

    def answers(self, request: Request) -> list[Request]:
        """Return the requests that a request is made of, one for each answer."""
        return [request]

    def hopeful(self, model: str) -> bool:
        """Return whether somebody below serves a model, or will."""
        return bool(self.dispatch.serving(model))

    def lacking(self, model: str) -> None:
        """See to it that somebody serves a model that jobs wait for."""

    # -- serving ----------------------------------------------------------------------------

    def on_start(self) -> None:
        """Draw a seed, say hello, and begin to beat."""
        self.dispatch.random.seed(random.getrandbits(64))
        super().on_start()

    def on_stop(self) -> None:
        """Cancel below what nobody will read, and end it here."""
        for route in self.all_routes():
            self.cancel_below(route)
        super().on_stop()

    def refusal(self, request: Request) -> Rejected | None:
        """Refuse a request for a model that nobody serves now, or will."""
        if self.hopeful(request.model):
            return None
        models = ", ".join(self.dispatch.models()) or "none"
        reason = f"nobody at {self.name} serves {request.model!r}; models served: {models}"
        return Rejected(request.request_id, reason, self.patience.retry_seconds)

    def begin(self, job: Job[TokenT], request: Request) -> None:
        """Have a job wait for its turn, which may be now."""
        now = clock.now()
        routes = self.routes[job.job_id] = []
        for answer in self.answers(request):
            self._arrived += 1
            order = (-request.priority, self._arrived)
            route = Route(job, answer, order, now, job.generated)
            route.fenced_until = self._fenced_until
            routes.append(route)
        for route in routes:
            self.queues.add(route)
        self.drain(request.model)

    def withdraw(self, job: Job[TokenT]) -> None:
        """End what nobody below has begun; cancel below what is there, and wait for its end."""
        if job.job_id not in self.routes:
            self.end(job, Cancelled())  # its stream was never opened
            return
        for route in list(self.routes[job.job_id]):
            self._cancel(route)

    def drop(self, job: Job[TokenT]) -> None:
        """Cancel a job below, and wait for nothing."""
        for route in self.routes.pop(job.job_id, ()):
            self.cancel_below(route)
            self.detach(route)
        self._verdicts.pop(job.job_id, None)

    def all_routes(self) -> list[Route[TokenT]]:
        """Return the routes of every unfinished job that was opened, as they are now."""
        return [route for routes in self.routes.values() for route in routes]

    # -- ending -----------------------------------------------------------------------------

    def _cancel(self, route: Route[TokenT]) -> None:
        """Have an answer end that is not wanted any more."""
        if route.cancelling:
            return
        route.cancelling = True
        now = clock.now()
        if route.below is not None:
            route.cancel_by = max(route.fenced_until, self.fence(route))
            self.cancel_below(route)
            return
        # What was never opened below never runs; if it is accepted yet, that is cancelled then.
        sometimes("a cancel comes while the job waits for a place", route.turn is None)
        self.queues.discard(route)
        route.cancel_by = route.fenced_until
        if route.cancel_by <= now:
            model = route.request.model
            self.settle(route, Cancelled())
            self.drain(model)  # it may have held up those behind it
        else:
            sometimes(FENCED)

    def cancel_below(self, route: Route[TokenT]) -> None:
        """Tell the node below that it is not wanted, if a node there has it."""
        if route.room is not None and route.below is not None:
            self.tell_below(route.room.node, Cancel(route.below, self.actor_ref))

    def fence(self, route: Route[TokenT]) -> float:
        """Return when an answer has surely stopped below if it is not shown to be read."""
        return route.opened_at + self.patience.fence_seconds(self.height - 1)

    def detach(self, route: Route[TokenT]) -> None:
        """Take an answer from wherever it waits or was placed."""
        if route.below is not None:
            del self.readings[route.below]
        if route.turn is not None:
            del self._submitted[route.turn]
        self.queues.discard(route)
        route.leave()

    def settle(self, route: Route[TokenT], outcome: Outcome) -> None:
        """End an answer for good, and its job if it was the last one or went wrong."""
        job_id = route.job.job_id
        self.detach(route)
        routes = self.routes[job_id]
        routes.remove(route)
        if not isinstance(outcome, Completed):
            self._verdicts.setdefault(job_id, outcome)
            for other in list(routes):
                self._cancel(other)
        if not routes and self.routes.pop(job_id, None) is not None:
            self.end(route.job, self._verdicts.pop(job_id, outcome))

    def move(self, route: Route[TokenT], reason: str) -> None:
        """Have an answer that was lost below go on elsewhere, after the last token that came."""
        assert route.room is not None
        name, now = route.room.node.name, clock.now()
        if route.below is not None:
            route.fenced_until = max(route.fenced_until, self.fence(route))
        self.detach(route)
        if route.cancelling:
            route.cancel_by = max(now, route.fenced_until)
            if route.cancel_by <= now:
                self.settle(route, Cancelled())
            return
        route.moves = 1 if route.tokens > route.tokens_when_placed else route.moves + 1
        wait = backoff(
            self.patience.retry_seconds,
            route.moves,
            self.patience.retry_most_seconds,
            self.dispatch.random,
        )
        route.refused[name] = now + wait
        route.reason = reason
        route.since = now
        route.last = None
        route.start_over()
        if route.moves > MOST_MOVES:
            self.settle(route, Failed(f"lost {route.moves} times, at last: {reason}", LOST))
            return
        self.queues.add(route)
        sometimes("a job that was lost below goes on elsewhere")
        if route.tokens:
            sometimes("a text goes on after its k-th token on another worker")
        self.moved(route, reason)

    # -- placing ----------------------------------------------------------------------------

    def drain(self, model: str) -> None:
        """Place what waits for a model, in its order, as far as there are places.

        Args:
            model: its name.
        """
        while (route := self.queues.first(model)) is not None:
            failed = self._hopeless(route)
            if self.unread(route):
                continue
            if failed is not None:
                self.settle(route, failed)
            elif self._place(route):
                self.queues.discard(route)
            else:
                self.lacking(model)
                return

    def unread(self, route: Route[TokenT]) -> bool:
        """Give up a job that nobody reads; return whether that was so.

        It is asked before a job is shown below to be read, since a node that has stood still may
        handle something else before it finds out by itself.
        """
        if clock.now() - route.job.renewed_at < self.patience.lease_seconds:
            return False
        sometimes("a node that has stood still finds a job that nobody reads")
        self.withdraw(route.job)
        return True

    def _hopeless(self, route: Route[TokenT]) -> Failed | None:
        """Return why nothing that is up will ever take a job, None if something may."""
        serving = self.dispatch.serving(route.request.model)
        if serving and all(route.refused.get(room.node.name) == math.inf for room in serving):
            return Failed(f"nobody at {self.name} can ever take the request: {route.reason}")
        return None

    def _place(self, route: Route[TokenT]) -> bool:
        """Submit a job to a node that may have it; return whether there was one."""
        request = route.request
        siblings = self.routes[route.job.job_id]
        avoided = [each.room.node.name for each in siblings if each.room is not None]
        while True:
            room = self.dispatch.choose(request, route.refused, clock.now(), avoided)
            if room is None:
                return False
            self._turns += 1
            route.turn = (self.life, self._turns)
            route.room = room
            if self.submit(route):
                room.take(request)
                route.tokens_when_placed = route.tokens
                self._submitted[route.turn] = route
                return True
            route.room = route.turn = None

    def submit(self, route: Route[TokenT]) -> bool:
        """Submit a job to where it was placed; return whether anybody was there."""
        assert route.room is not None
        assert route.turn is not None
        route.told_at = now = clock.now()
        left = route.job.ends_at - now - self.patience.margin_seconds
        seconds = None if math.isinf(left) else max(0.0, left)
        return self.tell_below(
            route.room.node,
            Submit(route.request, self.actor_ref, route.turn, route.tokens, seconds),
        )

    def _on_accepted(self, message: Accepted) -> None:
        route = self._submitted.get(message.turn)
        if route is None or route.below not in (None, message.job_id):
            # The job ended or went elsewhere while this was on its way; below, nobody may run it.
            sometimes("a job is accepted that is not wanted any more")
            tell(message.stream, Cancel(message.job_id, self.actor_ref))
            return
        if route.below is not None:
            return  # told twice
        assert route.room is not None
        route.below = message.job_id
        self.readings[message.job_id] = route
        if route.job.job_id in self.routes and not isinstance(route.job.state, Running):
            self.jobs.update_state(route.job.job_id, Running())
        if route.cancelling:
            # It was not opened, so it does not run; but it has a place there.
            self.cancel_below(route)
            return
        if not self.unread(route):
            self.placed(route, route.room.node)
            self.open_stream(route)

    def _on_rejected(self, message: Rejected) -> None:
        route = self._submitted.get(message.turn)
        if route is None or route.below is not None:
            return  # the job ended or went elsewhere while this was on its way
        assert route.room is not None
        after = math.inf if message.retry_after is None else message.retry_after
        route.refused[route.room.node.name] = clock.now() + after
        route.reason = message.reason
        model = route.request.model
        del self._submitted[message.turn]
        route.leave()
        if not route.cancelling:
            self.queues.add(route)
        self.drain(model)

    def tell_below(self, node: Below, message: Message) -> bool:
        """Tell a node below something; take a stopped one for down; return whether it was there.

        Args:
            node: the node.
            message: what to tell it.
        """
        told = tell(node.ref, message)
        if not told:
            node.down = True
            # Told, not called: the caller is in the middle of a job that this may end.
            tell(self.actor_ref, Gone(node.name))
        return told
