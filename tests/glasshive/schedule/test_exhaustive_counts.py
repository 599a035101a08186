"""Exhaustive search counts exactly the orders that some actor can tell apart."""

from __future__ import annotations

import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from tests.glasshive.schedule.orders import Node, explored, got, orders, telling

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from pykka import ActorRef

    from glasshive import Simulation


# -- the counts that are known ----------------------------------------------------------------


@pytest.mark.parametrize("order", ["any", "timed"])
@pytest.mark.parametrize("senders", [1, 2, 3, 4, 5])
def test_senders_of_one_message_each_have_as_many_orders_as_they_can_be_arranged_in(
    senders: int, order: Literal["timed", "any"]
) -> None:
    def play(simulation: Simulation) -> str:
        receiver = Node.start()
        for sender in range(senders):
            Node.start(go=telling(receiver, f"m{sender}")).tell("go")
        simulation.run()
        return got(receiver)

    search, results = explored(play, order)
    assert (search.orders, search.cut_short) == (math.factorial(senders), 0)
    assert len(set(results)) == math.factorial(senders)
    assert search.verdict == "complete"


@pytest.mark.parametrize("pairs", [1, 2, 3, 6])
def test_pairs_that_have_nothing_to_do_with_each_other_have_one_order(pairs: int) -> None:
    def play(simulation: Simulation) -> None:
        for _ in range(pairs):
            Node.start(go=telling(Node.start(), "one", "two")).tell("go")
        simulation.run()

    assert orders(play) == 1


def test_a_relay_chain_has_one_order() -> None:
    def play(simulation: Simulation) -> None:
        receiver = Node.start()
        for _ in range(5):
            receiver = Node.start(go=telling(receiver, "go"))
        receiver.tell("go")
        receiver.tell("go")
        simulation.run()

    assert orders(play) == 1


@pytest.mark.parametrize("each", [1, 2, 3, 4])
def test_two_senders_have_as_many_orders_as_their_messages_can_be_merged_in(each: int) -> None:
    def play(simulation: Simulation) -> None:
        receiver = Node.start()
        for sender in "ab":
            messages = [f"{sender}{number}" for number in range(each)]
            Node.start(go=telling(receiver, *messages)).tell("go")
        simulation.run()

    assert orders(play) == math.comb(2 * each, each)


# -- counts derived by hand -------------------------------------------------------------------


def test_a_diamond_has_two_orders() -> None:
    """The top tells left and right, and both tell the bottom: its two messages come either way."""

    def play(simulation: Simulation) -> str:
        bottom = Node.start()
        left = Node.start(go=telling(bottom, "left"))
        right = Node.start(go=telling(bottom, "right"))

        def split(_: Node) -> None:
            left.tell("go")
            right.tell("go")

        Node.start(go=split).tell("go")
        simulation.run()
        return got(bottom)

    search, results = explored(play)
    assert sorted(results) == ["left right", "right left"]
    assert (search.cut_short, search.verdict) == (0, "complete")


class Cell(pykka.ThreadingActor):
    value = 0

    def on_receive(self, message: int | None) -> int:
        if message is not None:
            self.value = message
        return self.value


class Adder(pykka.ThreadingActor):
    def __init__(self, cell: ActorRef[Cell]) -> None:
        super().__init__()
        self.cell = cell

    def on_receive(self, _: Any) -> None:
        value: Any = self.cell.ask(None)
        self.cell.ask(value + 1)


def test_a_lost_update_by_two_asks_has_six_orders_and_four_of_them_lose_one() -> None:
    """The cell gets read a, write a, read b, write b, where each read comes before its write.

    Four places for the two of a: 4 over 2 = 6. An update is lost unless both of one come before
    both of the other, which is so in 2 of the 6.
    """

    def play(simulation: Simulation) -> int:
        cell = Cell.start()
        for _ in range(2):
            Adder.start(cell).tell("go")
        simulation.run()
        value: int = cell._actor_weakref().value  # type: ignore[union-attr]
        return value

    search, results = explored(play)
    assert Counter(results) == {1: 4, 2: 2}
    assert (search.cut_short, search.verdict) == (0, "complete")


def test_two_tokens_once_around_a_ring_have_three_orders() -> None:
    """Of three nodes a, b, c, token x visits a, b, c, and token y visits b, c, a.

    At a x begins and y ends, at b y begins and x is second, and at c the order is that of b, as
    both come from there. So it is two choices, at a and at b, but not all four: if y is before x at
    a, then y has been at b before x has left a, so y is before x at b too. 3 are left.
    """

    def play(simulation: Simulation) -> tuple[str, ...]:
        ring: list[ActorRef[Node]] = []

        def passing(at: int, token: str) -> Callable[[Node], None]:
            return lambda _: ring[at].tell(token)

        ring += [
            Node.start(x=passing(1, "x")),
            Node.start(x=passing(2, "x"), y=passing(2, "y")),
            Node.start(y=passing(0, "y")),
        ]
        ring[0].tell("x")
        ring[1].tell("y")
        simulation.run()
        return tuple(got(node) for node in ring)

    search, results = explored(play)
    assert sorted(results) == [
        ("x y", "x y", "x y"),
        ("x y", "y x", "y x"),
        ("y x", "y x", "y x"),
    ]
    assert (search.cut_short, search.verdict) == (0, "complete")


