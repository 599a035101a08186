"""Who runs next: one decision at a time, on one thread."""

from __future__ import annotations

import sys
import threading
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

import greenlet
import pykka
from greenlet import GreenletExit

from glasshive.agenda import Agenda
from glasshive.checks import seconds
from glasshive.deadlock import circle, standstill
from glasshive.decisions import Decisions
from glasshive.errors import GlasshiveError, Stuck
from glasshive.failure import annotate
from glasshive.lives import Lives
from glasshive.runtime import running
from glasshive.schedule import Fifo, Written
from glasshive.task import Entry, Inbox, Task, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glasshive.future import SimulatedFuture
    from glasshive.schedule import Option, Strategy
    from glasshive.trace import EventSink

__all__ = ["Scheduler"]


class Scheduler(Lives):
    """Holds what is due, and switches from task to task; `Simulation` is built on it.

    Args:
        seed: any integer; all that is drawn at random follows it.
        trace: where every event is written, or None for no trace.
        schedule: who is next wherever more than one could be; the oldest by default.
        order: "timed" delivers by due time; "any" lets every pending message and timer be next.
        max_turns: turns after which the run ends as `Stuck`; None for no limit.
    """

    def __init__(
        self,
        *,
        seed: int,
        trace: EventSink | None,
        schedule: Strategy | None,
        order: Literal["timed", "any"],
        max_turns: int | None,
    ) -> None:
        if trace is None and isinstance(schedule, Written):
            trace = schedule.writer(seed, order)
        super().__init__(seed=seed, trace=trace)
        if order not in ("timed", "any"):
            raise ValueError(f"an order is 'timed' or 'any', not {order!r}")
        self.decided = Decisions(schedule or Fifo(), self.fail)
        """The run's decisions so far."""
        self.turns = 0
        """How often somebody has handed over to whoever was next."""
        self._max_turns = sys.maxsize if max_turns is None else max_turns
        self.agenda = Agenda(order)
        self.ready = self.agenda.ready
        self._plain = order == "timed" and self.decided.are_plain
        self.agenda.choosing = not self._plain
        self.agenda.heard = self._heard = self.decided.heard
        self.tasks: dict[Task, None] = {}
        """Everyone who has begun and not come to a proper end, in the order of their beginning."""
        self.agenda.script = self._script = Task(self, "script", self.network.host("local"))
        self._nobody = Task(self, "nobody", self.network.host("nowhere"))
        self._nobody.alive = False
        self.current: Task = self._script
        self._starter: Any = None
        self._goal: Callable[[], bool] | None = None
        self._judging = False
        """Whether the script's condition is being looked at, which must not wait for anything."""
        self._halt = False
        self._looks: list[Callable[[], object]] = []
        self.last: Task = self._script
        """Whose turn was the last, for those who look between two turns."""
        self._own_end: Task | None = None
        """The actor that has crashed itself and is on its way out."""

    # -- who is next ----------------------------------------------------------------------

    def pick(self) -> tuple[Task, Any]:
        """Take the next event; return the task to switch to and the value to hand it.

        Whoever runs calls this when it has nothing more to do, and switches by itself.
        """
        ready = self.ready
        self.turns = turns = self.turns + 1
        while True:
            if (self._halt or turns > self._max_turns) and (script := self._halted()) is not None:
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
                if self.recording or (task.watched and task.watchers[type(item.message)]):
                    self.delivered(entry)
                return task, item
            elif task.alive:
                task.backlog.append(entry)
            else:
                self.drop(entry, "stopped" if task.life == 0 else "crash")

    def _stuck(self) -> None:
        self.fail(
            Stuck(
                f"{self._max_turns:,} turns are over at {self.agenda.now:g} s, and the last was "
                f"{self.current.name}'s; if that is no endless loop, allow more with "
                "Simulation(max_turns=...)"
            )
        )

    def _following(self) -> Entry | None:
        if not self._plain:
            return self.agenda.choose(self.decided.choose, self.decided.took)
        return self.ready.popleft() if self.agenda.advance() else None

    @property
    def decisions(self) -> int:
        """How many decisions there were so far."""
        return self.decided.count

    @property
    def choices(self) -> dict[int, int]:
        """The decisions that were not plain: option by number of the decision."""
        return self.decided.choices

    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:
        """Ask the schedule for one decision; see `Decisions.choose`."""
        return self.decided.choose(kind, options, drawn)

    @abstractmethod
    def delivered(self, entry: Entry) -> None:
        """Note that an actor begins to handle a message."""

    @abstractmethod
    def dropped(self, entry: Entry, reason: str) -> None:
        """Note that a message will never be handled."""

    @abstractmethod
    def drop(self, entry: Entry, reason: str) -> None:
        """Lose a message to an actor that is gone."""

    @abstractmethod
    def refuse_letters(self, inbox: Inbox) -> None:
        """Have what is still told to a stopped actor be recorded."""

    # -- waiting --------------------------------------------------------------------------

    def block(self, wait: Wait) -> None:
        """Park the current task until its wait ends."""
        task = wait.task
        if not task.alive:
            raise GreenletExit
        if self._judging:
            raise GlasshiveError(
                "the condition of run() or of a rule waited for something; it is looked at "
                "after every event and must only look"
            )
        task.wait = wait
        following, value = self.pick()
        if following is not task:
            following.greenlet.switch(value)
        if task is self._script and self._error is not None:
            error, self._error = self._error, None
            self._halt = self._goal is not None or bool(self._looks)
            raise error
        if not task.alive:
            raise GreenletExit

    def wait_until(self, wait: Wait) -> None:
        """Park the current task until somebody wakes its wait, or its deadline comes."""
        if wait.deadline is not None:
            self.agenda.at(wait.deadline, (None, wait.expire, wait.task, wait, 0))
        self.block(wait)

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
        deadline = None if timeout is None else self.agenda.now + max(timeout, 0.0)
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

    def wake(self, wait: Wait) -> None:
        """Have a wait end now."""
        self.ready.append((None, wait.wake, wait.task, wait, 0))

    def sleep(self, delay: float) -> None:
        """Let virtual time pass for the current task; `time.sleep` ends up here.

        Args:
            delay: virtual seconds.

        Raises:
            ValueError: for a negative delay.
        """
        seconds(delay, "a sleep")
        task = self.current
        due = self.agenda.now + task.host.lasting(delay)
        self.wait_until(Wait(task, "time.sleep", None, due))

    @property
    def thread(self) -> int:
        """The identity of the thread that everything here runs on."""
        return self._thread

    @property
    def at_script(self) -> bool:
        """Whether the script is computing, which may take as long as it likes."""
        return self.current is self._script

    @property
    def inside(self) -> bool:
        """Whether the caller's code runs in this simulation."""
        return running() is self and threading.get_ident() == self._thread

    # -- coming back to the script --------------------------------------------------------

    def run(self, until: float | None = None, condition: Callable[[], bool] | None = None) -> bool:
        """Let the actors work while the script waits; see `Runtime.run`."""
        script = self._script
        if self.current is not script:
            raise GlasshiveError("run() belongs to the script; an actor waits with time.sleep()")
        if condition is not None and condition():
            return True
        wait = Wait(script, "run")
        if until is not None:
            self.agenda.at(seconds(until, "until"), (None, wait.wake, script, wait, -1))
        self._goal = condition
        self._halt = condition is not None or bool(self._looks) or self._error is not None
        try:
            self.block(wait)
        finally:
            self._goal = None
            self._halt = bool(self._looks)
        return condition is None or condition()

    def look(self, look: Callable[[], object]) -> Callable[[], None]:
        """Call a function between any two turns, when nobody's code is running.

        It must only look. An error that it raises ends the run and comes up in the script.

        Args:
            look: the function.

        Returns:
            What ends it when it is called.
        """
        self._looks.append(look)
        if self._heard is not None:
            self._heard("look", None)
        self._halt = True
        self.last = self.current

        def leave() -> None:
            if look in self._looks:
                self._looks.remove(look)

        return leave

    def fail(self, error: BaseException) -> None:
        """Have an error come up in the script, at the next event, rather than in an actor."""
        if self._error is None:
            self._error = error
            self._halt = True

    def _halted(self) -> Task | None:
        """Return the script when its goal is reached or an error waits for it."""
        if self.turns > self._max_turns:
            self._stuck()
        script = self._script
        running, self.current = self.current, script
        if self._looks:
            self._look_around(running)
        if self._error is None and not self._reached():
            self.current = running
            return None
        if self._heard is not None:
            self._heard("script", None)
        script.wait = None
        return script

    def _look_around(self, last: Task) -> None:
        """Let everybody look who wants to, at what the last turn has left behind."""
        self.last = last
        self._judging = True
        try:
            for look in tuple(self._looks):
                look()
        except Exception as error:  # noqa: BLE001  whoever looks is no actor; the script is told
            self.fail(error)
        finally:
            self._judging = False

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
        stuck = [
            task
            for task in self.tasks
            if task.wait is not None and task.alive and not task.host.paused
        ]
        if wait is not None and wait.what != "run":
            stuck.append(script)
        if stuck:
            self._error = standstill(stuck)
        script.wait = None
        self.current = script
        return script, None

    # -- beginning and ending -------------------------------------------------------------

    def hand_over(self, task: Task) -> Any:
        """End the current task's greenlet: in whatever is next, or in whoever killed it."""
        task.greenlet = None
        if task.alive:
            if self._heard is not None:
                self._heard("end", None)
            if self.recording and isinstance(task, Inbox):
                self.seen("stop", task.name, task.cause)
                self.refuse_letters(task)
            task.alive = False
            del self.tasks[task]
        elif self._own_end is task:
            self._own_end = None
        else:
            return None
        following, value = self.pick()
        # A greenlet that ends falls into its parent, with its result as the value.
        greenlet.getcurrent().parent = following.greenlet
        return value

    def kill(self, task: Task, reason: str = "crash") -> None:
        """Unwind a task's greenlet; nothing that it still does on its way out is seen."""
        if self._heard is not None and reason != "end":
            self._heard("end", None)
        task.alive = False
        task.life += 1
        task.wait = None
        if isinstance(task, Inbox):
            task.idle = False
            while task.backlog:
                self.dropped(task.backlog.popleft(), reason)
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

    # -- what happened --------------------------------------------------------------------

    def now(self) -> float:
        """Return the virtual seconds since the simulation was entered."""
        return self.agenda.now

    def local_now(self) -> float:
        """Return the seconds that the clock of the current task's host has counted."""
        host = self.current.host
        return host.monotonic(self.agenda.now) if host.skewed else self.agenda.now

    def seen(self, kind: str, actor: str, cause: int, **rest: Any) -> int:
        """Record an event and return its index."""
        try:
            return self.recorder.add(self.agenda.now, kind, actor, cause, **rest)
        except Exception as error:  # noqa: BLE001  whatever a watcher raises is handed on
            return self.struck(error)

    def struck(self, error: Exception) -> int:
        """Hand on what a watcher has raised; return the index of the event that it saw."""
        self.fail(error)
        return self.recorder.count - 1

    def failed(self, inbox: Inbox, error: BaseException, what: str) -> None:
        """Note and record that an actor's code raised.

        Args:
            inbox: the actor's.
            error: what it raised.
            what: what it was doing.
        """
        annotate(error, self.agenda.now, inbox.name, what)
        if self.recording:
            self.seen("fail", inbox.name, inbox.cause, data=error)


def _exit(*_: object) -> None:
    raise GreenletExit
