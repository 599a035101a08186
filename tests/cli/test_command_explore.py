"""`glasshive explore` runs until something breaks, and tells the smallest run that shows it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]

STORY = """\
violation  nothing is lost: 1 of 2
found      run 3 of 10,000, few, up to 3, seed 0
shrunk     2 decisions → 1
the run    first in, first out, except
             at 7  deliver int from Door-2 to Door-1 before deliver str from Clerk-1 to Account-1 \
(choice 1 of 1)
again      glasshive replay failures/nothing-is-lost-0.jsonl
paste      @example(Schedule({7: 1}))
"""


def without_wall_time(text: str) -> str:
    return re.sub(r"\d+\.\d+ s$", "0 s", text, flags=re.MULTILINE)


def without_digest(text: str) -> str:
    return re.sub(r"digest \w+", "digest", text)


def without_look(text: str) -> str:
    """Return a story without the line that is there only where a trace can be viewed."""
    return re.sub(r"^look .*\n", "", text, flags=re.MULTILINE)


@pytest.mark.usefixtures("race")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_failure_is_told_as_a_story_and_kept_for_a_replay(
    glasshive: Command, tmp_path: Path, jobs: str
) -> None:
    done = glasshive("explore", "race.py", "--jobs", jobs)

    assert (done.returncode, done.stderr) == (1, "")
    assert without_look(done.stdout) == STORY
    assert [path.name for path in (tmp_path / "failures").iterdir()] == ["nothing-is-lost-0.jsonl"]
    again = glasshive("replay", "failures/nothing-is-lost-0.jsonl")
    assert again.returncode == 0
    assert again.stdout.endswith("\n  ended    as it did: violated, nothing is lost: 1 of 2\n")


@pytest.mark.usefixtures("race")
def test_sizes_are_told_as_well_and_no_shrinking_leaves_the_run_as_it_was(
    glasshive: Command,
) -> None:
    words = ["explore", "race.py", "--set", "amounts=3", "--quiet", "--jobs", "1"]
    shrunk = glasshive(*words)
    found = glasshive(*words, "--no-shrink", "--failures", "kept here")

    assert without_look(shrunk.stdout) == STORY.replace(
        "2 decisions → 1", "2 decisions → 1; 3 amounts → 1"
    )
    assert found.returncode == 1
    lines = found.stdout.splitlines()
    assert lines[:3] == [
        "violation  nothing is lost: 1 of 4",
        "found      run 3 of 10,000, few, up to 3, seed 0",
        "the run    first in, first out, except",
    ]
    assert lines[-2:] == [
        "again      glasshive replay 'kept here/nothing-is-lost-0.jsonl'",
        "paste      @example(Schedule({1: 2, 7: 1}))",
    ]


@pytest.mark.usefixtures("race")
def test_what_held_is_told_with_all_that_was_reached_and_leaves_no_folder(
    glasshive: Command, tmp_path: Path
) -> None:
    words = ["explore", "race.py", "--set", "doors=6", "--runs", "9", "--jobs", "1"]
    done = glasshive(*words)
    quiet = glasshive(*words, "--quiet")

    assert (done.returncode, done.stderr) == (0, "")
    assert without_wall_time(done.stdout) == (
        "situations\n"
        "  ✗ the first clerk wins: never reached\n"
        "  ✗ nobody comes: never reached\n"
        "  ✓ both come: reached in 9 of 9 runs\n"
        "\n"
        "held · 9 runs, 1 order · few, up to 3 · seed 0 · 0 s\n"
        "again  glasshive explore race.py --seed 0 --strategy few --runs 9 --set doors=6\n"
    )
    assert (quiet.returncode, without_wall_time(quiet.stdout)) == (
        *(0, "held · 9 runs, 1 order · few, up to 3 · seed 0 · 0 s\n"),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["race.py"]


@pytest.mark.usefixtures("race")
def test_an_exhaustive_search_says_what_it_has_left_out(glasshive: Command) -> None:
    words = ["explore", "race.py", "--strategy", "exhaustive", "--property", "it is no secret"]
    whole = glasshive(*words)
    cut = glasshive(*words, "--runs", "2")
    bound = glasshive(*words, "--deviations", "1", "--quiet")

    assert [whole.returncode, cut.returncode, bound.returncode] == [0, 0, 0]
    assert "\nheld · " in whole.stdout
    assert "\ncomplete: every order was run\n" in whole.stdout
    assert "\nnot complete: the 2 runs came to an end first\n" in cut.stdout
    assert "\nnot complete: nothing with more than 1 deviation was tried\n" in bound.stdout


@pytest.mark.usefixtures("race")
def test_a_search_that_comes_to_an_end_says_how_far_it_came(glasshive: Command) -> None:
    done = glasshive("explore", "race.py", "--strategy", "fifo", "--quiet")

    assert (done.returncode, without_wall_time(done.stdout)) == (
        0,
        "held · 1 run, 1 order · fifo · seed 0 · 0 s\nnot complete: one run, the plain one\n",
    )


@pytest.mark.usefixtures("race")
def test_only_the_property_that_was_asked_for_counts(glasshive: Command) -> None:
    words = ["explore", "race.py", "--runs", "9", "--jobs", "1", "--quiet", "--property"]
    lost = glasshive(*words, "nothing is lost")
    secret = glasshive(*words, "it is no secret")
    typo = glasshive(*words, "nothing is los")

    assert lost.returncode == 1
    assert without_look(lost.stdout) == STORY.replace("10,000", "9")
    assert secret.returncode == 0
    assert re.fullmatch(
        r"held · 9 runs, 2 orders · few, up to 3 · seed 0 · 0 s\n"
        r"in [1-7] runs? something else than it is no secret broke\n",
        without_wall_time(secret.stdout),
    )
    unknown = "--property nothing is los: nothing of this name could break in"
    remedy = "did you mean 'nothing is lost'?"
    assert (typo.returncode, typo.stdout) == (2, "")
    assert typo.stderr == (
        f"warning: {unknown} the first run; {remedy}\n"
        f"error: {unknown} the first of 9 runs; {remedy}\n"
    )


@pytest.mark.usefixtures("race")
def test_no_run_begins_after_the_time(glasshive: Command) -> None:
    done = glasshive(
        *("explore", "race.py", "--set", "doors=6", "--time", "0.001", "--jobs", "1"), "--json"
    )

    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert result["runs"] == 1
    assert result["again"] == (
        "glasshive explore race.py --seed 0 --strategy few --time 0.001 --set doors=6"
    )


def test_json_is_one_object_that_tells_all_of_it(
    glasshive: Command, script: Script, race: str
) -> None:
    script("race.py", "print('loading')\n" + race)
    done = glasshive("explore", "race.py", "--set", "amounts=2", "--jobs", "2", "--json")

    assert (done.returncode, done.stderr) == (1, "loading\n")
    assert done.stdout.count("\n") == 1
    result = json.loads(done.stdout)
    failure = result.pop("failure")
    assert result.pop("wall_seconds") > 0
    assert result.pop("runs") >= 3  # a process may have begun another one
    assert result.pop("orders") >= 2
    situations = result.pop("situations")
    assert [(each["situation"], each["must_reach"]) for each in situations] == [
        ("the first clerk wins", True),
        ("nobody comes", True),
        ("both come", False),
    ]
    assert situations[2]["runs"] == situations[2]["times"] >= 2
    parameters = {"doors": 2, "amounts": 2, "real_seconds": 0.0}
    assert result == {
        "status": "violated",
        "scenario": "race.py",
        "parameters": parameters,
        "seed": 0,
        "order": "timed",
        "strategy": "few, up to 3",
        "property": None,
        "given_up": 0,
        "ignored": 0,
        "verdict": "",
        "again": "glasshive explore race.py --seed 0 --strategy few --set amounts=2",
    }
    assert failure.pop("found")["choices"] == {"1": 2, "7": 1}
    failure.pop("look", None)  # where a trace can be viewed
    assert failure.pop("shrinking")["to_the_end"] is True
    assert failure == {
        "kind": "claim",
        "name": "nothing is lost",
        "statement": "",
        "example": "1 of 2",
        "run": 3,
        "smallest": {
            "parameters": {**parameters, "amounts": 1},
            "decisions": 15,
            "choices": {"7": 1},
            "faults": 0,
            "deviations": [
                {
                    "number": 7,
                    "kind": "next",
                    "choice": 1,
                    "options": 2,
                    "words": "deliver int from Door-2 to Door-1 before deliver str from Clerk-1 to "
                    "Account-1",
                }
            ],
        },
        "trace": "failures/nothing-is-lost-0.jsonl",
        "repeats": True,
        "complaints": [],
        "again": "glasshive replay failures/nothing-is-lost-0.jsonl",
        "paste": "@example(Schedule({7: 1}))",
    }


def test_a_program_that_is_not_the_same_twice_is_doubted(
    glasshive: Command, script: Script
) -> None:
    script(
        "fickle.py",
        "from pathlib import Path\n"
        "from glasshive import Run, scenario\n"
        "@scenario\n"
        "def fickle(run: Run) -> None:\n"
        "    there = Path('once').exists()\n"
        "    Path('once').touch()\n"
        "    run.expect('it is there', there)\n",
    )

    done = glasshive("explore", "fickle.py", "--no-shrink")

    assert done.returncode == 1
    assert done.stdout == (
        "violation  it is there\n"
        "found      run 1 of 10,000, few, up to 3, seed 0\n"
        "the run    first in, first out\n"
        "doubt      when it was run once more it did not fail: it is not deterministic\n"
        "again      glasshive explore fickle.py --seed 0 --strategy few --no-shrink\n"
        "paste      @example(Schedule({}))\n"
    )


def test_the_how_to_tells_what_the_commands_say(glasshive: Command, script: Script) -> None:
    page = (Path(__file__).parents[2] / "docs" / "exploring.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    program = next(block for block in blocks if block.startswith("# race.py\n"))
    told, replayed = (
        next(block for block in blocks if begin in block) for begin in ("violation  ", "the same: ")
    )
    command, replayed = replayed.split("\n", 1)

    script("race.py", program)
    assert glasshive("run", "race.py").returncode == 0
    assert without_look(glasshive("explore", "race.py").stdout) == without_look(told)
    again = glasshive(*command.split()[1:])
    assert without_digest(again.stdout) == without_digest(replayed)
