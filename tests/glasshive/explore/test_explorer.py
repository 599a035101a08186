"""Running a program until something breaks: where it stops, and what it has counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from glasshive import Run, scenario
from glasshive.explore import Exploration, Found, Program, explore
from glasshive.schedule import Abandoned, Schedule
from glasshive.schedule.few import FewSearch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from glasshive.schedule import Option, Strategy

SCRIPT = '''
import os
import pykka
from glasshive import Run, scenario


class Sink(pykka.ThreadingActor):
    def __init__(self):
        super().__init__()
        self.got = []

    def on_receive(self, message):
        if message != "what?":
            self.got.append(message)
        return self.got


class Sender(pykka.ThreadingActor):
    def __init__(self, sink):
        super().__init__()
        self.sink = sink

    def on_receive(self, message):
        self.sink.tell(message)


@scenario
def senders(run: Run, many: int = 6, deadly: bool = False) -> None:
    """The last one should not be the first."""
    sink = Sink.start()
    for number in range(many):
        Sender.start(sink).tell(number)
    run.runtime.run()
    got = sink.ask("what?")
    if deadly and got[0] == many - 1:
        os._exit(3)
    run.expect("the last is not the first", got[0] != many - 1, str(got))
'''


@dataclass
class Listed:
    """Runs with the choices of a list, and hears what came of them."""

    runs: Sequence[Mapping[int, int] | type[Abandoned]]
    label: str = "listed"
    alone: bool = True
    verdict: str = "complete"
    heard: list[bool] = field(default_factory=list)

    def strategy(self, run: int) -> Strategy | None:
        if run >= len(self.runs):
            return None
        choices = self.runs[run]
        return GivenUp() if isinstance(choices, type) else Schedule(choices)

    def learn(self, strategy: Strategy, *, failed: bool) -> None:  # noqa: ARG002  Search's form
        self.heard.append(failed)


class GivenUp:
    def choose(self, kind: str, options: Sequence[Option], drawn: int = 0) -> int:  # noqa: ARG002  Strategy's form
        raise Abandoned


@pytest.fixture
def senders(tmp_path: Path) -> str:
    path = tmp_path / "senders.py"
    path.write_text(SCRIPT)
    return str(path)


def test_the_search_ends_with_the_first_run_that_fails(program: Callable[..., Program]) -> None:
    search = Listed([{}, {1: 1}, {7: 1}, {}])

    result = explore(program("race"), search, runs=10)

    assert result.found is not None
    assert (result.found.run, result.found.attempt.choices) == (3, {7: 1})
    assert (result.runs, result.label, result.verdict) == (3, "listed", "")
    assert search.heard == [False, False, True]


def test_runs_are_counted_and_so_are_the_orders_that_differ(
    program: Callable[..., Program],
) -> None:
    # 9 is A's way to the sink and 12 is B's: C, or D, comes before A, and before B.
    choices: list[Mapping[int, int] | type[Abandoned]]
    choices = [{}, {9: 1}, {9: 1}, {9: 2}, Abandoned, {9: 3}]
    heard: list[tuple[int, int]] = []

    result = explore(
        program("letters", wrong=""),
        Listed(choices),
        runs=99,
        heard=lambda each: heard.append((each.runs, each.orders)),
    )

    assert (result.runs, result.abandoned, result.orders) == (6, 1, 4)
    assert heard == [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4)]
    assert result.found is None
    assert result.verdict == "complete"
    assert not result.interrupted
    assert [(each.name, each.must_reach, each.runs) for each in result.situations] == [
        ("B comes first", True, 2),
        ("Z comes first", True, 0),
        ("A comes first", False, 1),
        ("C comes first", False, 1),
        ("D comes first", False, 1),
    ]
    assert list(result.checked) == ["the order is right", "D has come"]


def test_no_run_begins_when_the_runs_or_the_time_are_over(program: Callable[..., Program]) -> None:
    def runs(count: int | None, seconds: float | None) -> int:
        search = Listed([{}] * 5)
        return explore(program("race"), search, runs=count, seconds=seconds).runs

    assert runs(3, None) == 3
    assert runs(None, None) == 5
    assert runs(3, 0.0) == 1  # one at least, whatever the time
    assert runs(3, 3600.0) == 3


def test_what_does_not_count_is_told_apart_from_what_held(program: Callable[..., Program]) -> None:
    race = program("race", breaking="something else")

    result = explore(race, Listed([{}, {7: 1}, {7: 1}]), runs=9)

    assert (result.found, result.runs, result.ignored) == (None, 3, 2)


def test_ctrl_c_in_a_run_ends_the_search_and_keeps_what_is_known() -> None:
    struck = iter([False, False, True])

    @scenario
    def interrupted(run: Run) -> None:
        run.note("it begins")
        if next(struck):
            raise KeyboardInterrupt

    result = explore(Program.of(interrupted), Listed([{}] * 9))

    assert (result.runs, result.interrupted, result.found) == (2, True, None)


def test_ctrl_c_between_two_runs_ends_the_search(program: Callable[..., Program]) -> None:
    def heard(result: Exploration) -> None:
        if result.runs == 2:
            raise KeyboardInterrupt

    result = explore(program("race"), Listed([{}] * 9), heard=heard)

    assert (result.runs, result.interrupted) == (2, True)


def test_several_processes_find_the_run_that_one_finds(senders: str) -> None:
    program = Program.of(senders)

    one = explore(program, FewSearch(3), runs=500)
    two = explore(program, FewSearch(3), runs=500, jobs=2)

    assert one.found is not None
    assert one.found.run > 2
    assert one.found == two.found
    assert two.runs >= one.runs


def test_of_failures_that_come_in_any_order_the_one_with_the_lowest_number_is_kept(
    program: Callable[..., Program],
) -> None:
    failed = program("race").attempt(Schedule({7: 1}))
    result = Exploration(failed.program, "few")

    for run in (5, 2, 7):
        result.add(run, failed)

    assert result.found == Found(3, failed)


def test_a_search_that_hears_of_every_run_has_one_process(program: Callable[..., Program]) -> None:
    # No other process could find this scenario.
    result = explore(program("race"), Listed([{}, {}, {7: 1}]), jobs=2)

    assert result.found is not None
    assert result.found.run == 3


def test_a_run_of_which_its_process_dies_is_a_failure(senders: str) -> None:
    result = explore(Program.of(senders, {"deadly": True}), FewSearch(3), runs=500, jobs=2)

    assert result.found is not None
    assert result.found.attempt.died
    assert result.found.attempt.breach is not None
    assert result.found.attempt.breach.name == "process ended with exit code 3"


@pytest.mark.parametrize(("runs", "jobs"), [(0, 1), (-1, 1), (1, 0)])
def test_no_runs_and_no_processes_are_refused(
    program: Callable[..., Program], runs: int, jobs: int
) -> None:
    with pytest.raises(ValueError, match="explore nothing"):
        explore(program("race"), FewSearch(0), runs=runs, jobs=jobs)
