"""The lives of actors at their addresses: how each began, who has crashed, who comes back."""

from __future__ import annotations

import threading
import weakref
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pykka import Actor, ActorRegistry

from glasshive.errors import GlasshiveError
from glasshive.failure import casualty, doing
from glasshive.runtime import Runtime

if TYPE_CHECKING:
    from pykka import ActorRef

__all__ = ["Birth", "Lives"]


@dataclass(frozen=True, slots=True)
class Birth:
    """How an actor was started, so that it can be started again.

    Args:
        kind: its class.
        args: what `start` was given.
        kwargs: what `start` was given by name.
    """

    kind: type[Actor]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class _Cradle(threading.local):
    """What the next actor begins with that the current thread makes."""

    birth: Birth | None = None
    """How it is started."""
    inbox: Any = None
    """The address that the next actor of its class takes over."""


class Lives(Runtime):
    """Starts crashed actors again, each at its old address; both runtimes are built on it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._fallen: dict[Any, Actor] = {}
        """By their inboxes the actors that have crashed and may come back, with their state."""
        self._cradle = _Cradle()

    def restart(self, ref: ActorRef[Any], *, state: bool = False) -> None:
        """Start a crashed actor again; every reference to it leads to the new one.

        Args:
            ref: any reference to it.
            state: keep its attributes as they were, as if it had them on a disk; otherwise it is
                made anew with what `start` was given. `on_start` runs either way.

        Raises:
            GlasshiveError: when it has not crashed, or its host is down.
        """
        inbox = self._inbox(ref)
        actor, birth = self._claim(inbox, state=state)
        self._rise(inbox, actor, birth)

    def can_restart(self, ref: ActorRef[Any]) -> bool:
        """Return whether an actor has crashed, its host is up, and nobody has taken its name."""
        inbox = self._inbox(ref)
        return inbox in self._fallen and not inbox.host.down

    def _claim(self, inbox: Any, *, state: bool) -> tuple[Actor, Birth | None]:
        """Return who has crashed at an address, and is to be started again by the caller alone."""
        if inbox not in self._fallen:
            raise GlasshiveError(f"{inbox.name} cannot be restarted: it has not crashed")
        if inbox.host.down:
            raise GlasshiveError(
                f"{inbox.name} cannot be restarted: its host {inbox.host.name!r} is down; "
                "restart the host"
            )
        birth = None if state else self._birth(inbox)
        self.record("fault", {"fault": "restart", "state": state}, actor=inbox.name)
        return self._fallen.pop(inbox), birth

    def replace_fallen(self, inbox: Any) -> None:
        """Have crashed actors that bear the name of a new one not come back: it took their place.

        Args:
            inbox: the new one's.
        """
        for fallen in [each for each in self._fallen if each.name == inbox.name]:
            if fallen is not inbox:
                del self._fallen[fallen]

    def _birth(self, inbox: Any) -> Birth:
        """Return how an actor was started that is to begin anew."""
        if inbox.birth is None:
            raise GlasshiveError(
                f"{inbox.name} cannot be restarted without its state: it was not started "
                "with start()"
            )
        birth: Birth = inbox.birth
        return birth

    def _rise(self, inbox: Any, actor: Actor, birth: Birth | None) -> None:
        """Begin an actor's next life.

        Args:
            inbox: its address.
            actor: what has crashed there.
            birth: how another is made in its place; None if it goes on itself.
        """
        self._revive(inbox, actor, birth)
        with self.on(inbox.host.name):
            if birth is None:
                ActorRegistry.register(actor.actor_ref)
                actor._start_actor_loop()  # noqa: SLF001  as Pykka's own start does it
                return
            self._cradle.inbox = inbox
            try:
                birth.kind.start(*birth.args, **birth.kwargs)
            finally:
                self._cradle.inbox = None

    @abstractmethod
    def _revive(self, inbox: Any, actor: Actor, birth: Birth | None) -> None:
        """Have an address take messages again, for a life that is about to begin."""

    @abstractmethod
    def _make_inbox(self, actor: Actor) -> Any:
        """Return an address for an actor that is new."""

    # -- Pykka's hooks --------------------------------------------------------------------

    def _create_inbox(self, actor: Actor) -> Any:
        """Return the address of an actor that is being made: its own, or that of one that fell."""
        cradle = self._cradle
        birth, cradle.birth = cradle.birth, None
        inbox = cradle.inbox
        if inbox is not None and type(actor) is inbox.actor_class:
            cradle.inbox = None
            inbox.owner = weakref.ref(actor)
            return inbox
        inbox = self._make_inbox(actor)
        if birth is not None and type(actor) is birth.kind:
            inbox.birth = birth
        return inbox

    def _start_hook(self) -> Any:
        """Return Pykka's `start`, which notes what each actor was started with."""
        cradle = self._cradle
        real: Any = Actor.__dict__["start"].__func__

        def start(kind: type[Actor], *args: Any, **kwargs: Any) -> Any:
            before, cradle.birth = cradle.birth, Birth(kind, args, kwargs)
            try:
                return real(kind, *args, **kwargs)
            finally:
                cradle.birth = before

        return classmethod(start)

    def _failure_hook(self) -> Any:
        """Return Pykka's handling of an actor that dies of an error, which notes that it does."""
        real: Any = Actor._handle_failure  # noqa: SLF001  Pykka has no public hook for it

        def handle_failure(actor: Actor, kind: Any, error: Any, traceback: Any) -> None:
            inbox: Any = actor.actor_inbox
            if error is not None and getattr(inbox, "world", None) is self:
                self.failed(inbox, error, doing(traceback))
                self.casualties.append(casualty(inbox.name, error))
                self.dying(inbox)
            real(actor, kind, error, traceback)

        return handle_failure

    def dying(self, inbox: Any) -> None:
        """Hear that an actor is about to end by an error of its own; here nothing comes of it.

        Args:
            inbox: its address.
        """
