"""The simulated runtime: one thread, virtual time, one decision at a time."""

from __future__ import annotations

import re
import threading
import weakref
from contextlib import ExitStack
from threading import get_ident
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import greenlet
import pykka
from greenlet import GreenletExit
from pykka import Actor, ActorDeadError, ActorRegistry, ThreadingActor
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from glasshive.agenda import Agenda
from glasshive.deadlock import circle, standstill
from glasshive.errors import GlasshiveError
from glasshive.failure import annotate, doing
from glasshive.fence import check_escapes, fence
from glasshive.future import SimulatedFuture
from glasshive.interrupt import interruptible
from glasshive.network import seconds
from glasshive.notes import noted
from glasshive.runtime import Runtime, Timer, running, swapped
from glasshive.schedule import Fifo
from glasshive.task import Entry, Inbox, Task, Wait
from glasshive.trace.event import Reply
from glasshive.virtual import virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from pykka import ActorRef
    from pykka._types import OptExcInfo

    from glasshive.errors import EscapedSimulation
    from glasshive.schedule import Strategy
    from glasshive.trace import TraceWriter

__all__ = ["Simulation"]


class Simulation(Runtime):
    """Runs a Pykka program on one thread, in virtual time, the same way every time.

    Inside `with Simulation(seed=7):` ordinary `pykka.ThreadingActor`s run unchanged, each in a
    greenlet of its own. Nothing happens while the script computes; the actors work when it
    waits: in `run`, in `time.sleep`, in a future's `get`. Outside, Pykka is untouched.

    Args:
        seed: any integer; all that is drawn at random follows it.
        trace: where every event is written, or None for no trace.
        schedule: who is next wherever more than one could be; the oldest by default.
        order: "timed" delivers by due time, for realistic runs; "any" lets every pending
            message and timer be next, for finding bugs.
        allow: what the program may do although no seed controls it: any of "thread",
            "process", "socket", "event loop".

    Raises:
        ValueError: for an escape to allow that there is not.
        GlasshiveError: on entering, when another runtime is running.
    """

    kind: ClassVar[Literal["simulated", "live"]] = "simulated"

    def __init__(
        self,
        *,
        seed: int = 0,
        trace: TraceWriter | None = None,
        schedule: Strategy | None = None,
        order: Literal["timed", "any"] = "timed",
        allow: Collection[str] = (),
    ) -> None:
        super().__init__(seed=seed, trace=trace)
        if order not in ("timed", "any"):
            raise ValueError(f"an order is 'timed' or 'any', not {order!r}")
        self._allow = check_escapes(allow)
        self._strategy = schedule or Fifo()
        self._decisions = 0
        self.choices: dict[int, int] = {}
        """The decisions that were not plain: option by number of the decision."""
        self._agenda = Agenda(order)
        self.ready = self._agenda.ready
        self._plain = order == "timed" and isinstance(self._strategy, Fifo)
        self._messages = 0
        self._tasks: dict[Task, None] = {}
        """Everyone who has begun and not come to a proper end, in the order of their beginning."""
        self._script = Task(self, "script", self.network.host("local"))
        self._nobody = Task(self, "nobody", self.network.host("nowhere"))
        self._nobody.alive = False
        self.current: Task = self._script
        self._goal: Callable[[], bool] | None = None
        self._judging = False
        """Whether the script's condition is being looked at, which must not wait for anything."""
        self._halt = False
        self._own_end: Task | None = None
        """The actor that has crashed itself and is on its way out."""
        self._open_until_exit = ExitStack()

    # -- entering and leaving -------------------------------------------------------------

    def _open(self) -> None:
        self._script.greenlet = script = greenlet.getcurrent()
        self._starter = greenlet.greenlet(self._start_greenlets, parent=script)
        self._starter.switch(script)
        with ExitStack() as stack:
            stack.enter_context(noted(self))
            stack.enter_context(swapped(ActorRegistry, _actor_refs=[]))
            stack.enter_context(swapped(ThreadingActor, **self._hooks()))
            stack.enter_context(swapped(Actor, _handle_failure=self._failure_hook()))
            stack.enter_context(virtual_time(self))
            stack.enter_context(
                interruptible(self._interrupt, lambda: self.fail(KeyboardInterrupt()))
            )
            stack.enter_context(fence(self._allow, self._escaped))
            self._open_until_exit = stack.pop_all()

    def _hooks(self) -> dict[str, Any]:
        """Return Pykka's runtime hooks for this thread; actors of other threads keep theirs."""
        thread = self._thread
        inbox: Any = ThreadingActor._create_actor_inbox  # noqa: SLF001  the hooks are private
        future: Any = ThreadingActor._create_future  # noqa: SLF001
        loop: Any = ThreadingActor._start_actor_loop  # noqa: SLF001

        # Pykka calls the first through the actor, which a plain function, unlike Pykka's own
        # static method, is told.
        def create_inbox(actor: Actor) -> Any:
            return self._create_inbox(actor) if get_ident() == thread else inbox()

        def create_future() -> Any:
            return SimulatedFuture() if get_ident() == thread else future()

        def start_loop(actor: Actor) -> None:
            if get_ident() == thread:
                self._spawn(actor)
            else:
                loop(actor)

        return {
            "_create_actor_inbox": create_inbox,
            "_create_future": staticmethod(create_future),
            "_start_actor_loop": start_loop,
        }

    def _failure_hook(self) -> Callable[..., None]:
        real: Any = Actor._handle_failure  # noqa: SLF001

        def handle_failure(actor: Actor, kind: Any, error: Any, traceback: Any) -> None:
            inbox = actor.actor_inbox
            if isinstance(inbox, Inbox) and error is not None:
                self.failed(inbox, error, doing(traceback))
            real(actor, kind, error, traceback)

        return handle_failure

    def _close(self) -> None:
        try:
            for task in list(self._tasks):
                if task.alive:
                    self._kill(task, "end")
            for inbox, envelope, sender, thing, send in self._agenda.everything():
                if inbox is not None:
                    self._dropped((inbox, envelope, sender, thing, send), "end")
                elif isinstance(thing, _Answer):
                    thing.lose("end")
        finally:
            self._agenda.clear()
            for task in self._tasks:
                if isinstance(task, Inbox) and task.ref is not None:
                    task.ref.actor_stopped.set()  # nobody is there to answer any more
            self._tasks.clear()
            self._starter.throw(GreenletExit)
            self._open_until_exit.close()

    def _escaped(self, error: EscapedSimulation) -> None:
        """Have an actor's attempt to leave end the run; the script sees its own at once."""
        if self.current is not self._script:
            self.fail(error)

    def _interrupt(self) -> None:
        """Have Ctrl-C reach the script, whichever actor it strikes."""
        script = self._script
        self.current = script
        script.wait = None
        if greenlet.getcurrent() is script.greenlet:
            raise KeyboardInterrupt
        script.greenlet.throw(KeyboardInterrupt)

    # -- time -----------------------------------------------------------------------------

    def now(self) -> float:
        """Return the virtual seconds since the simulation was entered."""
        return self._agenda.now

    def sleep(self, delay: float) -> None:
        """Let virtual time pass for the current task; `time.sleep` ends up here.

        Args:
            delay: virtual seconds.

        Raises:
            ValueError: for a negative delay.
        """
        seconds(delay, "a sleep")
        task = self.current
        self.wait_until(Wait(task, "time.sleep", None, self._agenda.now + delay))

    def after(self, delay: float, ref: ActorRef[Any], message: Any) -> Timer:
        """Tell an actor something later; the timer dies with the actor that set it."""
        seconds(delay, "a timer's delay")
        if not self.current.alive:
            raise GreenletExit
        return _SimulatedTimer(self, delay, self._inbox(ref), message)

    def run(self, until: float | None = None, condition: Callable[[], bool] | None = None) -> bool:
        """Let the actors work while the script waits; see `Runtime.run`."""
        script = self._script
        if self.current is not script:
            raise GlasshiveError("run() belongs to the script; an actor waits with time.sleep()")
        if condition is not None and condition():
            return True
        wait = Wait(script, "run")
        if until is not None:
            self._agenda.at(seconds(until, "until"), (None, wait.wake, script, wait, -1))
        self._goal = condition
        self._halt = condition is not None
        try:
            self.block(wait)
        finally:
            self._goal = None
            self._halt = False
        return condition is None or condition()

    # -- actors ---------------------------------------------------------------------------

    def crash(self, ref: ActorRef[Any]) -> None:
        """End an actor at once: no hook runs, its inbox and its timers are lost."""
        inbox = self._inbox(ref)
        if not inbox.alive:
            return
        if not self.current.alive:
            raise GreenletExit
        self.record("fault", {"fault": "crash"}, actor=inbox.name)
        ActorRegistry.unregister(ref)
        self._kill(inbox)

    def _seen(self, kind: str, actor: str, cause: int, **rest: Any) -> int:
        try:
            return self.recorder.add(self._agenda.now, kind, actor, cause, **rest)
        except Exception as error:  # noqa: BLE001  whatever a watcher raises is handed on
            self.fail(error)
            return self.recorder.count - 1

    def failed(self, inbox: Inbox, error: BaseException, what: str) -> None:
        """Note and record that an actor's code raised.

        Args:
            inbox: the actor's.
            error: what it raised.
            what: what it was doing.
        """
        annotate(error, self._agenda.now, inbox.name, what)
        if self.recording:
            self._seen("fail", inbox.name, inbox.cause, data=error)

    def fail(self, error: BaseException) -> None:
        """Have an error come up in the script, at the next event, rather than in an actor."""
        if self._error is None:
            self._error = error
            self._halt = True

    def _inbox(self, ref: ActorRef[Any]) -> Inbox:
        inbox = ref.actor_inbox
        if not isinstance(inbox, Inbox) or inbox.sim is not self:
            raise GlasshiveError(f"{ref} was not started inside this simulation")
        return inbox

    def _create_inbox(self, actor: Actor) -> Inbox:
        return Inbox(self, self.current.host, weakref.ref(actor))

    def _spawn(self, actor: Actor) -> None:
        inbox = actor.actor_inbox
        if not isinstance(inbox, Inbox) or inbox.sim is not self:
            ActorRegistry.unregister(actor.actor_ref)
            raise GlasshiveError(
                f"{actor} was made before the simulation began; start it inside the `with`"
            )
        if not self.current.alive:
            ActorRegistry.unregister(actor.actor_ref)
            raise GreenletExit
        inbox.ref = actor.actor_ref
        inbox.name = inbox.name or self._name(actor)
        inbox.greenlet = self._begun(lambda: self._live(inbox, actor))
        self._tasks[inbox] = None
        if self.recording:
            inbox.cause = self._seen(
                "spawn",
                inbox.name,
                self.current.cause,
                data={"host": inbox.host.name, "class": type(actor).__name__},
            )
        self.ready.append((None, lambda: inbox if inbox.alive else None, inbox, 0, 0))

    def start_task(self, thread: str, work: Callable[[], object]) -> None:
        """Run a function as a task of its own.

        Args:
            thread: the name of the thread that it would be.
            work: what it does; an error of it comes up in the script.
        """
        if not self.current.alive:
            raise GreenletExit
        # Python numbers its threads through the whole process; a run must not show that.
        own = _UNNAMED.fullmatch(thread) is None
        name = self._numbered(thread if own else "Timer", named=own)
        task = Task(self, name, self.current.host)

        def live() -> Any:
            try:
                self._starter.switch()
                work()
            except (GreenletExit, SystemExit):
                pass  # SystemExit ends a thread without a word
            except Exception as error:  # noqa: BLE001  handed on to the script
                if task.alive:
                    self.fail(error)
            return self._hand_over(task)

        task.greenlet = self._begun(live)
        self._tasks[task] = None
        self.ready.append((None, lambda: task if task.alive else None, task, 0, 0))

    def _begun(self, live: Callable[[], Any]) -> greenlet.greenlet:
        """Return a greenlet that has begun, and waits for its first turn.

        A greenlet begins as deep in Python's recursion limit as the one that switches to it
        first, so they are all begun by one that is not deep; otherwise actors that start or
        wake one another would run out of it, though none of them is deep itself.
        """
        begun = greenlet.greenlet(live, parent=self._script.greenlet)
        self._starter.switch((begun, greenlet.getcurrent()))
        return begun

    def _start_greenlets(self, back: greenlet.greenlet) -> None:
        while True:
            begun, back = back.switch()
            begun.switch()

    def _hand_over(self, task: Task) -> Any:
        """End the current task's greenlet: in whatever is next, or in whoever killed it."""
        task.greenlet = None
        if task.alive:
            if self.recording and isinstance(task, Inbox):
                self._seen("stop", task.name, task.cause)
            task.alive = False
            del self._tasks[task]
        elif self._own_end is task:
            self._own_end = None
        else:
            return None
        following, value = self.pick()
        # A greenlet that ends falls into its parent, with its result as the value.
        greenlet.getcurrent().parent = following.greenlet
        return value

    def _live(self, inbox: Inbox, actor: Actor) -> Any:
        """Run Pykka's own loop for an actor; then hand over to whatever is next."""
        try:
            self._starter.switch()
            actor._actor_loop()  # noqa: SLF001  the loop is the thing we run
        except (GreenletExit, SystemExit):
            pass  # SystemExit ends a thread without a word
        except BaseException as error:  # noqa: BLE001  no actor's thread is there to die of it
            if inbox.alive:
                self.fail(error)
        return self._hand_over(inbox)

    def _kill(self, task: Task, reason: str = "crash") -> None:
        """Unwind a task's greenlet; nothing that it still does on its way out is seen."""
        task.alive = False
        task.life += 1
        task.wait = None
        if isinstance(task, Inbox):
            task.idle = False
            while task.backlog:
                self._dropped(task.backlog.popleft(), reason)
            if (actor := task.owner()) is not None:
                # Pykka's loop answers a BaseException in a handler by stopping every actor, and
                # an Exception that a handler makes of it by the actor's hooks.
                vars(actor).update(_stop=_exit, _handle_failure=_exit)
        running = self.current
        if running is task:
            self._own_end = task
            self.current = self._nobody
            raise GreenletExit
        if task.greenlet is not None:
            self.current = self._nobody
            task.greenlet.parent = greenlet.getcurrent()
            try:
                task.greenlet.throw(GreenletExit)
            finally:
                self.current = running

    # -- messages -------------------------------------------------------------------------

    def post(self, sender: Task, inbox: Inbox, envelope: Envelope[Any]) -> None:
        """Send a message that is recorded, or that goes to another host."""
        if not sender.alive:
            return  # the last words of an actor that is gone
        if envelope.reply_to is not None:
            envelope.reply_to.asked = (inbox, envelope.message)  # type: ignore[attr-defined]
        self._messages = number = self._messages + 1
        index = -1
        if self.recording:
            if not inbox.name and (actor := inbox.owner()) is not None:
                inbox.name = self._name(actor)  # told something before it was started
            index = self._seen(
                "send",
                sender.name,
                sender.cause,
                message=number,
                peer=inbox.name,
                data=envelope.message,
                payload=envelope.message,
            )
        entry: Entry = (inbox, envelope, sender, number, index)
        if sender.host is inbox.host:
            self.ready.append(entry)
        else:
            latency = sender.host.link_to(inbox.host).latency
            self._agenda.at(self._agenda.now + latency, entry)

    def reply(self, future: SimulatedFuture, value: Any, error: OptExcInfo | None) -> None:
        """Send an answer to whoever asked."""
        sender = self.current
        asker: Task = future.asker
        if sender is self._nobody:
            return  # the last words of an actor that is gone
        if future.asked is None or not (self.recording or sender.host is not asker.host):
            self.settle(future, value, error)
            return
        answer = _Answer(self, future, sender, value, error)
        if sender.host is asker.host:
            answer.arrive()
            return
        latency = sender.host.link_to(asker.host).latency
        self._agenda.at(
            self._agenda.now + latency, (None, answer.arrive, asker, answer, answer.send)
        )

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
            self._dropped(entry, "stopped")  # Pykka's teardown answers it
        elif self.recording or inbox.watchers:
            self._delivered(entry)
        return entry[1]  # type: ignore[no-any-return]

    def _delivered(self, entry: Entry) -> None:
        inbox, envelope, sender, number, send = entry
        payload = envelope.message
        if self.recording:
            inbox.cause = self._seen(
                "deliver", inbox.name, send, message=number, peer=sender.name, payload=payload
            )
        if inbox.watchers:
            event = self.recorder.unrecorded(
                self._agenda.now, "deliver", inbox.name, sender.name, payload
            )
            try:
                for watcher in inbox.watchers:
                    watcher(event, payload)
            except Exception as error:  # noqa: BLE001  whatever a watcher raises is handed on
                self.fail(error)

    def _dropped(self, entry: Entry, reason: str) -> None:
        inbox, envelope, sender, number, send = entry
        if self.recording:
            self._seen(
                "drop",
                inbox.name,
                send,
                message=number,
                peer=sender.name,
                data={"reason": reason},
                payload=envelope.message,
            )

    def _drop(self, entry: Entry, reason: str) -> None:
        """Lose a message to an actor that is gone; answer it as Pykka's teardown does."""
        self._dropped(entry, reason)
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

    # -- who is next ----------------------------------------------------------------------

    def pick(self) -> tuple[Task, Any]:
        """Take the next event; return the task to switch to and the value to hand it.

        Whoever runs calls this when it has nothing more to do, and switches by itself.
        """
        ready = self.ready
        while True:
            if self._halt and (script := self._halted()) is not None:
                return script, None
            if ready and self._plain:
                entry = ready.popleft()
            else:
                following = self._following()
                if following is None:
                    return self._standstill()
                entry = following
            task, item, _, _, _ = entry
            if task is None:
                woken = item()
                if woken is not None:
                    self.current = woken
                    return woken, None
            elif task.idle:
                task.idle = False
                self.current = task
                if self.recording or task.watchers:
                    self._delivered(entry)
                return task, item
            elif task.alive:
                task.backlog.append(entry)
            else:
                self._drop(entry, "stopped" if task.life == 0 else "crash")

    def _following(self) -> Entry | None:
        if not self._plain:
            return self._agenda.choose(self.choose)
        return self.ready.popleft() if self._agenda.advance() else None

    def choose(self, kind: str, options: Sequence[str]) -> int:
        """Ask the schedule for one decision, and remember it if it is not the plain one.

        Args:
            kind: what is decided.
            options: two or more, in words; 0 is the plain choice.
        """
        number = self._decisions
        self._decisions = number + 1
        index = self._strategy.choose(kind, options)
        if not 0 <= index < len(options):
            raise GlasshiveError(
                f"decision {number}: {self._strategy!r} chose {index}, "
                f"but there are options 0 to {len(options) - 1}"
            )
        if index:
            self.choices[number] = index
        return index

    def block(self, wait: Wait) -> None:
        """Park the current task until its wait ends."""
        task = wait.task
        if not task.alive:
            raise GreenletExit
        if self._judging:
            raise GlasshiveError(
                "the condition of run() waited for something; it is looked at after every event "
                "and must only look"
            )
        task.wait = wait
        following, value = self.pick()
        if following is not task:
            following.greenlet.switch(value)
        if task is self._script and self._error is not None:
            error, self._error = self._error, None
            self._halt = self._goal is not None
            raise error
        if not task.alive:
            raise GreenletExit

    def wait_for(self, future: SimulatedFuture, timeout: float | None) -> None:
        """Park the current task until a future is set.

        Args:
            future: what to wait for.
            timeout: virtual seconds to wait at most; None for ever.

        Raises:
            pykka.Timeout: when the time is up.
            Deadlock: when nothing can ever set the future.
        """
        task = self.current
        # Also a wait of no time lets the others go on, so that looking again and again gets on.
        deadline = None if timeout is None else self._agenda.now + max(timeout, 0.0)
        wait = Wait(task, "an answer", future, deadline)
        future.add_wait(wait)
        if deadline is None:
            task.wait = wait
            if (deadlock := circle(task)) is not None:
                self.fail(deadlock)
        self.wait_until(wait)
        if wait.expired:
            future.drop_wait(wait)
            raise pykka.Timeout(f"{timeout} seconds")

    @property
    def inside(self) -> bool:
        """Whether the caller's code runs in this simulation."""
        return running() is self and threading.get_ident() == self._thread

    def wait_until(self, wait: Wait) -> None:
        """Park the current task until somebody wakes its wait, or its deadline comes."""
        if wait.deadline is not None:
            self._agenda.at(wait.deadline, (None, wait.expire, wait.task, wait, 0))
        self.block(wait)

    def wake(self, wait: Wait) -> None:
        """Have a wait end now."""
        self.ready.append((None, wait.wake, wait.task, wait, 0))

    def _halted(self) -> Task | None:
        """Return the script when its goal is reached or an error waits for it."""
        script = self._script
        running, self.current = self.current, script
        if self._error is None and not self._reached():
            self.current = running
            return None
        script.wait = None
        return script

    def _reached(self) -> bool:
        """Return whether the script's condition has come true, or has raised."""
        if self._goal is None:
            return False
        self._judging = True
        try:
            return self._goal()
        except Exception as error:  # noqa: BLE001  the script's own, though an actor runs now
            self._error = error
            return True
        finally:
            self._judging = False

    def _standstill(self) -> tuple[Task, Any]:
        """Go back to the script, since nothing is left to happen."""
        script = self._script
        wait = script.wait
        stuck = [task for task in self._tasks if task.wait is not None and task.alive]
        if wait is not None and wait.what != "run":
            stuck.append(script)
        if stuck:
            self._error = standstill(stuck)
        script.wait = None
        self.current = script
        return script, None


