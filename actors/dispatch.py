"""Where a relay's jobs can go: the nodes below, what each serves, and what was given to each."""

from __future__ import annotations

import random
from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from actors.placement import POLICIES
from glasshive.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pykka import ActorRef

    from actors.messages import Heartbeat, Request, Turn, WorkerState

__all__ = ["Below", "Dispatch", "Room"]


@dataclass(slots=True, eq=False)
class Below:
    """A node below, as its relay knows it."""

    name: str
    place: int
    """Its place in the order in which the nodes were met."""
    ref: ActorRef[Any]
    heard_at: float
    """When it was last heard of, in seconds of the runtime's clock."""
    epoch: str = ""
    """Its life, as it tells."""
    turn: Turn = (0, 0)
    """The turn of its last heartbeat."""
    states: tuple[WorkerState, ...] = ()
    """How its workers were when it last could tell."""
    down: bool = False
    rooms: dict[str, Room] = field(default_factory=dict)
    """By model."""
    orphans: list[str] = field(default_factory=list)
    """Jobs that it had when it went down, by its own ids; they may still run."""


@dataclass(slots=True, eq=False)
class Room:
    """What a node has for the jobs of one model, and what of it is promised.

    The heartbeats say what there is. What is promised the relay knows itself, and counts what
    they tell beyond that: jobs that it has lost sight of, or that it gave out in an earlier life.
    So no news can be too old to place by.
    """

    node: Below
    model: str
    slots: int = 0
    """Sequences that the node's workers can run at once."""
    cold_slots: int = 0
    """Sequences that workers could run besides, once they are brought up."""
    max_waiting: int = 0
    """Jobs that may wait at those workers."""
    kv_bytes: int = 0
    """VRAM that they have for all their sequences."""
    kv_bytes_per_token: int = 0
    jobs: int = 0
    """Unfinished jobs that were placed there, whether they run or wait."""
    others: int = 0
    """Jobs there that the heartbeat knows of and this relay does not."""
    promised_bytes: int = 0
    """VRAM that those jobs take, or will when it is their turn."""

    @property
    def place(self) -> int:
        """The node's place in the order in which the nodes were met."""
        return self.node.place

    @property
    def held(self) -> int:
        """Jobs that have a place there."""
        return self.jobs + self.others

    @property
    def load(self) -> float:
        """Unfinished jobs for each slot, more than 1 when some have to wait."""
        return self.held / (self.slots or self.cold_slots)

    @property
    def free_vram_bytes(self) -> int:
        """VRAM that is promised to no job, less than nothing when some have to wait for it."""
        return self.kv_bytes - self.promised_bytes

    @property
    def full(self) -> bool:
        """Whether every slot and every place to wait is taken."""
        return self.held >= self.slots + self.cold_slots + self.max_waiting

    def fits(self, request: Request) -> bool:
        """Return whether a request could run there now, as far as can be told from above."""
        return self.held < self.slots and self._needed(request) <= self.free_vram_bytes

    def take(self, request: Request) -> None:
        """Promise a place and VRAM to a request."""
        self.jobs += 1
        self.promised_bytes += self._needed(request)

    def give_back(self, request: Request) -> None:
        """Take the promise back, since the request's job has ended."""
        self.jobs -= 1
        self.promised_bytes -= self._needed(request)

    def count(self, states: tuple[WorkerState, ...]) -> None:
        """Take in how the workers of this model are.

        Args:
            states: as the heartbeat tells them.
        """
        self.slots = self.cold_slots = self.max_waiting = self.kv_bytes = told = 0
        for state in states:
            if state.phase == "ready":
                self.slots += state.max_num_seqs
                self.kv_bytes += state.kv_bytes
                told += state.running + state.waiting
            else:
                self.cold_slots += state.max_num_seqs
            self.max_waiting += state.max_waiting
            self.kv_bytes_per_token = state.kv_bytes_per_token
        self.others = max(0, told - self.jobs)

    def _needed(self, request: Request) -> int:
        return (request.prompt_tokens + request.max_tokens) * self.kv_bytes_per_token


