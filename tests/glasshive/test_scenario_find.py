from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from glasshive.errors import InputError
from glasshive.scenario import find, run

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "from glasshive.scenario import Run, scenario\n"
ONE = "@scenario\ndef {name}(run: Run) -> None:\n    run.result(name='{name}')\n"


def script(path: Path, *names: str) -> Path:
    path.write_text(HEAD + "".join(ONE.format(name=name) for name in names))
    return path


def refusal(name_or_path: str) -> str:
    with pytest.raises(InputError) as refused:
        find(name_or_path)
    return str(refused.value)


def test_a_script_is_found_by_its_path(tmp_path: Path) -> None:
    path = str(script(tmp_path / "one.py", "hello"))

    found = find(path)

    assert (found.name, found.address) == ("hello", path)
    assert run(found).facts == {"name": "hello"}


def test_one_of_several_is_found_by_path_and_name(tmp_path: Path) -> None:
    path = f"{script(tmp_path / 'two.py', 'hello', 'goodbye')}:goodbye"

    found = find(path)

    assert (found.name, found.address) == ("goodbye", path)


def test_several_without_a_name_are_refused(tmp_path: Path) -> None:
    path = script(tmp_path / "two.py", "hello", "goodbye")

    assert refusal(str(path)) == (
        f"{path}: holds 2 scenarios: hello, goodbye; say which, as in {path}:hello"
    )
    assert refusal(f"{path}:helo") == (f"{path}: holds no scenario 'helo'; did you mean 'hello'?")


def test_a_script_without_a_scenario_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.py"
    path.write_text("x = 1\n")

    assert refusal(str(path)) == f"{path}: holds no scenario; mark a function of it with @scenario"


def test_an_imported_scenario_is_not_the_scripts_own(tmp_path: Path) -> None:
    script(tmp_path / "library_of_stories.py", "old")
    path = tmp_path / "teller.py"
    path.write_text(
        HEAD
        + "from library_of_stories import old\n"
        + "@scenario\ndef new(run: Run) -> None:\n    old(run)\n"
    )

    assert run(str(path)).facts == {"name": "old"}


def test_siblings_can_be_imported_late_and_the_path_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "late_sibling.py").write_text("WORD = 'late'\n")
    path = tmp_path / "early.py"
    path.write_text(
        HEAD
        + "@scenario\ndef early(run: Run) -> None:\n"
        + "    import late_sibling\n    run.result(word=late_sibling.WORD)\n"
    )
    before = list(sys.path)

    assert run(str(path)).facts == {"word": "late"}
    assert sys.path == before


def test_a_changed_script_is_loaded_anew_and_leaves_no_bytecode(tmp_path: Path) -> None:
    path = script(tmp_path / "story.py", "draft1")
    assert find(str(path)).name == "draft1"

    script(path, "draft2")

    assert find(str(path)).name == "draft2"
    assert list(tmp_path.iterdir()) == [path]


def test_dataclasses_of_a_script_find_their_module(tmp_path: Path) -> None:
    path = tmp_path / "modern.py"
    path.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import KW_ONLY, dataclass\n"
        + HEAD
        + "@dataclass\nclass Point:\n    x: int\n    _: KW_ONLY\n    y: int = 2\n"
        + "@scenario\ndef modern(run: Run, x: int = 1) -> None:\n    run.result(y=Point(x).y)\n"
    )

    assert run(str(path)).facts == {"y": 2}


def test_a_syntax_error_names_file_line_and_text(tmp_path: Path) -> None:
    path = tmp_path / "slip.py"
    path.write_text("x = 1\nfor in range(3):\n")

    assert refusal(str(path)) == (
        f"{path}, line 2: invalid syntax: 'for in range(3):'; correct the syntax"
    )


def test_bytes_that_are_not_python_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise.py"
    path.write_bytes(b"\x00\x01")
    assert refusal(str(path)).startswith(f"{path}: ")
    path.write_bytes(b"x = '\xff'\n")
    assert refusal(str(path)).startswith(f"{path}")


def test_an_import_that_fails_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "needy.py"
    path.write_text("import sys\nimport no_such_module_anywhere\n")

    assert refusal(str(path)) == (
        f"{path}, line 2: ModuleNotFoundError: No module named 'no_such_module_anywhere'; "
        "install it, put it beside the script, or correct the name"
    )


def test_a_syntax_error_in_a_sibling_names_the_sibling(tmp_path: Path) -> None:
    (tmp_path / "sloppy_sibling.py").write_text("def\n")
    path = tmp_path / "tidy.py"
    path.write_text("import sloppy_sibling\n")

    assert refusal(str(path)).startswith(f"{tmp_path / 'sloppy_sibling.py'}, line 1: invalid")


def test_any_other_error_while_loading_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "eager.py"
    path.write_text("x = 1\n1 / 0\n")

    assert refusal(str(path)) == (
        f"{path}, line 2: ZeroDivisionError: division by zero; "
        "a script must load before its scenario can run"
    )


def test_a_script_that_ends_the_process_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "quitter.py"
    path.write_text("raise SystemExit(0)\n")

    assert refusal(str(path)).startswith(f"{path}, line 1: SystemExit: 0; ")


def test_a_bad_signature_is_refused_when_the_script_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "odd.py"
    path.write_text(HEAD + "@scenario\ndef odd(run: Run, jobs: int) -> None: ...\n")

    assert refusal(str(path)) == (
        "odd.py, line 2: odd: parameter 'jobs' has no default; "
        "give it one: a scenario runs without being told a thing"
    )


def test_a_missing_script_is_refused_with_the_near_one(tmp_path: Path) -> None:
    path = script(tmp_path / "greeting.py", "greeting").with_name("greting.py")

    assert refusal(str(path)) == (
        f"{path}: cannot be read (No such file or directory); did you mean 'greeting.py'?"
    )


def test_a_folder_is_no_script(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()

    assert refusal(str(tmp_path / "folder.py")) == (
        f"{tmp_path / 'folder.py'}: cannot be read (Is a directory); give the path of a script"
    )
    assert refusal(f"{tmp_path}/") == (
        f"{tmp_path}: is not a Python script; give a path that ends in .py"
    )


def test_a_name_that_is_a_script_here_is_refused_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "my_own_story.py", "my_own_story")
    monkeypatch.chdir(tmp_path)

    assert refusal("my_own_story") == (
        "scenario 'my_own_story': there is none of this name; "
        "for the script that lies here write my_own_story.py"
    )
