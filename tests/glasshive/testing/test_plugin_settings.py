"""Marks and options of the pytest plugin, and tests that it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

# Loaded here, to stay: a test of tests forgets what is imported within it.
from glasshive.testing import strategies

if TYPE_CHECKING:
    from tests.glasshive.testing.conftest import Race

pytest_plugins = ["pytester"]
_ = strategies


def test_options_go_before_marks_and_the_nearest_mark_before_the_others(
    race: Race,
) -> None:
    race.has(
        """
    pytestmark = pytest.mark.glasshive(seed=1, order="any")
    seen = []

    @pytest.mark.glasshive(seed=5)
    class TestSeeds:
        @pytest.mark.glasshive(seed=2)
        def test_own(self, simulation):
            assert (simulation.seed, simulation.agenda.order) == (2, "any")

        def test_of_the_class(self, simulation):
            assert (simulation.seed, simulation.agenda.order) == (5, "any")

    def test_of_the_module(simulation):
        assert (simulation.seed, simulation.agenda.order) == (1, "any")

    def test_nothing_is_simulated_here():
        pass

    def test_asked_for_late(request):
        assert request.getfixturevalue("simulation").seed == 1

    def test_said(simulation):
        seen.append(simulation.seed)

    def test_how_often():
        assert seen in ([1], [9] * 3)
    """,
    )
    race.run().assert_outcomes(passed=7)
    result = race.run("--glasshive-seed=9", "--glasshive-runs=3")
    result.assert_outcomes(passed=3, failed=4)


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        ("7", "the mark 'glasshive' takes names, as in glasshive(seed=7), not 7"),
        ("sede=7", "the mark 'glasshive' knows no 'sede'; did you mean 'seed'?"),
        ("seed='7'", "the mark 'glasshive' seed='7': it is an integer"),
        ("runs=0", "the mark 'glasshive' runs=0: it is an integer, 1 or more"),
        ("runs=True", "the mark 'glasshive' runs=True: it is an integer, 1 or more"),
        ("depth=0", "the mark 'glasshive' depth=0: it is an integer, 1 or more"),
        ("order='some'", "the mark 'glasshive' order='some': it is 'timed' or 'any'"),
        (
            "schedule=[1]",
            "the mark 'glasshive' schedule=[1]: it is options by decision, as in {62: 1}",
        ),
        ("strategy='pcd', runs=2", "the mark 'glasshive' strategy pcd: there is none of this name"),
        ("strategy='pcd'", "the mark 'glasshive' strategy pcd: there is none of this name"),
    ],
)
def test_a_mark_that_will_not_do_is_told_before_any_test_runs(
    race: Race, mark: str, complaint: str
) -> None:
    race.has(race.test.replace("runs=100, seed=7", mark))
    result = race.run()
    result.assert_outcomes(errors=1)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    expected = f"test_race.py::{race.name}: {complaint.replace('[', '[[]')}*"
    result.stdout.fnmatch_lines(["*ERROR collecting test_race.py*", expected])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_mark_on_a_test_that_simulates_nothing_is_told(race: Race) -> None:
    race.has(race.test.replace("(simulation)", "()"))
    result = race.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*: the mark 'glasshive' is for tests that use the simulation *"])


def test_a_mark_of_one_parameter_counts_for_it_alone(race: Race) -> None:
    race.has(
        """
    @pytest.mark.parametrize(
        "seed",
        [
            1,
            pytest.param(2, marks=pytest.mark.glasshive(seed=2)),
            pytest.param(3, marks=pytest.mark.glasshive(seed="3")),
        ],
    )
    @pytest.mark.glasshive(seed=1)
    def test_seed(simulation, seed):
        assert simulation.seed == seed
    """,
    )
    result = race.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*test_seed[[]3]: the mark 'glasshive' seed='3': it is an integer"]
    )


def test_an_option_that_will_not_do_is_told(race: Race) -> None:
    result = race.run("--glasshive-runs=0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --glasshive-runs 0: a test has 1 run or more"])


def test_a_trace_that_is_not_of_the_selected_test_is_told(race: Race) -> None:
    two = race.test.replace("runs=100, seed=7", "schedule={5: 1}")
    race.has(two + two.replace("anna_is_heard", "another"))
    race.run()
    several = race.run("--glasshive-replay", race.trace)
    assert several.ret == pytest.ExitCode.USAGE_ERROR
    complaint = (
        f"ERROR: --glasshive-replay: *{race.trace}: is a trace of test_race.py::{race.name}, and "
        f"selected are 2 tests that use the fixture; select it alone: pytest "
        f"test_race.py::{race.name}"
    )
    several.stderr.fnmatch_lines([complaint])
    other = race.run("--glasshive-replay", race.trace, "-k", "another")
    other.stderr.fnmatch_lines(["*, and selected is test_race.py::test_another_first; select it *"])
    missing = race.run("--glasshive-replay", "missing.jsonl")
    missing.stderr.fnmatch_lines(["*missing.jsonl: cannot be read (No such file or directory)*"])
    (race.path / "scenario.jsonl").write_text('{"glasshive":1,"scenario":"x"}\n')
    wrong = race.run("--glasshive-replay", "scenario.jsonl")
    wrong.stderr.fnmatch_lines(["*scenario.jsonl: is a trace of no test; give a trace that *"])


def test_traces_go_where_they_are_told_to_go(race: Race) -> None:
    race.has(race.test.replace("runs=100, seed=7", "schedule={5: 1}"))
    story = race.story(race.run("--glasshive-trace-dir", "a/b"))
    assert f"trace      a/b/test_race.py-{race.name}.jsonl\n" in story
    assert (race.path / f"a/b/test_race.py-{race.name}.jsonl").exists()

    story = race.story(race.run("-p", "no:cacheprovider"))
    assert f"trace      .glasshive/test_race.py-{race.name}.jsonl\n" in story

    (race.path / "file").touch()
    story = race.story(race.run("--glasshive-trace-dir", "file"))
    assert f"trace      file/test_race.py-{race.name}.jsonl File exists\n" in story
    assert "again " not in story


def test_a_fixture_of_the_same_name_has_nothing_to_do_with_the_plugin(
    race: Race,
) -> None:
    race.has(
        """
    calls = []

    @pytest.fixture
    def simulation():
        return "a fluid's"

    def test_of_a_fluid(simulation):
        calls.append(simulation)
        assert calls == []
    """,
    )
    result = race.run("--glasshive-runs=5")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*assert *a fluid's*== *"])
    result.stdout.no_fnmatch_line("*violation*")


def test_tests_that_simulate_nothing_are_left_alone(race: Race) -> None:
    (race.path / "test_race.py").write_text("def test_wrong():\n    assert 1 == 2\n")
    result = race.run("--junitxml=result.xml")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*violation*")
    assert "<propert" not in (race.path / "result.xml").read_text()
    assert not (race.path / ".pytest_cache/d/glasshive").exists()


def test_loading_the_plugin_loads_neither_hypothesis_nor_numpy() -> None:
    code = (
        "import sys, glasshive.testing.plugin;"
        "wanted = {'hypothesis', 'numpy', 'rich', "
        "'glasshive.testing.trial', 'glasshive.testing.strategies', 'glasshive.explore'};"
        "print(*sorted(wanted & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    assert done.stdout == "\n"
