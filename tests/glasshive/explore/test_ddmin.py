from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.explore.ddmin import minimised


@given(st.integers(0, 40).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(0, n)))))
def test_exactly_those_are_left_that_it_takes_in_their_order(case: tuple[int, set[int]]) -> None:
    last, needed = case

    left = minimised(list(range(last + 1)), lambda some: needed <= set(some))

    assert left == sorted(needed)


@given(st.sets(st.frozensets(st.integers(0, 7))))
def test_none_of_what_is_left_can_be_left_out_alone(failing: set[frozenset[int]]) -> None:
    items = list(range(8))
    failing = {*failing, frozenset(items)}
    tried = []

    def fails(some: list[int]) -> bool:
        tried.append(some)
        return frozenset(some) in failing

    left = minimised(items, fails)

    assert frozenset(left) in failing
    for item in left:
        assert not fails([each for each in left if each != item])


def test_what_can_go_only_after_another_has_gone_goes_too() -> None:
    assert minimised([1, 2, 3], lambda some: some in ([1, 2, 3], [1, 3], [3])) == [3]


def test_nothing_is_left_of_what_fails_by_itself() -> None:
    assert minimised([1, 2, 3], lambda _: True) == []
    assert minimised([], lambda _: False) == []


def test_halves_are_tried_before_single_ones() -> None:
    tried: list[list[int]] = []

    def fails(some: list[int]) -> bool:
        tried.append(some)
        return 3 in some

    assert minimised([1, 2, 3, 4], fails) == [3]
    assert tried == [[], [3, 4], [4], [3]]


def test_what_the_question_raises_ends_the_search() -> None:
    def fails(_: list[int]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        minimised([1, 2], fails)
