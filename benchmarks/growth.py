"""How the cost of a message grows with how many there are, and with the number of actors."""

from __future__ import annotations

import gc
import statistics
import sys
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from benchmarks.apart import apart, resident_mb
from benchmarks.budget import Budget, budgets
from benchmarks.chain import HOPS, Hop, Last, simulated
from benchmarks.contest import seconds
from glasshive import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pykka

MESSAGES = (1_000, 10_000, 100_000, 1_000_000)
LONGEST = 10_000_000
ACTORS = (10, 100, 1_000, 10_000, 100_000)
EVEN = 100_000
"""Messages that are sent at least for one figure."""
IN_FLIGHT = 10
TURNS = 3
IDLE = 10_000
STEPS_AT_MOST = 1.1
"""Ten times the messages may take eleven times the time."""


def cost_by_messages(messages: int) -> float:
    """Return the seconds of one message of so many in the three-hop chain."""
    # Short runs are repeated, so that each size meets as many of the machine's moods.
    times = max(1, EVEN // messages)
    return statistics.fmean(1 / simulated(messages // HOPS, IN_FLIGHT) for _ in range(times))


def cost_by_actors(actors: int) -> float:
    """Return the seconds of one message in a ring of so many actors."""
    laps = max(1, EVEN // actors // IN_FLIGHT)
    with Simulation() as sim:
        done = threading.Event()
        refs: list[pykka.ActorRef[Any]] = [Hop.start() for _ in range(actors - 1)]
        refs.append(Last.start(laps * IN_FLIGHT, IN_FLIGHT, done))
        for place, ref in enumerate(refs):
            actor = ref._actor_weakref()  # noqa: SLF001  to close the ring
            assert actor is not None
            actor.following = refs[(place + 1) % actors]
        sim.run()
        began = seconds()
        for _ in range(IN_FLIGHT):
            refs[0].tell("message")
        done.wait()
        return (seconds() - began) / (laps * IN_FLIGHT * actors)


def idle(actors: int) -> dict[str, float]:
    """Start so many actors that do nothing; return the bytes and microseconds of each."""
    with Simulation() as sim:
        Hop.start()
        sim.run()
        gc.collect()
        before, began = resident_mb(peak=False), seconds()
        refs = [Hop.start() for _ in range(actors)]
        sim.run()
        took = seconds() - began
        held = resident_mb(peak=False) - before
        assert len(refs) == actors
    return {"bytes": held * 2**20 / actors, "microseconds": took * 1e6 / actors}


def report(console: Console, *, longest: bool = False) -> list[Budget]:
    """Measure, print the tables, and return what became of the budget.

    Args:
        console: where the tables go.
        longest: go on to ten million messages.
    """
    messages = (*MESSAGES, LONGEST) if longest else MESSAGES
    by_messages = _rows(console, "messages", messages, cost_by_messages)
    _rows(console, "actors", ACTORS, cost_by_actors)
    each = apart("benchmarks.growth:idle", IDLE)
    console.print(
        f"an idle actor, of {IDLE:,}: {each['bytes']:,.0f} bytes, "
        f"{each['microseconds']:.0f} µs to start\n"
    )
    worst = max(b / a for a, b in pairwise(by_messages))
    return [
        Budget(
            "growth, for 10 × the messages",
            "at most 11 × the time",
            f"{10 * worst:.1f} × at the worst step",
            held=worst <= STEPS_AT_MOST,
        )
    ]


def _rows(
    console: Console, what: str, sizes: Sequence[int], cost: Callable[[int], float]
) -> list[float]:
    """Print how the cost of a message grows, and return the medians."""
    cost(sizes[0])  # the first run of all warms Python up
    found: list[list[float]] = [[] for _ in sizes]
    for _ in range(TURNS):
        for costs, size in zip(found, sizes, strict=True):
            costs.append(cost(size))
    table = Table(title=f"cost of a message, by the number of {what}", title_justify="left")
    columns = (what, "µs each, median", "lowest", "highest", "beside the smallest")
    for column in columns:
        table.add_column(column, justify="right")
    medians = [statistics.median(costs) for costs in found]
    for size, costs, median in zip(sizes, found, medians, strict=True):
        cells = (f"{1e6 * value:.2f}" for value in (median, min(costs), max(costs)))
        table.add_row(f"{size:,}", *cells, f"{median / medians[0]:.2f} ×")
    console.print(table)
    return medians


if __name__ == "__main__":
    screen = Console(width=100)
    screen.print(budgets(report(screen, longest="--longest" in sys.argv)))
