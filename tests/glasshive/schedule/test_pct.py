"""PCT: priorities of channels, and the moments at which they change."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import pytest

from benchmarks.deep_bugs import in_stages, in_turn, planted, rate
from glasshive.schedule import Option
from glasshive.schedule.pct import Pct, PctSearch, proven_rate
from glasshive.schedule.strikes import Strikes
from glasshive.schedule.survey import Survey, Surveyor
from glasshive.schedule.uniform import UniformSearch

if TYPE_CHECKING:
    from collections.abc import Callable


def _taken(pct: Pct, options: list[Option], turns: int) -> list[int]:
    taken = []
    for _ in range(turns):
        at = pct.choose("next", options)
        pct.took(options[at], options)
        taken.append(at)
    return taken


@pytest.fixture
def three(deliver: Callable[..., Option]) -> list[Option]:
    return [deliver(sender, "receiver") for sender in "abc"]


def test_without_a_change_one_channel_goes_before_the_other_throughout(three: list[Option]) -> None:
    orders: Counter[tuple[int, ...]] = Counter()
    for seed in range(3_000):
        pct, left, order = Pct(seed, 1, 100), list(three), []
        while left:
            (at,) = set(_taken(pct, left, 3))
            order.append(three.index(left.pop(at)))
        orders[tuple(order)] += 1
    assert set(orders) == set(permutations(range(3)))
    assert all(410 <= times <= 590 for times in orders.values()), orders


def test_one_change_comes_at_each_turn_as_often_and_makes_that_channel_the_last(
    three: list[Option],
) -> None:
    changed: Counter[int] = Counter()
    for seed in range(4_000):
        taken = _taken(Pct(seed, 2, 8), three, 8)
        assert taken == sorted(taken, key=taken.index)  # nobody comes back
        assert len(set(taken)) <= 2
        changed[taken.count(taken[0]) % 8] += 1
    # A change at the first turn leaves the one that is second then, for all eight.
    assert sorted(changed) == list(range(8))
    assert all(410 <= times <= 590 for times in changed.values()), changed


def test_a_later_change_lowers_below_an_earlier_one_in_half_of_the_runs(
    deliver: Callable[..., Option],
) -> None:
    two = [deliver(sender, "receiver") for sender in "ab"]
    back = 0
    for seed in range(2_000):
        taken = _taken(Pct(seed, 3, 50), two, 50)
        switches = sum(one != other for one, other in pairwise(taken))
        assert switches <= 2
        back += switches == 2
    # Both changes must come after the first turn, at different ones: 49 * 48 of 50 * 50.
    assert 850 <= back <= 1_030, back


def test_a_change_strikes_also_where_there_is_no_choice(deliver: Callable[..., Option]) -> None:
    one, other = deliver("a", "receiver"), deliver("b", "receiver")
    lowered = 0
    for seed in range(1_000):
        pct = Pct(seed, 2, 10)
        for _ in range(10):
            pct.took(one, [one])
        lowered += pct.choose("next", [one, other]) == 1
    assert lowered == 1_000


def test_all_that_is_due_for_one_task_is_one_channel_and_goes_oldest_first(
    deliver: Callable[..., Option],
) -> None:
    due = [
        Option("answer", "a", "b", "str", (0, 1)),
        Option("fire", "a", "a", "Tick", (0, 2)),
        Option("fire", "a", "c", "Tick", (0, 3)),
        Option("wake", "a", "", "time.sleep", (0, 4)),
    ]
    for seed in range(50):
        assert set(_taken(Pct(seed, 1, 20), due, 20)) == {0}
        assert set(_taken(Pct(seed, 3, 20), [deliver("b", "a"), *due], 20)) <= {0, 1}


def test_far_beyond_the_turns_the_oldest_is_next(three: list[Option]) -> None:
    last = 0
    for seed in range(50):
        taken = _taken(Pct(seed, 1, 7), three, 1_100)
        assert taken[1_070:] == [0] * 30
        assert len(set(taken[:1_070])) == 1
        last += taken[0] != 0
    assert last > 20


def test_fates_stay_as_drawn_but_where_a_fault_strikes() -> None:
    fault = [Option("spare"), Option("strike")]
    for seed in range(20):
        struck = Strikes(seed, {"fault": 1}).choose("fault", fault)
        assert Pct(0, 3, 5, Strikes(seed, {"fault": 1})).choose("fault", fault) == struck
    assert [Pct(0, 3, 5).choose("fault", fault, drawn) for drawn in (0, 1)] == [0, 1]


def test_turns_and_channels_are_learned_from_the_plain_run() -> None:
    search = PctSearch(seed=1, depth=3)
    with planted(in_turn(3)) as play:
        first = search.strategy(0)
        assert isinstance(first, Surveyor)
        assert not play(first)
        search.learn(first, failed=False)
    # Two senders are told to go, and tell the referee two letters each.
    assert search.survey == Survey(turns=6, channels=4)
    assert proven_rate(search.survey, 3) == pytest.approx(1 / (4 * 6 * 6))
    with pytest.raises(ValueError, match="a run without a turn proves no rate"):
        proven_rate(Survey(), 3)


@pytest.mark.parametrize("depth", [3, 4, 5])
def test_a_deep_bug_is_found_at_the_proven_rate_or_better_and_more_often_than_at_random(
    depth: int,
) -> None:
    pct = rate(in_stages(depth), partial(PctSearch, depth=depth))
    random = rate(in_stages(depth), UniformSearch)
    assert pct.runs == random.runs == 1_000
    assert pct.rate >= proven_rate(pct.survey, depth)
    assert pct.found >= 5 + random.found


@pytest.mark.parametrize(("depth", "runs"), [(2, 1), (3, 5), (4, 8)])
def test_the_proven_rate_is_reached_where_each_constraint_wants_a_change_of_its_own(
    depth: int, runs: int
) -> None:
    found = rate(in_turn(depth), partial(PctSearch, depth=depth), runs)
    proven = proven_rate(found.survey, depth)
    # For each of the two orders in which the senders begin.
    assert proven <= found.rate <= 3 * proven


def test_a_bug_of_more_constraints_than_its_depth_may_never_be_found() -> None:
    assert rate(in_turn(3), partial(PctSearch, depth=2)).found == 0
