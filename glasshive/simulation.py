"""The simulated runtime: one thread, virtual time, one decision at a time."""

from __future__ import annotations

import gc
import re
import weakref
from contextlib import ExitStack
from threading import get_ident
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import greenlet
from greenlet import GreenletExit
from pykka import Actor, ActorRegistry, ThreadingActor

from glasshive import watchdog
from glasshive.checks import seconds
from glasshive.errors import GlasshiveError
from glasshive.fence import check_escapes, fence
from glasshive.future import SimulatedFuture
from glasshive.interrupt import interruptible
from glasshive.machines import Machines
from glasshive.mail import Answer
from glasshive.notes import noted
from glasshive.runtime import Timer, swapped
from glasshive.task import Inbox, Task, Wait
from glasshive.timer import SimulatedTimer
from glasshive.virtual import virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pykka import ActorRef

    from glasshive.errors import EscapedSimulation
    from glasshive.network import Host
    from glasshive.schedule import Strategy
    from glasshive.trace import EventSink

__all__ = ["Simulation"]


class Simulation(Machines):
    """Runs a Pykka program on one thread, in virtual time, the same way every time.

    Inside `with Simulation(seed=7):` ordinary `pykka.ThreadingActor`s run unchanged, each in a
    greenlet of its own. Nothing happens while the script computes; the actors work when it
    waits: in `run`, in `time.sleep`, in a future's `get`. Until the end, Python looks for garbage
    a tenth as often. Outside, Pykka is untouched.

    Args:
        seed: any integer; all that is drawn at random follows it.
        trace: where every event is written, or None for no trace.
        schedule: who is next wherever more than one could be; the oldest by default.
        order: "timed" delivers by due time, for realistic runs; "any" lets every pending
            message and timer be next, for finding bugs.
        allow: what the program may do although no seed controls it: any of "thread",
            "process", "socket", "event loop".
        handler_seconds: wall seconds after which a handler that has not come to an end is
            ended, and the script gets `Stuck`; None for no limit.
        max_turns: turns, about one for each message, after which the run ends as `Stuck`; None
            for no limit.

    Raises:
        ValueError: for an escape to allow that there is not.
        GlasshiveError: on entering, when another runtime is running.
    """

    kind: ClassVar[Literal["simulated", "live"]] = "simulated"

    def __init__(
        self,
        *,
        seed: int = 0,
        trace: EventSink | None = None,
        schedule: Strategy | None = None,
        order: Literal["timed", "any"] = "timed",
        allow: Collection[str] = (),
        handler_seconds: float | None = 60.0,
        max_turns: int | None = None,
    ) -> None:
        super().__init__(
            seed=seed, trace=trace, schedule=schedule, order=order, max_turns=max_turns
        )
        self._handler_seconds = handler_seconds
        self._allow = check_escapes(allow)
        self._open_until_exit = ExitStack()
        self._turning = False
        """Whether the world is being put in place or back, which Ctrl-C must not tear."""

    # -- entering and leaving -------------------------------------------------------------

    def _open(self) -> None:
        self._turning = True
        try:
            with ExitStack() as stack:
                stack.enter_context(
                    interruptible(self._interrupt, lambda: self.fail(KeyboardInterrupt()))
                )
                self._put_in_place(stack)
                self._open_until_exit = stack.pop_all()
        finally:
            self._turning = False

    def _put_in_place(self, stack: ExitStack) -> None:
        self._script.greenlet = script = greenlet.getcurrent()
        self._starter = greenlet.greenlet(self._start_greenlets, parent=script)
        self._starter.switch(script)
        if self._handler_seconds is not None:
            watchdog.guard(self, self._handler_seconds)
            stack.callback(watchdog.release)
        young, *old = gc.get_threshold()
        stack.callback(gc.set_threshold, young, *old)
        gc.set_threshold(young * _PATIENCE, *old)
        stack.enter_context(noted(self))
        stack.enter_context(swapped(ActorRegistry, _actor_refs=[]))
        stack.enter_context(swapped(ThreadingActor, **self._hooks()))
        stack.enter_context(
            swapped(Actor, start=self._start_hook(), _handle_failure=self._failure_hook())
        )
        stack.enter_context(virtual_time(self))
        stack.enter_context(fence(self._allow, self._escaped))

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

    def _close(self) -> None:
        self._turning = True
        try:
            for task in list(self.tasks):
                if task.alive:
                    self.kill(task, "end")
            for inbox, envelope, sender, thing, send in self.agenda.everything():
                if inbox is not None:
                    self.dropped((inbox, envelope, sender, thing, send), "end")
                elif isinstance(thing, Answer):
                    thing.lose("end")
            for answer in self.unread.values():
                answer.seen("unread", answer.future.asker.name, answer.sender.name, answer.send)
        finally:
            self.unread.clear()
            self.agenda.clear()
            for task in self.tasks:
                if isinstance(task, Inbox) and task.ref is not None:
                    task.ref.actor_stopped.set()  # nobody is there to answer any more
            self.tasks.clear()
            self._starter.throw(GreenletExit)
            self._open_until_exit.close()

    def _escaped(self, error: EscapedSimulation) -> None:
        """Have an actor's attempt to leave end the run; the script sees its own at once."""
        if self.current is not self._script:
            self.fail(error)

    def _interrupt(self) -> None:
        """Have Ctrl-C reach the script, whichever actor it strikes."""
        script, struck = self._script, self.current
        if self._turning:
            self._error = None  # what else has gone wrong late does not matter any more
            self.fail(KeyboardInterrupt())
            return
        if greenlet.getcurrent() is script.greenlet:
            raise KeyboardInterrupt
        if struck is script:  # its condition is being looked at, between two actors
            self.fail(KeyboardInterrupt())
            return
        # With threads the actor would notice nothing: it goes on when the script waits again.
        self.ready.appendleft((None, lambda: struck if struck.alive else None, struck, 0, 0))
        self.current = script
        script.wait = None
        script.greenlet.throw(KeyboardInterrupt)

    # -- actors ---------------------------------------------------------------------------

    def after(self, delay: float, ref: ActorRef[Any], message: Any) -> Timer:
        """Tell an actor something later; the timer dies with the actor that set it."""
        seconds(delay, "a timer's delay")
        if not self.current.alive:
            raise GreenletExit
        return SimulatedTimer(self, delay, self._inbox(ref), message)

    def _make_inbox(self, actor: Actor) -> Inbox:
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
        self.replace_fallen(inbox)
        inbox.greenlet = self._begun(lambda: self._live(inbox, actor))
        self.tasks[inbox] = None
        if self.recording:
            inbox.cause = self.seen(
                "spawn",
                inbox.name,
                self.current.cause,
                data={"host": inbox.host.name, "class": type(actor).__name__},
            )
        self._set_off(inbox)

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
        return self.hand_over(inbox)

    def start_task(self, thread: str, work: Callable[[], object], host: Host | None = None) -> Task:
        """Run a function as a task of its own.

        Args:
            thread: the name of the thread that it would be.
            work: what it does; an error of it comes up in the script.
            host: where it lives; by default where the current task does.
        """
        if not self.current.alive:
            raise GreenletExit
        # Python numbers its threads through the whole process; a run must not show that.
        own = _UNNAMED.fullmatch(thread) is None
        if own and thread not in self._names and thread not in self._named:
            self._names[thread] = 0
            name = thread
        else:
            name = self._numbered(thread if own else "Timer", named=own)
        task = Task(self, name, host or self.current.host)

        def live() -> Any:
            try:
                self._starter.switch()
                work()
            except (GreenletExit, SystemExit):
                pass  # SystemExit ends a thread without a word
            except BaseException as error:  # noqa: BLE001  handed on to the script
                if task.alive:
                    self.fail(error)
            return self.hand_over(task)

        task.greenlet = self._begun(live)
        self.tasks[task] = None
        self._set_off(task)
        return task

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

    def _set_off(self, task: Task) -> None:
        """Have a task that has just begun take its first turn, when its host lets it."""
        task.wait = wait = Wait(task, "its first turn")
        self.wake(wait)


_PATIENCE = 10
"""How many times as much is made in a run as elsewhere before Python looks for garbage. Most of
what actors are made of lives as long as the run, and to look through it again and again takes
longer than to start them."""

_UNNAMED = re.compile(r"Thread-\d+( \(.*\))?")
"""What Python calls a thread that nobody gave a name."""
