"""Small programs of nodes, and all the orders that exhaustive search finds in them."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pykka

from glasshive import Simulation
from glasshive.schedule import Abandoned
from glasshive.schedule.exhaustive import Exhaustive

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from pykka import ActorRef

    Play = Callable[[Simulation], Any]


def explored(
    play: Play, order: Literal["timed", "any"] = "any", **bounds: int
) -> tuple[Exhaustive, list[Any]]:
    """Return the search when nothing is left to try, and what each order came to."""
    search = Exhaustive(**bounds)
    results = []
    for run in itertools.count():
        strategy = search.strategy(run)
        if strategy is None:
            break
        with suppress(Abandoned), Simulation(order=order, schedule=strategy) as simulation:
            results.append(play(simulation))
        search.learn(strategy, failed=False)
    assert search.orders == len(results)
    return search, results


def orders(play: Play, order: Literal["timed", "any"] = "any") -> int:
    """Return how many orders there are, all of which were run."""
    search, _ = explored(play, order)
    assert search.verdict == "complete"
    return search.orders


class Node(pykka.ThreadingActor):
    """Keeps what it gets, and does for each message what it was made to do."""

    def __init__(self, **does: Callable[[Node], Any]) -> None:
        super().__init__()
        self.does = does
        self.got: list[Any] = []

    def on_receive(self, message: Any) -> Any:
        self.got.append(message)
        return self.does[message](self) if message in self.does else len(self.got)


def telling(ref: ActorRef[Any], *messages: str) -> Callable[[Node], None]:
    def tell(_: Node) -> None:
        for message in messages:
            ref.tell(message)

    return tell


def got(ref: ActorRef[Node]) -> str:
    actor = ref._actor_weakref()
    assert actor is not None
    return " ".join(map(str, actor.got))
