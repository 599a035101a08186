"""The clocks, locks and random numbers that follow a simulation while it runs."""

from __future__ import annotations

import datetime as dt
import os
import queue
import random
import sys
import threading
import time
import uuid
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from glasshive.locks import lock_factories, start_timer
from glasshive.runtime import swapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from glasshive.simulation import Simulation

__all__ = ["virtual_time"]

EPOCH = 1_735_689_600.0
"""What `time.time()` says when a simulation begins: 2025-01-01, midnight UTC."""

_BILLION = 1_000_000_000

_GREGORIAN = 0x01B21DD213814000
"""Ticks of 100 ns from the beginning of the Gregorian calendar to 1970, which `uuid1` counts."""

_OF_TIMERS = ("start", "join", "is_alive")

_REAL = frozenset(
    [
        *("glasshive", "greenlet", "rich", "importlib", "_frozen_importlib", "_thread"),
        *("_pytest", "pytest", "pytest_timeout", "pluggy", "xdist", "execnet"),
        *("hypothesis", "coverage"),
    ]
)
"""Packages whose names keep the real functions: the engine, and what watches it from outside."""


@contextmanager
def virtual_time(sim: Simulation) -> Iterator[None]:
    """Have the program's clocks, locks and random numbers follow a simulation.

    The functions are swapped wherever a module holds them under a name, so also in modules
    that said `from time import sleep` long before. Other threads of the process keep the real
    ones. Not reached: a function held in a default argument, a container or a class.

    Args:
        sim: the simulation, which runs on the current thread.
    """
    with ExitStack() as stack:
        state = random.getstate()
        stack.callback(random.setstate, state)
        random.seed(f"{sim.seed}/program")
        # The program may have kept a stand-in where nobody finds it, so each looks here first.
        thread = [get_ident()]
        stack.callback(thread.clear)
        entropy = random.Random(f"{sim.seed}/entropy")

        def inside() -> bool:
            return get_ident() in thread

        swaps = _substitutes(sim, entropy, inside)
        stack.callback(_put_back, swaps, _put_in_place(swaps), frozenset(sys.modules))
        stack.enter_context(_timers(sim))
        stack.enter_context(_seeding(entropy, inside))
        yield


def _substitutes(
    sim: Simulation, entropy: random.Random, inside: Callable[[], bool]
) -> dict[int, tuple[Any, Any]]:
    """Return each real thing by identity, with what stands in for it."""
    agenda = sim.agenda  # the clock, read millions of times
    real_gmtime, real_localtime, strftime, asctime = (
        *(time.gmtime, time.localtime, time.strftime, time.asctime),
    )

    def virtual(real: Callable[..., Any], simulated: Callable[..., Any]) -> tuple[Any, Any]:
        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if inside():
                return simulated(*args, **kwargs)
            return real(*args, **kwargs)

        stand_in.__name__ = real.__name__
        stand_in.__doc__ = real.__doc__
        return real, stand_in

    def today() -> float:
        host = sim.current.host
        return EPOCH + (host.clock(agenda.now) if host.skewed else agenda.now)

    counted = sim.local_now

    def nanoseconds(clock: Callable[[], float]) -> Callable[[], int]:
        return lambda: round(clock() * _BILLION)

    def localtime(at: float | None = None) -> time.struct_time:
        return real_localtime(today() if at is None else at)

    def clock(which: int) -> float:
        return today() if which == time.CLOCK_REALTIME else counted()

    pairs = [
        virtual(time.time, today),
        virtual(time.time_ns, nanoseconds(today)),
        virtual(time.monotonic, counted),
        virtual(time.monotonic_ns, nanoseconds(counted)),
        virtual(time.perf_counter, counted),
        virtual(time.perf_counter_ns, nanoseconds(counted)),
        virtual(time.process_time, counted),
        virtual(time.process_time_ns, nanoseconds(counted)),
        virtual(time.thread_time, counted),
        virtual(time.thread_time_ns, nanoseconds(counted)),
        virtual(time.clock_gettime, clock),
        virtual(time.clock_gettime_ns, lambda which: round(clock(which) * _BILLION)),
        virtual(time.gmtime, lambda at=None: real_gmtime(today() if at is None else at)),
        virtual(time.localtime, localtime),
        virtual(time.ctime, lambda at=None: asctime(localtime(at))),
        virtual(time.asctime, lambda at=None: asctime(localtime() if at is None else at)),
        virtual(time.strftime, lambda form, at=None: strftime(form, at or localtime())),
        virtual(time.sleep, sim.sleep),
        virtual(os.urandom, entropy.randbytes),
        virtual(uuid.uuid1, _uuid1(today, entropy)),
        virtual(random.seed, partial(_seed, random.seed.__self__)),  # type: ignore[attr-defined]
        (dt.datetime, _datetime_class(today, inside)),
        (dt.date, _date_class(today, inside)),
        (queue.SimpleQueue, queue._PySimpleQueue),  # type: ignore[attr-defined]  # noqa: SLF001
        *lock_factories(inside),
    ]
    if hasattr(os, "getrandom"):
        pairs.append(virtual(os.getrandom, lambda size, _=0: entropy.randbytes(size)))
    return {id(real): (real, stand_in) for real, stand_in in pairs}


def _seed(generator: random.Random, *args: Any, **kwargs: Any) -> None:
    """Seed by whatever `Random.seed` is at the moment."""
    random.Random.seed(generator, *args, **kwargs)


