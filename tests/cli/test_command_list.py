from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

STORIES = "[glasshive.scenarios]\nstories = stories\n"
WALK = '''
from pathlib import Path
from typing import Annotated, Literal

from glasshive.scenario import Run, scenario

print("a module that prints")


@scenario
def moonlit_walk(
    run: Run,
    steps: Annotated[int, "how far it goes"] = 20,
    pace: Literal["slow", "fast"] = "slow",
    map: Annotated[Path | None, "where it goes"] = None,
    alone: bool = True,
) -> None:
    """Somebody walks by night.

    Nothing happens.
    """


@scenario
def a_walk_without_words(run: Run) -> None: ...
'''


def test_each_scenario_is_listed_with_its_parameters_and_each_broken_module_with_its_reason(
    glasshive: Command, plugin: Callable[..., None]
) -> None:
    plugin(
        "stories", {"walk.py": WALK, "torn.py": "import no_such_module", "_own.py": "1/0"}, STORIES
    )

    done = glasshive("list")

    assert done.returncode == 0
    assert done.stderr == "a module that prints\n"
    assert (
        "moonlit_walk  Somebody walks by night.\n"
        "    steps=20    int        how far it goes\n"
        "    pace=slow   slow|fast\n"
        "    map=none    path|none  where it goes\n"
        "    alone=true  bool\n"
    ) in done.stdout
    assert "a_walk_without_words\n" in done.stdout
    assert (
        "stories.torn  cannot be imported: ModuleNotFoundError: No module named 'no_such_module'\n"
    ) in done.stdout
    assert "_own" not in done.stdout


def test_the_list_as_json_holds_the_same(glasshive: Command, plugin: Callable[..., None]) -> None:
    plugin("stories", {"walk.py": WALK, "torn.py": "import no_such_module"}, STORIES)
    plugin(
        "absent",
        {"__init__.py": "raise RuntimeError('gone\\nfor good')"},
        STORIES.replace("stories", "absent"),
    )

    listing = json.loads(glasshive("list", "--json").stdout)

    (walk,) = [each for each in listing["scenarios"] if each["name"] == "moonlit_walk"]
    assert walk == {
        "name": "moonlit_walk",
        "summary": "Somebody walks by night.",
        "module": "stories.walk",
        "parameters": [
            {"name": "steps", "type": "int", "default": 20, "help": "how far it goes"},
            {"name": "pace", "type": "slow|fast", "default": "slow", "help": ""},
            {"name": "map", "type": "path|none", "default": None, "help": "where it goes"},
            {"name": "alone", "type": "bool", "default": True, "help": ""},
        ],
    }
    broken = {each["module"]: each["reason"] for each in listing["broken"]}
    assert broken["stories.torn"] == "ModuleNotFoundError: No module named 'no_such_module'"
    assert broken["absent"] == "RuntimeError: gone for good"


def test_scenarios_in_folders_of_a_package_are_listed(
    glasshive: Command, plugin: Callable[..., None], tmp_path: Path
) -> None:
    plugin("stories", {}, STORIES)
    gallery = tmp_path / "plugins" / "stories" / "gallery"
    gallery.mkdir()
    (gallery / "__init__.py").touch()
    (gallery / "walk.py").write_text(WALK)
    ruin = tmp_path / "plugins" / "stories" / "ruin"
    ruin.mkdir()
    (ruin / "__init__.py").write_text("raise RuntimeError('fallen')")

    listing = json.loads(glasshive("list", "--json").stdout)

    names = [each["name"] for each in listing["scenarios"]]
    assert "moonlit_walk" in names
    assert names == sorted(names)
    ruins = [each for each in listing["broken"] if each["module"].startswith("stories")]
    assert ruins == [{"module": "stories.ruin", "reason": "RuntimeError: fallen"}]
