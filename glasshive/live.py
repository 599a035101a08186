"""The live runtime: the same program on Pykka's own threads and the wall's clock, traced."""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pykka import Actor, ActorRegistry, ThreadingActor

from glasshive.checks import seconds
from glasshive.errors import GlasshiveError
from glasshive.future import LiveFuture
from glasshive.inbox import Life, LiveInbox
from glasshive.interrupt import interruptible
from glasshive.notes import noted
from glasshive.post import Post
from glasshive.runtime import Timer, swapped
from glasshive.timer import LiveTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pykka import ActorRef

    from glasshive.inbox import Letter, LiveTask
    from glasshive.lives import Birth
    from glasshive.trace import EventSink

__all__ = ["Live", "LiveInbox"]

_POLL = 0.002
"""Seconds between two looks at a condition that the script waits for."""

_GLANCE = 0.05
"""Seconds between two looks of a next life at whether it is over before it could begin."""

_FAREWELL = 2.0
"""Seconds that leaving waits for actors that are in the middle of something."""


class Live(Post):
    """Runs a Pykka program on real threads and the wall's clock, traced like a simulation.

    Links' latencies are waited for by one clock thread. On leaving, actors that still run are
    ended without their hooks.

    Args:
        seed: handed to the program; threads keep no order that a seed could fix.
        trace: where every event is written, or None for no trace.
    """

    kind: ClassVar[Literal["simulated", "live"]] = "live"

    def __init__(self, *, seed: int = 0, trace: EventSink | None = None) -> None:
        super().__init__(seed=seed, trace=trace)
        self._lives: dict[Life, None] = {}
        """The lives whose threads still run, whether they are over or not, in their order."""
        self._inboxes: weakref.WeakSet[LiveInbox] = weakref.WeakSet()
        """Every address that anybody still knows."""
        self.timers: dict[LiveTimer, None] = {}
        self._leaving = False
        self._open_until_exit = ExitStack()

    def _open(self) -> None:
        with ExitStack() as stack:
            stack.enter_context(noted(self))
            stack.enter_context(swapped(ActorRegistry, _actor_refs=[]))
            stack.enter_context(
                swapped(
                    ThreadingActor,
                    # Plain functions, which unlike Pykka's static method and unlike bound methods
                    # are told the actor.
                    _create_actor_inbox=lambda actor: self._create_inbox(actor),  # noqa: PLW0108
                    _create_future=staticmethod(LiveFuture),
                    _start_actor_loop=lambda actor: self._spawn(actor),  # noqa: PLW0108  as above
                )
            )
            stack.enter_context(
                swapped(
                    Actor,
                    start=self._start_hook(),
                    _stop=self._parting(Actor._stop),  # noqa: SLF001  Pykka has no public hook for it
                    _handle_failure=self._parting(self._failure_hook()),
                )
            )
            stack.enter_context(interruptible(_interrupt, lambda: self._fail(KeyboardInterrupt())))
            self._open_until_exit = stack.pop_all()
        self.clock.start()

    def _close(self) -> None:
        try:
            with self.lock:
                self._leaving = True
                lives, waiting = list(self._lives), list(self._waiting)
                lost = [(life.inbox, life.end("end")) for life in lives if life.alive]
                for life in lives:
                    _silence(life)
            for inbox, letters in lost:
                self._lose(inbox, letters, "end")
            for future in waiting:
                future.abandon()
            deadline = time.monotonic() + _FAREWELL
            for life in lives:
                if life.thread is not None and life.thread.ident is not None:
                    life.thread.join(max(0.0, deadline - time.monotonic()))
        finally:
            for lose in self.clock.stop():
                lose()
            self._open_until_exit.close()
            for inbox in self._inboxes:
                if inbox.ref is not None:
                    inbox.ref.actor_stopped.set()  # nobody is there to answer any more

    # -- time -----------------------------------------------------------------------------

    def now(self) -> float:
        """Return the wall's seconds since the runtime was entered."""
        return self.clock.now()

    def after(self, delay: float, ref: ActorRef[Any], message: Any) -> Timer:
        """Tell an actor something later; the timer dies with the life that set it."""
        seconds(delay, "a timer's delay")
        with self.lock:
            self.unless_over()
            return LiveTimer(self, delay, self._inbox(ref), message)

    def run(self, until: float | None = None, condition: Callable[[], bool] | None = None) -> bool:
        """Wait while the actors work; see `Runtime.run`."""
        while True:
            with self.lock:
                if self._error is not None:
                    error, self._error = self._error, None
                    raise error
            # Not under the lock: it may ask an actor, who needs the lock to answer.
            if condition is not None and condition():
                return True
            if until is not None and self.now() >= until:
                return condition is None
            if until is None and self._at_rest():
                return condition is None or condition()
            time.sleep(_POLL)

    def _at_rest(self) -> bool:
        with self.lock:
            return self.works == 0 and all(timer.over for timer in self.timers)

    # -- crashing and coming back ---------------------------------------------------------

    def crash(self, ref: ActorRef[Any]) -> None:
        """End an actor at once; nobody is told.

        What its handler still does by itself is done, but where it next has to do with others its
        thread ends: when it tells, asks, waits for an answer, sets a timer, or returns.
        """
        inbox = self._inbox(ref)
        with self.lock:
            life = inbox.task
            if not life.alive:
                return
            self.unless_over()
            self.record("fault", {"fault": "crash"}, actor=inbox.name)
            inbox.life += 1
            letters = life.end("crash")
            if inbox.ref is not None:
                ActorRegistry.unregister(inbox.ref)
            actor = inbox.owner()
            if actor is not None and not inbox.rising and not life.leaving:
                self._fallen[inbox] = actor
            awaited = [future for future, tasks in self._waiting.items() if life in tasks]
        self._lose(inbox, letters, "crash")
        for future in awaited:
            future.look_up()
        self.unless_over()  # it may have crashed itself

    def restart(self, ref: ActorRef[Any], *, state: bool = False) -> None:
        """Start a crashed actor again; every reference to it leads to the new one.

        One that has died of an error of its own can be started again as well, which in a
        simulation is the end of it: there it is a mistake that the run has found.

        With its state it goes on in the same instance, and not before the thread in which it
        crashed has left that: until then it takes messages and handles none.

        Args:
            ref: any reference to it.
            state: keep its attributes as they were, as if it had them on a disk; otherwise it is
                made anew with what `start` was given. `on_start` runs either way.

        Raises:
            GlasshiveError: when it has neither crashed nor died of an error.
        """
        super().restart(ref, state=state)

    def _claim(self, inbox: LiveInbox, *, state: bool) -> tuple[Actor, Birth | None]:
        with self.lock:
            self.unless_over()
            return super()._claim(inbox, state=state)

    def _rise(self, inbox: LiveInbox, actor: Actor, birth: Birth | None) -> None:
        try:
            super()._rise(inbox, actor, birth)
        except BaseException:
            with self.lock:
                letters = inbox.task.end("crash")
                inbox.rising = False
                inbox.owner = weakref.ref(actor)
                self._fallen[inbox] = actor
            self._lose(inbox, letters, "crash")
            raise

    def _revive(self, inbox: LiveInbox, actor: Actor, birth: Birth | None) -> None:
        del actor
        with self.lock:
            former = inbox.task
            inbox.rising = True
            if inbox.ref is not None:
                inbox.ref.actor_stopped.clear()  # it may have died of an error
            inbox.task = Life(inbox)
            if birth is None:
                # One that was over while it waited for its turn has never been in the instance.
                inbox.task.former = former.thread if former.entered else former.former

    def dying(self, inbox: LiveInbox) -> None:
        """Note that an actor dies of an error: when its thread is done, it may be started again."""
        self.life_here(inbox).dying = True

    def _parting(self, real: Any) -> Any:
        """Return what ends an actor as Pykka does, unless its life is over already."""

        def hook(actor: Actor, *what: Any) -> None:
            with self.lock:
                self.unless_over()
                if isinstance(self.current, Life):
                    self.current.leaving = True
            real(actor, *what)

        return hook

    # -- actors ---------------------------------------------------------------------------

    def _everybody(self) -> Iterable[LiveTask]:
        with self.lock:
            return [self._script, *self._lives]

    def _inbox(self, ref: ActorRef[Any]) -> LiveInbox:
        inbox = ref.actor_inbox
        if not isinstance(inbox, LiveInbox) or inbox.world is not self:
            raise GlasshiveError(f"{ref} was not started inside this runtime")
        return inbox

    def _make_inbox(self, actor: Actor) -> LiveInbox:
        return LiveInbox(self, self.current.host, actor)

    def _spawn(self, actor: Actor) -> None:
        inbox = self._inbox(actor.actor_ref)
        with self.lock:
            if self._leaving or not self.current.alive:
                ActorRegistry.unregister(actor.actor_ref)
                raise SystemExit
            life = inbox.task
            inbox.name = life.name = inbox.name or self._name(actor)
            inbox.rising = False
            if inbox.ref is not None:
                # Whoever knows the address from an earlier life sees this one stop, too.
                actor.actor_stopped = actor.actor_ref.actor_stopped = inbox.ref.actor_stopped
            inbox.ref = actor.actor_ref
            self._inboxes.add(inbox)
            if not life.alive:  # it crashed before it had begun
                ActorRegistry.unregister(actor.actor_ref)
                self._fallen[inbox] = actor
                return
            life.owner = weakref.ref(actor)
            life.begin()
            self._lives[life] = None
            self.replace_fallen(inbox)
            if self.recording:
                data = {"host": inbox.host.name, "class": type(actor).__name__}
                life.cause = self.seen("spawn", inbox.name, self.current.cause, data=data)

        def live() -> None:
            self._here.task = life
            try:
                while life.former is not None and life.former.is_alive() and life.alive:
                    life.former.join(_GLANCE)
                with self.lock:
                    life.entered = life.alive
                if life.entered:
                    actor._actor_loop()  # noqa: SLF001  the loop is the thing we run
            except SystemExit:
                pass  # which ends a thread without a word
            finally:
                self._ended(life)

        # A daemon, since a crashed actor's thread may never come back from what it waits for.
        life.thread = threading.Thread(target=live, name=inbox.name, daemon=True)
        life.thread.start()

    def _ended(self, life: Life) -> None:
        """Note that a life's thread has come to its end."""
        letters: list[Letter] = []
        with self.lock:
            if life.alive:
                self.record("stop", None)
                letters = life.end("stopped")
                actor = life.owner() if life.owner is not None else None
                if life.dying and actor is not None:
                    life.inbox.life += 1
                    self._fallen[life.inbox] = actor
            self._lives.pop(life, None)
        self._lose(life.inbox, letters, "stopped")

    def _lose(self, inbox: LiveInbox, letters: Iterable[Letter], reason: str) -> None:
        for letter in letters:
            self.lost(inbox, letter, reason)


def _silence(life: Life) -> None:
    """Have Pykka's loop end without its hooks, also when its thread outlives the runtime."""
    actor = life.owner() if life.owner is not None else None
    if actor is not None:
        vars(actor).update(_stop=_exit, _handle_failure=_exit)


def _interrupt() -> None:
    raise KeyboardInterrupt


def _exit(*_: object) -> None:
    raise SystemExit
