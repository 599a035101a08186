"""Exhaustive search begins with the plain run, keeps its bounds, and tells how far it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glasshive import GlasshiveError, Simulation
from glasshive.schedule.exhaustive import Exhaustive
from tests.glasshive.schedule.orders import Node, explored, got, telling

if TYPE_CHECKING:
    from glasshive.schedule import Search
    from tests.glasshive.schedule.orders import Play


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
