"""Looks out for the tokens and the messages that strikes of a plan wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actors import messages
from actors.messages import Accepted, StreamItem
from topology.faults.condition import AfterToken
from topology.faults.rules import Roster
from topology.faults.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pykka import ActorRef

    from glasshive.trace import Event
    from topology.faults.action import Target
    from topology.faults.condition import AfterMessage

__all__ = ["Lookout"]


class Lookout:
    """Tells when a condition comes true that is about what is delivered.

    Args:
        target: whose messages are counted.
        met: called once for each such strike, with its place in the plan, in the middle of the
            delivery and, in a live run, on the thread of whoever is delivered it.
    """

    def __init__(self, target: Target, met: Callable[[int], None]) -> None:
        self.tally = Tally()
        """Counts the tokens that keepers are delivered, if a strike waits for one."""
        self.counted: dict[int, int] = {}
        """Messages so far that count for a strike, by its place in the plan."""
        self._target = target
        self._met = met
        self._waiting: dict[int, AfterToken] = {}
        self._ends: list[Callable[[], None]] = []

    def add(self, place: int, when: AfterToken | AfterMessage) -> None:
        """Look out for what a strike waits for.

        Args:
            place: the strike's place in the plan.
            when: what it waits for.
        """
        if not isinstance(when, AfterToken):
            self._count(place, when)
            return
        if not self._waiting:
            self._listen()
        self._waiting[place] = when

    def close(self) -> None:
        """Look out for nothing any more."""
        ends, self._ends = self._ends, []
        for end in ends:
            end()

    def _listen(self) -> None:
        tally = self.tally

        def accepted(_: Event, message: Any) -> None:
            tally.accepted(message)

        def item(_: Event, message: Any) -> None:
            request_id = tally.item(message)
            if request_id is not None:
                for place in tally.met(self._waiting, request_id):
                    self._met(place)

        keepers = [self._target.refs[name] for name in self._target.blueprint.keepers]
        self._hear(accepted, Accepted, keepers)
        self._hear(item, StreamItem, keepers)

    def _count(self, place: int, when: AfterMessage) -> None:
        self.counted[place] = 0

        def watcher(event: Event, _: Any) -> None:
            if when.to is not None and event.actor != when.to:
                return
            self.counted[place] += 1
            if self.counted[place] == when.number:
                self._met(place)

        # A worker has another address when its hive has brought it up again, so it is known by
        # its name; the others keep theirs, and watching one address costs the rest nothing.
        always = when.to is not None and when.to not in Roster(self._target.blueprint).workers
        actors = [self._target.refs[when.to]] if always and when.to is not None else []
        self._hear(watcher, getattr(messages, when.kind), actors)

    def _hear(
        self,
        watcher: Callable[[Event, Any], None],
        kind: type[Any],
        actors: Collection[ActorRef[Any]],
    ) -> None:
        watch = self._target.runtime.watch
        self._ends.append(watch(watcher, kinds=["deliver"], actors=actors, messages=[kind]))
