"""Deviations named by what they do: they make the run again, and go one without the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.explore.anchor import Anchor, Anchored, Anchoring
from glasshive.schedule import Option, Schedule, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.explore import Program


def test_a_deviation_is_named_by_what_was_done_before_what(program: Callable[..., Program]) -> None:
    anchoring = Anchoring({11: 1, 8: 1})
    program("race", doors=3).attempt(anchoring)

    assert anchoring.anchors == [
        Anchor(
            "next",
            "deliver int from Door-3 to Door-2",
            0,
            "deliver str from Clerk-1 to Account-1",
        ),
        Anchor("next", "deliver int from Door-1 to Clerk-2", 0, "wake Clerk-1 from an answer"),
    ]


def test_what_is_named_all_of_it_is_the_run_again(program: Callable[..., Program]) -> None:
    # No two of its messages have the same words.
    letters = program("letters", senders=6, loss=0.3)
    for seed in range(30):
        attempt = letters.attempt(Uniform(seed))
        anchoring = Anchoring(attempt.choices)
        letters.attempt(anchoring)
        assert letters.attempt(Anchored(anchoring.anchors)).choices == attempt.choices


def test_a_deviation_is_made_also_where_its_number_is_another(
    program: Callable[..., Program],
) -> None:
    letters = program("letters")
    # Another order of the senders' first turns, and then C before A.
    first = letters.attempt(Schedule({1: 1, 2: 1, 9: 2}))
    anchoring = Anchoring(first.choices)
    letters.attempt(anchoring)

    last = letters.attempt(Anchored(anchoring.anchors[-1:]))

    assert len(last.deviations) == 1
    assert last.deviations[0].chosen == first.deviations[-1].chosen._replace(
        birth=last.deviations[0].chosen.birth
    )
    assert last.breach is not None


def test_things_of_the_same_words_are_told_apart_by_the_order_in_which_they_came_up() -> None:
    def deliver(message: str, turn: int) -> Option:
        return Option("deliver", "sink", "sender", message, (turn, 0))

    anchored = Anchored([Anchor("next", "deliver X from sender to sink", 1, str(deliver("A", 1)))])
    plain, first, second = deliver("A", 1), deliver("X", 2), deliver("X", 5)

    assert anchored.choose("next", [plain, first]) == 0
    assert anchored.choose("next", [plain, first, second]) == 2
    # It is made once.
    assert anchored.choose("next", [plain, first, second]) == 0


def test_a_deviation_is_not_made_before_something_else_or_of_another_kind() -> None:
    option = Option("deliver", "sink", "sender", "X", (1, 0))
    others = [Option("deliver", "sink", "sender", name, (2, 0)) for name in "AB"]
    anchored = Anchored([Anchor("next", str(option), 0, str(others[0]))])

    assert anchored.choose("next", [others[1], option]) == 0
    assert anchored.choose("fate", [others[0], option]) == 0
    assert anchored.choose("next", [others[0], option]) == 1


def test_faults_of_the_same_words_are_told_apart_by_how_often_they_could_have_struck() -> None:
    deliver, lose = Option("deliver"), Option("lose A from sender to sink")
    anchored = Anchored([Anchor("fate", str(lose), 2, str(deliver))])

    assert [anchored.choose("fate", [deliver, lose]) for _ in range(4)] == [0, 0, 1, 0]
