"""What has the invariants of a colony hear what happens in it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from actors import Cancel, OpenStream, StreamEnd, StreamItem
from topology.invariants import INVARIANTS, Bees

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pykka import ActorRef

    from actors import Receipt
    from glasshive import Runtime
    from glasshive.trace import Event
    from topology.invariants import Invariant

__all__ = ["Observer"]


class Observer:
    """Hands each invariant what it listens to, and nothing else, since every message may count.

    Args:
        runtime: where the colony lives.
        servers: the queen, the hives and the workers that are there from the beginning.
        keepers: the keepers.
        promise: seconds in which every accepted job ends once nothing is broken.
    """

    def __init__(
        self,
        runtime: Runtime,
        servers: Collection[ActorRef[Any]],
        keepers: Collection[ActorRef[Any]],
        promise: float,
    ) -> None:
        self.runtime = runtime
        self.bees = Bees(runtime, promise)
        self.invariants: tuple[Invariant, ...] = tuple(kind(self.bees) for kind in INVARIANTS)
        self.jobs_run: Counter[str] = Counter()
        """Jobs that each bee has begun, by its name."""
        self.fallen: list[str] = []
        """Bees that have crashed, in order, each as often as it did."""
        self._opened, self._cancelled = self._about_job("opened"), self._about_job("cancelled")
        self._overheard: set[int] = set()  # asked for membership only, never iterated
        """The inboxes of the servers whose streams are counted, by identity."""
        self._unwatch = [
            self._overhear(StreamItem, keepers, self._about_item()),
            self._overhear(StreamEnd, [*servers, *keepers], self._about_end()),
            runtime.watch(self._about_registry(), kinds=["state"]),
            runtime.watch(self._struck, kinds=["fault"]),
        ]
        for server in servers:
            self._overhear_streams(server)

    def leave(self) -> None:
        """Hear nothing more."""
        for unwatch in self._unwatch:
            unwatch()

    def asked(self, request_id: str) -> None:
        """Hand on that the script asked a keeper for something."""
        for invariant in self.invariants:
            invariant.asked(request_id)

    def lost(self, request_id: str) -> None:
        """Hand on that a keeper has forgotten a request."""
        for invariant in self.invariants:
            invariant.lost(request_id)

    def receipt(self, receipt: Receipt) -> None:
        """Hand on that a keeper gave its receipt for a request."""
        for invariant in self.invariants:
            invariant.receipt(receipt)

    def at_rest(self) -> None:
        """Hand on that all is over."""
        for invariant in self.invariants:
            invariant.at_rest()
            invariant.settled = True

    def _overhear_streams(self, server: ActorRef[Any]) -> None:
        """Count the streams that are opened at a server, from now on."""
        if id(server.actor_inbox) not in self._overheard:
            self._overheard.add(id(server.actor_inbox))
            self._unwatch += [
                self._overhear(OpenStream, [server], self._opened),
                self._overhear(Cancel, [server], self._cancelled),
            ]

    def _overhear(
        self,
        message: type[Any],
        actors: Collection[ActorRef[Any]],
        watcher: Callable[[Event, Any], None],
    ) -> Callable[[], None]:
        return self.runtime.watch(watcher, kinds=["deliver"], actors=actors, messages=[message])

    def _about_job(self, hears: str) -> Callable[[Event, Any], None]:
        hearers = self._hearers(hears)

        def watcher(event: Event, message: Any) -> None:
            for hear in hearers:
                hear(event, message.job_id)

        return watcher

    def _about_item(self) -> Callable[[Event, Any], None]:
        hearers = self._hearers("item")

        def watcher(event: Event, message: Any) -> None:
            for hear in hearers:
                hear(event, message.job_id, message.index)

        return watcher

    def _about_end(self) -> Callable[[Event, Any], None]:
        hearers = self._hearers("ended")

        def watcher(event: Event, message: Any) -> None:
            for hear in hearers:
                hear(event, message)

        return watcher

    def _about_registry(self) -> Callable[[Event, Any], None]:
        hearers = self._hearers("changed")
        jobs_run = self.jobs_run

        def watcher(event: Event, _: Any) -> None:
            facts = event.data
            if facts["before"] is None:
                # A worker that was brought up later is known by its first job, which is made
                # before its stream is opened.
                self._overhear_streams(self.runtime.current.owner().actor_ref)
            if facts["after"] == "Running":
                jobs_run[facts["subject"].partition("/")[0]] += 1
            for hear in hearers:
                hear(facts["subject"], facts["before"], facts["after"])

        return watcher

    def _struck(self, event: Event, _: Any) -> None:
        """Note that the colony is not undisturbed any more, and say who is about to crash."""
        self.bees.disturbed = self.bees.ailing = True
        fault = event.data.get("fault")
        for actor in self.runtime.actors() if fault in ("crash", "crash-host") else ():
            inbox: Any = actor.actor_inbox
            if inbox.host.name == event.data.get("host") or (
                fault == "crash" and inbox.name == event.actor
            ):
                self.fallen.append(inbox.name)
                for invariant in self.invariants:
                    invariant.crashed(actor)

    def _hearers(self, event: str) -> list[Callable[..., None]]:
        """Return the invariants' own methods of this name, leaving out those that do nothing."""
        return [
            getattr(invariant, event)
            for invariant in self.invariants
            if event in type(invariant).__dict__
        ]
