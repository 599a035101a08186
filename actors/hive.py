"""The hive: places jobs on its workers, brings those up that are wanted, and says what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from msgspec.structs import replace

from actors.address import same
from actors.ailment import FailToLoad
from actors.backoff import backoff
from actors.messages import Farewell, Hello, LoadFailed, Loading
from actors.nursery import MOST_FAILURES, Nursery
from actors.relay import Relay
from actors.specs import PATIENCE
from actors.tokens import (
    OUT_OF_MEMORY,
    STOPPED,
    Error,
    HiveToken,
    ModelInfo,
    Token,
    TokenResponse,
    WorkerOutput,
    WorkerStatus,
)
from actors.worker import Worker, state_of
from glasshive import clock, sometimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pykka import ActorRef

    from actors.dispatch import Below
    from actors.messages import Heartbeat, WorkerState
    from actors.nursery import Place
    from actors.registry import Job
    from actors.route import Route
    from actors.specs import Device, Patience, WorkerSpec
    from actors.tokens import Outcome

__all__ = ["Hive"]

log = structlog.get_logger()


class Hive(Relay[TokenResponse, HiveToken]):
    """Relays between a queen and its own workers, which it starts, watches over and stops.

    Residents are there from the beginning; the others are brought up when jobs wait for them and
    the device has room, for which idle ones have to go if need be.

    Args:
        name: the hive's name, unique in the colony.
        queen: who is told its heartbeats.
        workers: every worker that it may have.
        devices: what they share; a worker on a device that is not here needs no room, and its
            model is there at once.
        placement: the policy that chooses the worker, by name.
        max_jobs: unfinished jobs that it holds at most.
        patience: how long it and its workers wait for others.
        worker: the class of its workers.

    Raises:
        ValueError: there is no such policy.
    """

    height: ClassVar[int] = 2

    def __init__(
        self,
        *,
        name: str,
        queen: ActorRef[Any],
        workers: Sequence[WorkerSpec],
        devices: Sequence[Device] = (),
        placement: str = "least_loaded",
        max_jobs: int = 512,
        patience: Patience = PATIENCE,
        worker: type[Worker] = Worker,
    ) -> None:
        super().__init__(
            name=name, parent=queen, placement=placement, max_jobs=max_jobs, patience=patience
        )
        self.worker = worker
        self.nursery = Nursery(workers, devices)
        # In a later life its workers may have outlived it: they are given the time to say so.
        self._settled_at = clock.now() + (patience.silence_seconds if self.life else 0.0)
        self.handlers |= {
            Loading: self._on_loading,
            LoadFailed: self._on_load_failed,
            Farewell: self._on_farewell,
            FailToLoad: self._on_fail_to_load,
        }

    def on_start(self) -> None:
        """Start the residents, and count with them before they have said a word."""
        if not self.life:
            for place in self.nursery.places.values():
                if place.spec.resident and place.phase == "absent":
                    self._bring_up(place, warm=True)
        super().on_start()

    def on_stop(self) -> None:
        """Leave no worker behind."""
        super().on_stop()
        for place in self.nursery.places.values():
            if place.ref is not None:
                place.ref.stop(block=False)

    # -- relaying ---------------------------------------------------------------------------

    def placed(self, route: Route[HiveToken], node: Below) -> None:
        """Say in the job's stream where it runs."""
        place = self.nursery.places[node.name]
        place.used_at = clock.now()
        self.emit(route.job, WorkerStatus(f"placed on {node.name}"))
        self.emit(route.job, ModelInfo(f"{place.spec.model.name} on {place.spec.device}"))

    def moved(self, route: Route[HiveToken], reason: str) -> None:
        """Say in the job's stream that it was lost, and why."""
        self.emit(route.job, WorkerStatus(f"to be placed again: {reason}"))

    def relay(self, route: Route[HiveToken], token: TokenResponse) -> None:
        """Wrap a worker's token."""
        if isinstance(token, Token):
            route.tokens += 1
        elif isinstance(token, Error) and token.code in (STOPPED, OUT_OF_MEMORY):
            return  # the job goes on elsewhere, or ends with that as its reason
        self.emit(route.job, WorkerOutput(token))

    def outcome(self, route: Route[HiveToken], below: Outcome) -> Outcome:  # noqa: ARG002 - the queen's needs it
        """Hand on the worker's outcome as it is."""
        return below

    def states(self) -> tuple[WorkerState, ...]:
        """Return how the workers were when they were last heard of, and which could be there."""
        return (*super().states(), *self.nursery.not_ready(clock.now()))

    def withdraw(self, job: Job[HiveToken]) -> None:
        """End what no worker has begun; cancel what one has, and wait for its end."""
        waiting = [route.request.model for route in self.routes.get(job.job_id, ())]
        loads = any(self.nursery.loading(model) for model in waiting)
        sometimes("a cancel comes while the model loads", loads)
        super().withdraw(job)

    # -- bringing workers up ----------------------------------------------------------------

    def hopeful(self, model: str) -> bool:
        """Return whether a worker serves a model, or will."""
        return super().hopeful(model) or self.nursery.hopeful(model, clock.now())

    def tend(self, now: float) -> None:
        """See to the workers that load, and bring back residents that were lost."""
        for place in self.nursery.places.values():
            late = now - place.since > self.patience.load_seconds
            if place.phase == "loading" and late and place.ref is not None:
                self._give_up(place, f"has not loaded {place.spec.model.name!r} in its time")
            elif place.phase == "leaving" and now - place.since > self.patience.silence_seconds:
                self._give_up(place, "has not said farewell")
            elif place.phase == "absent" and place.spec.resident and self._may_rise(place, now):
                self._bring_up(place)
        super().tend(now)

    def _may_rise(self, place: Place, now: float) -> bool:
        if self._draining is not None or now < max(self._settled_at, place.retry_at):
            return False
        return self.nursery.has_room(place)

    def lacking(self, model: str) -> None:
        """Bring workers up for those that wait, as many as they need and there is room for."""
        now = clock.now()
        if now < self._settled_at or self._draining is not None:
            return
        for place in self.nursery.absent(model, now):
            # Counted anew each time: bringing one up may place jobs, or bring others up.
            waiting = len(self.queues.of(model))
            coming = sum(each.spec.max_num_seqs for each in self.nursery.loading(model))
            if coming >= waiting:
                return
            if place.phase != "absent":
                continue
            if self.nursery.has_room(place):
                self._bring_up(place)
                self._tell_waiting(model, WorkerStatus(f"{place.spec.name} is brought up"))
            elif not self.nursery.leaving(place):
                self._make_room(place)

    def _make_room(self, place: Place) -> None:
        for other in self.nursery.to_unload(place, self._is_idle):
            sometimes("an idle model is unloaded to make room for another")
            log.info("unloading", node=self.name, worker=other.spec.name, room_for=place.spec.name)
            other.phase, other.since = "leaving", clock.now()
            self.dispatch.nodes[other.spec.name].down = True
            assert other.ref is not None
            other.ref.stop(block=False)

    def _is_idle(self, place: Place) -> bool:
        node = self.dispatch.nodes.get(place.spec.name)
        return node is None or not any(room.held for room in node.rooms.values())

    def _bring_up(self, place: Place, *, warm: bool = False) -> None:
        """Start a worker, its share of the VRAM reserved."""
        now = clock.now()
        self.nursery.reserve(place, now)
        fails, place.fails = place.fails > 0, max(0, place.fails - 1)
        birth = str(place.born - 1) if place.born > 1 else ""
        if self.life:
            birth = f"{self.life}.{place.born}"
        place.ref = self.worker.start(
            spec=place.spec,
            hive=self.actor_ref,
            patience=self.patience,
            device=place.device,
            birth=birth,
            warm=warm,
            fails=fails,
        )
        ready = warm or not place.load_seconds
        state = state_of(place.spec, phase="ready" if ready else "loading")
        self.on_heartbeat(Hello(place.spec.name, place.ref, (state,), birth))

    def _on_loading(self, message: Loading) -> None:
        place = self.nursery.places[message.name]
        model = place.spec.model.name
        info = f"loading {model} on {place.spec.device}: {message.share:.0%}"
        self._tell_waiting(model, ModelInfo(info))

    def _tell_waiting(self, model: str, token: HiveToken) -> None:
        """Tell everybody who waits for a model what is done about it."""
        for route in self.queues.of(model):
            self.emit(route.job, token)

    def _on_load_failed(self, message: LoadFailed) -> None:
        sometimes("a worker could not be brought up at first")
        self._give_up(self.nursery.places[message.name], message.reason)

    def _on_fail_to_load(self, message: FailToLoad) -> None:
        self.nursery.places[message.worker].fails += message.times

    def _on_farewell(self, message: Farewell) -> None:
        place = self.nursery.places[message.name]
        if place.ref is None or not same(place.ref, message.node):
            return
        if place.phase == "leaving" or self._draining is not None:
            self.nursery.release(place)
            for model in self.queues.models():
                self.drain(model)
        else:
            self._give_up(place, "was stopped")

    def dry(self) -> bool:
        """Close the workers down; wait before that for those that an earlier life has left."""
        return clock.now() >= self._settled_at and super().dry()

    # -- losing them ------------------------------------------------------------------------

    def on_heartbeat(self, message: Heartbeat) -> None:
        """Take in how a worker is, if it is the one that has its place."""
        place = self.nursery.places.get(message.name)
        if place is None:
            log.warning("a stranger's heartbeat", node=self.name, stranger=message.name)
            return
        if place.ref is None:
            if message.epoch == place.lost:
                message.node.stop(block=False)  # it was given up, and has not heard of it yet
                return
            if place.phase != "absent" or not self.nursery.has_room(place):
                return
            self.nursery.reserve(place, clock.now())  # it has outlived the hive's earlier life
            place.ref = message.node
        elif not same(place.ref, message.node):
            sometimes("a worker that was replaced comes back")
            message.node.stop(block=False)
            return
        if place.phase == "leaving":
            return
        states = message.workers
        phase = states[0].phase if states else place.phase
        if phase == "ready" and place.phase == "loading":
            place.phase, place.since, place.failures = "ready", clock.now(), 0
        elif phase == "loading" and place.phase == "ready":
            place.phase, place.since = "loading", clock.now()
        if phase != "ready":
            message = replace(message, workers=())  # none of its slots can be had yet
        super().on_heartbeat(message)

    def lose(self, node: Below, what: str) -> None:
        """Take a worker for down, give back what it held, and have its jobs go on elsewhere."""
        place = self.nursery.places[node.name]
        if place.ref is not None:
            place.ref.stop(block=False)  # a worker that only hangs must not come back
            self.nursery.release(place)
            place.lost = node.epoch
            place.failures += 1
            now = clock.now()
            place.retry_at = now + self._rest(place)
        super().lose(node, what)

    def _rest(self, place: Place) -> float:
        """Return the seconds before the next attempt to bring a worker up."""
        if place.failures >= MOST_FAILURES:
            log.warning("giving a worker up for now", node=self.name, worker=place.spec.name)
            place.failures = MOST_FAILURES
            return self.patience.load_seconds
        patience = self.patience
        return backoff(
            patience.retry_seconds,
            max(1, place.failures),
            patience.retry_most_seconds,
            self.dispatch.random,
        )

    def _give_up(self, place: Place, reason: str) -> None:
        """Lose a worker that could not be brought up, or that has stopped."""
        self._tell_waiting(
            place.spec.model.name, WorkerStatus(f"{place.spec.name} was given up: {reason}")
        )
        self.lose(self.dispatch.nodes[place.spec.name], reason)
