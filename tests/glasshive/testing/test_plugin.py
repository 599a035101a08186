"""The story of a test that fails, as the pytest plugin tells it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from glasshive import Schedule

# Loaded here, to stay: a test of tests forgets what is imported within it.
from glasshive.testing import failing, strategies

if TYPE_CHECKING:
    from glasshive.schedule import Strategy
    from tests.glasshive.testing.conftest import Race

pytest_plugins = ["pytester"]
_ = strategies


STORY = """\
violation  AssertionError at test_race.py:42: assert ['ben', 'anna'] == ['anna', 'ben'] …
found      run 3 of 100, the third one, seed 7
shrunk     3 decisions → 1
the run    first in, first out, except
             at 5  deliver Word from ben to listener before Word from anna (choice 1 of 1)
trace      .pytest_cache/d/glasshive/test_race.py-test_anna_is_heard_first.jsonl
again      pytest test_race.py::test_anna_is_heard_first --glasshive-replay \
.pytest_cache/d/glasshive/test_race.py-test_anna_is_heard_first.jsonl
paste      @pytest.mark.glasshive(seed=7, schedule={5: 1})"""


class TheThirdOne:
    """A search that finds what there is in its third run."""

    label = "the third one"
    alone = True
    verdict = ""

    def __init__(self) -> None:
        self.learned: list[bool] = []

    def strategy(self, run: int) -> Strategy | None:
        return Schedule({2: 0, 0: 1, 1: 1, 5: 1} if run == 2 else {})

    def learn(self, strategy: Strategy, *, failed: bool) -> None:
        assert isinstance(strategy, Schedule)
        self.learned.append(failed)


def test_a_failing_test_tells_the_story_of_its_smallest_failing_run(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = TheThirdOne()
    monkeypatch.setattr(failing, "search_of", lambda *_, **__: search)
    result = race.run()
    result.assert_outcomes(failed=1)
    assert race.story(result) == STORY
    assert search.learned == [False, False, True]


def test_the_same_story_stands_in_junit_xml_for_people_and_as_properties(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failing, "search_of", lambda *_, **__: TheThirdOne())
    race.run("--junitxml=result.xml")
    (case,) = ET.parse(race.path / "result.xml").iter("testcase")  # noqa: S314  our own file
    assert {each.get("name"): each.get("value") for each in case.iter("property")} == {
        "glasshive-schedule": "Schedule({5: 1})",
        "glasshive-trace": race.trace,
        "glasshive-story": STORY,
    }
    (failure,) = case.iter("failure")
    assert failure.text is not None
    assert re.sub("^E {7}", "", failure.text, flags=re.MULTILINE).count(STORY) == 1


@pytest.mark.parametrize("strategy", ["few", "random", "pos", "swarm", "coverage", "exhaustive"])
def test_each_search_finds_the_race_and_what_it_tells_runs_it_again(
    race: Race, strategy: str
) -> None:
    mark = f"@pytest.mark.glasshive(runs=200, strategy={strategy!r})"
    race.marked(mark)
    story = race.story(race.run())
    schedule = re.search(r"schedule=(\{.*\})\)$", story)
    assert schedule is not None
    choices = json.loads(re.sub(r"(\d+):", r'"\1":', schedule[1]))
    assert 1 <= len(choices) <= 3
    header, *events, end = map(json.loads, (race.path / race.trace).read_text().splitlines())
    assert header["choices"] == choices
    assert (header["test"], header["seed"], header["order"]) == (
        f"test_race.py::{race.name}",
        0,
        "timed",
    )
    assert end["end"]["status"] == "failed"
    assert end["end"]["error"].startswith("AssertionError: assert ['ben', 'anna'] ==")
    assert [each["peer"] for each in events if each["kind"] == "deliver"][-2:] == ["ben", "anna"]

    again = race.run(f"test_race.py::{race.name}", "--glasshive-replay", race.trace)
    again.assert_outcomes(failed=1)
    replayed = race.story(again)
    assert schedule[0] in replayed
    assert "found " not in replayed

    pinned = re.search(r"^paste +(.*)$", story, re.MULTILINE)
    assert pinned is not None
    race.marked(pinned[1])
    race.run().assert_outcomes(failed=1)


def test_a_property_of_hypothesis_tells_the_story_of_its_smallest_run(
    race: Race,
) -> None:
    property_ = f"""
    @settings(max_examples=500, derandomize=True, database=None, deadline=None)
    @given(schedules())
    def {race.name}(schedule):
        with Simulation(seed=3, schedule=schedule) as simulation:
            words = heard(simulation)
        assert words == ["anna", "ben"]
    """
    race.has(property_)
    result = race.run("--junitxml=result.xml")
    story = race.story(result)
    example = re.search(r"^paste      (@example\(Schedule\((\{.*\})\)\))$", story, re.MULTILINE)
    assert example is not None
    choices = json.loads(re.sub(r"(\d+):", r'"\1":', example[2]))
    assert 1 <= len(choices) <= 2
    assert set(choices.values()) <= {1, 2}
    lines = story.splitlines()
    assert lines[:2] == [
        "violation  AssertionError at test_race.py:45: assert ['ben', 'anna'] == ['anna', 'ben'] …",
        "the run    first in, first out, except",
    ]
    assert [line.split()[1] for line in lines[2:-2]] == list(choices)
    assert all(re.match(r" {13}at \d+  \S.* before \S", line) for line in lines[2:-2])
    assert lines[-2:] == [f"trace      {race.trace}", example[0]]
    header, *events, end = map(json.loads, (race.path / race.trace).read_text().splitlines())
    assert (header["choices"], header["seed"]) == (choices, 3)
    assert end["end"]["events"] == len(events)
    xml = (race.path / "result.xml").read_text()
    assert f'name="glasshive-schedule" value="Schedule({example[2]})"' in xml

    race.has(property_.replace("@settings", f"{example[1]}\n    @settings"))
    again = race.run()
    again.assert_outcomes(failed=1)
    again.stdout.fnmatch_lines(["*schedule=Schedule({*"])
    again.stdout.no_fnmatch_line("*drawn while its run goes on*")


def test_a_property_that_holds_leaves_no_trace(race: Race) -> None:
    race.has(
        """
    @settings(deadline=None)
    @given(schedules(decisions=20))
    def test_both_are_heard(schedule):
        with Simulation(schedule=schedule) as simulation:
            assert sorted(heard(simulation)) == ["anna", "ben"]
    """,
    )
    race.run().assert_outcomes(passed=1)
    assert not (race.path / race.trace).parent.exists()


def test_a_test_that_has_one_plain_run_tells_of_it_and_may_be_replayed(
    race: Race,
) -> None:
    race.has(
        f"""
    def {race.name}(simulation):
        assert heard(simulation) == ["ben", "anna"]
    """,
    )
    expected = (
        "violation  AssertionError at test_race.py:41: "
        "assert ['anna', 'ben'] == ['ben', 'anna'] …\n"
        "the run    first in, first out\n"
        f"trace      {race.trace}\n"
        f"again      pytest test_race.py::{race.name} --glasshive-replay {race.trace}"
    )
    assert race.story(race.run()) == expected
    header = json.loads((race.path / race.trace).read_text().splitlines()[0])
    assert "schedule" not in header
    again = race.run(f"test_race.py::{race.name}", "--glasshive-replay", race.trace)
    assert race.story(again) == expected


def test_it_works_with_processes_of_xdist(race: Race) -> None:
    race.has(race.test + race.test.replace("anna_is_heard", "another"))
    result = race.run_apart("-n", "1", "--junitxml=result.xml")
    result.assert_outcomes(failed=2)
    story = race.story(result)
    assert re.search(r"^paste +@pytest\.mark\.glasshive\(seed=7, schedule=\{", story, re.MULTILINE)
    traces = sorted(path.name for path in (race.path / race.trace).parent.iterdir())
    assert traces == [f"test_race.py-{name}.jsonl" for name in (race.name, "test_another_first")]
    assert (race.path / "result.xml").read_text().count('"glasshive-story"') == 2
