"""Swarm: what is slow in a run, and which faults are on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from glasshive.schedule import Option
from glasshive.schedule.strikes import Strikes
from glasshive.schedule.swarm import Swarm

if TYPE_CHECKING:
    from collections.abc import Callable

SEEDS = 500


@pytest.fixture
def four(deliver: Callable[..., Option]) -> list[Option]:
    return [deliver(f"sender-{at}", "receiver", f"Message{at}") for at in range(4)]


def _choices(swarm: Swarm, options: list[Option]) -> set[int]:
    return {swarm.choose("next", options) for _ in range(80)}


def test_what_is_slow_goes_only_when_nothing_else_can(four: list[Option]) -> None:
    found: Counter[tuple[bool, bool]] = Counter()
    for seed in range(SEEDS):
        swarm = Swarm(seed)
        slow = [swarm._is_slow(option) for option in four]
        quick = {at for at in range(4) if not slow[at]} or set(range(4))
        assert _choices(swarm, four) == (quick if swarm._mixed else {min(quick)})
        for option in four:
            assert swarm.choose("next", [option, four[min(quick)]]) in (0, 1)
        found[any(slow), swarm._mixed] += 1
    # Each of four is slow with 1 - 3 / 4 * 3 / 4: in nine of ten runs one of them is.
    assert found[True, True] + found[True, False] > 0.75 * SEEDS
    assert 0.4 * SEEDS < found[True, True] + found[False, True] < 0.6 * SEEDS


def test_a_kind_of_message_is_slow_on_each_of_its_ways_or_the_way_is(
    deliver: Callable[..., Option],
) -> None:
    found: Counter[tuple[bool, ...]] = Counter()
    for seed in range(SEEDS):
        swarm = Swarm(seed)
        one, same_kind, same_way, neither = (
            swarm._is_slow(deliver(sender, "receiver", message))
            for sender, message in (("a", "M"), ("b", "M"), ("a", "N"), ("b", "N"))
        )
        # Whoever is slow alone is slow by nothing that the others share.
        assert one + same_kind + same_way + neither != 1
        found[one, same_kind, same_way, neither] += 1
    assert found[True, True, False, False]  # by its kind
    assert found[True, False, True, False]  # by its way
    assert found[True, True, True, False]  # by both


def test_a_kind_of_fault_is_on_or_off_for_the_whole_run() -> None:
    on: Counter[str] = Counter()
    fates = [Option(fate) for fate in ("deliver", "lose", "duplicate", "hold back")]
    for seed in range(SEEDS):
        swarm = Swarm(seed)
        for drawn in (1, 2, 3):
            (index,) = {swarm.choose("fate", fates, drawn) for _ in range(5)}
            assert index in (0, drawn)
            on[fates[drawn].does] += index > 0
        assert swarm.choose("fate", fates) == 0
    assert all(0.4 * SEEDS < on[fate] < 0.6 * SEEDS for fate in ("lose", "duplicate", "hold back"))


def test_faults_strike_that_are_on() -> None:
    fault = [Option("spare"), Option("crash a")]
    struck = sum(
        any(Swarm(seed, 9, Strikes(seed, {"fault": 5})).choose("fault", fault) for _ in range(1))
        for seed in range(SEEDS)
    )
    without = sum(Strikes(seed, {"fault": 5}).choose("fault", fault) for seed in range(SEEDS))
    assert 0 < struck < without


def test_far_beyond_the_turns_the_oldest_is_next(four: list[Option]) -> None:
    for seed in range(20):
        taken = [
            swarm.choose("next", four) for swarm in [Swarm(seed, turns=7)] for _ in range(1_100)
        ]
        assert set(taken[:1_070]) == _choices(Swarm(seed), four)
        assert taken[1_070:] == [0] * 30
