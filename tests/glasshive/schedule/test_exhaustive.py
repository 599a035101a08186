"""Exhaustive search counts exactly the orders that some actor can tell apart."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pykka
import pytest

from glasshive import GlasshiveError, Simulation
from glasshive.schedule import Abandoned, Option, Search
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


# -- what does not show in the run itself -----------------------------------------------------


def test_a_timer_that_fires_in_the_plain_run_is_cancelled_in_another() -> None:
    """A sets a timer on X and B one on A, whose message makes A cancel the first: 3 orders.

    The cancel comes before A has set the timer, after it has fired, or in between. Where it has
    fired, nothing tells that it could have been cancelled.
    """

    def play(simulation: Simulation) -> tuple[str, str]:
        target = Node.start()
        timers: list[Any] = []
        a = Node.start(
            go=lambda _: timers.append(simulation.after(1.0, target, "late")),
            cancel=lambda _: timers[0].cancel() if timers else None,
        )
        b = Node.start(go=lambda _: simulation.after(2.0, a, "cancel"))
        a.tell("go")
        b.tell("go")
        simulation.run()
        return got(a), got(target)

    search, results = explored(play)
    assert results[0] == ("go cancel", "late")
    assert sorted(results) == [("cancel go", "late"), ("go cancel", ""), ("go cancel", "late")]
    assert search.verdict == "complete"


def test_an_answer_that_is_too_late_in_the_plain_run_comes_in_time_in_another() -> None:
    """A asks B with a timeout of 1 s, and B sleeps 2 s before it answers: 2 orders."""

    def play(simulation: Simulation) -> str:
        def answer(_: Node) -> str:
            time.sleep(2.0)
            return "answer"

        b = Node.start(q=answer)

        def ask(own: Node) -> None:
            try:
                own.got.append(b.ask("q", timeout=1.0))
            except pykka.Timeout:
                own.got.append("timeout")

        a = Node.start(go=ask)
        a.tell("go")
        simulation.run()
        return got(a)

    search, results = explored(play)
    assert sorted(results) == ["go answer", "go timeout"]
    assert search.verdict == "complete"


def _tells(ref: ActorRef[Any], message: str) -> Callable[[Node], None]:
    def tell(own: Node) -> None:
        try:
            ref.tell(message)
        except pykka.ActorDeadError:
            own.got.append("dead")

    return tell


def test_the_end_of_an_actor_is_tried_before_and_after_everything_else() -> None:
    """R is told to quit, and A tells it x. A goes before R quits, and x comes in time or is lost;
    or A goes after it, which an error tells A: 3 orders.
    """

    def play(simulation: Simulation) -> tuple[str, str]:
        r = Node.start(quit=lambda own: own._stop())
        actor = r._actor_weakref()
        a = Node.start(go=_tells(r, "x"))
        simulation.run()
        r.tell("quit")
        a.tell("go")
        simulation.run()
        assert actor is not None
        return " ".join(actor.got), got(a)

    search, results = explored(play)
    assert sorted(results) == [("quit", "go"), ("quit", "go dead"), ("x quit", "go")]
    assert search.verdict == "complete"


def test_a_message_that_could_never_be_next_as_its_receiver_was_busy_until_its_end() -> None:
    """Before it quits, R asks B. A goes before R has the answer, and x comes before R begins to
    quit or never; or A goes after R has quit, which an error tells A: 3 orders.
    """

    def play(simulation: Simulation) -> tuple[str, str]:
        b = Node.start()

        def quit_after_a_question(own: Node) -> None:
            b.ask("q")
            own._stop()

        r = Node.start(quit=quit_after_a_question)
        actor = r._actor_weakref()
        a = Node.start(go=_tells(r, "x"))
        simulation.run()
        r.tell("quit")
        a.tell("go")
        simulation.run()
        assert actor is not None
        return " ".join(actor.got), got(a)

    search, results = explored(play)
    assert sorted(results) == [("quit", "go"), ("quit", "go dead"), ("x quit", "go")]
    assert search.verdict == "complete"


def test_an_actor_ends_before_or_after_any_of_the_questions_to_it() -> None:
    """R is told to quit, and two others ask it something, which is answered if it comes before.

    None is answered (1), one of the two is (2), or both are, in either order (2): it comes to 5
    results. More orders are run, as the end of R could show in anything that comes before or after.
    """

    def play(simulation: Simulation) -> tuple[str, ...]:
        r = Node.start(quit=lambda own: own._stop())
        actor = r._actor_weakref()
        assert actor is not None

        def ask(name: str) -> Callable[[Node], None]:
            def question(own: Node) -> None:
                try:
                    r.ask(name)
                    own.got.append("answered")
                except pykka.ActorDeadError:
                    own.got.append("unanswered")

            return question

        askers = [Node.start(go=ask(name)) for name in "ab"]
        r.tell("quit")
        for asker in askers:
            asker.tell("go")
        simulation.run()
        return " ".join(actor.got), *map(got, askers)

    search, results = explored(play)
    assert len(set(results)) == 5
    assert search.verdict == "complete"


def test_a_crash_is_tried_before_and_after_everything_else() -> None:
    """A crashes R, and B tells R x: A goes before B, or after it, with x lost or handled: 3."""

    def play(simulation: Simulation) -> str:
        r = Node.start()
        actor = r._actor_weakref()
        assert actor is not None
        a = Node.start(go=lambda _: simulation.crash(r))
        b = Node.start(go=telling(r, "x"))
        simulation.run()
        a.tell("go")
        b.tell("go")
        simulation.run()
        return " ".join(actor.got)

    search, results = explored(play)
    assert Counter(results) == {"": 2, "x": 1}
    assert (search.cut_short, search.verdict) == (0, "complete")


def test_what_a_timer_tells_does_not_wait_for_what_its_owner_has_told() -> None:
    """A sets a timer on itself and tells itself to cancel it: the timer's message comes first, or
    second if it has fired before the cancel, or never if it has not: 3 orders.
    """

    def play(simulation: Simulation) -> str:
        timers: list[Any] = []

        def go(own: Node) -> None:
            timers.append(simulation.after(1.0, own.actor_ref, "late"))
            own.actor_ref.tell("cancel")

        a = Node.start(go=go, cancel=lambda _: timers[0].cancel())
        a.tell("go")
        simulation.run()
        return got(a)

    search, results = explored(play)
    assert sorted(results) == ["go cancel", "go cancel late", "go late cancel"]
    assert (search.cut_short, search.verdict) == (0, "complete")


def test_answers_that_are_under_way_come_in_no_order() -> None:
    """A asks B and C on other hosts, and waits for both answers: nobody is told which was first."""

    def play(simulation: Simulation) -> None:
        simulation.network.link("here", "there", latency=1.0)
        with simulation.on("there"):
            others = [Node.start(), Node.start()]

        def ask(own: Node) -> None:
            futures: list[Any] = [other.ask("q", block=False) for other in others]
            own.got += [future.get() for future in futures]

        with simulation.on("here"):
            a = Node.start(go=ask)
        a.tell("go")
        simulation.run()

    assert orders(play) == 1


# -- the script, fates and faults -------------------------------------------------------------


def test_what_the_script_does_in_mid_run_is_tried_among_all_turns() -> None:
    """The script asks R, while A goes and tells R x. If R has x before the question, that is one
    order. If it has the question first, the script goes on before A goes, before R has x, or after
    that: 3 more.
    """

    def play(simulation: Simulation) -> tuple[Any, str]:
        r = Node.start()
        a = Node.start(go=telling(r, "x"))
        simulation.run()
        a.tell("go")
        answer = r.ask("q")
        seen = got(a) + got(r)
        simulation.run()
        return answer, seen

    search, results = explored(play)
    assert sorted(results) == [(1, "goq"), (1, "goq x"), (1, "q"), (2, "gox q")]
    assert search.verdict == "complete"


def test_what_is_under_way_when_the_script_ends_could_have_come_before() -> None:
    """The script ends when one has answered, before or after the relay goes and the other gets x.

    Where the plain run ends nothing has come of the relay's message: 3 orders.
    """

    def play(simulation: Simulation) -> str:
        one, other = Node.start(), Node.start()
        relay = Node.start(go=telling(other, "x"))
        simulation.run()
        answer = one.ask("q", block=False)
        relay.tell("go")
        answer.get()
        return got(relay) + got(other)

    search, results = explored(play)
    assert results[0] == "go"
    assert sorted(results) == ["", "go", "gox"]
    assert search.verdict == "complete"


def test_a_condition_that_the_script_waits_for_comes_true_before_or_after_other_turns() -> None:
    def play(simulation: Simulation) -> bool:
        one, other = Node.start(), Node.start()
        simulation.run()
        one.tell("x")
        other.tell("x")
        simulation.run(condition=lambda: got(one) == "x")
        before = got(other) == "x"
        simulation.run()
        return before

    search, results = explored(play)
    assert sorted(results) == [False, True]
    assert search.verdict == "complete"


def test_a_message_has_every_fate_that_a_link_may_have_for_it() -> None:
    """It arrives, is lost, arrives twice, or is held back: 4 runs."""

    def play(simulation: Simulation) -> str:
        simulation.network.link("here", "there", latency=1.0, loss=0.5)
        with simulation.on("there"):
            receiver = Node.start()
        with simulation.on("here"):
            sender = Node.start(go=telling(receiver, "x"))
        simulation.run()
        sender.tell("go")
        simulation.run()
        return got(receiver)

    search, results = explored(play)
    assert Counter(results) == {"x": 2, "": 1, "x x": 1}
    assert search.verdict == "complete"


def test_a_message_that_is_held_back_or_has_a_copy_is_overtaken_by_a_later_one() -> None:
    """A tells R one when it goes, and two when B has told it to, which may be before: each comes
    never, once or twice.

    All ways to merge what comes are possible but for two: if both come twice, the later copy of
    one is due before the later copy of two if one was sent first, and after it if two was.
    """

    def play(simulation: Simulation) -> str:
        simulation.network.link("here", "there", latency=1.0, reorder=0.5)
        with simulation.on("there"):
            r = Node.start()
        with simulation.on("here"):
            a = Node.start(go=telling(r, "one"), more=telling(r, "two"))
            b = Node.start(go=telling(a, "more"))
        simulation.run()
        a.tell("go")
        b.tell("go")
        simulation.run()
        return got(r)

    search, results = explored(play)
    some = (("", "one", "one one"), ("", "two", "two two"))
    assert set(results) == {
        " ".join(order)
        for one, two in itertools.product(*some)
        for order in itertools.permutations((*one.split(), *two.split()))
    } - {"one two two one", "two one one two"}
    assert search.verdict == "complete"


def test_every_fault_is_tried_wherever_one_may_strike() -> None:
    """Two actors that nobody sends anything else ask once each whether a fault strikes: 2 * 2."""

    def play(simulation: Simulation) -> str:
        def draw(own: Node) -> None:
            options = [Option("spare"), Option("strike")]
            own.got.append(simulation.choose("fault", options, 1))

        nodes = [Node.start(go=draw) for _ in range(2)]
        for node in nodes:
            node.tell("go")
        simulation.run()
        return ", ".join(map(got, nodes))

    search, results = explored(play)
    # The first run takes what the rates have drawn; whatever they have not is a deviation.
    assert results == ["go 1, go 1", "go 1, go 0", "go 0, go 1", "go 0, go 0"]
    assert search.verdict == "complete"
    search, results = explored(play, max_deviations=1)
    assert results == ["go 1, go 1", "go 1, go 0", "go 0, go 1"]
    assert search.verdict == "nothing with more than 1 deviation was tried"


# -- the search itself ------------------------------------------------------------------------


def _three_senders(simulation: Simulation) -> str:
    receiver = Node.start()
    for sender in "abc":
        Node.start(go=telling(receiver, sender)).tell("go")
    simulation.run()
    return got(receiver)


def test_the_first_run_is_the_plain_one() -> None:
    search: Search = Exhaustive()
    assert search.alone
    strategy = search.strategy(0)
    with Simulation(order="any", schedule=strategy) as simulation:
        assert _three_senders(simulation) == "a b c"
    assert simulation.choices == {}
    assert search.verdict == "unfinished"


def test_deviations_are_bounded_and_the_bound_is_told() -> None:
    """With a, b, c in line, each letter that does not stand first then is a deviation.

    abc has none, acb, bac and cab have one, bca and cba have two.
    """
    found = {}
    for most in (0, 1, 2):
        search, results = explored(_three_senders, max_deviations=most)
        found[most] = sorted(results), search.verdict
    one = ["a b c", "a c b", "b a c", "c a b"]
    assert found[0] == (["a b c"], "nothing with more than 0 deviations was tried")
    assert found[1] == (one, "nothing with more than 1 deviation was tried")
    assert found[2] == (sorted([*one, "b c a", "c b a"]), "complete")


def test_depth_is_bounded_and_the_bound_is_told() -> None:
    """The four actors have their first turns, then a, b and c theirs: the receiver's are 8 to 10.

    To turn 8 only the first of them is chosen; to turn 9 all are.
    """
    found = {}
    for depth in (7, 8, 9):
        search, results = explored(_three_senders, max_depth=depth)
        found[depth] = sorted(each[0] for each in results), search.verdict
    assert found[7] == (["a"], "nothing else was tried after turn 7")
    assert found[8] == (["a", "b", "c"], "nothing else was tried after turn 8")
    assert found[9] == (["a", "a", "b", "b", "c", "c"], "complete")


def test_its_label_tells_its_bounds() -> None:
    assert Exhaustive().label == "exhaustive"
    assert Exhaustive(max_depth=30).label == "exhaustive, to turn 30"
    assert Exhaustive(max_deviations=1).label == "exhaustive, up to 1 deviation"
    assert Exhaustive(max_depth=9, max_deviations=2).label == (
        "exhaustive, to turn 9, up to 2 deviations"
    )


def test_who_looks_between_turns_sees_not_every_moment_and_the_verdict_says_so() -> None:
    def play(simulation: Simulation) -> None:
        simulation.look(lambda: None)
        simulation.run()

    search, _ = explored(play)
    assert search.verdict == "complete, but for what is looked at between turns"


def _four_senders(simulation: Simulation) -> str:
    Node.start().tell("something else")
    return _three_senders(simulation)


def _runs(search: Exhaustive, *plays: Play) -> None:
    for play in plays:
        strategy = search.strategy(0)
        assert strategy is not None
        try:
            with Simulation(order="any", schedule=strategy) as simulation:
                play(simulation)
        finally:
            search.learn(strategy, failed=False)


def test_a_program_that_does_not_repeat_itself_is_an_error_that_names_the_turn() -> None:
    search = Exhaustive()
    with pytest.raises(GlasshiveError, match=r"turn 8 is not what it was .* now it is wake Node-5"):
        _runs(search, _three_senders, _four_senders)
    assert search.verdict == "stopped where the program did something else than before"
    assert search.strategy(2) is None


def test_a_program_that_ends_earlier_than_before_ends_the_search() -> None:
    search = Exhaustive()
    _runs(search, _three_senders, lambda _: None)
    assert search.verdict == "stopped where the program did something else than before"


# -- what it is told --------------------------------------------------------------------------


class Words:
    """Takes the oldest, and keeps what it could take in words."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def choose(self, kind: str, options: Any, drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        return drawn

    def took(self, option: Option, options: Any) -> None:
        assert option in options
        self.words.append(str(option))


def test_every_turn_is_told_in_words() -> None:
    words = Words()
    with Simulation(schedule=words) as simulation:
        sleeper = Node.start(q=lambda _: time.sleep(2.0))

        def ask(_: Node) -> None:
            with suppress(pykka.Timeout):
                sleeper.ask("q", timeout=1.0)

        Node.start(go=ask).tell("go")
        simulation.after(3.0, sleeper, "tick")
        time.sleep(4.0)
        simulation.run()
    assert words.words == [
        "wake Node-1 from its first turn",
        "wake Node-2 from its first turn",
        "deliver str from script to Node-2",
        "deliver str from Node-2 to Node-1",
        "time out Node-2's wait for an answer",
        "wake Node-1 from time.sleep",
        "fire str of script",
        "deliver str from script to Node-1",
        "wake script from time.sleep",
        "let script go on, as all is at rest",
    ]
