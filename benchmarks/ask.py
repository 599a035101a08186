"""Questions and their answers, one after the other: `ask` beside Pykka's threads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pykka
from rich.console import Console

from benchmarks.contest import Contest, seconds
from glasshive import Simulation

if TYPE_CHECKING:
    from benchmarks.budget import Budget

ROUNDS = 10_000
TURNS = 7


class Echo(pykka.ThreadingActor):
    """Answers with what it was asked."""

    def on_receive(self, message: Any) -> Any:
        """Answer."""
        return message


class Asker(pykka.ThreadingActor):
    """Asks another actor, so often as it is told."""

    def __init__(self, echo: pykka.ActorRef[Any]) -> None:
        super().__init__()
        self.echo = echo

    def on_receive(self, message: Any) -> float:
        """Ask, and answer with the seconds that it took."""
        began = seconds()
        for number in range(message):
            assert self.echo.ask(number) == number
        return seconds() - began


def from_script(rounds: int) -> float:
    """Return how many questions a second the script has answered."""
    echo = Echo.start()
    began = seconds()
    for number in range(rounds):
        assert echo.ask(number) == number
    took = seconds() - began
    echo.stop()
    return rounds / took


def from_actor(rounds: int) -> float:
    """Return how many questions a second an actor has answered, which waits inside its handler."""
    echo = Echo.start()
    asker = Asker.start(echo)
    took: Any = asker.ask(rounds)
    asker.stop()
    echo.stop()
    return rounds / float(took)


def report(console: Console) -> list[Budget]:
    """Measure and print the tables; the design has no budget for this."""

    def simulated(run: Any) -> float:
        with Simulation():
            return float(run(ROUNDS))

    for who, run in (("script", from_script), ("actor", from_actor)):
        contest = Contest(
            f"ask, one at a time, from {'the' if who == 'script' else 'an'} {who}",
            "answers/s",
            {"glasshive": partial(simulated, run), "Pykka's threads": partial(run, ROUNDS)},
            TURNS,
        )
        console.print(contest.table("glasshive"))
    return []


if __name__ == "__main__":
    report(Console(width=100))
