from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.backoff import backoff


class Least(random.Random):
    """Draws the least that it may."""

    def uniform(self, a: float, b: float) -> float:  # noqa: ARG002 - the generator's face
        return a


class Most(random.Random):
    """Draws the most that it may."""

    def uniform(self, a: float, b: float) -> float:  # noqa: ARG002 - the generator's face
        return b


def waits(attempts: range, source: random.Random) -> list[float]:
    return [backoff(0.5, attempt, 16.0, source) for attempt in attempts]


def test_the_least_wait_doubles_with_each_attempt_up_to_the_most() -> None:
    assert waits(range(1, 9), Least()) == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0]


def test_the_longest_wait_is_twice_the_least() -> None:
    assert waits(range(1, 9), Most()) == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0, 32.0]


def test_what_was_asked_for_is_waited_even_if_it_is_more_than_the_most() -> None:
    assert backoff(20.0, 1, 16.0, Least()) == 20.0
    assert backoff(20.0, 5, 16.0, Most()) == 40.0


@pytest.mark.parametrize(("attempt", "doublings"), [(16, 15), (17, 16), (18, 16), (10_000, 16)])
def test_it_doubles_sixteen_times_at_most(attempt: int, doublings: int) -> None:
    assert backoff(1.0, attempt, 1e9, Least()) == 2.0**doublings


@given(
    asked=st.floats(0.01, 100.0),
    attempt=st.integers(1, 100),
    most=st.floats(0.01, 100.0),
    seed=st.integers(),
)
def test_a_wait_is_never_less_than_was_asked_nor_more_than_twice_the_larger_bound(
    asked: float, attempt: int, most: float, seed: int
) -> None:
    assert asked <= backoff(asked, attempt, most, random.Random(seed)) <= 2.0 * max(asked, most)


def test_clients_that_were_refused_together_do_not_come_back_together() -> None:
    source = random.Random(1)
    assert len({backoff(0.5, 1, 16.0, source) for _ in range(1000)}) == 1000
