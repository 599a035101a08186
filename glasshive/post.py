"""How a message gets from thread to thread of a live run, and its answer back."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from pykka import ActorDeadError
from pykka.messages import _ActorStop

from glasshive.failure import annotate
from glasshive.inbox import Life, LiveInbox, LiveTask, Script
from glasshive.lives import Lives
from glasshive.trace.event import Reply
from glasshive.trace.plain import size_of
from glasshive.wallclock import WallClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pykka._envelope import Envelope
    from pykka._types import OptExcInfo

    from glasshive.future import LiveFuture
    from glasshive.inbox import Letter
    from glasshive.trace.recorder import Watcher

__all__ = ["Post"]


class Post(Lives):
    """Sends, delivers and loses messages between threads; `Live` is built on it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.lock = threading.RLock()
        """Held wherever anything changes that more than one thread looks at."""
        self._here = threading.local()
        self._script = Script(self.network.host("local"))
        self.works = 0
        """Messages and answers on their way, and actors in the middle of something."""
        self.messages = 0
        """Messages sent so far; the number of the last one."""
        self._waiting: dict[LiveFuture, list[LiveTask]] = {}
        """The futures that are waited for, and by whom."""
        self.clock = WallClock()

    @property
    def current(self) -> Any:
        """The task of the current thread; threads that are no actors speak for the script."""
        return getattr(self._here, "task", self._script)

    def life_here(self, inbox: LiveInbox) -> Life:
        """Return the life that the current thread lives at an address."""
        task = self.current
        return task if isinstance(task, Life) and task.inbox is inbox else inbox.task

    def unless_over(self) -> None:
        """End the current thread, wherever it is, if it lives an actor's life that is over."""
        if not self.current.alive:
            raise SystemExit

    def work(self, change: int) -> None:
        """Count something that is under way; it is counted before what caused it is done."""
        with self.lock:
            self.works += change

    # -- sending --------------------------------------------------------------------------

    def post(self, inbox: LiveInbox, envelope: Envelope[Any]) -> None:
        """Send a message from the current thread's task; one whose life is over ends here."""
        sender = self.current
        # Once for the whole way to the inbox or the link: it is taken for every message.
        with self.lock:
            if not sender.alive:
                raise SystemExit
            payload = envelope.message
            if envelope.reply_to is not None:
                envelope.reply_to.asked = (inbox, payload)  # type: ignore[attr-defined]
            if not inbox.name and (actor := inbox.owner()) is not None:
                inbox.name = self._name(actor)  # told something before it was started
            letter = (envelope, sender, *self._sent(sender, inbox, payload, payload))
            if sender.host is not inbox.host:
                due = self._due(sender, inbox, payload)
                if isinstance(due, float):
                    self.clock.at(due, inbox.arrive, letter, inbox.cut_off)
                else:
                    self.lost(inbox, letter, due)
                return
            life = inbox.task
            if life.alive:
                life.letters.put(letter)
                return
        self.lost(inbox, letter, life.over)

    def _sent(
        self, sender: LiveTask, target: LiveTask | LiveInbox, data: Any, payload: Any
    ) -> tuple[int, int]:
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

    def _due(self, sender: LiveTask, target: LiveTask | LiveInbox, payload: Any) -> float | str:
        """Return when something comes to another host, or what becomes of it on its way."""
        link = sender.host.link_to(target.host)
        now = self.clock.now()
        if link.plain is not None and not link.cut:
            return link.simple(now)
        # By name: an actor that is replaced leaves nothing behind in the link.
        pair = (sender.name, target.name)
        fate, dues = link.carry(now, pair, lambda: size_of(payload), _as_drawn)
        return dues[0] if dues else fate  # threads see no duplicates

    # -- answering ------------------------------------------------------------------------

    def reply(self, future: LiveFuture, value: Any, error: OptExcInfo | None) -> None:
        """Send an answer to whoever asked."""
        if future.asked is None:
            future.settle(value, error)
            return
        sender, asker = self.current, future.asker
        payload = Reply(value, error[1] if error is not None else None)
        data = value if payload.error is None else payload.error
        with self.lock:
            if not sender.alive:
                return  # the last words of an actor that has crashed
            number, index = self._sent(sender, asker, data, payload)
            answer = _Answer(self, future, value, error, (payload, sender, number, index))
            if sender.host is not asker.host:
                due = self._due(sender, asker, payload)
                if isinstance(due, float):
                    self.clock.at(due, _Answer.arrive, answer, _Answer.cut_off)
                else:
                    answer.lose(due)
                return
        answer.arrive()

    @contextmanager
    def waiting(self, future: LiveFuture) -> Iterator[None]:
        """Know, while the current thread waits for a future, that it does."""
        task = self.current
        with self.lock:
            self.unless_over()
            self._waiting.setdefault(future, []).append(task)
        try:
            yield
        finally:
            with self.lock:
                self._waiting[future].remove(task)
                if not self._waiting[future]:
                    del self._waiting[future]

    def waited_for(self, future: LiveFuture, task: LiveTask) -> bool:
        """Return whether a task waits for a future; called with the lock."""
        return task in self._waiting.get(future, ())

    # -- arriving -------------------------------------------------------------------------

    def delivered(self, inbox: LiveInbox, letter: Letter) -> None:
        """Note that an actor begins to handle a message; called with the lock."""
        if not (self.recording or inbox.watched):
            return
        envelope, sender, number, send = letter
        payload = envelope.message
        if self.recording:
            inbox.task.cause = self.seen(
                "deliver", inbox.name, send, message=number, peer=sender.name, payload=payload
            )
        event = self.recorder.unrecorded(self.now(), "deliver", inbox.name, sender.name, payload)
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
            before, self._here.task = self.current, _late(inbox)
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
        self.undelivered(inbox, (envelope.message, *rest), reason)

    def undelivered(
        self, target: LiveTask | LiveInbox, lost: tuple[Any, LiveTask, int, int], reason: str
    ) -> None:
        """Note that something came to nobody.

        Args:
            target: to whom it was sent.
            lost: what was sent, by whom, its number and the index of its send.
            reason: why.
        """
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

    # -- what happened --------------------------------------------------------------------

    def watch(self, watcher: Watcher, **of: Any) -> Callable[[], None]:
        """Call a function at every event of some kinds, on the thread of whoever does it.

        Args:
            watcher: called with the event and, for a message, the message itself.
            **of: which events, as `Runtime.watch` has it.
        """
        with self.lock:
            leave = super().watch(watcher, **of)

        def leave_alone() -> None:
            with self.lock:
                leave()

        return leave_alone

    def record(self, kind: str, data: Any, *, actor: str | None = None) -> None:
        """Write an event of the actor that runs now into the trace; see `Runtime.record`."""
        with self.lock:
            super().record(kind, data, actor=actor)

    def failed(self, inbox: LiveInbox, error: BaseException, what: str) -> None:
        """Note and record that an actor's code raised; see `Simulation.failed`."""
        annotate(error, self.now(), inbox.name, what)
        with self.lock:
            if self.recording and self.current.alive and inbox.alive:
                self.seen("fail", inbox.name, inbox.cause, data=error)

    def seen(self, kind: str, actor: str, cause: int, **rest: Any) -> int:
        """Record an event and return its index."""
        with self.lock:
            try:
                return self.recorder.add(self.now(), kind, actor, cause, **rest)
            except Exception as error:  # noqa: BLE001  whatever a watcher raises is handed on
                self._fail(error)
                return self.recorder.count - 1

    def _fail(self, error: BaseException) -> None:
        """Have an error come up in the script when it next waits."""
        self._error = self._error or error


