from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
    Script: TypeAlias = Callable[[str, str], Path]

BROKEN_RULE = '''
from dataclasses import dataclass, field

from glasshive.scenario import Run, scenario


@dataclass
class Rule:
    name: str
    statement: str
    violations: list = field(default_factory=list)


@scenario
def careless(run: Run, often: int = 5) -> None:
    """Rules are broken."""
    run.note("it begins")
    run.check(Rule("peace", "nobody is hurt"))
    run.check(Rule("order", "one comes before two", [f"broken at {i}" for i in range(often)]))
    run.expect("one is two", False, "it is one")
'''


def without_wall_time(text: str) -> str:
    return re.sub(r"\d+\.\d+ s wall", "0 s wall", text)


def test_a_run_tells_its_story_and_ends_with_a_report(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo)

    done = glasshive("run", "echo.py", "--seed", "7", "--set", "word=it's", "--trace", "a.jsonl")

    _, *events, end = (tmp_path / "a.jsonl").read_text().splitlines()
    lines = [line.rstrip() for line in without_wall_time(done.stdout).splitlines()]
    assert lines == [
        "IT'S",
        "IT'S",
        "",
        "answers",
        " word    count   mean [s]",
        "──────────────────────────",
        " it's   12,345       0.25",
        " -           -    1,234.6",
        "",
        "answers  2",
        "share    0.3333",
        "",
        "claims",
        "  ✓ all were answered (2 of 2)",
        "",
        "held · echo.py · seed 7 · simulated · 0.500 s virtual · 0 s wall",
        f"trace  a.jsonl · {len(events)} events · digest {json.loads(end)['end']['digest']}",
        """again  glasshive run echo.py --seed 7 --set 'word=it'"'"'s'""",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_the_line_that_runs_it_again_does(glasshive: Command, script: Script, echo: str) -> None:
    script("echo.py", echo)
    words = ["--seed", "-3", "--set", "times=3", "--set", "pause=1", "--set", "manner=eager"]

    first = glasshive("run", "echo.py", *words)

    again = first.stdout.splitlines()[-1]
    assert again == (
        "again  glasshive run echo.py --seed -3 --set times=3 --set manner=eager --set pause=1.0"
    )
    second = glasshive(*again.split()[2:])
    assert without_wall_time(second.stdout) == without_wall_time(first.stdout)


def test_equal_runs_write_equal_traces_whatever_the_hash_seed(
    glasshive: Command, script: Script, echo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script("echo.py", echo)
    for name, hash_seed in (("a", "0"), ("b", "1"), ("c", "1")):
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        glasshive("run", "echo.py", "--seed", "1", "--trace", f"{name}.jsonl")

    traces = [(tmp_path / f"{name}.jsonl").read_bytes() for name in "abc"]
    assert traces[0] == traces[1] == traces[2] != b""


def test_a_live_run_says_so_and_holds_the_same(
    glasshive: Command, script: Script, echo: str
) -> None:
    script("echo.py", echo)

    done = glasshive("run", "echo.py", "--runtime", "live", "--set", "times=1")

    assert done.returncode == 0
    assert done.stdout.startswith("HELLO\n")
    assert "\nheld · echo.py · seed 0 · live · 0." in done.stdout
    assert done.stdout.endswith(
        "\nagain  glasshive run echo.py --seed 0 --runtime live --set times=1\n"
    )


def test_what_did_not_hold_is_marked_and_ends_with_exit_code_1(
    glasshive: Command, script: Script
) -> None:
    script("careless.py", BROKEN_RULE)

    done = glasshive("run", "careless.py")

    assert done.returncode == 1
    assert without_wall_time(done.stdout) == (
        "it begins\n"
        "\n"
        "claims\n"
        "  ✗ one is two (it is one)\n"
        "\n"
        "invariants\n"
        "  ✓ peace: nobody is hurt\n"
        "  ✗ order: one comes before two (5 violations)\n"
        "      broken at 0\n"
        "      broken at 1\n"
        "      broken at 2\n"
        "      and 2 more\n"
        "\n"
        "violated · careless.py · seed 0 · simulated · 0.000 s virtual · 0 s wall\n"
        "again  glasshive run careless.py --seed 0\n"
    )


def test_the_report_tells_which_declared_situations_this_run_has_reached(
    glasshive: Command, script: Script, echo: str
) -> None:
    body = """    run.must_reach("a word is said", "nobody answers", "it is said twice")
    for _ in range(1200):
        run.sometimes("a word is said")
    run.sometimes("not declared")
    run.sometimes("it is said twice", times == 2)
"""
    script("echo.py", echo + body)

    done = glasshive("run", "echo.py")

    assert done.returncode == 0
    assert (
        "claims\n"
        "  ✓ all were answered (2 of 2)\n"
        "\n"
        "situations\n"
        "  ✓ a word is said (reached 1,200 times)\n"
        "  · nobody answers (not in this run)\n"
        "  ✓ it is said twice (reached 1 time)\n"
        "\n"
        "held · echo.py"
    ) in done.stdout
    assert "not declared" not in done.stdout


def test_quiet_prints_only_how_it_ended_and_what_did_not_hold(
    glasshive: Command, script: Script, echo: str
) -> None:
    script("careless.py", BROKEN_RULE)
    script("echo.py", echo)

    bad = glasshive("run", "careless.py", "--quiet", "--set", "often=1")
    good = glasshive("run", "echo.py", "--quiet")

    assert without_wall_time(bad.stdout) == (
        "  ✗ one is two (it is one)\n"
        "  ✗ order: one comes before two\n"
        "      broken at 0\n"
        "violated · careless.py · seed 0 · simulated · 0.000 s virtual · 0 s wall\n"
        "again  glasshive run careless.py --seed 0 --set often=1\n"
    )
    assert without_wall_time(good.stdout) == (
        "held · echo.py · seed 0 · simulated · 0.500 s virtual · 0 s wall\n"
    )
    assert good.stderr == bad.stderr == ""


def test_an_error_in_the_script_is_shown_with_its_traceback(
    glasshive: Command, script: Script
) -> None:
    script(
        "clumsy.py",
        "from glasshive.scenario import Run, scenario\n"
        "@scenario\n"
        "def clumsy(run: Run) -> None:\n"
        "    1 / 0\n",
    )

    done = glasshive("run", "clumsy.py")

    assert done.returncode == 1
    first, where, *_, last = done.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert where == '  File "clumsy.py", line 4, in clumsy'
    assert last == "ZeroDivisionError: division by zero"
    assert "  ✗ the scenario raised ZeroDivisionError: division by zero\nfailed · " in done.stdout


def test_json_is_one_object_and_nothing_else(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo + "    print('aside')\n    run.result(share=float('nan'))\n")

    done = glasshive("run", "echo.py", "--json", "--trace", "a.jsonl.gz")

    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert done.stderr == "aside\n"
    assert result.pop("wall_seconds") > 0
    with gzip.open(tmp_path / "a.jsonl.gz", "rt", encoding="utf-8") as trace:
        _, *events, end = trace
    digest = json.loads(end)["end"]["digest"]
    assert result == {
        "status": "held",
        "scenario": "echo.py",
        "parameters": {"word": "hello", "times": 2, "manner": "calm", "pause": None},
        "seed": 0,
        "runtime": "simulated",
        "virtual_seconds": 0.5,
        "facts": {"answers": 2, "share": None},
        "tables": [
            {
                "title": "answers",
                "columns": ["word", "count", "mean [s]"],
                "rows": [["hello", 12345, 0.25], ["-", None, 1234.56]],
            }
        ],
        "claims": [{"claim": "all were answered", "held": True, "detail": "2 of 2"}],
        "invariants": [],
        "situations": {},
        "must_reach": [],
        "error": None,
        "trace": {"path": "a.jsonl.gz", "events": len(events), "digest": digest},
        "again": "glasshive run echo.py --seed 0",
    }


def test_json_tells_of_violations_and_errors_too(glasshive: Command, script: Script) -> None:
    script("careless.py", BROKEN_RULE + "    raise ValueError('enough')\n")

    done = glasshive("run", "careless.py", "--json", "--set", "often=1")

    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["status"] == "failed"
    assert result["error"]["type"] == "ValueError"
    assert result["error"]["message"] == "enough"
    assert result["error"]["traceback"] == done.stderr
    assert result["claims"] == [{"claim": "one is two", "held": False, "detail": "it is one"}]
    assert [rule["held"] for rule in result["invariants"]] == [True, False]
    assert result["invariants"][1]["violations"] == ["broken at 0"]


def test_a_module_that_prints_while_it_loads_does_not_spoil_json(
    glasshive: Command, script: Script, echo: str
) -> None:
    script("echo.py", "print('loading')\n" + echo)

    done = glasshive("run", "echo.py", "--json")

    assert json.loads(done.stdout)["status"] == "held"
    assert done.stderr == "loading\n"


def test_a_seed_may_be_any_integer(
    glasshive: Command, script: Script, echo: str, tmp_path: Path
) -> None:
    script("echo.py", echo)
    seed = 2**200

    done = glasshive("run", "echo.py", "--seed", str(seed), "--trace", "a.jsonl", "--json")

    assert json.loads(done.stdout)["seed"] == seed
    assert json.loads((tmp_path / "a.jsonl").read_text().splitlines()[0])["seed"] == seed


STORIES = "[glasshive.scenarios]\nstories = stories\n"
HELLO = '''
from glasshive.scenario import Run, scenario

@scenario
def {name}(run: Run) -> None:
    """Somebody is greeted."""
    run.note("hello")
'''


def test_an_installed_scenario_runs_by_its_name(
    glasshive: Command, plugin: Callable[..., None]
) -> None:
    modules = {
        "moonlit_walk.py": HELLO.format(name="moonlit_walk"),
        "broken.py": "raise AssertionError('imported though not wanted')",
        "others.py": HELLO.format(name="sunlit_walk"),
    }
    plugin("stories", modules, STORIES)

    assert glasshive("run", "moonlit_walk").stdout.startswith("hello\n")
    assert glasshive("run", "sunlit_walk").stdout.startswith("hello\n")
    broken = glasshive("run", "broken")
    assert (broken.returncode, broken.stderr) == (
        2,
        (
            "error: scenario 'broken': stories.broken is broken "
            "(AssertionError: imported though not wanted); mend the module\n"
        ),
    )
