"""The relaying half of the dual call, which hive and queen have in common."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog

from actors.address import tell
from actors.dispatch import Dispatch
from actors.messages import (
    Accepted,
    Cancel,
    Heartbeat,
    Hello,
    OpenStream,
    Rejected,
    StreamEnd,
    StreamItem,
    Submit,
)
from actors.node import Beat, Node
from actors.reading import Reader, Reading
from actors.registry import Running
from actors.tokens import Cancelled, Failed
from glasshive import Message, clock

if TYPE_CHECKING:
    from pykka import ActorRef

    from actors.dispatch import Below, Room
    from actors.messages import Request, WorkerState
    from actors.registry import Job
    from actors.specs import Patience
    from actors.tokens import Done, Error, Outcome

__all__ = ["Relay", "Route"]

BelowT = TypeVar("BelowT")
TokenT = TypeVar("TokenT")

log = structlog.get_logger()


class Gone(Message, frozen=True, gc=False):
    """A node below was found stopped."""

    name: str


@dataclass(slots=True, eq=False)
class Route(Reading, Generic[TokenT]):
    """The way of one unfinished job: from the node below through this one."""

    job: Job[TokenT]
    request: Request
    turn: int
    """Its place in the order of arrival."""
    room: Room | None = None
    """Where it was placed, None while it waits."""
    below: str | None = None
    """The job's id there, None until it is accepted."""
    cancelling: bool = False
    last: Done | Error | None = None
    """What the worker ended its stream with."""
    refused: dict[str, float] = field(default_factory=dict)
    """Until when each node that refused it is not asked again, in seconds of the clock."""
    reason: str = ""
    """Why it was refused last."""


