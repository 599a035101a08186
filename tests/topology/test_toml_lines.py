from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from topology.toml.lines import MOST_ATTEMPTS, line_of, locate

if TYPE_CHECKING:
    from topology.toml.flaw import Place


def line(text: str, *place: str | int) -> int | None:
    tomllib.loads(text)  # What does not parse is never asked for its lines.
    return line_of(place, locate(text))


def test_a_key_stands_on_its_line() -> None:
    assert line("# title\n\nname = 1\n  keepers = 2", "name") == 3
    assert line("# title\n\nname = 1\n  keepers = 2", "keepers") == 4


def test_a_key_that_is_not_there_stands_where_its_table_begins() -> None:
    assert line("name = 1\n[queen]\nplacement = 2", "queen", "max_jobs") == 2


def test_a_place_outside_of_every_table_has_no_line() -> None:
    assert line("name = 1", "keepers") is None


def test_each_table_of_an_array_has_its_own_line() -> None:
    text = "[[hives]]\n[[hives.workers]]\nname = 1\n[[hives.workers]]\nname = 2\n[[hives]]\n"
    text += "[[hives.workers]]\nname = 3\n[hives.extra]\nkey = 4"

    assert locate(text) == {
        ("hives",): 1,
        ("hives", 0): 1,
        ("hives", 0, "workers"): 2,
        ("hives", 0, "workers", 0): 2,
        ("hives", 0, "workers", 0, "name"): 3,
        ("hives", 0, "workers", 1): 4,
        ("hives", 0, "workers", 1, "name"): 5,
        ("hives", 1): 6,
        ("hives", 1, "workers"): 7,
        ("hives", 1, "workers", 0): 7,
        ("hives", 1, "workers", 0, "name"): 8,
        ("hives", 1, "extra"): 9,
        ("hives", 1, "extra", "key"): 10,
    }


def test_a_table_that_only_the_heads_of_others_name_stands_at_the_first_of_them() -> None:
    assert line("name = 1\n[tool.one]\n[tool.two]", "tool") == 2


def test_quoted_and_dotted_keys_are_found() -> None:
    text = '"na me" = 1\nqueen.\'max_jobs\' = 2\n[ links . "a]b" ]\nkey = 3'

    assert line(text, "na me") == 1
    assert line(text, "queen", "max_jobs") == 2
    assert line(text, "links", "a]b", "key") == 4


def test_what_looks_like_toml_inside_a_string_is_not_found() -> None:
    text = 'name = """\n[queen]\nkeepers = 1\n"""\n[queen]\nmax_jobs = 2'

    assert locate(text) == {("name",): 1, ("queen",): 5, ("queen", "max_jobs"): 6}


def test_what_is_inside_an_array_stands_where_the_array_begins() -> None:
    text = "workers = [\n  { name = 1 },\n  { name = 2 },\n]\nkeepers = 3"

    assert line(text, "workers", 1, "name") == 1
    assert line(text, "keepers") == 5


def test_an_inline_table_gives_its_keys_its_line() -> None:
    assert line("name = 1\nqueen = { max_jobs = 2 }", "queen", "max_jobs") == 2


def test_crlf_counts_as_one_line_break_and_other_breaks_as_none() -> None:
    assert line("name = 'a\u2028b'\r\nkeepers = 2\r\n", "keepers") == 2


def test_a_long_array_of_names_does_not_hide_what_follows() -> None:
    names = "".join(f"  'bee-{number}',\n" for number in range(5000))

    assert line(f"keepers = [\n{names}]\nname = 1", "name") == 5003


def test_after_a_statement_that_is_too_long_to_follow_there_are_no_lines() -> None:
    tables = "  { name = 1 },\n" * (MOST_ATTEMPTS + 1)
    text = f"name = 1\nworkers = [\n{tables}]\nkeepers = 2"
    found: dict[Place, int] = {("name",): 1}

    assert locate(text) == found
