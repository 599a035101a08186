"""What happens to machines: hosts crash, come back, stand still, run slow, and misread the time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit
from pykka import ActorRegistry

from glasshive.errors import GlasshiveError, nearest
from glasshive.mail import Mail
from glasshive.network import Host
from glasshive.task import Inbox, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pykka import Actor, ActorRef

    from glasshive.fault import Fault, Plan
    from glasshive.lives import Birth
    from glasshive.task import Task

__all__ = ["Machines"]


class Machines(Mail):
    """Crashes and restarts actors and hosts; `Simulation` is built on it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._nowhere = Host("nowhere", self.network)
        """A host that the network does not know, so that no fault reaches it."""

    # -- actors ---------------------------------------------------------------------------

    def crash(self, ref: ActorRef[Any]) -> None:
        """End an actor at once: no hook runs, its inbox and its timers are lost."""
        inbox = self._inbox(ref)
        if not inbox.alive:
            return
        if not self.current.alive:
            raise GreenletExit
        self.record("fault", {"fault": "crash"}, actor=inbox.name)
        self._fell(inbox)

    # -- hosts ----------------------------------------------------------------------------

    def crash_host(self, name: str) -> None:
        """End every actor of a host at once; what is sent to it is lost until it restarts.

        Args:
            name: the host.

        Raises:
            ValueError: when there is no such host.
        """
        host = self.network.known_host(name)
        self.record("fault", {"fault": "crash-host", "host": name})
        host.down = True
        host.paused = False  # a machine that is off does not stand still
        own = None
        for task in [task for task in self.tasks if task.alive and task.host is host]:
            if task is self.current:
                own = task
            elif isinstance(task, Inbox):
                self._fell(task)
            else:
                self.kill(task)
        if isinstance(own, Inbox):
            self._fell(own)  # does not come back: whoever does this is on that host

    def restart_host(self, name: str, *, state: bool = False) -> None:
        """Start a crashed host, and every actor that crashed with it, in their first order.

        Args:
            name: the host.
            state: keep the actors' attributes, as if they had them on a disk.

        Raises:
            ValueError: when there is no such host.
            GlasshiveError: when it is not down.
        """
        host = self.network.known_host(name)
        if not host.down:
            raise GlasshiveError(f"host {name!r} cannot be restarted: it is not down")
        self.record("fault", {"fault": "restart-host", "host": name, "state": state})
        host.down = False
        for inbox in [inbox for inbox in self._fallen if inbox.host is host]:
            birth = None if state else self._birth(inbox)
            self._rise(inbox, self._fallen.pop(inbox), birth)

    def pause_host(self, name: str) -> None:
        """Have everything on a host stand still; what is sent to it waits until it resumes.

        Args:
            name: the host.

        Raises:
            ValueError: when there is no such host.
            GlasshiveError: when somebody on that host asks for it, or the script lives there.
        """
        host = self.network.known_host(name)
        if host is self.current.host or host is self._script.host:
            raise GlasshiveError(f"host {name!r} cannot pause itself: nobody there could resume it")
        if host.paused:
            return
        self.record("fault", {"fault": "pause-host", "host": name})
        host.paused = True
        for task in self.tasks:
            if isinstance(task, Inbox) and task.host is host and task.idle:
                task.idle = False
                host.held.append(task)

    def resume_host(self, name: str) -> None:
        """Have a host go on where it was paused.

        Args:
            name: the host.

        Raises:
            ValueError: when there is no such host.
        """
        host = self.network.known_host(name)
        if not host.paused:
            return
        self.record("fault", {"fault": "resume-host", "host": name})
        host.paused = False
        held, host.held = host.held, []
        for inbox in held:
            if inbox.alive and inbox.greenlet is not None:
                if inbox.backlog:
                    self.ready.append(inbox.backlog.popleft())
                inbox.idle = True
        deferred, host.deferred = host.deferred, []
        for wait in deferred:
            self.wake(wait)

    def slow_host(self, name: str, factor: float) -> None:
        """Have sleeps and timers on a host take longer from now on.

        Args:
            name: the host.
            factor: how many times as long; 1 is full speed.

        Raises:
            ValueError: when there is no such host, or the factor is not above zero.
        """
        self.network.known_host(name).slow(factor)
        self.record("fault", {"fault": "slow-host", "host": name, "factor": factor})

    def drift_clock(self, name: str, pace: float) -> None:
        """Have a host's clock run fast or slow from now on.

        Args:
            name: the host.
            pace: seconds that it counts in one true second.

        Raises:
            ValueError: when there is no such host, or the pace is not above zero.
        """
        self.network.known_host(name).drift(pace, self.agenda.now)
        self.record("fault", {"fault": "drift-clock", "host": name, "pace": pace})

    def jump_clock(self, name: str, by: float) -> None:
        """Set a host's clock forward or back: `time.time` and `datetime`, never `time.monotonic`.

        Args:
            name: the host.
            by: seconds, below zero for back.

        Raises:
            ValueError: when there is no such host, or the seconds are not finite.
        """
        self.network.known_host(name).jump(by)
        self.record("fault", {"fault": "jump-clock", "host": name, "by": by})

    # -- faults as data -------------------------------------------------------------------

    def strike(self, plan: Plan) -> None:
        """Have every fault of a plan strike at its time.

        Args:
            plan: the faults; those whose time is over strike at once.
        """
        sim: Any = self
        for each in plan.faults:

            def work(due: float = each.at, fault: Fault = each.do) -> None:
                self.wait_until(Wait(self.current, "its time", None, due))
                fault.strike(sim)

            self.soon(f"{type(each.do).__name__} at {each.at:g} s", work)

    def soon(self, name: str, work: Callable[[], object]) -> Callable[[], None]:
        """Run a function outside of every actor and every host, as soon as it is its turn.

        It is for what a watcher has noticed in the middle of a delivery, where nothing may be
        done. The function may wait, with `sleep`, and crash or pause whomever it likes.

        Args:
            name: what traces call it.
            work: what it does; an error of it comes up in the script.

        Returns:
            What ends the function, wherever it is by then, when it is called.
        """
        task = self.start_task(name, work, self._nowhere)
        task.cause = self.current.cause

        def call_off() -> None:
            if task.alive and task is not self.current:
                self.kill(task)
                del self.tasks[task]

        return call_off

    def ref_of(self, name: str) -> ActorRef[Any]:
        """Return the reference of an actor that is or was.

        Args:
            name: what traces call it.

        Raises:
            ValueError: when no actor has this name, with the near ones.
        """
        known = {task.name: task for task in self.tasks if isinstance(task, Inbox)}
        ref = known[name].ref if name in known else None
        if ref is None:
            raise ValueError(f"no actor is called {name!r}; {nearest(name, known)}")
        return ref

    def _inbox(self, ref: ActorRef[Any]) -> Inbox:
        inbox = ref.actor_inbox
        if not isinstance(inbox, Inbox) or inbox.sim is not self:
            raise GlasshiveError(f"{ref} was not started inside this simulation")
        return inbox

    @abstractmethod
    def start_task(self, thread: str, work: Callable[[], object], host: Host | None = None) -> Task:
        """Run a function as a task of its own."""

    # -- falling and rising ---------------------------------------------------------------

    def _fell(self, inbox: Inbox) -> None:
        actor = inbox.owner()
        if actor is not None:
            self._fallen[inbox] = actor
        if inbox.ref is not None:
            ActorRegistry.unregister(inbox.ref)
        if inbox in inbox.host.held:
            inbox.host.held.remove(inbox)  # its next life is not ready for a message yet
        self.kill(inbox)

    def _revive(self, inbox: Inbox, actor: Actor, birth: Birth | None) -> None:
        inbox.alive = True
        if birth is None:
            for hook in ("_stop", "_handle_failure"):  # what had silenced the crash
                vars(actor).pop(hook, None)

    def _everybody(self) -> Iterable[Task]:
        return (self._script, *self.tasks)
