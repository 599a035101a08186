"""The relaying half of the dual call, which hive and queen have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog

from actors.address import same, tell
from actors.messages import (
    Cancel,
    Drain,
    Drained,
    Heartbeat,
    Hello,
    OpenStream,
    StreamEnd,
    StreamItem,
)
from actors.placer import FENCED, Gone, Placer
from actors.reading import Reader
from actors.route import Route
from actors.tokens import NO_WORKER, TIMEOUT, UNKNOWN, Cancelled, Completed, Failed
from glasshive import clock, sometimes

if TYPE_CHECKING:
    from actors.dispatch import Below
    from actors.messages import WorkerState
    from actors.tokens import Outcome

__all__ = ["Relay"]

BelowT = TypeVar("BelowT")
TokenT = TypeVar("TokenT")

log = structlog.get_logger()


class Relay(Placer[TokenT], Reader[Route[TokenT], BelowT], Generic[BelowT, TokenT]):
    """Relays what comes up from the nodes below, and watches over those nodes.

    Args:
        **settings: what a `Placer` takes.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.handlers |= {
            StreamItem: self.on_stream_item,
            StreamEnd: self.on_stream_end,
            Heartbeat: self.on_heartbeat,
            Hello: self.on_heartbeat,
            Gone: self._on_gone,
            Drained: self._on_drained,
        }

    # -- what a kind of relay adds ----------------------------------------------------------

    @abstractmethod
    def relay(self, route: Route[TokenT], token: BelowT) -> None:
        """Hand a token from below on, as what it is up here."""

    @abstractmethod
    def outcome(self, route: Route[TokenT], below: Outcome) -> Outcome:
        """Return what an outcome from below is up here."""

    # -- serving ----------------------------------------------------------------------------

    def states(self) -> tuple[WorkerState, ...]:
        """Return how the workers that are up were when they were last heard of."""
        return tuple(
            state for node in self.dispatch.nodes.values() if not node.down for state in node.states
        )

    def tend(self, now: float) -> None:
        """Look after the nodes below, and after every job that is there or wants to go there."""
        self.sweep(now)  # first, so that no job is shown below to be read that nobody reads here
        for node in self.dispatch.silent(now, self.patience.silence_seconds):
            self.lose(node, f"has been silent for {now - node.heard_at:g} s")
        for route in self.all_routes():
            if route in self.routes.get(route.job.job_id, ()):  # not ended with one before it
                self._tend_route(route, now)
        for model in self.queues.models():
            self.drain(model)
        super().tend(now)

    def _tend_route(self, route: Route[TokenT], now: float) -> None:
        """Say again what may have been lost, and give up what has waited too long."""
        patience = self.patience
        if route.cancelling:
            if now >= route.cancel_by:
                self.settle(route, Cancelled())
            else:
                self.cancel_below(route)
        elif route.below is not None:
            if now - route.opened_at >= patience.renew_seconds:
                self.open_stream(route)
        elif route.turn is not None:
            if now - route.told_at >= patience.reply_seconds:
                self.submit(route)
        elif not self.hopeful(route.request.model) and now >= self._homeless_until(route):
            reason = f"nobody at {self.name} serves {route.request.model!r} any more"
            self.settle(route, Failed(reason, NO_WORKER))

    def _homeless_until(self, route: Route[TokenT]) -> float:
        # Longer at each hop, so that the hop below is the first to give up.
        return route.since + self.patience.place_seconds * (self.height - 1)

    # -- relaying ---------------------------------------------------------------------------

    def take(self, reading: Route[TokenT], item: StreamItem[BelowT]) -> None:
        """Hand a token from below on."""
        self.relay(reading, item.token)

    def finish(self, reading: Route[TokenT], outcome: Outcome) -> None:
        """End the job, or have it go on elsewhere; let who waits have its place below."""
        model = reading.request.model
        if reading.cancelling:
            sometimes(FENCED, reading.fenced_until > clock.now())
            if isinstance(outcome, Failed) and outcome.code == UNKNOWN:
                # What the node has forgotten may run on further below for a while.
                reading.fenced_until = max(reading.fenced_until, self.fence(reading))
            if reading.fenced_until > clock.now():
                # Where it was lost before, it may still run.
                reading.cancel_by = reading.fenced_until
                del self.readings[reading.below or ""]
                reading.below = None
                return
            self.settle(reading, self.outcome(reading, outcome))
        else:
            ended = self.outcome(reading, outcome)
            if isinstance(ended, Completed) or _is_final(ended):
                self.settle(reading, ended)
            else:
                assert reading.room is not None
                why = ended.message if isinstance(ended, Failed) else "it was cancelled"
                self.move(reading, f"{reading.room.node.name} gave up {reading.below}: {why}")
        self.drain(model)

    def open_stream(self, reading: Route[TokenT]) -> None:
        """Open the stream below where this node is."""
        assert reading.room is not None
        assert reading.below is not None
        if self.unread(reading):
            return
        reading.opened_at = clock.now()
        message = OpenStream(reading.below, reading.expected - 1, self.actor_ref)
        self.tell_below(reading.room.node, message)

    # -- the nodes below --------------------------------------------------------------------

    def on_heartbeat(self, message: Heartbeat) -> None:
        """Take in how a node below is, and place what now has a place."""
        known = self.dispatch.nodes.get(message.name)
        if known is not None and same(known.ref, message.node) and message.turn < known.turn:
            return  # it was overtaken on its way
        if known is not None and known.epoch != message.epoch:
            self.lose_jobs(known, "was started anew")
            known.orphans.clear()  # they went with the old one
        back = known is not None and known.down
        node = self.dispatch.hear(message, clock.now())
        if back and node.orphans:
            log.info("node is back", node=self.name, below=node.name, orphans=len(node.orphans))
            for job_id in node.orphans:
                tell(node.ref, Cancel(job_id, self.actor_ref))
            node.orphans.clear()
        for model in node.rooms:
            self.drain(model)

    def _on_gone(self, message: Gone) -> None:
        self.lose(self.dispatch.nodes[message.name], "was stopped")

    def lose(self, node: Below, what: str) -> None:
        """Take a node for down: it gets no more jobs, and those that it has go on elsewhere.

        Args:
            node: the node.
            what: what became of it, in words that follow its name.
        """
        node.down = True
        log.warning("node is down", node=self.name, below=node.name, what=what)
        self.lose_jobs(node, what)

    def lose_jobs(self, node: Below, what: str) -> None:
        """Have the jobs of a node below, which has forgotten them, go on elsewhere.

        Args:
            node: the node.
            what: what became of it, in words that follow its name.
        """
        lost = [
            route
            for route in self.all_routes()
            if route.room is not None and route.room.node is node
        ]
        for route in lost:
            if route.below is not None:
                node.orphans.append(route.below)
            had = route.below or f"the submission of {route.request.request_id}"
            # One of several answers may have ended with another that was lost for good.
            if route.room is not None and route.room.node is node:
                self.move(route, f"{node.name} {what}; it had {had}")
        for model in node.rooms:
            self.drain(model)

    # -- closing down -----------------------------------------------------------------------

    def dry(self) -> bool:
        """Tell everyone below to close down; return whether all that are up have done so."""
        up = [node for node in self.dispatch.nodes.values() if not node.down]
        for node in up:
            tell(node.ref, Drain(self.actor_ref))
        return not up

    def _on_drained(self, message: Drained) -> None:
        node = self.dispatch.nodes.get(message.name)
        if node is not None:
            node.down = True
        if self._draining is not None:
            self._close_if_dry()


def _is_final(outcome: Outcome) -> bool:
    """Return whether an outcome would be the same elsewhere."""
    return isinstance(outcome, Failed) and outcome.code in (None, TIMEOUT)
