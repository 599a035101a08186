"""Write the page of the hunt: `python -m scenarios.hunt [SEEDS [SEARCH…]]`, in a clone.

Each mistake of the gallery is put into the plain scenario `any_day`, where nothing goes wrong by
itself, and every search looks for it with twenty seeds, unless told otherwise. The first search
is the one whose finds are shrunk.
"""

from __future__ import annotations

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from glasshive.cli.logs import show_logs
from glasshive.explore import Program, explore, shrink
from glasshive.scenario.pool import Death, work
from glasshive.schedule import Schedule, search_of
from scenarios.gallery import ENTRIES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Hunted", "hunt", "page"]

SEARCHES = ("few", "random", "pct", "pos", "swarm", "coverage")
SEEDS = 20
RUNS = 100
"""After which a search is given up; most find most within tens."""
SHRUNK = 3
"""Seeds whose run is shrunk, with the first search; by default the one that explores by default."""

HEAD = """\
# The hunt

Each mistake of the [gallery](gallery.md) is put into `any_day`, a plain scenario in which nothing
goes wrong by itself: seven requests, two hives, three workers, and at each of eight ticks the
schedule may bring one of some thirty spells of bad weather. Then each search looks for it:

```
glasshive explore any_day --set mistake=second_open
```

The numbers are the runs to the first failure, in the middle of {seeds} seeds, where a search was
given up after {runs} runs. "breaks" is what the first search finds broken, with seed 0. What it
finds with the first {shrunk} seeds was shrunk: "deviations" are those of the largest of the
smallest runs, faults among them, and "events" the lines of its trace. The page is made by
`python -m scenarios.hunt {seeds} {names}`.

| mistake | {searches} | breaks | deviations | events |
|---|{rules}---|--:|--:|
"""


class Hunted(NamedTuple):
    """What one search with one seed has found of one mistake."""

    runs: int
    """Runs to the first failure, or one more than there are."""
    breaks: str = ""
    """What did not hold."""
    deviations: int = 0
    """Of the smallest run, if it was shrunk."""
    events: int = 0
    """Of its trace."""


def hunt(entry: str, search: str, seed: int, *, small: bool = False) -> Hunted:
    """Look for a mistake of the gallery from the plain scenario.

    Args:
        entry: the mistake.
        search: the name of the search.
        seed: the search's seed.
        small: whether to shrink what was found.
    """
    program = Program.of("any_day", {"mistake": entry})
    result = explore(program, search_of(search, seed=seed), runs=RUNS)
    if result.found is None:
        return Hunted(RUNS + 1)
    attempt = result.found.attempt
    assert attempt.breach is not None
    if not small:
        return Hunted(result.found.run, attempt.breach.name)
    best = shrink(attempt, lambda number: search_of(search, seed=number)).best
    with tempfile.TemporaryDirectory() as folder:
        traced = best.program.attempt(Schedule(best.choices), trace=Path(folder, "a.jsonl"))
    return Hunted(result.found.run, attempt.breach.name, len(best.deviations), traced.events or 0)


def page(
    found: dict[tuple[str, str], list[Hunted]], seeds: int, searches: Sequence[str] = SEARCHES
) -> str:
    """Return the page.

    Args:
        found: what each search has found of each mistake, by entry and search, seed by seed.
        seeds: how many there were.
        searches: their names.
    """
    head = HEAD.format(
        seeds=seeds,
        runs=RUNS,
        shrunk=SHRUNK,
        names=" ".join(searches),
        searches=" | ".join(searches),
        rules="--:|" * len(searches),
    )
    rows = []
    for entry in ENTRIES:
        name = entry.replace("_", "-")
        first = found[entry, searches[0]]
        shrunk = max(first, key=lambda each: (each.deviations, each.events))
        cells = [
            f"[{name}](gallery.md#{name})",
            *(_middle(found[entry, search]) for search in searches),
            first[0].breaks or "nothing",
            str(shrunk.deviations),
            f"{shrunk.events:,}",
        ]
        rows.append(f"| {' | '.join(cells)} |\n")
    return head + "".join(rows)


def _middle(found: list[Hunted]) -> str:
    runs = median(each.runs for each in found)
    return f"> {RUNS}" if runs > RUNS else f"{runs:g}"


def _cell(cells: list[tuple[str, str, int]], first: str, number: int) -> tuple[int, Hunted]:
    """Do one cell's work, in a process of the pool."""
    show_logs(silent=True)
    entry, search, seed = cells[number]
    return number, hunt(entry, search, seed, small=search == first and seed < SHRUNK)


def _main(seeds: int, searches: Sequence[str]) -> None:
    cells = [
        (entry, search, seed) for entry in ENTRIES for search in searches for seed in range(seeds)
    ]
    done: dict[int, Hunted] = {}
    for answer in work(partial(_cell, cells, searches[0]), range(len(cells)), os.cpu_count() or 1):
        if isinstance(answer, Death):
            raise SystemExit(f"{cells[answer.seed]}: its process ended with {answer}")
        number, hunted = answer
        done[number] = hunted
    found: dict[tuple[str, str], list[Hunted]] = {}
    for number, (entry, search, _) in enumerate(cells):
        found.setdefault((entry, search), []).append(done[number])
    Path("docs", "hunt.md").write_text(page(found, seeds, searches), encoding="utf-8")


if __name__ == "__main__":
    _main(int(sys.argv[1]) if sys.argv[1:] else SEEDS, sys.argv[2:] or SEARCHES)
