from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Request
from actors.queue import Queues
from actors.registry import Job
from actors.route import Route


def route(number: int, *, priority: int = 0, model: str = "llama") -> Route[str]:
    request = Request(f"request-{number}", model, "", 10, 3, priority=priority)
    return Route(Job(f"job-{number}", ""), request, (-priority, number), 0.0, 0)


def numbers(queues: Queues[str], model: str = "llama") -> list[int]:
    return [each.order[1] for each in queues.of(model)]


@pytest.fixture
def queues() -> Queues[str]:
    return Queues()


def test_the_first_is_who_has_waited_longest(queues: Queues[str]) -> None:
    routes = [route(number) for number in (1, 2, 3)]
    for each in routes:
        queues.add(each)
    assert numbers(queues) == [1, 2, 3]
    assert queues.first("llama") is routes[0]


def test_one_of_a_higher_priority_goes_before_all_of_a_lower_one(queues: Queues[str]) -> None:
    for number, priority in ((1, 0), (2, 1), (3, -1), (4, 1)):
        queues.add(route(number, priority=priority))
    assert numbers(queues) == [2, 4, 1, 3]


def test_one_that_comes_back_goes_where_it_was(queues: Queues[str]) -> None:
    for number in (1, 3, 2):
        queues.add(route(number))
    assert numbers(queues) == [1, 2, 3]


def test_each_model_has_a_queue_of_its_own(queues: Queues[str]) -> None:
    queues.add(route(1))
    queues.add(route(2, model="mistral"))
    assert (numbers(queues), numbers(queues, "mistral")) == ([1], [2])
    assert queues.models() == ["llama", "mistral"]


def test_a_model_is_waited_for_until_the_last_one_goes(queues: Queues[str]) -> None:
    routes = [route(number) for number in (1, 2)]
    for each in routes:
        queues.add(each)
    queues.discard(routes[0])
    assert (numbers(queues), queues.models()) == ([2], ["llama"])
    queues.discard(routes[1])
    assert (numbers(queues), queues.models()) == ([], [])
    assert queues.first("llama") is None


def test_discarding_who_does_not_wait_changes_nothing(queues: Queues[str]) -> None:
    queues.discard(route(1))
    queues.add(route(2))
    queues.discard(route(2))  # another one of that order
    assert numbers(queues) == [2]


def test_nobody_waits_for_a_model_that_was_never_wanted(queues: Queues[str]) -> None:
    assert queues.first("llama") is None
    assert (numbers(queues), queues.models()) == ([], [])


def test_those_that_wait_can_be_gone_through_while_they_go(queues: Queues[str]) -> None:
    for number in (1, 2, 3):
        queues.add(route(number))
    for each in queues.of("llama"):
        queues.discard(each)
    assert numbers(queues) == []


@given(orders=st.lists(st.tuples(st.integers(-2, 2), st.integers(1, 100)), unique=True))
def test_in_whatever_order_they_come_they_wait_by_priority_and_then_arrival(
    orders: list[tuple[int, int]],
) -> None:
    queues: Queues[str] = Queues()
    for priority, number in orders:
        queues.add(route(number, priority=priority))
    expected = sorted((-priority, number) for priority, number in orders)
    assert [each.order for each in queues.of("llama")] == expected