def _uuid1(today: Callable[[], float], entropy: random.Random) -> Callable[..., uuid.UUID]:
    """Return a `uuid.uuid1` by the virtual clock, with a network card of the seed's own.

    Layout and clock: RFC 9562, section 5.1.
    """
    card = entropy.getrandbits(48) | 1 << 40  # the bit that says: no real card's address
    sequence = entropy.getrandbits(14)
    last = 0

    def uuid1(node: int | None = None, clock_seq: int | None = None) -> uuid.UUID:
        nonlocal last
        last = ticks = max(last + 1, int(today() * 10_000_000) + _GREGORIAN)
        order = sequence if clock_seq is None else clock_seq
        return uuid.UUID(
            fields=(
                ticks & 0xFFFFFFFF,
                ticks >> 32 & 0xFFFF,
                ticks >> 48 & 0x0FFF,
                order >> 8 & 0x3F,
                order & 0xFF,
                card if node is None else node,
            ),
            version=1,
        )

    return uuid1


def _datetime_class(now: Callable[[], float], inside: Callable[[], bool]) -> type:
    real = dt.datetime

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    # What the clock returns is an ordinary datetime, so that it may outlive the simulation.
    class VirtualDatetime(real, metaclass=Meta):  # type: ignore[misc,valid-type]
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return real.__new__(real if cls is VirtualDatetime else cls, *args, **kwargs)

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return cls.fromtimestamp(now(), tz) if inside() else super().now(tz)

        @classmethod
        def utcnow(cls) -> Any:
            if not inside():
                return super().utcnow()
            return cls.fromtimestamp(now(), dt.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    VirtualDatetime.__name__ = VirtualDatetime.__qualname__ = "datetime"
    return VirtualDatetime


def _date_class(now: Callable[[], float], inside: Callable[[], bool]) -> type:
    real = dt.date

    class Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    class VirtualDate(real, metaclass=Meta):  # type: ignore[misc,valid-type]
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return real.__new__(real if cls is VirtualDate else cls, *args, **kwargs)

        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(now()) if inside() else super().today()

    VirtualDate.__name__ = VirtualDate.__qualname__ = "date"
    return VirtualDate


# -- swapping -----------------------------------------------------------------------------

_Place = tuple[dict[str, Any], str, Any]
"""A module's names, one of them, and what really belongs there."""

# Which names of a module hold something that can be swapped is remembered, since looking at
# every name of every module takes some 10 ms and a sweep makes hundreds of simulations a second.
_places: dict[str, tuple[ModuleType, int, list[str]]] = {}


def _put_in_place(swaps: dict[int, tuple[Any, Any]]) -> list[_Place]:
    """Swap every name of every module that holds one of the real things."""
    done: list[_Place] = []
    for module_name, module in list(sys.modules.items()):
        known = _places.get(module_name)
        names = getattr(module, "__dict__", None)
        if names is None or module_name.partition(".")[0] in _REAL:
            continue
        if known is None or known[0] is not module or known[1] != len(names):
            held = [name for name, value in names.items() if id(value) in swaps]
            known = _places[module_name] = (module, len(names), held)
        for name in known[2]:
            value = names.get(name)
            if id(value) in swaps:
                done.append((names, name, value))
                names[name] = swaps[id(value)][1]
    return done


def _put_back(
    swaps: dict[int, tuple[Any, Any]], done: list[_Place], modules: frozenset[str]
) -> None:
    """Put the real things back, also where a module took a stand-in while it ran.

    Args:
        swaps: the real things and their stand-ins.
        done: the names that were swapped.
        modules: those that there were then; what was imported since is looked through.
    """
    stand_ins = {id(stand_in): real for real, stand_in in swaps.values()}
    for names, name, real in done:
        if id(names.get(name)) in stand_ins:
            names[name] = real
    for imported, module in list(sys.modules.items()):
        names = {} if imported in modules else getattr(module, "__dict__", {})
        for name, value in list(names.items()):
            if id(value) in stand_ins:
                names[name] = stand_ins[id(value)]


@contextmanager
def _timers(sim: Simulation) -> Iterator[None]:
    """Have `threading.Timer` run in a greenlet of the simulation."""
    real: Any = threading.Timer
    before = (real.start, real.join, real.is_alive)
    own = {name: vars(real)[name] for name in _OF_TIMERS if name in vars(real)}
    ends: WeakKeyDictionary[threading.Timer, threading.Event] = WeakKeyDictionary()

    def start(timer: threading.Timer) -> None:
        if get_ident() == sim._thread:  # noqa: SLF001
            ends[timer] = start_timer(sim, timer)
        else:
            before[0](timer)

    def join(timer: threading.Timer, timeout: float | None = None) -> None:
        if timer in ends:
            ends[timer].wait(timeout)
        else:
            before[1](timer, timeout)

    def is_alive(timer: threading.Timer) -> bool:
        return not ends[timer].is_set() if timer in ends else before[2](timer)

    for name, method in zip(_OF_TIMERS, (start, join, is_alive), strict=True):
        setattr(real, name, method)
    try:
        yield
    finally:
        for name in _OF_TIMERS:
            delattr(real, name)
        for name, method in own.items():
            setattr(real, name, method)


@contextmanager
def _seeding(entropy: random.Random, inside: Callable[[], bool]) -> Iterator[None]:
    """Have generators that are made without a seed follow the simulation's."""
    real = random.Random.seed

    def seed(generator: random.Random, a: Any = None, version: int = 2) -> None:
        real(generator, entropy.getrandbits(256) if a is None and inside() else a, version)

    with swapped(random.Random, seed=seed):
        yield
