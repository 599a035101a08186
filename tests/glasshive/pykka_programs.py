"""Small programs, each of which returns what it has seen Pykka do."""

from __future__ import annotations

import queue
import sys
import threading
from typing import TYPE_CHECKING, Any

import pykka
import pytest
from pykka import ActorDeadError, ActorRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

Log = list[Any]


class Hooked(pykka.ThreadingActor):
    """Writes down every hook, and fails where it is told to."""

    def __init__(self, log: Log, failing: str = "") -> None:
        super().__init__()
        self.log = log
        self.failing = failing

    def _hook(self, name: str) -> None:
        self.log.append(name)
        if self.failing == name:
            raise ValueError(name)

    def on_start(self) -> None:
        self._hook("on_start")

    def on_stop(self) -> None:
        self._hook("on_stop")

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        assert traceback is not None
        self.log.append(f"{exception_type.__name__} {exception_value}")
        self._hook("on_failure")

    def on_receive(self, message: Any) -> Any:
        self._hook(f"got {message}")
        return ("answer", message)


def _ended(ref: pykka.ActorRef[Any]) -> None:
    """Wait until an actor is gone, with the means that a program has."""
    assert ref.actor_stopped.wait(5)
    ref.stop(timeout=5)


def life() -> Log:
    log: Log = []
    ref = Hooked.start(log)
    ref.tell("a")
    log.append(ref.ask("b"))
    log.append(ref.stop())
    log.append(ref.stop())
    log.append(ref.is_alive())
    with pytest.raises(ActorDeadError, match="not found"):
        ref.tell("late")
    with pytest.raises(ActorDeadError, match="not found"):
        ref.ask("late", block=False).get()
    return log


def failing_tell() -> Log:
    log: Log = []
    ref = Hooked.start(log, "got a")
    ref.tell("a")
    _ended(ref)
    return log


def failing_ask() -> Log:
    log: Log = []
    ref = Hooked.start(log, "got a")
    with pytest.raises(ValueError, match="got a"):
        ref.ask("a")
    log.append(ref.ask("b"))
    log.append(ref.stop())
    return log


def failing_start() -> Log:
    log: Log = []
    ref = Hooked.start(log, "on_start")
    _ended(ref)
    return log


def failing_stop() -> Log:
    log: Log = []
    ref = Hooked.start(log, "on_stop")
    log.append(ref.stop())
    return log


def failing_failure() -> Log:
    log: Log = []

    class Twice(Hooked):
        def on_receive(self, message: Any) -> Any:
            raise KeyError(message)

    ref = Twice.start(log, "on_failure")
    ref.tell("a")
    _ended(ref)
    return log


class Slow(pykka.ThreadingActor):
    """Holds on until it may go on."""

    def __init__(self, gate: Any) -> None:
        super().__init__()
        self.gate = gate

    def on_receive(self, message: Any) -> Any:
        if message == "wait":
            self.gate.wait(5)
        return message


def teardown() -> Log:
    gate = threading.Event()
    ref = Slow.start(gate)
    ref.tell("wait")
    before = ref.ask("before", block=False)
    stop = ref.stop(block=False)
    behind = ref.ask("behind", block=False)
    second = ref.stop(block=False)
    gate.set()
    log: Log = [before.get(), stop.get(), second.get()]
    with pytest.raises(ActorDeadError, match="stopped before handling the message"):
        behind.get()
    return log


def timeouts() -> Log:
    gate = threading.Event()
    ref = Slow.start(gate)
    future = ref.ask("wait", block=False)
    log: Log = []
    for limit in (0, 0.01):
        with pytest.raises(pykka.Timeout, match=f"{limit} seconds"):
            future.get(timeout=limit)
    with pytest.raises(pykka.Timeout):
        ref.ask("other", timeout=0.01)
    gate.set()
    log += [future.get(timeout=5), future.get(), ref.ask("after", timeout=5), ref.stop()]
    return log


def futures() -> Log:
    log: Log = []
    ref = Hooked.start(log)
    ask = ref.ask
    ask("ready")
    number = pykka.ThreadingFuture[Any]()
    number.set([1, 2, 3])
    log.append(number.map(len).get())
    log.append(number.filter(lambda each: each > 1).get())
    log.append(number.reduce(lambda one, other: one + other, 10).get())
    one, two = ask("one", block=False), ask("two", block=False)
    log.append(one.join(two).get())
    log.append(one.map(lambda pair: pair[1]).get())
    log.append(pykka.get_all([one, two], timeout=1))
    for future in (number, one):
        future.get()
        with pytest.raises(queue.Full):
            future.set(2)
        with pytest.raises(queue.Full):
            future.set_exception((ValueError, ValueError(), None))
        with pytest.raises(queue.Full):
            future.set_get_hook(lambda _: 3)
    calls: Log = []
    hooked: Any = one.map(calls.append)
    hooked.get()
    hooked.get()
    with pytest.raises(queue.Full):
        hooked.set(1)
    empty: dict[str, int] = {}
    unlucky = one.map(lambda _: empty["key"])
    for _ in range(2):
        with pytest.raises(KeyError):
            unlucky.get()
    log += [calls, ref.stop()]
    return log


