"""What a simulated and a live run have in common, and which of them is running now."""

from __future__ import annotations

import abc
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pykka import Actor, ActorRegistry

from glasshive.errors import GlasshiveError, NotRunning
from glasshive.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from types import TracebackType

    from pykka import ActorRef

    from glasshive.inbox import LiveInbox
    from glasshive.task import Inbox
    from glasshive.trace import Event, EventSink, Recorder, Watcher

__all__ = ["Runtime", "Timer", "active", "life", "record_state"]


RARE = ("state", "note", "fault")
"""Kinds of events that can be watched without recording all others, which costs more."""


class Timer(abc.ABC):
    """A message that will be told later, unless it is cancelled before."""

    @abc.abstractmethod
    def cancel(self) -> None:
        """Forget the message; does nothing when it was told already."""


class Runtime(abc.ABC):
    """Where actors run: `Simulation` or `Live`.

    Args:
        seed: any integer; everything that is drawn at random follows it.
        trace: where every event is written, or None for no trace.
    """

    kind: ClassVar[Literal["simulated", "live"]]

    current: Any
    """The task whose code runs now: an actor's, or the script's."""

    def __init__(self, *, seed: int = 0, trace: EventSink | None = None) -> None:
        from glasshive.trace import Recorder  # noqa: PLC0415  a cycle: the recorder names actors

        if not isinstance(seed, int):
            raise TypeError(f"a seed is an integer, not {seed!r}")
        self.seed = seed
        self.network = Network(seed)
        self.recorder: Recorder = Recorder(trace)
        self.recording = self.recorder.everything
        """Whether events of messages are wanted, by the trace or by a watcher."""
        self._thread = threading.get_ident()
        self._names: dict[str, int] = {}
        self._named: dict[str, Inbox | LiveInbox] = {}
        self._error: BaseException | None = None
        """What went wrong outside of the script, and is still to be raised there."""
        self.casualties: list[str] = []
        """Actors that died of errors of their own, each with its error and where it was raised."""
        self.situations: dict[str, int] = {}
        """How often the run has come into each situation that `sometimes` marks."""
        self._used = False

    # -- entering and leaving -------------------------------------------------------------

    def __enter__(self) -> Self:
        global _active  # noqa: PLW0603  one runtime at a time is the rule this enforces
        with _entering:
            if _active is not None:
                raise GlasshiveError(
                    f"a {type(_active).__name__} is running already: one program, one world; "
                    "leave it before you enter another"
                )
            if self._used:
                raise GlasshiveError(
                    f"this {type(self).__name__} has run already: one run has one beginning; "
                    "make another for the next"
                )
            _active = self
        try:
            self._used = True
            self._thread = threading.get_ident()
            self._open()
        except BaseException:
            _active = None
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        global _active  # noqa: PLW0603
        try:
            self._close()
        finally:
            _active = None
        # Struck after the script's last wait: nothing else will ever tell it.
        late, self._error = self._error, None
        if late is not None and (error is None or isinstance(late, KeyboardInterrupt)):
            raise late

    @abc.abstractmethod
    def _open(self) -> None:
        """Put Pykka and the clock under this runtime."""

    @abc.abstractmethod
    def _close(self) -> None:
        """Put everything back as it was."""

    # -- time -----------------------------------------------------------------------------

    @abc.abstractmethod
    def now(self) -> float:
        """Return the seconds since this runtime was entered."""

    def local_now(self) -> float:
        """Return the seconds that the clock of the current actor's host has counted."""
        return self.now()

    @abc.abstractmethod
    def after(self, delay: float, ref: ActorRef[Any], message: Any) -> Timer:
        """Tell an actor something later.

        Args:
            delay: seconds from now.
            ref: the actor to tell.
            message: what to tell it.
        """

    @abc.abstractmethod
    def run(self, until: float | None = None, condition: Callable[[], bool] | None = None) -> bool:
        """Let the actors work while the script waits.

        Args:
            until: seconds on this runtime's clock to stop at; None runs until nothing is left.
            condition: stop as soon as this is true.

        Returns:
            Whether the condition came true; without a condition, True.

        Raises:
            Deadlock: when nothing is left to happen but some actor still waits.
        """

    # -- actors ---------------------------------------------------------------------------

    @contextmanager
    def on(self, host: str) -> Iterator[None]:
        """Have the actors that are started here live on a host.

        Elsewhere an actor lives where the actor that started it does, or on "local".

        Args:
            host: the host's name.
        """
        task = self.current
        before = task.host
        task.host = self.network.host(host)
        try:
            yield
        finally:
            task.host = before

    @abc.abstractmethod
    def crash(self, ref: ActorRef[Any]) -> None:
        """End an actor at once: no hook runs, its inbox and its timers are lost.

        Its peers are told nothing: a `tell` to it succeeds, and the message vanishes.
        """

    @abc.abstractmethod
    def restart(self, ref: ActorRef[Any], *, state: bool = False) -> None:
        """Start a crashed actor again; every reference to it leads to the new one.

        What came for it while it was down stays lost, and so do the timers that it had set.

        Args:
            ref: any reference to it.
            state: keep its attributes as they were, as if it had them on a disk; otherwise it is
                made anew with what `start` was given. `on_start` runs either way.

        Raises:
            GlasshiveError: when it has not crashed, or its host is down.
        """

    @abc.abstractmethod
    def can_restart(self, ref: ActorRef[Any]) -> bool:
        """Return whether an actor has crashed, its host is up, and nobody has taken its name."""

    def actors(self) -> list[Actor]:
        """Return every actor that is alive, in the order in which they were started."""
        refs = ActorRegistry.get_all()
        held = (ref._actor_weakref() for ref in refs)  # noqa: SLF001  Pykka has no other way inside
        return [actor for actor in held if actor is not None and self.lives(actor)]

    def lives(self, actor: Actor) -> bool:
        """Return whether an actor is alive, and not one whose address another has taken over."""
        inbox: Any = actor.actor_inbox
        return bool(inbox.alive) and inbox.owner() is actor

    def name_of(self, ref: ActorRef[Any]) -> str:
        """Return the name that traces call this actor by."""
        return self._inbox(ref).name

    # -- what happened --------------------------------------------------------------------

    def watch(
        self,
        watcher: Watcher,
        *,
        kinds: Collection[str],
        actors: Collection[ActorRef[Any]] = (),
        messages: Collection[type[Any]] = (),
    ) -> Callable[[], None]:
        """Call a function at every event of some kinds.

        An error that it raises ends the run and comes up in the script.

        Args:
            watcher: called with the event and, for a message, the message itself.
            kinds: the kinds of event, as a trace names them.
            actors: only events of these actors; none given means all.
            messages: only messages of these classes, exactly; none given means all.

        Returns:
            What ends the watch when it is called.

        Raises:
            ValueError: for a kind that there is not.
        """
        if actors and set(kinds) == {"deliver"}:
            # The one case that a busy hour can bear without recording every other event.
            return self._overhear(watcher, [self._inbox(ref) for ref in actors], messages)
        names = [self.name_of(ref) for ref in actors]

        def of_these(event: Event, message: Any) -> None:
            if (not names or event.actor in names) and (not messages or type(message) in messages):
                watcher(event, message)

        heard = of_these if names or messages else watcher
        self.recorder.watch(heard, kinds)
        self._look_who_watches()

        def leave() -> None:
            self.recorder.unwatch(heard)
            self._look_who_watches()

        return leave

    def _look_who_watches(self) -> None:
        """Record events of messages from now on, or no more, as somebody wants them."""
        before = self.recording
        watched = any(kind not in RARE for kind in self.recorder.watched)
        self.recording = self.recorder.everything or watched
        if before and not self.recording:
            # Whoever watches next would take what is handled then for caused by what was last seen.
            for task in self._everybody():
                task.cause = -1

    @abc.abstractmethod
    def _everybody(self) -> Iterable[Any]:
        """Return the tasks that there are, the script's too."""

    def _overhear(
        self,
        watcher: Watcher,
        inboxes: Sequence[Inbox | LiveInbox],
        messages: Collection[type[Any]],
    ) -> Callable[[], None]:
        """Watch what some actors are delivered; return what ends it."""
        for inbox in inboxes:
            inbox.watchers.add(watcher, tuple(messages))
            inbox.watched = True

        def leave() -> None:
            for inbox in inboxes:
                inbox.watched = inbox.watchers.discard(watcher)

        return leave

    def record(self, kind: str, data: Any, *, actor: str | None = None) -> None:
        """Write an event of the actor that runs now into the trace.

        Args:
            kind: what sort of event it is.
            data: what there is to say.
            actor: whose event it is, if not the current actor's.
        """
        task = self.current
        if self.recorder.wants(kind) and task.alive:
            self.seen(kind, actor or task.name, task.cause, data=data)

    @abc.abstractmethod
    def seen(self, kind: str, actor: str, cause: int, **rest: Any) -> int:
        """Record an event; an error that a watcher raises ends the run, not the actor."""

    @abc.abstractmethod
    def failed(self, inbox: Any, error: BaseException, what: str) -> None:
        """Note and record that an actor's code raised.

        Args:
            inbox: the actor's.
            error: what it raised.
            what: what it was doing.
        """

    @abc.abstractmethod
    def _inbox(self, ref: ActorRef[Any]) -> Inbox | LiveInbox:
        """Return the inbox of an actor of this runtime."""

    def _name(self, actor: Actor) -> str:
        """Return a name that no other living actor of this run has.

        An actor that is started where one has ended, as after a crash, gets its name again.
        """
        own = getattr(actor, "name", None)
        if not isinstance(own, str) or own == "":
            return self._numbered(type(actor).__name__)
        holder = self._named.get(own)
        if holder is not None and holder.alive:
            return self._numbered(own, named=True)
        self._named[own] = self._inbox(actor.actor_ref)
        return own

    def _numbered(self, stem: str, *, named: bool = False) -> str:
        count = self._names[stem] = self._names.get(stem, 0) + 1
        return f"{stem}#{count + 1}" if named else f"{stem}-{count}"