class _Answer:
    """A reply that is recorded, or that goes to another host."""

    __slots__ = ("error", "future", "number", "over", "send", "sender", "sim", "value")

    def __init__(
        self,
        sim: Simulation,
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
        sim._messages = self.number = sim._messages + 1  # noqa: SLF001  one idea in two classes
        self.send = self._seen("send", sender.name, future.asker.name, sender.cause, data=True)

    def arrive(self) -> None:
        """Set the future; the answer is the last thing that its waits were missing."""
        asker: Task = self.future.asker
        waits = self.sim.settle(self.future, self.value, self.error)
        if not asker.alive:
            self.lose("crash" if asker.life else "stopped")
            return
        index = self._seen("deliver", asker.name, self.sender.name, self.send)
        for wait in waits:
            wait.task.cause = index

    def lose(self, reason: str) -> None:
        """Record that nobody will get it."""
        asker = self.future.asker
        self._seen("drop", asker.name, self.sender.name, self.send, data={"reason": reason})

    def _seen(self, kind: str, actor: str, peer: str, cause: int, data: Any = None) -> int:
        if not self.sim.recording:
            return -1
        error = self.error[1] if self.error is not None else None
        payload = Reply(self.value, error)
        if data is True:
            data = self.value if error is None else error
        return self.sim._seen(  # noqa: SLF001
            kind, actor, cause, message=self.number, peer=peer, data=data, payload=payload
        )


class _SimulatedTimer(Timer):
    """A message that a simulation will deliver at a virtual time."""

    __slots__ = ("_inbox", "_index", "_life", "_message", "_owner", "_sim")

    def __init__(self, sim: Simulation, delay: float, inbox: Inbox, message: Any) -> None:
        self._sim = sim
        self._inbox: Inbox | None = inbox
        self._message = message
        self._owner = owner = sim.current
        self._life = owner.life
        self._index = owner.cause
        if sim.recording:
            self._index = sim._seen(  # noqa: SLF001  one idea in two classes
                "timer-set",
                owner.name,
                owner.cause,
                peer=inbox.name,
                data={"delay": delay, "type": type(message).__name__},
            )
        agenda = sim._agenda  # noqa: SLF001
        agenda.at(agenda.now + delay, (None, self._fire, owner, self, self._index))

    def cancel(self) -> None:
        """Forget the message; does nothing when it was told already."""
        if self._inbox is not None:
            self._inbox = None
            if self._sim.recording:
                self._sim._seen("timer-cancelled", self._owner.name, self._index)  # noqa: SLF001

    @property
    def over(self) -> bool:
        """Whether it was cancelled, or died with its owner or its target."""
        inbox, owner = self._inbox, self._owner
        return inbox is None or self._life != owner.life or not (owner.alive and inbox.alive)

    def _fire(self) -> None:
        inbox, sim, owner = self._inbox, self._sim, self._owner
        if inbox is None or self.over:
            return
        self._inbox = None
        number = 0
        index = self._index
        if sim.recording:
            sim._messages = number = sim._messages + 1  # noqa: SLF001
            index = sim._seen(  # noqa: SLF001
                "timer-fired",
                owner.name,
                index,
                message=number,
                peer=inbox.name,
                data=self._message,
                payload=self._message,
            )
        # First in line: the timer is this instant's event, not something sent after it.
        sim.ready.appendleft((inbox, Envelope(self._message), owner, number, index))


_UNNAMED = re.compile(r"Thread-\d+( \(.*\))?")
"""What Python calls a thread that nobody gave a name."""


def _exit(*_: object) -> None:
    raise GreenletExit