class _Answer(NamedTuple):
    """An answer that is on its way to whoever asked."""

    world: Post
    future: LiveFuture
    value: Any
    error: OptExcInfo | None
    sent: tuple[Reply, LiveTask, int, int]
    """What traces show of it, who gave it, its number and the index of its send."""

    def arrive(self) -> None:
        """Settle the future, unless nobody is there any more who asked."""
        world, future, asker = self.world, self.future, self.future.asker
        payload, sender, number, index = self.sent
        with world.lock:
            if not asker.alive:
                self.lose(asker.over if isinstance(asker, Life) else "stopped")
                return
            seen = -1
            if world.recording:
                seen = world.seen(
                    *("deliver", asker.name, index),
                    message=number,
                    peer=sender.name,
                    payload=payload,
                )
            if world.waited_for(future, asker):
                asker.cause = seen
            future.settle(self.value, self.error)
            world.work(-1)

    def lose(self, reason: str) -> None:
        """Note that nobody gets it."""
        self.world.undelivered(self.future.asker, self.sent, reason)
        self.world.work(-1)

    def cut_off(self) -> None:
        """Lose it, since the run ends."""
        self.lose("end")


def _as_drawn(drawn: int) -> int:
    """Let a message have the fate that its link has drawn."""
    return drawn


def _late(inbox: LiveInbox) -> LiveTask:
    """Return who answers for an actor that has stopped."""
    task = LiveTask(inbox.name, inbox.host)
    task.cause = inbox.cause
    return task
