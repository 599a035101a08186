"""Exhaustive search tries all that the script, fates and faults could have come to."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from glasshive.schedule import Option
from tests.glasshive.schedule.orders import Node, explored, got, telling

if TYPE_CHECKING:
    from glasshive import Simulation


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