class Dispatch:
    """A relay's nodes below, and the policy that chooses among them.

    Args:
        placement: the policy, by name.
        degraded_seconds: seconds without a heartbeat after which a node is chosen only where no
            healthy one can have the job.

    Raises:
        ValueError: there is no such policy.
    """

    def __init__(self, placement: str, degraded_seconds: float) -> None:
        if placement not in POLICIES:
            raise ValueError(
                f"no placement is called {placement!r}; {nearest(placement, POLICIES)}"
            )
        self.policy = POLICIES[placement]()
        self.degraded_seconds = degraded_seconds
        self.random = random.Random()
        """What the policy draws from; the relay seeds it when it starts."""
        self.nodes: dict[str, Below] = {}
        """By name, in the order in which they were met."""
        self._rooms: dict[str, list[Room]] = {}

    def hear(self, heartbeat: Heartbeat, now: float) -> Below:
        """Take in how a node is, be it known or new, and return it.

        Args:
            heartbeat: what the node says.
            now: seconds of the runtime's clock.
        """
        node = self.nodes.get(heartbeat.name)
        if node is None:
            node = Below(heartbeat.name, len(self.nodes), heartbeat.node, now)
            self.nodes[node.name] = node
        node.ref = heartbeat.node
        node.epoch = heartbeat.epoch
        node.turn = heartbeat.turn
        node.heard_at = now
        node.down = False
        if heartbeat.workers is None:
            return node  # it does not know, which is not to say that there is nothing
        node.states = heartbeat.workers
        models: dict[str, list[WorkerState]] = {model: [] for model in node.rooms}
        for state in node.states:
            models.setdefault(state.model, []).append(state)
        for model, states in models.items():
            self._room(node, model).count(tuple(states))
        return node

    def _room(self, node: Below, model: str) -> Room:
        room = node.rooms.get(model)
        if room is None:
            room = node.rooms[model] = Room(node, model)
            insort(self._rooms.setdefault(model, []), room, key=lambda each: each.place)
        return room

    def serving(self, model: str) -> list[Room]:
        """Return the rooms of the nodes that are up and serve a model, full or not, or can."""
        return [
            room
            for room in self._rooms.get(model, ())
            if (room.slots or room.cold_slots) and not room.node.down
        ]

    def models(self) -> list[str]:
        """Return the models that are served now."""
        return [model for model in self._rooms if self.serving(model)]

    def health(self, node: Below, now: float) -> str:
        """Return whether a node is "healthy", "degraded" or "down".

        Args:
            node: the node.
            now: seconds of the runtime's clock.
        """
        if node.down:
            return "down"
        return "healthy" if now - node.heard_at <= self.degraded_seconds else "degraded"

    def choose(
        self,
        request: Request,
        refused: Mapping[str, float],
        now: float,
        avoided: Collection[str] = (),
    ) -> Room | None:
        """Return where a request should go, None if every node has as many jobs as it may.

        Nodes where it could run now come before those where it would have to wait, and healthy
        ones before degraded ones. One that needs more VRAM than a node has goes there too: the
        worker rejects it with the reason, where here it would wait for ever.

        Args:
            request: what is to be placed.
            refused: until when each node that refused it is not to be asked again, by name, in
                seconds of the runtime's clock.
            now: seconds of that clock.
            avoided: nodes that have another of the request's answers, asked only if no other is
                as good.
        """
        candidates = [
            room
            for room in self.serving(request.model)
            if not room.full and refused.get(room.node.name, now) <= now
        ]
        if not candidates:
            return None
        ranks = [self._rank(room, request, now, avoided) for room in candidates]
        best = min(ranks)
        chosen = [room for room, rank in zip(candidates, ranks, strict=True) if rank == best]
        return self.policy.choose(chosen, self.random)

    def _rank(
        self, room: Room, request: Request, now: float, avoided: Collection[str]
    ) -> tuple[bool, bool, bool]:
        """Return how far a place is from the best: each True is a step down."""
        degraded = now - room.node.heard_at > self.degraded_seconds
        return not room.fits(request), degraded, room.node.name in avoided

    def silent(self, now: float, longest: float) -> list[Below]:
        """Return the nodes that count as up and were not heard of for too long.

        Args:
            now: seconds of the runtime's clock.
            longest: seconds that a node may be silent.
        """
        return [
            node for node in self.nodes.values() if not node.down and now - node.heard_at > longest
        ]
