"""The future that a simulated `ask` returns."""

from __future__ import annotations

import queue
import sys
import threading
from typing import TYPE_CHECKING, Any

import pykka
from pykka import ThreadingFuture
from pykka._threading import ThreadingFutureResult

from glasshive.errors import NotRunning
from glasshive.failure import handling
from glasshive.locks import VirtualRLock
from glasshive.runtime import active

if TYPE_CHECKING:
    from collections.abc import Callable

    from pykka._types import OptExcInfo

    from glasshive.inbox import LiveInbox, LiveTask
    from glasshive.live import Live
    from glasshive.simulation import Simulation
    from glasshive.task import Inbox, Wait

__all__ = ["LiveFuture", "SimulatedFuture"]

_UNSET: Any = object()


class SimulatedFuture(ThreadingFuture[Any]):
    """A Pykka future whose `get` lets the simulation go on instead of blocking the thread.

    The reply is a message too: from another host it travels over the link, with the link's
    latency and the link's losses.
    """

    # The parent's condition would cost two locks for each `ask`, and nobody here waits on it.
    def __init__(self) -> None:
        pykka.Future.__init__(self)
        sim = active()
        self._sim: Simulation = sim  # type: ignore[assignment] # only a simulation makes these
        self._asker = sim.current
        self._value: Any = _UNSET
        self._error: OptExcInfo | None = None
        self.sealed = False
        """Whether the answer was given; from another host it may still be on its way."""
        self._waits: list[Wait] = []
        self._given_up: tuple[Wait, ...] = ()
        self._hook_lock: VirtualRLock | None = None
        self.asked: tuple[Inbox, Any] | None = None
        """To whom the question went, and the question."""

    def get(self, *, timeout: float | None = None) -> Any:
        """Return the value, or raise the error, letting virtual time pass until it is there.

        Args:
            timeout: virtual seconds to wait before `pykka.Timeout`; None waits for ever.

        Raises:
            pykka.Timeout: when the time is up.
            Deadlock: when nothing in the simulation can ever set this future.
        """
        if self._hook_lock is not None:
            with self._hook_lock:  # the hook runs once, however many ask for its value
                return pykka.Future.get(self, timeout=timeout)
        if self._value is _UNSET and self._error is None:
            if not self._sim.inside:
                raise NotRunning("nothing can answer any more: the simulation has ended")
            self._sim.wait_for(self, timeout)
        if self._sim.unread:
            self._sim.unread.pop(self, None)
        if self._error is None:
            return self._value
        kind, error, traceback = self._error
        if error is None:
            assert kind is not None
            error = kind()
        raise error if error.__traceback__ is traceback else error.with_traceback(traceback)

    def set(self, value: Any | None = None) -> None:
        """Answer with a value; a second answer raises `queue.Full`, as in Pykka."""
        self._seal()
        self._sim.reply(self, value, None)

    def set_exception(self, exc_info: OptExcInfo | None = None) -> None:
        """Answer with an error; a second answer raises `queue.Full`, as in Pykka."""
        assert exc_info is None or len(exc_info) == 3  # noqa: PLR2004  Pykka's own contract
        self._seal()
        if exc_info is None:
            exc_info = sys.exc_info()
            if self.asked is not None and exc_info[1] is not None:
                inbox, question = self.asked
                self._sim.failed(inbox, exc_info[1], handling(question))
        self._sim.reply(self, None, exc_info)

    def set_get_hook(self, func: Callable[[float | None], Any]) -> None:
        """Compute the value when it is asked for."""
        if self.sealed:
            raise queue.Full
        if self._hook_lock is None:
            self._hook_lock = VirtualRLock()
        pykka.Future.set_get_hook(self, func)

    def _seal(self) -> None:
        if self.sealed or self._get_hook is not None:
            raise queue.Full
        self.sealed = True

    @property
    def asker(self) -> Any:
        """The task that made this future, to whose host the answer travels."""
        return self._asker

    def add_wait(self, wait: Wait) -> None:
        """Have this wait woken when the answer arrives."""
        self._waits.append(wait)

    def drop_wait(self, wait: Wait) -> None:
        """Forget a wait that gave up."""
        if wait in self._waits:
            self._waits.remove(wait)
        self._given_up += (wait,)

    def settle(self, value: Any, error: OptExcInfo | None) -> list[Wait]:
        """Hold the answer that has now arrived; return the waits that it ends."""
        if error is None:
            self._value = value
        else:
            self._error = error
        for wait in self._given_up:
            self._sim.agenda.late(wait)
        waits, self._waits = self._waits, []
        return waits


class LiveFuture(ThreadingFuture[Any]):
    """A Pykka future whose answer is traced, and takes its time from host to host."""

    def __init__(self) -> None:
        super().__init__()
        live = active()
        self._live: Live = live  # type: ignore[assignment] # only a live run makes these
        self._condition = _Answer(self._live)
        self.asker: LiveTask = live.current
        """The task that made this future, to whose host the answer travels."""
        self.asked: tuple[LiveInbox, Any] | None = None
        """To whom the question went, and the question."""
        self._sealed = False

    def get(self, *, timeout: float | None = None) -> Any:
        """Return the value, or raise the error, waiting until it is there."""
        if self._get_hook is not None or self._result is not None:
            return super().get(timeout=timeout)
        with self._live.waiting(self):
            return super().get(timeout=timeout)

    def set(self, value: Any | None = None) -> None:
        """Answer with a value; a second answer raises `queue.Full`, as in Pykka."""
        self._seal()
        self._live.reply(self, value, None)

    def set_exception(self, exc_info: OptExcInfo | None = None) -> None:
        """Answer with an error; a second answer raises `queue.Full`, as in Pykka."""
        assert exc_info is None or len(exc_info) == 3  # noqa: PLR2004  Pykka's own contract
        self._seal()
        if exc_info is None:
            exc_info = sys.exc_info()
            if self.asked is not None and exc_info[1] is not None:
                inbox, question = self.asked
                self._live.failed(inbox, exc_info[1], handling(question))
        self._live.reply(self, None, exc_info)

    def set_get_hook(self, func: Callable[[float | None], Any]) -> None:
        """Compute the value when it is asked for."""
        with self._condition:
            if self._sealed:
                raise queue.Full
            super().set_get_hook(func)

    def _seal(self) -> None:
        with self._condition:
            if self._sealed or self._get_hook is not None:
                raise queue.Full
            self._sealed = True

    def settle(self, value: Any, error: OptExcInfo | None) -> None:
        """Hold the answer that has now arrived, and wake whoever waits for it."""
        with self._condition:
            if self._result is None:
                self._result = ThreadingFutureResult(value, error)
                self._condition.notify_all()

    def abandon(self) -> None:
        """End the thread that waits for this, since nothing will ever answer it."""
        self.settle(None, (SystemExit, SystemExit(), None))

    def look_up(self) -> None:
        """Have whoever waits for this, in a life that is over, wait no longer."""
        with self._condition:
            self._condition.notify_all()


class _Answer(threading.Condition):
    """That a live future's answer is there; waiting for it ends with the waiting actor's life."""

    def __init__(self, live: Live) -> None:
        super().__init__()
        self._live = live

    def wait(self, timeout: float | None = None) -> bool:
        self._live.unless_over()
        notified = super().wait(timeout)
        self._live.unless_over()
        return notified
