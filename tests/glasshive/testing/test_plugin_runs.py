"""The runs of a test under the pytest plugin, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from glasshive import Schedule
from glasshive.schedule import Abandoned

# Loaded here, to stay: a test of tests forgets what is imported within it.
from glasshive.testing import failing, strategies

if TYPE_CHECKING:
    import pytest

    from glasshive.schedule import Strategy
    from tests.glasshive.testing.conftest import Race

pytest_plugins = ["pytester"]
_ = strategies


def test_every_run_has_fresh_fixtures_and_prints_and_logs_into_the_void_but_the_last(
    race: Race,
) -> None:
    race.has(
        """
    import logging
    before = []

    @pytest.fixture
    def colony(simulation):
        yield Listener.start()
        before.append(simulation)

    @pytest.fixture
    def notes():
        return []

    @pytest.mark.glasshive(runs=20, strategy="random")
    def test_alone(simulation, colony, notes, tmp_path, caplog, capsys):
        assert simulation not in before
        assert colony.is_alive()
        notes.append(1)
        assert notes == [1]
        (tmp_path / "once").mkdir()
        logging.warning("careful")
        assert [record.message for record in caplog.records] == ["careful"]
        print("said")
        assert capsys.readouterr().out == "said\\n"

    class TestInstance:
        @pytest.mark.glasshive(runs=9, strategy="random")
        def test_own(self, simulation):
            assert not hasattr(self, "ran")
            self.ran = True

    def test_as_often_as_asked_and_once_to_set_up():
        assert len(before) == 21
        assert len(set(before)) == 21

    @pytest.mark.glasshive(runs=20, strategy="random")
    def test_shown(simulation):
        print("said once")
        logging.warning("logged once")
        assert heard(simulation) == ["anna", "ben"]
    """,
    )
    result = race.run()
    result.assert_outcomes(passed=3, failed=1)
    shown = result.stdout.str().partition("Captured stdout call")[2]
    assert (shown.count("said once"), shown.count("logged once")) == (1, 1)


def test_a_fixture_that_fails_at_its_end_fails_the_run(race: Race) -> None:
    race.has(
        f"""
    @pytest.fixture
    def words(simulation):
        words = []
        yield words
        assert words[0] == "anna", "checked at the end"

    @pytest.mark.glasshive(runs=100)
    def {race.name}(simulation, words):
        words += heard(simulation)
    """,
    )
    result = race.run()
    result.assert_outcomes(failed=1)
    story = race.story(result)
    assert story.startswith("violation  AssertionError at test_race.py:44: checked at the end")
    assert f"trace      {race.trace}" in story


def test_what_does_not_fail_again_is_doubted(race: Race) -> None:
    race.has(
        f"""
    runs = []

    def {race.name}(simulation):
        runs.append(1)
        assert len(runs) != 1

    def test_then_skipped(simulation):
        runs.append(1)
        if len(runs) == 4:
            pytest.skip("not today")
        assert len(runs) == 4

    @pytest.mark.glasshive(runs=9)
    def test_once(simulation):
        runs.append(1)
        assert len(runs) != 9
    """,
    )
    result = race.run()
    result.assert_outcomes(failed=3)
    doubt = "*doubt      when it was run once more it did not fail so: something else than *"
    result.stdout.fnmatch_lines([doubt, "*doubt *", "*doubt *"])
    result.stdout.no_fnmatch_line("*trace   *")
    assert not list((race.path / race.trace).parent.glob("*"))


def test_what_is_skipped_or_expected_to_fail_in_a_run_is_so(race: Race) -> None:
    race.has(
        """
    @pytest.mark.glasshive(runs=5)
    def test_skipped(simulation):
        pytest.skip("not today")

    @pytest.mark.glasshive(runs=5)
    def test_expected(simulation):
        pytest.xfail("known")

    @pytest.mark.xfail(strict=True)
    @pytest.mark.glasshive(runs=100)
    def test_marked(simulation):
        assert heard(simulation) == ["anna", "ben"]

    @pytest.mark.glasshive(runs=100)
    def test_failed(simulation):
        if heard(simulation) == ["ben", "anna"]:
            pytest.fail("said so")
    """,
    )
    result = race.run()
    result.assert_outcomes(skipped=1, xfailed=2, failed=1)
    assert race.story(result).startswith("violation  Failed at test_race.py:56: said so\nfound ")


def test_a_search_that_gives_a_run_up_has_not_found_a_failure(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tired(Schedule):
        def choose(self, *_: object) -> int:
            raise Abandoned

    class GivesUp:
        label = "whatever"
        alone = True
        verdict = ""

        def __init__(self) -> None:
            self.learned: list[bool] = []

        def strategy(self, run: int) -> Strategy | None:
            return None if run == 4 else Tired({})

        def learn(self, _: Strategy, *, failed: bool) -> None:
            self.learned.append(failed)

    search = GivesUp()
    monkeypatch.setattr(failing, "search_of", lambda *_, **__: search)
    race.run().assert_outcomes(passed=1)
    assert search.learned == [False] * 4


def test_a_test_that_holds_says_in_how_many_runs_and_what_was_reached(
    race: Race,
) -> None:
    race.has(
        f"""
    @pytest.mark.glasshive(runs=100, strategy="exhaustive")
    def {race.name}(simulation):
        words = heard(simulation)
        sometimes("ben is first", so=words[0] == "ben")
        assert len(words) == 2
    """,
    )
    result = race.run("-rP", "--junitxml=result.xml")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "*Captured glasshive call*",
            "held       2 runs, 2 orders · exhaustive · seed 0",
            "           complete",
            "           ben is first: in 1 run",
        ]
    )
    (case,) = ET.parse(race.path / "result.xml").iter("testcase")  # noqa: S314  our own file
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert properties["glasshive-runs"] == "2"
    assert properties["glasshive-orders"] == "2"
    assert properties["glasshive-verdict"] == "complete"


def test_a_test_whose_time_is_up_is_not_run_again(race: Race) -> None:
    race.has(
        f"""
    runs = []

    @pytest.mark.glasshive(runs=100)
    @pytest.mark.timeout(0.2)
    def {race.name}(simulation):
        runs.append(1)
        while len(runs) == 3:
            pass

    def test_runs():
        assert len(runs) == 3

    @pytest.mark.timeout(0.2)
    def test_plain(simulation):
        runs.append(1)
        while True:
            pass

    def test_runs_again():
        assert len(runs) == 4
    """,
    )
    result = race.run()
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.no_fnmatch_line("*violation*")
