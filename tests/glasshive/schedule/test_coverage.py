"""Coverage: runs that have shown something new are varied."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from benchmarks.deep_bugs import Stage, in_turn, planted
from glasshive.schedule import Option, Schedule
from glasshive.schedule.coverage import CoverageSearch, Guided, _Kept, _varied
from glasshive.schedule.strikes import Strikes
from glasshive.schedule.uniform import UniformSearch

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.schedule import Search, Strategy

LADDER = [Stage({"b": 1, "a": 3}, "aaab")] * 4
"""Steps that each wait for the one before to go in an unusual order."""


def test_the_first_run_is_plain_and_shows_its_pairs() -> None:
    search = CoverageSearch(seed=1)
    first = search.strategy(0)
    assert isinstance(first, Guided)
    with planted(in_turn(3)) as play:
        play(first)
    search.learn(first, failed=False)
    to = {receiver: (one, other) for receiver, one, other in first.pairs}
    # The referee is told "a", "a", "b", "b"; each sender has one turn only.
    a, b = (("deliver", sender, "str") for sender in ("Sender-1", "Sender-2"))
    assert set(to) == {"Referee-1"}
    assert list(first.pairs) == [("Referee-1", a, a), ("Referee-1", a, b), ("Referee-1", b, b)]
    assert (search.pairs, first.choices) == (3, {})


def test_a_run_is_kept_when_it_shows_a_pair_for_the_first_time() -> None:
    search = CoverageSearch(seed=1)
    with planted(in_turn(3)) as play:
        for text in (["a", "a"], ["a", "a"], ["b", "a"]):
            guided = Guided(0, {0: 0, 1: 0} if text[0] == "a" else {0: 0, 1: 0, 2: 1, 3: 0})
            play(guided)
            search.learn(guided, failed=False)
    assert [kept.novelty for kept in search._kept] == [3, 1]


def test_a_run_is_varied_the_more_often_the_newer_it_was() -> None:
    search = CoverageSearch(seed=1)
    search._kept = [_Kept({}, 5, {}, novelty=1), _Kept({}, 5, {}, novelty=10)]
    for run in range(1, 401):
        search.strategy(run)
    little, much = (kept.varied for kept in search._kept)
    # Three of four runs vary one, and what was varied often rests: 1 / (1 + x) = 10 / (1 + y).
    assert 250 <= little + much <= 350
    assert 2 * little < much < 6 * little


def test_what_a_run_has_decided_makes_it_again(
    play: Callable[[Strategy], tuple[str, dict[int, int]]],
) -> None:
    for seed in range(20):
        wild = Guided(seed, {}, 0)
        text, choices = play(wild)
        assert wild.choices == choices
        assert play(Schedule(choices))[0] == text
        again = Guided(seed + 1, wild.choices)
        assert (play(again)[0], again.decisions) == (text, wild.decisions)


def test_a_variation_follows_its_run_up_to_the_first_difference() -> None:
    kept = _Kept({3: 1, 5: 2, 9: 1}, 20, {"fault": [4, 8]}, 1)
    seen = set()
    for seed in range(300):
        choices, tail = _varied(Random(seed), kept)
        assert all(0 <= number < 20 for number in choices)
        assert tail is None or 0 <= tail < 20
        for number, choice in choices.items():
            assert choice is None or choice == kept.choices[number]
        if tail is not None:
            seen.add("cut")
        elif set(kept.choices) - set(choices):
            seen.add("remove")
        elif any(choices[number] is None for number in kept.choices):
            seen.add("change")
        elif set(choices) & {4, 8}:
            seen.add("add a fault")
        elif set(choices) - set(kept.choices):
            seen.add("add")
    assert seen == {"cut", "remove", "change", "add a fault", "add"}


def test_a_fault_that_rates_have_drawn_stays_and_a_spared_one_is_noted() -> None:
    fault = [Option("spare"), Option("strike")]
    guided = Guided(0, {1: None, 3: None})
    assert [guided.choose("fault", fault, drawn) for drawn in (1, 1, 0, 0)] == [1, 0, 0, 1]
    assert (guided.choices, guided.faults) == ({1: 0, 3: 1}, {"fault": [0, 1, 2, 3]})
    random = [Guided(seed, {}, 0, Strikes(seed, {"fault": 1})) for seed in range(100)]
    assert 0 < sum(each.choose("fault", fault) for each in random) < 100


def _runs_until_found(search: Search, most: int) -> int:
    with planted(LADDER, strict=True) as play:
        for run in range(most):
            strategy = search.strategy(run)
            assert strategy is not None
            found = play(strategy)
            search.learn(strategy, failed=found)
            if found:
                return run
    return most


def test_steps_that_wait_for_one_another_are_found_sooner_than_at_random() -> None:
    # A step goes right at random with 1 in 8, so all four with 1 in 4,096 or so.
    coverage = [_runs_until_found(CoverageSearch(seed), 600) for seed in range(6)]
    random = [_runs_until_found(UniformSearch(seed), 600) for seed in range(6)]
    assert max(coverage) < 600
    assert 2 * sum(coverage) < sum(random)


def test_equal_seeds_make_equal_searches() -> None:
    def course(seed: int) -> list[dict[int, int]]:
        search, found = CoverageSearch(seed), []
        with planted(LADDER, strict=True) as play:
            for run in range(30):
                strategy = search.strategy(run)
                assert isinstance(strategy, Guided)
                search.learn(strategy, failed=play(strategy))
                found.append(strategy.choices)
        return found

    assert course(7) == course(7) != course(8)
