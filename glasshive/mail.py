"""How a message gets from one actor to another, and its answer back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pykka import ActorDeadError, ActorRef
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from glasshive.link import FATES
from glasshive.schedule import Option
from glasshive.scheduler import Scheduler
from glasshive.trace.event import Reply
from glasshive.trace.plain import size_of

if TYPE_CHECKING:
    from pykka._types import OptExcInfo

    from glasshive.future import SimulatedFuture
    from glasshive.link import Link
    from glasshive.task import Entry, Inbox, Task, Wait

__all__ = ["Answer", "Mail"]


class Mail(Scheduler):
    """Sends, delivers and loses messages; `Simulation` is built on it."""

    messages = 0
    """Messages sent so far; the number of the last one."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.unread: dict[SimulatedFuture, Answer] = {}
        """Recorded answers that came before anybody asked their futures for them."""

    def post(self, sender: Task, inbox: Inbox, envelope: Envelope[Any]) -> None:
        """Send a message that is recorded, or that goes to another host."""
        if not sender.alive:
            return  # the last words of an actor that is gone
        if envelope.reply_to is not None:
            envelope.reply_to.asked = (inbox, envelope.message)  # type: ignore[attr-defined]
        self.messages = number = self.messages + 1
        index = -1
        if self.recording:
            if not inbox.name and (actor := inbox.owner()) is not None:
                inbox.name = self._name(actor)  # told something before it was started
            message = envelope.message
            now, receiver = self.agenda.now, inbox.name
            # Not by `seen` and by position, which saves two calls for each message.
            try:
                index = self.recorder.add(
                    now, "send", sender.name, sender.cause, number, receiver, message, message
                )
            except Exception as error:  # noqa: BLE001  a watcher's, handed on
                index = self.struck(error)
        entry: Entry = (inbox, envelope, sender, number, index)
        if sender.host is inbox.host:
            self.ready.append(entry)
        else:
            link = sender.host.link_to(inbox.host)
            if link.plain is not None and not link.cut:
                # The common case, told apart here: two calls fewer for each message.
                self.agenda.at(link.simple(self.agenda.now), entry)
            else:
                self._carry(entry, link, envelope.message)

    def _carry(self, entry: Entry, link: Link, message: Any) -> None:
        """Send a message over the link to another host, and whatever comes of it there."""
        inbox, _, sender, number, send = entry
        fate, dues = link.carry(
            self.agenda.now,
            (sender, inbox),
            lambda: size_of(message),
            lambda drawn: self._fate(drawn, sender, inbox, message),
        )
        if not dues:
            self.dropped(entry, fate)
            return
        self.agenda.at(dues[0], entry)
        for due in dues[1:]:
            if self.recording:
                send = self.seen(
                    "duplicate", sender.name, send, message=number, peer=inbox.name, payload=message
                )
            # Whoever asked has one future, and the first answer sets it.
            self.agenda.at(due, (inbox, Envelope(message), sender, number, send))

    def reply(self, future: SimulatedFuture, value: Any, error: OptExcInfo | None) -> None:
        """Send an answer to whoever asked."""
        sender = self.current
        asker: Task = future.asker
        if sender is self._nobody:
            return  # the last words of an actor that is gone
        if future.asked is None or not (self.recording or sender.host is not asker.host):
            self.settle(future, value, error)
            return
        answer = Answer(self, future, sender, value, error)
        if sender.host is asker.host:
            answer.arrive()
            return
        link = sender.host.link_to(asker.host)
        fate, dues = link.carry(
            self.agenda.now,
            (sender, asker),
            lambda: size_of(value),
            lambda drawn: self._fate(drawn, sender, asker, value),
        )
        for due in dues[:1]:  # a second copy of an answer changes nothing
            self.agenda.at(due, (None, answer.arrive, asker, answer, answer.send))
        if not dues:
            answer.lose(fate)

    def _fate(self, drawn: int, sender: Task, receiver: Task, message: Any) -> int:
        """Decide what becomes of a message on a link, as a number of `FATES`."""
        what = type(message).__name__
        options = [Option(fate, receiver.name, sender.name, what) for fate in FATES]
        return self.choose("fate", options, drawn)

    def refuse_letters(self, inbox: Inbox) -> None:
        """Have what is still told to a stopped actor be recorded, before Pykka refuses it."""
        ref = inbox.ref
        assert ref is not None

        def refused(message: Any) -> None:
            if self.inside and self.recording and not isinstance(message, _ActorStop):
                self.messages = number = self.messages + 1
                sender = self.current
                send = self.seen(
                    "send",
                    sender.name,
                    sender.cause,
                    message=number,
                    peer=inbox.name,
                    data=message,
                    payload=message,
                )
                self.dropped((inbox, Envelope(message), sender, number, send), "dead")

        def tell(message: Any) -> None:
            refused(message)
            ActorRef.tell(ref, message)

        def ask(message: Any, **how: Any) -> Any:
            refused(message)
            return ActorRef.ask(ref, message, **how)

        vars(ref).update(tell=tell, ask=ask)

    def settle(self, future: SimulatedFuture, value: Any, error: OptExcInfo | None) -> list[Wait]:
        """Set a future to what has arrived, and wake whoever waits for it."""
        waits = future.settle(value, error)
        for wait in waits:
            self.wake(wait)
        return waits

    def take_backlog(self, inbox: Inbox) -> Envelope[Any]:
        """Return the oldest message that arrived while its actor was busy."""
        entry = inbox.backlog.popleft()
        ref = inbox.ref
        if ref is not None and ref.actor_stopped.is_set():
            self.dropped(entry, "stopped")  # Pykka's teardown answers it
        elif self.recording or inbox.watched:
            self.delivered(entry)
        return entry[1]  # type: ignore[no-any-return]

    def delivered(self, entry: Entry) -> None:
        """Record that an actor begins to handle a message."""
        inbox, envelope, sender, number, send = entry
        payload = envelope.message
        if self.recording:
            now = self.agenda.now
            try:
                inbox.cause = self.recorder.add(
                    now, "deliver", inbox.name, send, number, sender.name, None, payload
                )
            except Exception as error:  # noqa: BLE001  a watcher's, handed on
                inbox.cause = self.struck(error)
        if inbox.watched and (heard := inbox.watchers[type(payload)]):
            event = self.recorder.unrecorded(
                self.agenda.now, "deliver", inbox.name, sender.name, payload
            )
            try:
                for watcher in heard:
                    watcher(event, payload)
            except Exception as error:  # noqa: BLE001  whatever a watcher raises is handed on
                self.fail(error)

    def dropped(self, entry: Entry, reason: str) -> None:
        """Record that a message will never be handled."""
        inbox, envelope, sender, number, send = entry
        if self.recording:
            self.seen(
                "drop",
                inbox.name,
                send,
                message=number,
                peer=sender.name,
                data={"reason": reason},
                payload=envelope.message,
            )

    def drop(self, entry: Entry, reason: str) -> None:
        """Lose a message to an actor that is gone; answer it as Pykka's teardown does."""
        self.dropped(entry, reason)
        inbox, envelope = entry[:2]
        if envelope.reply_to is None or reason == "crash":
            return
        running, self.current = self.current, inbox
        try:
            if isinstance(envelope.message, _ActorStop):
                envelope.reply_to.set(None)
            else:
                error = ActorDeadError(f"{inbox.ref} stopped before handling the message")
                envelope.reply_to.set_exception((ActorDeadError, error, None))
        finally:
            self.current = running


