"""The gallery's page: what each mistake is, what catches it, and its messages."""

from __future__ import annotations

import inspect
from importlib import import_module
from itertools import groupby
from typing import TYPE_CHECKING

from scenarios.gallery import ENTRIES
from scenarios.gallery._play import BROKEN, MESSAGE, SCRIPT, play, scenario_of

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["page"]

LONGEST = 25
"""Lines of a trace that are shown; of a longer one those far from what matters are left out."""

HEAD = """\
# The gallery

Each of these mistakes was made by a real swarm of this shape. Here each is put back into the bees,
in a class of a few lines, with the smallest situation that shows it and the invariant that catches
it. With the right bees the same situation holds.

```
glasshive run second_open                       # with the mistake: violated
glasshive run second_open --set mistake=false   # with the right bees: held
```

A trace begins where the situation begins and ends where the invariant breaks; heartbeats are left
out. These colonies have little patience, so that the times are short: a keeper waits four seconds
for an answer, and where a job comes to its end too late, 2.5 seconds were promised. The page is
made by `python -m scenarios.gallery`.

| mistake | what goes wrong | caught by | what it says |
|---|---|---|---|
"""


def page() -> str:
    """Play every entry, and return the whole page."""
    rows, sections = [], []
    for entry in ENTRIES:
        module = import_module(f"scenarios.gallery.{entry}")
        summary, _, told = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
        lines = play(scenario_of(entry)).lines
        first = next(place for place, line in enumerate(lines) if BROKEN in line)
        violation = lines[first].partition(f"{module.CAUGHT_BY}: ")[2]
        name = entry.replace("_", "-")
        rows.append(f"| [{name}](#{name}) | {summary} | {module.CAUGHT_BY} | {violation} |\n")
        sections.append(_section(name, module, f"{summary}\n\n{told}", lines[: first + 1]))
    return HEAD + "".join(rows) + "".join(sections)


def _section(name: str, module: ModuleType, told: str, lines: list[str]) -> str:
    entry = name.replace("-", "_")
    return f"""
## {name}

{told}

[`scenarios/gallery/{entry}.py`](../scenarios/gallery/{entry}.py), caught by {module.CAUGHT_BY}:

```python
{_mistake(module)}
```

```
{_cut(lines)}
```
"""


def _mistake(module: ModuleType) -> str:
    """Return what stands in a module between the invariant's name and the situation."""
    before, _, _ = inspect.getsource(module).partition("\n@scenario\n")
    _, _, code = before.partition("\nCAUGHT_BY = ")
    return code.partition("\n")[2].strip()


def _cut(lines: list[str]) -> str:
    """Return a trace as one text, with as much around its turning points as there is room for."""
    turns = [at for at, line in enumerate(lines) if MESSAGE not in line or SCRIPT in line]
    distances = [min(abs(at - turn) for turn in turns) for at in range(len(lines))]
    cuts = (_shown(lines, distances, far) for far in range(len(lines), -1, -1))
    return "\n".join(next(cut for cut in cuts if len(cut) <= LONGEST))


def _shown(lines: list[str], distances: list[int], far: int) -> list[str]:
    """Return the lines that are near enough to a turning point, and how many are between."""
    shown = []
    for near, group in groupby(zip(lines, distances, strict=True), lambda each: each[1] <= far):
        told = [line for line, _ in group]
        shown += told if near or len(told) == 1 else [f"        …  {len(told)} lines"]
    return shown
