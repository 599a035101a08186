"""The gallery: each mistake is caught by one invariant, and the right bees make none."""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from actors.bee import Bee
from glasshive.scenario import catalogue, find, run
from scenarios import gallery
from scenarios.gallery import ENTRIES
from scenarios.gallery._page import page
from scenarios.gallery._play import play, scenario_of
from topology.invariants import INVARIANTS

if TYPE_CHECKING:
    from glasshive.scenario import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "gallery.md"
SEEDS = (0, 1, 7, 2024)


@pytest.fixture(scope="module")
def written() -> str:
    return PAGE.read_text(encoding="utf-8")


def caught_by(entry: str) -> str:
    name: str = import_module(f"scenarios.gallery.{entry}").CAUGHT_BY
    return name


def broken(outcome: Outcome) -> set[str]:
    return {invariant.name for invariant in outcome.invariants if invariant.violations}


def test_every_module_of_the_gallery_is_an_entry_and_every_entry_a_module() -> None:
    modules = {each.name for each in pkgutil.iter_modules(gallery.__path__)}
    assert {name for name in modules if not name.startswith("_")} == set(ENTRIES)
    assert len(set(ENTRIES)) == len(ENTRIES) == 22


def test_every_entry_is_found_by_its_name_and_nothing_else_of_the_gallery_is_listed() -> None:
    listed, broken_modules = catalogue()
    assert not broken_modules
    in_gallery = {each.name for each in listed if each.__module__.startswith(gallery.__name__)}
    assert in_gallery == set(ENTRIES)
    assert [find(entry).name for entry in ENTRIES] == list(ENTRIES)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("entry", ENTRIES)
def test_the_mistake_breaks_the_invariant_that_the_entry_names_and_no_other(
    entry: str, seed: int
) -> None:
    outcome = run(scenario_of(entry), seed=seed)
    assert outcome.status == "violated"
    assert broken(outcome) == {caught_by(entry)}
    assert [claim for claim in outcome.claims if not claim.held] == []
    assert all(invariant.settled for invariant in outcome.invariants)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("entry", ENTRIES)
def test_the_right_bees_hold_in_the_same_situation(entry: str, seed: int) -> None:
    outcome = run(scenario_of(entry), {"mistake": False}, seed=seed)
    assert outcome.status == "held", broken(outcome) or outcome.claims or outcome.failure
    assert len(outcome.invariants) == len(INVARIANTS)
    assert all(invariant.settled for invariant in outcome.invariants)


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_right_bees_bring_every_job_to_the_end_that_it_should_have(entry: str) -> None:
    ends = [
        line
        for line in play(scenario_of(entry), mistake=False).lines
        if "→ keeper-1" in line and "StreamEnd(" in line
    ]
    if entry == "accepted_never_opened":
        assert ends == []  # whoever asked is gone
    else:
        withdrawn = entry in ("orphaned_below", "cooperative_only")
        assert f"outcome={'Cancelled' if withdrawn else 'Completed'}(" in ends[-1]


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_mistake_is_a_few_lines_of_a_subclass(entry: str) -> None:
    module = import_module(f"scenarios.gallery.{entry}")
    mistaken = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Bee) and each.__module__ == module.__name__
    ]
    assert 1 <= len(mistaken) <= 2
    assert all(each.__doc__ for each in mistaken)
    assert sum(inspect.getsource(each).count("\n") for each in mistaken) <= 25


def test_the_page_is_what_its_command_makes_of_the_entries(written: str) -> None:
    assert page() == written, "make it again: python -m scenarios.gallery"


def test_the_page_has_a_row_and_a_section_for_each_entry_and_no_other(written: str) -> None:
    names = [entry.replace("_", "-") for entry in ENTRIES]
    rows = re.findall(r"^\| \[([a-z-]+)\]\(#\1\) \|.*\| ([a-z-]+) \|.*\|$", written, re.MULTILINE)
    assert rows == [(name, caught_by(entry)) for name, entry in zip(names, ENTRIES, strict=True)]
    assert re.findall(r"^## (.*)$", written, re.MULTILINE) == names


def test_no_trace_on_the_page_is_longer_than_25_lines(written: str) -> None:
    traces = re.findall(r"```\n( .*?)\n```", written, re.DOTALL)
    assert len(traces) == len(ENTRIES)
    assert max(trace.count("\n") + 1 for trace in traces) <= 25
