"""Searches: by their names, one run after the other."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from glasshive import InputError
from glasshive.schedule import Option, Schedule
from glasshive.schedule.searches import NAMES, search_of
from glasshive.schedule.survey import Survey, Surveyed, Surveyor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from glasshive.schedule import Strategy

    Play: TypeAlias = Callable[[Strategy], tuple[str, dict[int, int]]]

DRAWN = ("random", "pct", "pos", "swarm")


def test_every_search_has_a_label_and_says_whether_it_is_alone() -> None:
    found = {name: search_of(name, seed=1, choices={}) for name in NAMES}
    assert {
        name: search.label for name, search in found.items() if name not in ("few", "exhaustive")
    } == {
        "fifo": "fifo",
        "random": "random",
        "pct": "pct depth 3",
        "pos": "pos",
        "swarm": "swarm",
        "coverage": "coverage",
        "replay": "replay",
    }
    assert {name for name, search in found.items() if search.alone} == {
        *("fifo", "replay", "coverage", "exhaustive")
    }


def test_a_name_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        search_of("pcs")
    assert (
        str(caught.value)
        == "strategy pcs: there is none of this name; did you mean 'pos' or 'pct'?"
    )


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ({"depth": 0}, "depth 0: it is too small; give 1 or more"),
        ({"max_depth": -1}, "max_depth -1: it is too small; give 0 or more"),
        ({"max_deviations": -1}, "max_deviations -1: it is too small; give 0 or more"),
    ],
)
def test_a_bound_that_will_not_do_is_refused(bounds: Mapping[str, int], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        search_of("pct", **bounds)  # type: ignore[arg-type]
    assert str(caught.value) == sentence


@pytest.mark.parametrize("name", [*DRAWN, "fifo", "few", "coverage"])
def test_the_first_run_is_the_plain_one(name: str, play: Play) -> None:
    first = search_of(name, seed=1).strategy(0)
    assert first is not None
    assert play(first) == ("aaabbbccc", {})
    fault = [Option("spare"), Option("strike")]
    assert [first.choose("fault", fault, drawn) for drawn in (0, 1)] == [0, 1]


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_learned_is_how_long_the_first_run_is(name: str, play: Play) -> None:
    search = search_of(name, seed=1)
    assert isinstance(search, Surveyed)
    first = search.strategy(0)
    assert isinstance(first, Surveyor)
    play(first)
    for _ in range(3):
        first.choose("fate", [Option("deliver"), Option("lose")])
    search.learn(first, failed=False)
    # Four actors begin, three are told to go, three times three letters come; and who they are,
    # who was told by the script, and who tells the receiver.
    assert search.survey == Survey(turns=4 + 3 + 9, channels=4 + 3 + 3, strikes={"fate": 3})
    for run in range(1, 4):
        strategy = search.strategy(run)
        assert strategy is not None
        play(strategy)
        search.learn(strategy, failed=True)
    assert search.survey.turns == 16


@pytest.mark.parametrize("name", DRAWN)
def test_a_run_follows_from_the_seed_its_number_and_the_first_run(name: str, play: Play) -> None:
    search = search_of(name, seed=5)
    first = search.strategy(0)
    assert first is not None
    play(first)
    search.learn(first, failed=False)
    there = pickle.loads(pickle.dumps(search))  # noqa: S301  our own
    here = [play(search.strategy(run)) for run in range(1, 8)]  # type: ignore[arg-type]
    assert [play(there.strategy(run)) for run in reversed(range(1, 8))] == here[::-1]
    assert len({text for text, _ in here}) > 3
    other = search_of(name, seed=6)
    other.learn(first, failed=False)
    assert [play(other.strategy(run)) for run in range(1, 8)] != here  # type: ignore[arg-type]


def test_a_search_with_one_run_ends_after_it(play: Play) -> None:
    choices = {4: 1, 6: 2}
    for name, verdict in (
        ("fifo", "one run, the plain one"),
        ("replay", "one run, the recorded one"),
    ):
        search = search_of(name, choices=choices)
        assert search.strategy(0) is not None
        assert search.strategy(1) is None
        assert search.verdict == verdict
    again = search_of("replay", choices=choices).strategy(0)
    assert isinstance(again, Schedule)
    assert play(again) == play(Schedule(choices))
    assert again.choices == choices


@pytest.mark.parametrize("name", DRAWN)
def test_a_search_that_has_learned_nothing_still_has_runs(name: str, play: Play) -> None:
    search = search_of(name, seed=3)
    texts = {play(search.strategy(run))[0] for run in range(1, 9)}  # type: ignore[arg-type]
    assert len(texts) > 3
    assert {len(text) for text in texts} == {9}


@pytest.mark.parametrize("name", DRAWN)
def test_faults_strike_in_some_runs(name: str) -> None:
    search = search_of(name, seed=3)
    assert isinstance(search, Surveyed)
    search.survey = Survey(10, 3, {"fault": 4})
    fault = [Option("spare"), Option("strike")]
    struck = 0
    for run in range(1, 101):
        strategy = search.strategy(run)
        assert strategy is not None
        struck += sum(strategy.choose("fault", fault) for _ in range(4)) > 0
    assert 20 < struck < 90
