"""From a run that fails to the smallest one that fails in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import pytest

from glasshive import Complaint, InputError, Run, scenario
from glasshive.explore import Attempt, Program, explore, shrink
from glasshive.scenario import Between
from glasshive.scenario.pool import Death
from glasshive.schedule import Schedule, Uniform
from glasshive.schedule.few import FewSearch

if TYPE_CHECKING:
    from collections.abc import Callable

    from glasshive.explore import Shrunk


def test_a_race_is_found_shrunk_to_one_deviation_and_replayed_a_hundred_times(
    program: Callable[..., Program],
) -> None:
    race = program("race", doors=2)
    assert race.attempt(Schedule({})).status == "held"

    result = explore(race, FewSearch(0), runs=100)
    assert result.found is not None
    best = shrink(result.found.attempt).best

    assert best.choices == {7: 1}
    assert [each.words for each in best.deviations] == [
        "deliver int from Door-2 to Door-1 before deliver str from Clerk-1 to Account-1"
    ]
    assert all(race.attempt(Schedule({7: 1})) == best for _ in range(100))


def test_no_deviation_that_is_left_could_go_alone(program: Callable[..., Program]) -> None:
    letters = program("letters", senders=6)
    for seed in range(8):
        first = letters.attempt(Uniform(seed))
        if first.breach is None:
            continue
        shrunk = shrink(first)
        best = shrunk.best
        assert best == letters.attempt(Schedule(best.choices))
        assert best.fails_as(first.breach)
        assert 1 <= len(best.deviations) <= 4 < len(first.deviations)
        assert not shrunk.spent
        for number in best.choices:
            left = {at: choice for at, choice in best.choices.items() if at != number}
            assert not letters.attempt(Schedule(left)).fails_as(first.breach)


def test_faults_that_do_not_matter_go(program: Callable[..., Program]) -> None:
    # A, B and D are lost, C is held back, and the order of the first turns is another.
    lost = {1: 1, 2: 1, 6: 1, 8: 1, 10: 3, 12: 1}
    first = program("letters", loss=0.001).attempt(Schedule(lost))
    assert first.faults == 4

    best = shrink(first).best

    assert [str(each) for each in best.deviations] == [
        "lose D from Sender-4 to Sink-1 (choice 1 of 3)"
    ]


def test_the_same_thing_must_break(program: Callable[..., Program]) -> None:
    # C comes before A, and D is lost: what is named first is what counts.
    first = program("letters", loss=0.001).attempt(Schedule({12: 1, 13: 2}))
    alone = program("letters", loss=0.001, breaking="D has come")

    assert shrink(first).best.choices == {13: 2}
    assert shrink(alone.attempt(Schedule({12: 1, 13: 2}))).best.choices == {12: 1}


def test_what_fails_in_the_plain_order_has_no_deviation_left(
    program: Callable[..., Program],
) -> None:
    first = program("letters", wrong="AC").attempt(Schedule({1: 2, 3: 1}))

    assert shrink(first).best.choices == {}


@scenario
def crowd(  # noqa: PLR0917  a scenario's parameters
    run: Run,
    jobs: Annotated[int, Between(1, 50, shrinks=True)] = 20,
    helpers: Annotated[int, Between(0, 5, shrinks=True)] = 5,
    limit: Annotated[int | None, Between(1, 9, shrinks=True)] = None,
    workers: Annotated[int, Between(1, 9)] = 9,
    least: int = 3,
) -> None:
    """Too many jobs come."""
    if 0 < helpers < 2:
        raise InputError(Complaint("helpers", "one is none", "take two"))
    assert (workers, limit) == (9, None)
    run.expect("few come", jobs < least, f"{jobs} with {helpers}")


def test_sizes_become_as_small_as_the_failure_shows() -> None:
    first = Program.of(crowd).attempt(Schedule({}))

    shrunk = shrink(first, FewSearch)

    assert shrunk.parameters == {"jobs": (20, 3), "helpers": (5, 0)}
    assert shrunk.best.breach is not None
    assert shrunk.best.breach.example == "3 with 0"
    assert shrink(first).parameters == {}  # without a search they are left alone


def test_a_size_that_the_scenario_refuses_is_passed_over() -> None:
    @scenario
    def picky(run: Run, helpers: Annotated[int, Between(0, 5, shrinks=True)] = 5) -> None:
        if helpers < 2:
            raise InputError(Complaint("helpers", "they are too few", "take two"))
        run.expect("nobody helps", False)

    shrunk = shrink(Program.of(picky).attempt(Schedule({})), FewSearch)

    assert shrunk.parameters == {"helpers": (5, 2)}


def test_a_smaller_program_is_searched_as_long_as_it_is_no_longer_to_read(
    program: Callable[..., Program],
) -> None:
    # Three senders fail as well, but not with a single deviation.
    first = program("letters", senders=6).attempt(Uniform(1))
    assert first.breach is not None

    best = shrink(first, FewSearch).best

    assert best.program.parameters["senders"] == 4
    assert best.fails_as(first.breach)
    assert len(best.deviations) == 1


def test_ctrl_c_leaves_the_smallest_run_so_far(program: Callable[..., Program]) -> None:
    letters = program("letters", senders=6)
    first = letters.attempt(Uniform(1))

    def heard(shrunk: Shrunk) -> None:
        if len(shrunk.best.deviations) < len(first.deviations):
            raise KeyboardInterrupt

    shrunk = shrink(first, heard=heard)

    assert (shrunk.spent, shrunk.interrupted) == (True, True)
    assert len(shrunk.best.deviations) < len(first.deviations)
    assert first.breach is not None
    assert shrunk.best.fails_as(first.breach)


def test_ctrl_c_ends_it_in_whichever_run_it_is_pressed(program: Callable[..., Program]) -> None:
    runs: list[None] = []
    race, struck = program("race").script, 0

    @scenario
    def touchy(run: Run) -> None:
        runs.append(None)
        if len(runs) == struck:
            raise KeyboardInterrupt
        race(run)

    first = Program.of(touchy).attempt(Schedule({1: 2, 7: 1}))
    runs.clear()
    assert not shrink(first).interrupted
    for struck in range(1, len(runs) + 1):
        runs.clear()
        assert shrink(first).interrupted
        assert len(runs) == struck


def test_tries_and_time_are_bounded_and_it_is_told(program: Callable[..., Program]) -> None:
    first = program("letters", senders=6).attempt(Uniform(1))
    heard: list[int] = []

    few = shrink(first, tries=3, heard=lambda shrunk: heard.append(shrunk.tries))
    none = shrink(first, seconds=0.0)

    assert (few.tries, few.spent, few.interrupted) == (3, True, False)
    assert heard == [1, 2, 3]
    assert (none.tries, none.spent, none.best) == (0, True, first)


def test_a_run_of_which_its_process_died_is_not_run_here(program: Callable[..., Program]) -> None:
    died = Attempt.of_death(program("race"), Death(3, -9))

    shrunk = shrink(died, FewSearch)

    assert (shrunk.best, shrunk.tries) == (died, 0)


def test_a_run_in_which_all_held_is_refused(program: Callable[..., Program]) -> None:
    with pytest.raises(ValueError, match="nothing is wrong with this run"):
        shrink(program("race").attempt(Schedule({})))