@pykka.traversable
class Part:
    text = "part"

    def shout(self) -> str:
        return self.text.upper()


class Whole(pykka.ThreadingActor):
    def __init__(self) -> None:
        super().__init__()
        self.part = Part()
        self.done: list[int] = []
        self._later: Any = self.actor_ref.proxy()

    def work(self, number: int) -> None:
        self.done.append(number)
        if number < 3:
            self._later.work(number + 1)

    def fail(self) -> None:
        raise ValueError("no")


def proxies() -> Log:
    ref = Whole.start()
    whole: Any = ref.proxy()
    whole.work(1).get()
    whole.work.defer(7)
    log: Log = [whole.part.shout().get()]
    whole.part.text = "new"
    log += [whole.part.text.get(), whole.part.shout().get()]
    while len(whole.done.get()) < 4:
        pass
    log.append(sorted(whole.done.get()))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        whole.nothing  # noqa: B018  the look-up is what fails
    with pytest.raises(ValueError, match="no"):
        whole.fail().get()
    log.append(whole == ref.proxy())
    whole.fail.defer()
    assert ref.actor_stopped.wait(5)
    with pytest.raises(ActorDeadError):
        ref.proxy()
    return log


def registry() -> Log:
    log: Log = []
    first, second = Hooked.start(log), Hooked.start(log)
    other = Whole.start()
    log.append([ActorRegistry.get_all().index(ref) for ref in (first, second, other)])
    log.append(ActorRegistry.get_by_class(Hooked) == [first, second])
    log.append(ActorRegistry.get_by_class_name("Whole") == [other])
    log.append(ActorRegistry.get_by_urn(second.actor_urn) == second)
    log.append(ActorRegistry.get_by_urn("urn:nobody"))
    first.ask("ready")
    second.ask("ready")
    ActorRegistry.broadcast("all", Hooked)
    first.ask("done")
    second.ask("done")
    log[:] = sorted(map(str, log))
    return log


def last_in_first_out() -> Log:
    log: Log = []

    class Named(pykka.ThreadingActor):
        def __init__(self, label: str) -> None:
            super().__init__()
            self.label = label

        def on_stop(self) -> None:
            log.append(self.label)

    for label in "abc":
        Named.start(label)
    log.append(ActorRegistry.stop_all())
    log.append(ActorRegistry.stop_all(block=False))
    return log


class Link(pykka.ThreadingActor):
    def __init__(self, following: Any) -> None:
        super().__init__()
        self.following = following

    def on_receive(self, message: int) -> int:
        if self.following is None:
            return message
        answer: int = self.following.ask(message + 1)
        return answer


def deep_chain() -> Log:
    ref: Any = None
    for _ in range(200):
        ref = Link.start(ref)
    answer = ref.ask(1)
    return [answer, all(ActorRegistry.stop_all())]


class Parent(pykka.ThreadingActor):
    def on_receive(self, message: int) -> list[int]:
        if message == 0:
            return [0]
        child = Parent.start()
        below: Any = child.ask(message - 1)
        child.stop()
        return [message, *below]


def children() -> Log:
    ref = Parent.start()
    return [ref.ask(4), ref.stop(), len(ActorRegistry.get_all())]


class Exits(pykka.ThreadingActor):
    def on_receive(self, message: type[BaseException]) -> Any:
        raise message


def base_exception() -> Log:
    log: Log = []
    bystander = Hooked.start(log)
    bystander.ask("ready")
    last = Exits.start()
    last.tell(SystemExit)
    assert bystander.actor_stopped.wait(5)
    assert last.actor_stopped.wait(5)
    log.append(bystander.stop())
    return log


def exit_in_on_start() -> Log:
    class Quits(pykka.ThreadingActor):
        def on_start(self) -> None:
            sys.exit(3)

    Quits.start()
    log: Log = []
    ref = Hooked.start(log)
    log.append(ref.ask("still here"))
    log.append(ref.stop())
    ActorRegistry._actor_refs.clear()
    return log


def stops_itself() -> Log:
    class Leaves(Hooked):
        def on_receive(self, message: Any) -> Any:
            self.stop()
            return super().on_receive(message)

    log: Log = []
    ref = Leaves.start(log)
    log.append(ref.ask("x"))
    _ended(ref)
    return log


PROGRAMS: list[Callable[[], Log]] = [
    *(life, failing_tell, failing_ask, failing_start, failing_stop, failing_failure),
    *(teardown, timeouts, futures, proxies, registry, last_in_first_out, deep_chain),
    *(children, base_exception, exit_in_on_start, stops_itself),
]
