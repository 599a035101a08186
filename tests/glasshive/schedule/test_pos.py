"""POS: priorities that are drawn anew only among what races."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from typing import TYPE_CHECKING

import pykka

from glasshive import Simulation, Uniform
from glasshive.schedule import Option
from glasshive.schedule.pos import Pos

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.schedule import Strategy


def _order(strategy: Strategy, queues: dict[str, list[Option]]) -> str:
    """Take all of some channels, oldest first in each; return whose turn it was."""
    left = {name: list(queue) for name, queue in queues.items()}
    taken = ""
    while left:
        names = list(left)
        at = strategy.choose("next", [left[name][0] for name in names]) if names[1:] else 0
        taken += names[at]
        left[names[at]].pop(0)
        left = {name: queue for name, queue in left.items() if queue}
    return taken


def test_messages_that_race_come_in_each_order_as_often(deliver: Callable[..., Option]) -> None:
    queues = {name: [deliver(name, "receiver", birth=at)] for at, name in enumerate("abc")}
    orders = Counter(_order(Pos(seed), queues) for seed in range(3_000))
    assert set(orders) == set(map("".join, permutations("abc")))
    assert all(410 <= times <= 590 for times in orders.values()), orders


def test_what_has_lost_a_race_is_drawn_anew(deliver: Callable[..., Option]) -> None:
    queues = {
        "a": [deliver("a", "receiver", birth=0), deliver("a", "receiver", birth=1)],
        "b": [deliver("b", "receiver", birth=2)],
    }
    orders = Counter(_order(Pos(seed), queues) for seed in range(3_000))
    # Each choice is even: a half, then a half of that. With the old priority it were a third.
    assert 660 <= orders["aab"] <= 840, orders


def test_what_has_not_raced_keeps_its_priority(deliver: Callable[..., Option]) -> None:
    queues = {
        "a": [deliver("a", "receiver", birth=0), deliver("a", "receiver", birth=1)],
        "b": [deliver("b", "another", birth=2)],
    }
    orders = Counter(_order(Pos(seed), queues) for seed in range(3_000))
    # The other receiver's one has the lowest of three priorities. Drawn anew it were a quarter.
    assert 910 <= orders["aab"] <= 1_090, orders


class Relay(pykka.ThreadingActor):
    """Hands a message on to the last of a row."""

    def __init__(self, row: list[pykka.ActorRef[Relay]]) -> None:
        super().__init__()
        self.following = row[-1] if row else None
        self.first = ""

    def on_receive(self, message: str) -> None:
        self.first = self.first or message
        if self.following is not None:
            self.following.tell(message)


def _far_one_first(strategy: Strategy) -> bool:
    """Return whether what has seven stations to go is there before what is told directly."""
    with Simulation(order="any", schedule=strategy) as sim:
        row: list[pykka.ActorRef[Relay]] = []
        for _ in range(8):
            row.append(Relay.start(row))
        sim.run()
        row[-1].tell("far")
        row[0].tell("near")
        sim.run()
        last = row[0]._actor_weakref()
        assert last is not None
        return last.first == "far"


def test_a_race_behind_many_others_is_not_lost_to_them() -> None:
    # The near one must have the lowest of nine priorities, where a uniform choice must take the
    # other of two eight times: 1 in 9, where that is 1 in 256.
    assert 14 <= sum(_far_one_first(Pos(seed)) for seed in range(250)) <= 42
    assert sum(_far_one_first(Uniform(seed)) for seed in range(250)) <= 6


def test_timers_of_one_task_race_too() -> None:
    timers = {
        name: [Option("fire", "receiver", "receiver", name, (0, at))]
        for at, name in enumerate("ab")
    }
    orders = Counter(_order(Pos(seed), timers) for seed in range(1_000))
    assert 420 <= orders["ba"] <= 580, orders
