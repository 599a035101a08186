"""The live runtime: the same program on Pykka's own threads and the wall's clock, traced."""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pykka import Actor, ActorDeadError, ActorRegistry, ThreadingActor
from pykka.messages import _ActorStop

from glasshive.checks import seconds
from glasshive.errors import GlasshiveError
from glasshive.failure import annotate
from glasshive.future import LiveFuture
from glasshive.inbox import LiveInbox, LiveTask
from glasshive.interrupt import interruptible
from glasshive.notes import noted
from glasshive.runtime import Runtime, Timer, swapped
from glasshive.timer import LiveTimer
from glasshive.trace.event import Reply
from glasshive.trace.plain import size_of
from glasshive.wallclock import WallClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pykka import ActorRef
    from pykka._envelope import Envelope
    from pykka._types import OptExcInfo

    from glasshive.inbox import Letter
    from glasshive.trace import EventSink

__all__ = ["Live", "LiveInbox"]

_POLL = 0.002
"""Seconds between two looks at a condition that the script waits for."""

_FAREWELL = 2.0
"""Seconds that leaving waits for actors that are in the middle of something."""


class Live(Runtime):
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
        self._began = time.monotonic()
        self.lock = threading.RLock()
        self._here = threading.local()
        self._script = LiveTask("script", self.network.host("local"))
        self._inboxes: dict[LiveInbox, None] = {}
        """The actors that have begun and not come to a proper end, in that order."""
        self.works = 0
        """Messages and answers on their way, and actors in the middle of something."""
        self.timers: dict[LiveTimer, None] = {}
        self._waiting: dict[LiveFuture, None] = {}
        self._leaving = False
        self.messages = 0
        self.clock = WallClock()
        self._open_until_exit = ExitStack()

    @property
    def current(self) -> Any:
        """The task of the current thread; threads that are no actors speak for the script."""
        return getattr(self._here, "task", self._script)

    def _open(self) -> None:
        with ExitStack() as stack:
            stack.enter_context(noted(self))
            stack.enter_context(swapped(ActorRegistry, _actor_refs=[]))
            stack.enter_context(
                swapped(
                    ThreadingActor,
                    # A plain function, unlike Pykka's static method, is told the actor.
                    _create_actor_inbox=lambda actor: LiveInbox(
                        self, self.current.host, weakref.ref(actor)
                    ),
                    _create_future=staticmethod(LiveFuture),
                    _start_actor_loop=lambda actor: self._spawn(actor),  # noqa: PLW0108  a bound method
                    # would not take the actor as its argument
                )
            )
            stack.enter_context(swapped(Actor, _handle_failure=self._failure_hook()))
            stack.enter_context(interruptible(_interrupt, lambda: self._fail(KeyboardInterrupt())))
            self._open_until_exit = stack.pop_all()
        self._began = time.monotonic()
        self.clock.start()

    def _close(self) -> None:
        try:
            with self.lock:
                self._leaving = True
                inboxes, waiting = list(self._inboxes), list(self._waiting)
            for inbox in inboxes:
                self._end(inbox)
                inbox.close("end")
            for future in waiting:
                future.abandon()
            deadline = time.monotonic() + _FAREWELL
            for inbox in inboxes:
                if inbox.thread is not None:
                    inbox.thread.join(max(0.0, deadline - time.monotonic()))
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
        return time.monotonic() - self._began

    def after(self, delay: float, ref: ActorRef[Any], message: Any) -> Timer:
        """Tell an actor something later; the timer dies with the actor that set it."""
        seconds(delay, "a timer's delay")
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

    def work(self, change: int) -> None:
        """Count something that is under way; it is counted before what caused it is done."""
        with self.lock:
            self.works += change

    # -- actors ---------------------------------------------------------------------------

    def crash(self, ref: ActorRef[Any]) -> None:
        """End an actor at once, or when its current handler returns; nobody is told."""
        inbox = self._inbox(ref)
        if inbox.alive:
            self.record("fault", {"fault": "crash"}, actor=inbox.name)
            ActorRegistry.unregister(ref)
            inbox.crashed = True
            self._end(inbox)
            inbox.close("crash")
            inbox.rest()

    def _end(self, inbox: LiveInbox) -> None:
        """Have Pykka's loop end without its hooks, whatever its handler comes back with."""
        if (actor := inbox.owner()) is not None:
            vars(actor).update(_stop=_exit, _handle_failure=_exit)

    def failed(self, inbox: LiveInbox, error: BaseException, what: str) -> None:
        """Note and record that an actor's code raised; see `Simulation.failed`."""
        annotate(error, self.now(), inbox.name, what)
        if self.recording and inbox.alive:
            self.seen("fail", inbox.name, inbox.cause, data=error)

    def _inbox(self, ref: ActorRef[Any]) -> LiveInbox:
        inbox = ref.actor_inbox
        if not isinstance(inbox, LiveInbox):
            raise GlasshiveError(f"{ref} was not started inside this runtime")
        return inbox

    def _spawn(self, actor: Actor) -> None:
        inbox = self._inbox(actor.actor_ref)
        inbox.ref = actor.actor_ref
        inbox.begin()
        with self.lock:
            inbox.name = inbox.name or self._name(actor)
            self._inboxes[inbox] = None
            if self.recording:
                data = {"host": inbox.host.name, "class": type(actor).__name__}
                inbox.cause = self.seen("spawn", inbox.name, self.current.cause, data=data)

        def live() -> None:
            self._here.task = inbox
            try:
                actor._actor_loop()  # noqa: SLF001  the loop is the thing we run
            except SystemExit:
                pass  # which ends a thread without a word
            finally:
                if inbox.alive:
                    self.record("stop", None)
                    inbox.close("stopped")
                    with self.lock:
                        self._inboxes.pop(inbox, None)
                inbox.rest()

        # A daemon, since a crashed actor's thread may never come back from what it waits for.
        inbox.thread = threading.Thread(target=live, name=inbox.name, daemon=True)
        inbox.thread.start()

    # -- messages -------------------------------------------------------------------------

    def post(self, inbox: LiveInbox, envelope: Envelope[Any]) -> None:
        """Send a message from the current thread's task."""
        sender = self.current
        if not sender.alive:
            return  # the last words of an actor that has crashed
        if isinstance(envelope.reply_to, LiveFuture):
            envelope.reply_to.asked = (inbox, envelope.message)
        payload = envelope.message
        with self.lock:
            if not inbox.name and (actor := inbox.owner()) is not None:
                inbox.name = self._name(actor)  # told something before it was started
            number, index = self._sent(sender, inbox, payload, payload)
        self._carry(
            sender,
            inbox,
            lambda: inbox.arrive((envelope, sender, number, index)),
            lambda reason: self.lost(inbox, (envelope, sender, number, index), reason),
            payload,
        )

    def _sent(self, sender: LiveTask, target: LiveTask, data: Any, payload: Any) -> tuple[int, int]:
        with self.lock:
            self.works += 1
            self.messages = number = self.messages + 1
            if not self.recording:
                return number, -1
            return number, self.seen(
                "send",
                sender.name,
                sender.cause,
                message=number,
                peer=target.name,
                data=data,
                payload=payload,
            )

    def _carry(
        self,
        sender: LiveTask,
        target: LiveTask,
        arrive: Callable[[], None],
        lose: Callable[[str], None],
        payload: Any,
    ) -> None:
        """Bring something from host to host, which takes the link's time, or loses it."""
        if sender.host is target.host:
            arrive()
        else:
            with self.lock:
                link = sender.host.link_to(target.host)
                now = self.now()
                pair = (sender, target)
                fate, dues = link.carry(now, pair, lambda: size_of(payload), _as_drawn)
            if not dues:
                lose(fate)
            for due in dues[:1]:  # threads see no duplicates
                self.clock.after(due - now, arrive, lambda: lose("end"))

    def reply(self, future: LiveFuture, value: Any, error: OptExcInfo | None) -> None:
        """Send an answer to whoever asked."""
        if future.asked is None:
            future.settle(value, error)
            return
        sender = self.current
        if sender.crashed:
            return  # the last words of an actor that has crashed
        asker = future.asker
        payload = Reply(value, error[1] if error is not None else None)
        data = value if payload.error is None else payload.error
        number, index = self._sent(sender, asker, data, payload)
        answer = (payload, sender, number, index)

        def lose(reason: str) -> None:
            self._note_drop(asker, answer, reason)
            self.work(-1)

        def arrive() -> None:
            with self.lock:
                if not asker.alive:
                    lose("crash" if asker.crashed else "stopped")
                    return
                seen = -1
                if self.recording:
                    seen = self.seen(
                        *("deliver", asker.name, index),
                        message=number,
                        peer=sender.name,
                        payload=payload,
                    )
                if future in self._waiting:
                    asker.cause = seen
                future.settle(value, error)
                self.works -= 1

        self._carry(sender, asker, arrive, lose, payload)

    @contextmanager
    def waiting(self, future: LiveFuture) -> Iterator[None]:
        """Know, while the current thread waits for a future, that it does."""
        with self.lock:
            if self._leaving and self.current is not self._script:
                raise SystemExit
            self._waiting[future] = None
        try:
            yield
        finally:
            with self.lock:
                self._waiting.pop(future, None)

    def delivered(self, inbox: LiveInbox, letter: Letter) -> None:
        """Note that an actor begins to handle a message."""
        if not (self.recording or inbox.watched):
            return
        envelope, sender, number, send = letter
        with self.lock:
            payload = envelope.message
            if self.recording:
                inbox.cause = self.seen(
                    "deliver", inbox.name, send, message=number, peer=sender.name, payload=payload
                )
            event = self.recorder.unrecorded(
                self.now(), "deliver", inbox.name, sender.name, payload
            )
            for watcher in inbox.watchers[type(payload)]:
                try:
                    watcher(event, payload)
                except Exception as error:  # noqa: BLE001  handed on to the script
                    self._fail(error)

    def lost(self, inbox: LiveInbox, letter: Letter, reason: str) -> None:
        """Lose a message to an actor that is gone; answer it as Pykka's teardown does."""
        self.dropped(inbox, letter, reason)
        envelope = letter[0]
        if reason == "stopped" and envelope.reply_to is not None:
            before, self._here.task = self.current, inbox
            try:
                if isinstance(envelope.message, _ActorStop):
                    envelope.reply_to.set(None)
                else:
                    error = ActorDeadError(f"{inbox.ref} stopped before handling the message")
                    envelope.reply_to.set_exception((ActorDeadError, error, None))
            finally:
                self._here.task = before
        self.work(-1)

    def dropped(self, inbox: LiveInbox, letter: Letter, reason: str) -> None:
        """Note that a message came to an actor that is gone."""
        envelope, *rest = letter
        self._note_drop(inbox, (envelope.message, *rest), reason)

    def _note_drop(
        self, target: LiveTask, lost: tuple[Any, LiveTask, int, int], reason: str
    ) -> None:
        payload, sender, number, send = lost
        if self.recording:
            self.seen(
                "drop",
                target.name,
                send,
                message=number,
                peer=sender.name,
                data={"reason": reason},
                payload=payload,
            )

    def _fail(self, error: BaseException) -> None:
        """Have an error come up in the script when it next waits."""
        self._error = self._error or error

    def seen(self, kind: str, actor: str, cause: int, **rest: Any) -> int:
        """Record an event and return its index."""
        with self.lock:
            try:
                return self.recorder.add(self.now(), kind, actor, cause, **rest)
            except Exception as error:  # noqa: BLE001  whatever a watcher raises is handed on
                self._fail(error)
                return self.recorder.count - 1


def _as_drawn(drawn: int) -> int:
    """Let a message have the fate that its link has drawn."""
    return drawn


def _interrupt() -> None:
    raise KeyboardInterrupt


def _exit(*_: object) -> None:
    raise SystemExit