def test_four_answers_to_a_fan_out_come_in_24_orders() -> None:
    """The hub tells four nodes, and each tells the hub: 4! orders of what comes back."""

    def play(simulation: Simulation) -> None:
        leaves: list[ActorRef[Node]] = []

        def fan_out(_: Node) -> None:
            for leaf in leaves:
                leaf.tell("go")

        hub = Node.start(go=fan_out)
        leaves += [Node.start(go=telling(hub, "back")) for _ in range(4)]
        hub.tell("go")
        simulation.run()

    assert orders(play) == math.factorial(4)


def test_a_message_from_outside_comes_anywhere_among_three_of_ones_own() -> None:
    """An actor goes, tells itself one, which tells itself two: that is a chain.

    The message of another actor comes before it, between its links (2 places) or after it: 4.
    """

    def play(simulation: Simulation) -> str:
        node = Node.start(
            go=lambda own: own.actor_ref.tell("one"), one=lambda own: own.actor_ref.tell("two")
        )
        node.tell("go")
        Node.start(go=telling(node, "x")).tell("go")
        simulation.run()
        return got(node)

    search, results = explored(play)
    assert sorted(results) == ["go one two x", "go one x two", "go x one two", "x go one two"]
    assert search.verdict == "complete"


@pytest.mark.parametrize(
    ("order", "delays", "expected"),
    [
        # go, t1, t2 and x in any order in which go is before t1 and t2: 4! / 3.
        ("any", (1.0, 2.0), 8),
        # At 0 s go and x come either way; then t1 comes before t2.
        ("timed", (1.0, 2.0), 2),
        # At 1 s t1 and t2 come either way too.
        ("timed", (1.0, 1.0), 4),
    ],
)
def test_two_timers_and_a_message(
    order: Literal["timed", "any"], delays: tuple[float, float], expected: int
) -> None:
    def play(simulation: Simulation) -> str:
        def set_timers(own: Node) -> None:
            for number, delay in enumerate(delays, start=1):
                simulation.after(delay, own.actor_ref, f"t{number}")

        node = Node.start(go=set_timers)
        node.tell("go")
        Node.start(go=telling(node, "x")).tell("go")
        simulation.run()
        return got(node)

    search, results = explored(play, order)
    assert (search.orders, len(set(results)), search.cut_short) == (expected, expected, 0)
    assert search.verdict == "complete"


def test_an_actor_that_is_started_in_mid_run_has_its_message_come_either_way() -> None:
    """A child is started and told to go, and tells the receiver; so does another actor: 2.

    That the child has a first turn, and when, makes no difference to anybody.
    """

    def play(simulation: Simulation) -> None:
        receiver = Node.start()
        Node.start(
            go=lambda _: Node.start(go=telling(receiver, "child")).tell("go"),
        ).tell("go")
        Node.start(go=telling(receiver, "other")).tell("go")
        simulation.run()

    assert orders(play) == 2


def test_sleepers_race_where_time_does_not_decide() -> None:
    """One sleeps 1 s, the other 2 s, and then both tell a third: 1 order by time, 2 in any."""

    def play(simulation: Simulation) -> None:
        receiver = Node.start()

        def sleeping(seconds: float) -> Callable[[Node], None]:
            def sleep(_: Node) -> None:
                time.sleep(seconds)
                receiver.tell("awake")

            return sleep

        for seconds in (1.0, 2.0):
            Node.start(go=sleeping(seconds)).tell("go")
        simulation.run()

    assert orders(play, "timed") == 1
    assert orders(play, "any") == 2


def test_what_is_due_later_is_not_tried_at_an_earlier_instant() -> None:
    """Each of three sleeps, two of them 1 s and one 2 s; the first and the last tell the same."""

    def play(simulation: Simulation) -> None:
        receivers = [Node.start(), Node.start()]

        def sleeping(seconds: float, receiver: ActorRef[Node]) -> Callable[[Node], None]:
            def sleep(_: Node) -> None:
                time.sleep(seconds)
                receiver.tell("awake")

            return sleep

        for seconds, number in ((1.0, 0), (1.0, 1), (2.0, 0)):
            Node.start(go=sleeping(seconds, receivers[number])).tell("go")
        simulation.run()

    search, _ = explored(play, "timed")
    assert (search.orders, search.cut_short, search.verdict) == (1, 0, "complete")


def test_what_waits_for_a_busy_actor_could_have_come_at_an_earlier_instant() -> None:
    """A worker sleeps 1 s for each of two messages, and another actor sends it a third at 0 s.

    By time the third comes first, after 1 s as the second does, or after 2 s: 3 orders.
    """

    def play(simulation: Simulation) -> str:
        worker = Node.start(w=lambda _: time.sleep(1.0))
        worker.tell("w")
        worker.tell("w")
        Node.start(go=telling(worker, "x")).tell("go")
        simulation.run()
        return got(worker)

    search, results = explored(play, "timed")
    assert sorted(results) == ["w w x", "w x w", "x w w"]
    assert search.verdict == "complete"
