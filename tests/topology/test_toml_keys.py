"""Keys of so many parts that to read them would take for ever are refused before that."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from glasshive.errors import InputError
from topology import Blueprint
from topology.toml import TomlFile
from topology.toml.keys import MOST_PARTS, long_key_line
from topology.toml.lines import DEEPEST, MOST_AGAIN, locate

if TYPE_CHECKING:
    from pathlib import Path

LONG = "a." * MOST_PARTS + "b"
"""A key of one part too many."""

FITTING = "a." * (MOST_PARTS - 1) + "b"


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG} = 1",
        f"[{LONG}]",
        f"[[ {LONG} ]]",
        f"x = {{ y = 1, {LONG} = 2 }}",
        f'x = [ """"quoted"""", {{ {LONG} = 2 }} ]',
        f"x = [ ''''quoted'''', {{ {LONG} = 2 }} ]",
        " \t.\t".join(["a"] * (MOST_PARTS + 1)) + " = 1",
        ".".join(['","'] * (MOST_PARTS + 1)) + " = 1",
        ".".join([r"""'#"'""", r'"\"#"'] * MOST_PARTS) + " = 1",
    ],
)
def test_a_key_of_too_many_parts_is_found_however_it_is_written(text: str) -> None:
    assert long_key_line(text) == 1
    assert long_key_line(f"{FITTING} = 1\n\r\n{text}\nz = 1") == 3


@pytest.mark.parametrize(
    "text",
    [
        f"{FITTING} = 1",
        f'x = "{LONG}"',
        f"x = '{LONG}'",
        f'x = """\n{LONG}\n"quoted" {LONG}"""',
        f"x = '''\n{LONG}\n'''",
        f"# {LONG}",
        f'"{LONG}" = 1',
        f"x = [{'0.5, ' * 1000}]",
        "x = 0.1\n" * 100,
        rf'x = "\"{LONG}"',
    ],
)
def test_points_in_strings_numbers_and_comments_part_no_key(text: str) -> None:
    assert long_key_line(text) is None


@pytest.mark.parametrize("text", ['"' * 100_000, "'" * 100_000, r"\"" * 50_000, "a" * 100_000])
def test_what_is_no_toml_at_all_has_no_long_key(text: str) -> None:
    assert long_key_line(text) is None


def test_a_file_with_such_a_key_is_refused_with_its_line() -> None:
    with pytest.raises(InputError) as caught:
        TomlFile.parse("plan", "a = 1\n" + "a." * 20_000 + "b = 1")
    assert str(caught.value) == (
        f"plan, line 2: a key has more than {MOST_PARTS} parts; take points out of it"
    )


def test_what_is_not_toml_is_repeated_in_part_only() -> None:
    twice = f"['{'x' * 100_000}']\n" * 2
    with pytest.raises(InputError) as caught:
        TomlFile.parse("plan", twice)
    assert len(str(caught.value)) < 400


def nested(tables: int) -> str:
    """Return tables in tables, each under a key of as many parts as may be."""
    return f"x = {(f'{{ {FITTING} = ') * tables}1{' }' * tables}"


def test_only_the_upper_ones_of_tables_in_tables_have_lines_of_their_own() -> None:
    lines = locate(f"{nested(150)}\ny = 2")
    assert max(map(len, lines)) == DEEPEST + 1
    assert lines[("y",)] == 2


def test_statements_are_followed_no_longer_than_that_takes_its_time() -> None:
    array = "[\n" + "1," * 600 + "\n" + "[],\n" * 150 + "]\n"
    few = MOST_AGAIN // (150 * len(array)) // 2
    many = 20 * few
    assert len(locate("".join(f"x{n} = {array}" for n in range(few)))) == few
    assert len(locate("".join(f"x{n} = {array}" for n in range(many)))) < many


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a." * 20_000 + "b = 1", f"line 1: a key has more than {MOST_PARTS} parts"),
        (nested(150), "there is no key 'x' here"),
        (nested(500), "brackets stand too deep in one another"),
    ],
    ids=["long", "deep", "deeper"],
)
@pytest.mark.parametrize("which", ["blueprint.toml", "plan.toml"])
def test_a_long_or_deep_file_ends_the_command_with_2_and_no_traceback(
    tmp_path: Path, which: str, text: str, complaint: str
) -> None:
    fine = Blueprint.grid(hives=1, workers_per_hive=1).to_toml()
    tmp_path.joinpath("blueprint.toml").write_text(fine, encoding="utf-8")
    tmp_path.joinpath(which).write_text(text, encoding="utf-8")
    words = ["blueprint.toml", *(["--faults", which] if which == "plan.toml" else [])]
    done = subprocess.run(
        [sys.executable, "-m", "glasshive", "check", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