_active: Runtime | None = None
_entering = threading.Lock()


def active() -> Runtime:
    """Return the runtime that is running.

    Raises:
        NotRunning: outside of a Simulation and of Live.
    """
    if _active is None:
        raise NotRunning(
            "no Simulation and no Live is running: wrap the program in `with Simulation():`"
        )
    return _active


def running() -> Runtime | None:
    """Return the runtime that is running, or None."""
    return _active


def life(ref: ActorRef[Any]) -> int:
    """Return how often the actor at an address has crashed, 0 outside of a run.

    It is what a supervisor tells a process that it starts again, so that a life that has
    forgotten everything makes other names than the one before.

    Args:
        ref: any reference to the actor.
    """
    return getattr(ref.actor_inbox, "life", 0)


def record_state(subject: str, before: str | None, after: str | None, **facts: Any) -> None:
    """Record that a registry changed; costs next to nothing when nobody listens.

    Args:
        subject: what changed, such as a job's id.
        before: its state until now, or None if it is new.
        after: its state from now on, or None if it is gone.
        **facts: whatever else a reader of the trace should know.
    """
    if _active is not None and _active.recorder.wants_state:
        _active.record("state", {"subject": subject, "before": before, "after": after, **facts})


@contextmanager
def swapped(owner: Any, **values: Any) -> Iterator[None]:
    """Hold attributes of an object at other values for a while."""
    before = {name: owner.__dict__[name] for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)