class Relay(Node[TokenT], Reader[Route[TokenT], BelowT], Generic[BelowT, TokenT]):
    """Accepts jobs from above, places each on a node below, and relays what comes up.

    A job goes below as soon as its stream is opened, to run there or to wait there. It waits here
    only while every node below has as many as it may have, running and waiting.

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
        self.dispatch = Dispatch(placement)
        self.routes: dict[str, Route[TokenT]] = {}
        """By the job's id here, from the opening of its stream to its end."""
        self.readings: dict[str, Route[TokenT]] = {}
        self._arrived = 0
        self._queues: dict[str, deque[Route[TokenT]]] = {}
        self.handlers |= {
            StreamItem: self.on_stream_item,
            StreamEnd: self.on_stream_end,
            Accepted: self._on_accepted,
            Rejected: self._on_rejected,
            Heartbeat: self.on_heartbeat,
            Hello: self.on_heartbeat,
            Gone: self._on_gone,
        }

    # -- what a kind of relay adds ----------------------------------------------------------

    @abstractmethod
    def translate(self, route: Route[TokenT], token: BelowT) -> TokenT | None:
        """Return what a token from below is up here, None if it stays below."""

    @abstractmethod
    def outcome(self, route: Route[TokenT], below: Outcome) -> Outcome:
        """Return what an outcome from below is up here."""

    @abstractmethod
    def placed(self, route: Route[TokenT], node: Below) -> None:
        """Say whatever there is to say about a job that a node below has accepted."""

    # -- serving ----------------------------------------------------------------------------

    def on_start(self) -> None:
        """Draw a seed, say hello, and begin to beat."""
        self.dispatch.random.seed(random.getrandbits(64))
        super().on_start()

    def on_stop(self) -> None:
        """Cancel below what nobody will read, and end it here."""
        for route in self.routes.values():
            if route.room is not None and route.below is not None:
                tell(route.room.node.ref, Cancel(route.below, self.actor_ref))
        super().on_stop()

    def refusal(self, request: Request) -> Rejected | None:
        """Refuse a request for a model that nobody serves now."""
        if self.dispatch.serving(request.model):
            return None
        models = ", ".join(self.dispatch.models()) or "none"
        reason = f"nobody at {self.name} serves {request.model!r}; models served: {models}"
        return Rejected(request.request_id, reason, self.patience.retry_seconds)

    def begin(self, job: Job[TokenT], request: Request) -> None:
        """Have a job wait for its turn, which may be now."""
        self._arrived += 1
        route = self.routes[job.job_id] = Route(job, request, self._arrived)
        self._queues.setdefault(request.model, deque()).append(route)
        self._drain(request.model)

    def withdraw(self, job: Job[TokenT]) -> None:
        """End a job that waits; cancel one below that is there, and wait for its end."""
        route = self.routes.get(job.job_id)
        if route is None:
            self.end(job, Cancelled())
        elif route.room is None:
            model = route.request.model
            self._queues[model].remove(route)
            self._settle(route, Cancelled())
            self._drain(model)  # it may have held up those behind it
        else:
            route.cancelling = True
            if route.below is not None:
                self._tell_below(route.room.node, Cancel(route.below, self.actor_ref))

    def states(self) -> tuple[WorkerState, ...]:
        """Return how the workers that are up were when they were last heard of."""
        return tuple(
            state for node in self.dispatch.nodes.values() if not node.down for state in node.states
        )

    def _settle(self, route: Route[TokenT], outcome: Outcome) -> None:
        """End a job for good, and give back what it holds."""
        del self.routes[route.job.job_id]
        self.readings.pop(route.below or "", None)
        if route.room is not None:
            route.room.give_back(route.request)
        self.end(route.job, outcome)

    # -- placing ----------------------------------------------------------------------------

    def _drain(self, model: str) -> None:
        """Place what waits for a model, first come, first served, as far as there are places."""
        queue = self._queues.get(model)
        while queue:
            route = queue[0]
            failed = self._hopeless(route)
            if failed is not None:
                queue.popleft()
                self._settle(route, failed)
            elif self._place(route):
                queue.popleft()
            else:
                return

    def _hopeless(self, route: Route[TokenT]) -> Failed | None:
        """Return why nothing that is up will ever take a job, None if something may."""
        serving = self.dispatch.serving(route.request.model)
        if not serving:
            return Failed(f"nobody at {self.name} serves {route.request.model!r} any more")
        if all(route.refused.get(room.node.name) == math.inf for room in serving):
            return Failed(f"nobody at {self.name} can ever take the request: {route.reason}")
        return None

    def _place(self, route: Route[TokenT]) -> bool:
        """Submit a job to a node that may have it; return whether there was one."""
        request = route.request
        while True:
            room = self.dispatch.choose(request, route.refused, clock.now())
            if room is None:
                return False
            if self._tell_below(room.node, Submit(request, self.actor_ref)):
                room.take(request)
                route.room = room
                return True

    def _on_accepted(self, message: Accepted) -> None:
        submission = self.submissions.get(message.request_id)
        route = self.routes.get(submission.job_id) if submission is not None else None
        if (
            route is None
            or route.room is None
            or route.room.node.ref is not message.stream
            or route.below not in (None, message.job_id)
        ):
            # The job ended or went elsewhere while this was on its way; below, nobody may run it.
            tell(message.stream, Cancel(message.job_id, self.actor_ref))
            return
        if route.below is not None:
            return  # told twice
        route.below = message.job_id
        self.readings[message.job_id] = route
        self.jobs.update_state(route.job.job_id, Running())
        node = route.room.node
        if route.cancelling:
            self._tell_below(node, Cancel(message.job_id, self.actor_ref))
            return
        self.placed(route, node)
        self.open_stream(route)

    def _on_rejected(self, message: Rejected) -> None:
        submission = self.submissions.get(message.request_id)
        route = self.routes.get(submission.job_id) if submission is not None else None
        if route is None or route.room is None or route.below is not None:
            return  # the job ended or went elsewhere while this was on its way
        route.room.give_back(route.request)
        after = math.inf if message.retry_after is None else message.retry_after
        route.refused[route.room.node.name] = clock.now() + after
        route.reason = message.reason
        route.room = None
        if route.cancelling:
            self._settle(route, Cancelled())
        else:
            self._wait_again(route)
        self._drain(route.request.model)

    def _wait_again(self, route: Route[TokenT]) -> None:
        """Put a job back among those that wait, where it was: before all that came after it."""
        queue = self._queues[route.request.model]
        place = sum(other.turn < route.turn for other in queue)
        queue.insert(place, route)

    # -- relaying ---------------------------------------------------------------------------

    def take(self, reading: Route[TokenT], item: StreamItem[BelowT]) -> None:
        """Hand a token from below on."""
        above = self.translate(reading, item.token)
        if above is not None:
            self.emit(reading.job, above)

    def finish(self, reading: Route[TokenT], outcome: Outcome) -> None:
        """End the job, and let who waits have its place below."""
        self._settle(reading, self.outcome(reading, outcome))
        self._drain(reading.request.model)

    def open_stream(self, reading: Route[TokenT]) -> None:
        """Open the stream below where this node is."""
        assert reading.room is not None
        assert reading.below is not None
        message = OpenStream(reading.below, reading.expected - 1, self.actor_ref)
        self._tell_below(reading.room.node, message)

    # -- the nodes below --------------------------------------------------------------------

    def on_heartbeat(self, message: Heartbeat) -> None:
        """Take in how a node below is, and place what now has a place."""
        known = self.dispatch.nodes.get(message.name)
        if known is not None and known.ref is not message.node:
            self._lose(known, "was started anew")
            known.orphans.clear()  # they went with the old one
        back = known is not None and known.down
        node = self.dispatch.hear(message, clock.now())
        if back:
            log.info("node is back", node=self.name, below=node.name, orphans=len(node.orphans))
            for job_id in node.orphans:
                tell(node.ref, Cancel(job_id, self.actor_ref))
            node.orphans.clear()
        for model in node.rooms:
            self._drain(model)

    def _on_beat(self, beat: Beat) -> None:
        now = clock.now()
        for node in self.dispatch.silent(now, self.patience.silence_seconds):
            self._lose(node, f"has been silent for {now - node.heard_at:g} s")
        super()._on_beat(beat)

    def _on_gone(self, message: Gone) -> None:
        self._lose(self.dispatch.nodes[message.name], "was stopped")

    def _tell_below(self, node: Below, message: Message) -> bool:
        """Tell a node below something; take a stopped one for down."""
        told = tell(node.ref, message)
        if not told:
            node.down = True
            # Told, not called: the caller is in the middle of a job that this may end.
            tell(self.actor_ref, Gone(node.name))
        return told

    def _lose(self, node: Below, what: str) -> None:
        """Take a node for down: it gets no more jobs, and those that it has are lost."""
        node.down = True
        lost = [
            route
            for route in self.routes.values()
            if route.room is not None and route.room.node is node
        ]
        log.warning("node is down", node=self.name, below=node.name, what=what, jobs=len(lost))
        for route in lost:
            if route.below is not None:
                node.orphans.append(route.below)
            self._job_lost(route, f"{node.name} {what}")
        for model in node.rooms:
            self._drain(model)

    def _job_lost(self, route: Route[TokenT], reason: str) -> None:
        """Decide what becomes of a job whose node is down: it ends here."""
        lost = route.below or f"submission of {route.request.request_id}"
        self._settle(route, Cancelled() if route.cancelling else Failed(f"{reason}; it had {lost}"))
