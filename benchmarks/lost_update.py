"""Explored runs a second of a lost update, beside simloop and simloom.

Two actors read a third's number and write one more, each by two asks; the rivals run the same as
tasks. Each is measured in a process of its own, turn by turn, with its choices at random.
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pykka
from rich.console import Console

from benchmarks.apart import apart
from benchmarks.contest import Contest, seconds
from glasshive import Simulation
from glasshive.schedule import search_of

if TYPE_CHECKING:
    from benchmarks.budget import Budget

RUNS = 500
TURNS = 7
WARM_UP = 20


class Counter(pykka.ThreadingActor):
    """Holds a number: tells it, or takes another."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def on_receive(self, message: int | None) -> int:
        """Take a number, unless asked with None; answer with what is held."""
        if message is not None:
            self.number = message
        return self.number


class Client(pykka.ThreadingActor):
    """Asks for the number, and then asks that it be one more."""

    def __init__(self, counter: pykka.ActorRef[Counter]) -> None:
        super().__init__()
        self.counter = counter

    def on_receive(self, _: object) -> None:
        """Add one, as if nobody else did."""
        number: Any = self.counter.ask(None)
        self.counter.ask(number + 1)


def with_glasshive(runs: int) -> dict[str, float]:
    """Run it under glass, a new simulation for each run of a search.

    Args:
        runs: how many.

    Returns:
        The runs a second, and the share of those that lost an update.
    """
    search = search_of("random")

    def lost(number: int) -> bool:
        strategy = search.strategy(number)
        assert strategy is not None
        with Simulation(schedule=strategy, order="any") as sim:
            counter = Counter.start()
            for _ in range(2):
                Client.start(counter).tell("go")
            sim.run()
            actor = counter._actor_weakref()  # noqa: SLF001  a look that is no turn
            assert actor is not None
            found = actor.number < 2  # noqa: PLR2004  two clients
        search.learn(strategy, failed=found)
        return found

    for number in range(WARM_UP):
        lost(number)
    began = seconds()
    found = sum(lost(number) for number in range(runs))
    return {"speed": runs / (seconds() - began), "lost": found / runs}


_CONTENDERS = {
    "glasshive": "benchmarks.lost_update:with_glasshive",
    "simloop": "benchmarks.lost_tasks:with_simloop",
    "simloom": "benchmarks.lost_tasks:with_simloom",
}


def report(console: Console) -> list[Budget]:
    """Measure and print the table; the design has no budget for this."""
    shares: dict[str, float] = {}

    def speed(name: str) -> float:
        found = apart(_CONTENDERS[name], RUNS)
        shares[name] = found["lost"]
        return float(found["speed"])

    present = [name for name in _CONTENDERS if find_spec(name)]
    contest = Contest(
        "explored runs of a lost update",
        "runs/s",
        {name: partial(speed, name) for name in present},
        TURNS,
        {name: "needs Python 3.12" for name in _CONTENDERS if name not in present},
    )
    console.print(contest.table("glasshive"))
    told = (f"{name} in {share:.0%}" for name, share in shares.items())
    console.print(f"the update was lost by {', '.join(told)} of the runs\n")
    return []


if __name__ == "__main__":
    report(Console(width=100))
