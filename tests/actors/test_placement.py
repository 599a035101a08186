from __future__ import annotations

import random
from collections import Counter
from typing import NamedTuple

import pytest

from actors.placement import POLICIES, LeastLoaded, MostFreeVram, Policy, PowerOfTwo, RoundRobin


class Place(NamedTuple):
    place: int
    load: float = 0.0
    free_vram_bytes: int = 0


def chosen(policy: Policy, candidates: list[Place], times: int = 1) -> list[int]:
    source = random.Random(1)
    return [policy.choose(candidates, source).place for _ in range(times)]


def test_round_robin_goes_round() -> None:
    assert chosen(RoundRobin(), [Place(0), Place(1), Place(2)], 7) == [0, 1, 2, 0, 1, 2, 0]


def test_round_robin_passes_over_who_has_no_room_and_goes_on_from_there() -> None:
    policy = RoundRobin()
    assert chosen(policy, [Place(0), Place(2), Place(3)], 2) == [0, 2]
    assert chosen(policy, [Place(0), Place(1), Place(2)]) == [0]
    assert chosen(policy, [Place(1), Place(2)]) == [1]


def test_least_loaded_takes_the_smallest_share_and_of_equals_the_first() -> None:
    candidates = [Place(0, 0.5), Place(1, 0.25), Place(2, 0.25)]
    assert chosen(LeastLoaded(), candidates) == [1]


@pytest.mark.parametrize(
    ("candidates", "best"),
    [
        ([Place(0, 0.0, 10), Place(1, 0.9, 30), Place(2, 0.0, 20)], 1),
        ([Place(0, 1.5, -30), Place(1, 2.0, -10), Place(2, 1.0, -20)], 1),
        ([Place(0, 0.9, 30), Place(1, 0.5, 30), Place(2, 0.5, 30)], 1),
    ],
    ids=["the most", "the least lacking", "of equals the less loaded, then the first"],
)
def test_most_free_vram_takes_the_most(candidates: list[Place], best: int) -> None:
    assert chosen(MostFreeVram(), candidates) == [best]


def test_power_of_two_never_takes_the_most_loaded_of_three() -> None:
    candidates = [Place(0, 0.1), Place(1, 0.9), Place(2, 0.5)]
    counts = Counter(chosen(PowerOfTwo(), candidates, 3000))
    # Of three pairs, 0 wins two and 2 wins one.
    assert counts[1] == 0
    assert counts[0] == pytest.approx(2000, abs=100)


def test_power_of_two_follows_its_source_of_randomness() -> None:
    candidates = [Place(number, 0.0) for number in range(10)]
    assert chosen(PowerOfTwo(), candidates, 20) == chosen(PowerOfTwo(), candidates, 20)


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_takes_the_only_one(name: str) -> None:
    assert chosen(POLICIES[name](), [Place(4)], 3) == [4, 4, 4]
