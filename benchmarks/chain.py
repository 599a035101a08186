"""The three-hop chain, closed: the last of three actors starts the next message at the first.

So many messages are in flight at once (the window). With one in flight every message is a change
of actor; with many, actors find several messages waiting, as in a busy swarm. Each function
returns messages per second, where one round through three hops counts as three.
"""

from __future__ import annotations

import heapq
import tempfile
import threading
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pykka
import simpy
from rich.console import Console

from benchmarks.budget import budgets
from benchmarks.contest import Contest, seconds
from benchmarks.rivals import ABSENT, RIVALS
from glasshive import Simulation
from glasshive.trace import TraceWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from benchmarks.budget import Budget

HOPS = 3
ROUNDS = 20_000
TURNS = 7
WINDOWS = (1, 100)


class Hop(pykka.ThreadingActor):
    """Passes every message on."""

    def __init__(self) -> None:
        super().__init__()
        self.following: pykka.ActorRef[Any] | None = None

    def on_receive(self, message: Any) -> None:
        """Pass a message on."""
        assert self.following is not None
        self.following.tell(message)


class Last(Hop):
    """Counts every message, and has the first send the next while some are left.

    Args:
        rounds: how many messages to count.
        window: how many of them are in flight at once; none is left when all are counted.
        done: set when all are counted.
    """

    def __init__(self, rounds: int, window: int, done: threading.Event) -> None:
        super().__init__()
        self.rounds = rounds
        self.passed_on = rounds - window
        self.count = 0
        self.done = done

    def on_receive(self, message: Any) -> None:
        """Count a message."""
        self.count += 1
        if self.count <= self.passed_on:
            assert self.following is not None
            self.following.tell(message)
        if self.count == self.rounds:
            self.done.set()


def _chain(rounds: int, window: int, done: threading.Event) -> pykka.ActorRef[Any]:
    refs: list[pykka.ActorRef[Any]] = [Hop.start() for _ in range(HOPS - 1)]
    refs.append(Last.start(rounds, window, done))
    for place, ref in enumerate(refs):
        actor = ref._actor_weakref()  # noqa: SLF001  to close the ring
        assert actor is not None
        actor.following = refs[(place + 1) % HOPS]
    return refs[0]


def simulated(rounds: int, window: int) -> float:
    """Run the chain under glass, trace off."""
    with Simulation() as sim:
        return through(sim, rounds, window)


def recorded(rounds: int, window: int) -> float:
    """Run the chain under glass with every event written to a file."""
    with tempfile.TemporaryDirectory() as folder:
        writer = TraceWriter.open(Path(folder, "chain.jsonl"), {})
        with Simulation(trace=writer) as sim:
            speed = through(sim, rounds, window)
        writer.finish({})
        return speed


def through(sim: Simulation, rounds: int, window: int, message: Any = "message") -> float:
    """Send messages through the chain in a simulation that was entered.

    Args:
        sim: the simulation.
        rounds: how often they go around.
        window: how many are in flight at once.
        message: what each of them is.
    """
    done = threading.Event()
    first = _chain(rounds, window, done)
    began = seconds()
    for _ in range(window):
        first.tell(message)
    done.wait()
    took = seconds() - began
    assert sim.now() == 0.0
    return HOPS * rounds / took


def threads(rounds: int, window: int) -> float:
    """Run the chain on Pykka's own threads."""
    done = threading.Event()
    first = _chain(rounds, window, done)
    began = seconds()
    for _ in range(window):
        first.tell("message")
    done.wait()
    took = seconds() - began
    pykka.ActorRegistry.stop_all()
    return HOPS * rounds / took


def with_simpy(rounds: int, window: int) -> float:
    """Run the chain as SimPy processes with a store in front of each."""
    env = simpy.Environment()
    stores = [simpy.Store(env) for _ in range(HOPS)]
    done = env.event()
    counted = 0

    def source() -> Generator[Any, Any, None]:
        for _ in range(window):
            yield stores[0].put("message")

    def hop(place: int) -> Generator[Any, Any, None]:
        while True:
            message = yield stores[place].get()
            yield stores[place + 1].put(message)

    def last() -> Generator[Any, Any, None]:
        nonlocal counted
        while True:
            message = yield stores[HOPS - 1].get()
            counted += 1
            if counted == rounds:
                done.succeed()
            yield stores[0].put(message)

    began = seconds()
    env.process(source())
    for place in range(HOPS - 1):
        env.process(hop(place))
    env.process(last())
    env.run(until=done)
    took = seconds() - began
    assert counted == rounds
    return HOPS * rounds / took


def bare(rounds: int, window: int) -> float:
    """Run the chain as a bare heap of due things and a table of functions: the floor."""
    heap: list[tuple[float, int, int, Any]] = []
    numbers = count()
    counted = 0
    now = 0.0

    def hop(place: int) -> Callable[[Any], None]:
        def handle(message: Any) -> None:
            heapq.heappush(heap, (now, next(numbers), place + 1, message))

        return handle

    def last(message: Any) -> None:
        nonlocal counted
        counted += 1
        if counted <= rounds:
            heapq.heappush(heap, (now, next(numbers), 0, message))

    handlers = [*(hop(place) for place in range(HOPS - 1)), last]
    began = seconds()
    for _ in range(window):
        heapq.heappush(heap, (now, next(numbers), 0, "message"))
    while counted < rounds:
        now, _, place, message = heapq.heappop(heap)
        handlers[place](message)
    took = seconds() - began
    return HOPS * rounds / took


CONTENDERS: dict[str, Callable[[int, int], float]] = {
    "glasshive": simulated,
    "glasshive, recording": recorded,
    "SimPy": with_simpy,
    "Pykka's threads": threads,
    "bare heapq loop": bare,
    **RIVALS,
}
"""Each contender by name: ours with the trace off and with every event written, then theirs."""

# These get a tenth of the rounds, to keep the whole short.
SLOW = ("Thespian", "xoscar", "simloom")

# What to reach: our contender, theirs, the ratio.
GOALS = (
    ("glasshive", "SimPy", 2.0),
    ("glasshive", "Pykka's threads", 2.0),
    ("glasshive", "simloop", 1.5),
    ("glasshive", "bare heapq loop", 0.4),
    ("glasshive, recording", "SimPy", 1.2),
)


def report(console: Console) -> list[Budget]:
    """Measure, print the tables, and return what became of the budgets."""
    found = []
    for window in WINDOWS:
        contest = Contest(
            f"three-hop chain, {window} in flight",
            "messages/s",
            {
                name: partial(run, ROUNDS // 10 if name in SLOW else ROUNDS, window)
                for name, run in CONTENDERS.items()
            },
            TURNS,
            ABSENT,
        )
        console.print(contest.table("glasshive"))
        for ours, theirs, goal in GOALS:
            work = "chain" if ours == "glasshive" else "chain, every event recorded"
            found.append(contest.budget(f"{work}, {window} in flight", ours, theirs, goal))
    return found


if __name__ == "__main__":
    screen = Console(width=100)
    screen.print(budgets(report(screen)))