class Answer:
    """A reply that is recorded, or that goes to another host."""

    __slots__ = ("error", "future", "number", "over", "send", "sender", "sim", "value")

    def __init__(
        self,
        sim: Mail,
        future: SimulatedFuture,
        sender: Task,
        value: Any,
        error: OptExcInfo | None,
    ) -> None:
        self.sim = sim
        self.future = future
        self.sender = sender
        self.value = value
        self.error = error
        self.over = False
        sim.messages = self.number = sim.messages + 1
        self.send = self.seen("send", sender.name, future.asker.name, sender.cause, data=True)

    @property
    def described(self) -> tuple[str, str, str]:
        """What its arrival is as an option: a verb, who sent what, and what that is."""
        return "answer", self.sender.name, type(self.value).__name__

    def arrive(self) -> None:
        """Set the future; the answer is the last thing that its waits were missing."""
        asker: Task = self.future.asker
        waits = self.sim.settle(self.future, self.value, self.error)
        if not asker.alive:
            self.lose("crash" if asker.life else "stopped")
            return
        index = self.seen("deliver", asker.name, self.sender.name, self.send)
        for wait in waits:
            wait.task.cause = index
        if not waits and self.sim.recording:
            self.sim.unread[self.future] = self

    def lose(self, reason: str) -> None:
        """Record that nobody will get it."""
        asker = self.future.asker
        self.seen("drop", asker.name, self.sender.name, self.send, data={"reason": reason})

    def seen(self, kind: str, actor: str, peer: str, cause: int, data: Any = None) -> int:
        """Record an event of this answer and return its index, below zero if nobody records."""
        if not self.sim.recording:
            return -1
        error = self.error[1] if self.error is not None else None
        payload = Reply(self.value, error)
        if data is True:
            data = self.value if error is None else error
        return self.sim.seen(
            kind, actor, cause, message=self.number, peer=peer, data=data, payload=payload
        )
