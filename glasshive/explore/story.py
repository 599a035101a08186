"""A run that fails, in a few lines that are worth reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshive.schedule import Schedule
from glasshive.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from glasshive.explore.explorer import Found
    from glasshive.explore.program import Attempt
    from glasshive.explore.shrink import Shrunk
    from glasshive.scenario.breach import Breach

__all__ = ["breach_of", "found_in", "line", "paste", "smaller", "story", "violation"]

_LABEL = 11
"""Characters of the column of labels."""
_SHOWN = 20
"""Deviations that are shown; a run that has been shrunk has fewer."""


def story(
    shrunk: Shrunk,
    *,
    found: str = "",
    ways: Mapping[str, str] | None = None,
    example: str | None = None,
) -> str:
    """Return what broke, where it was found, how small it got, and the run itself.

    Args:
        shrunk: the run, and the smallest that fails in the same way; what has not been shrunk is
            both.
        found: where it was found, as `found_in` says it; nothing is said of it if empty.
        ways: what else to do with it, by label, such as the command that runs it again.
        example: what to paste into a test; None for what `paste` says.
    """
    lines = [line("violation", violation(breach_of(shrunk)))]
    if found:
        lines.append(line("found", found))
    if became := smaller(shrunk):
        lines.append(line("shrunk", became))
    lines += _run(shrunk.best)
    lines += [line(label, text) for label, text in (ways or {}).items()]
    if example := paste(shrunk.best) if example is None else example:
        lines.append(line("paste", example))
    return "\n".join(lines)


def line(label: str, text: str) -> str:
    """Return a line of a story.

    Args:
        label: what it tells of, in few letters.
        text: what it tells.
    """
    return f"{label:{_LABEL}}{text}"


def breach_of(shrunk: Shrunk) -> Breach:
    """Return what did not hold, with what was found in the smallest run.

    Args:
        shrunk: the run, and the smallest that fails in the same way.
    """
    breach = shrunk.first.breach
    assert breach is not None, "in this run all held"
    for each in shrunk.best.breaches:
        if (each.kind, each.name) == (breach.kind, breach.name):
            return each
    return breach


def violation(breach: Breach) -> str:
    """Return what did not hold, and the first line of what was found.

    Args:
        breach: what did not hold in a run.
    """
    first, _, more = breach.example.strip().partition("\n")
    return f"{breach.name}: {first}{' …' if more else ''}" if first else breach.name


def found_in(found: Found, label: str, runs: int | None) -> str:
    """Return where a run was found.

    Args:
        found: the run.
        label: the search that found it.
        runs: how many runs there were to be at most; None for no limit.
    """
    number = f"run {found.run:,}" if runs is None else f"run {found.run:,} of {runs:,}"
    return f"{number}, {label}, seed {found.attempt.program.seed}"


def paste(attempt: Attempt) -> str:
    """Return the line that has a test of Hypothesis begin with this run.

    Nothing for a run that leaves the plain order so often that nobody would paste it, and for one
    of which nothing is known.

    Args:
        attempt: the run.
    """
    if attempt.died or len(attempt.choices) > _SHOWN:
        return ""
    return f"@example({Schedule(attempt.choices)!r})"


def smaller(shrunk: Shrunk) -> str:
    """Return what became smaller: before, and now; nothing if nothing did.

    Args:
        shrunk: the run, and the smallest so far.
    """
    first, best = shrunk.first, shrunk.best
    parts = []
    if len(best.deviations) != len(first.deviations):
        parts.append(f"{counted(len(first.deviations), 'decision')} → {len(best.deviations):,}")
    parts += [f"{before} {name} → {now}" for name, (before, now) in shrunk.parameters.items()]
    # A parameter of this name is already told, and two numbers of faults are one too many.
    if best.faults != first.faults and "faults" not in shrunk.parameters:
        parts.append(f"{counted(first.faults, 'fault')} → {best.faults:,}")
    if shrunk.spent:
        parts.append("there may be a smaller one")
    return "; ".join(parts)


def _run(attempt: Attempt) -> Iterator[str]:
    """Yield the lines that tell what the run does, beyond its program."""
    deviations = attempt.deviations
    plain = "first in, first out"
    if attempt.died:
        yield line("the run", "its process told nothing of it")
        return
    if not deviations:
        yield line("the run", plain)
        return
    yield line("the run", f"{plain}, except")
    shown = deviations[:_SHOWN]
    width = max(len(f"{each.number:,}") for each in shown)
    for each in shown:
        yield line("", f"  at {each.number:>{width},}  {each}")
    if len(deviations) > _SHOWN:
        yield line("", f"  and {counted(len(deviations) - _SHOWN, 'more decision')}")
