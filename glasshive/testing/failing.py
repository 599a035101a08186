"""From a test to its failing run, and to the smallest that fails in the same way."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from glasshive.explore.explorer import Exploration, explore
from glasshive.explore.shrink import Shrunk, shrink
from glasshive.explore.story import found_in, line, story
from glasshive.schedule import Fifo, Schedule
from glasshive.schedule.searches import search_of
from glasshive.testing.record import Record
from glasshive.testing.story import Story, breach_of, tell
from glasshive.testing.trial import STAGE, Trial
from glasshive.units import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glasshive.testing.record import Shelf
    from glasshive.testing.settings import Settings

__all__ = ["explain", "failure_of"]

_TRIES = 400
"""Runs that a failing test may take to become smaller."""
_SECONDS = 30.0
"""Wall seconds that it may take."""
_PASTED = 20
"""Decisions that somebody would paste into a mark."""
_DOUBT = (
    "when it was run once more it did not fail so: something else than the seed and the schedule "
    "decides"
)


def explain(item: pytest.Function, shelf: Shelf, error: BaseException) -> None:
    """Have the error of a test that has one plain run tell its story.

    Args:
        item: the test.
        shelf: where the trace of the run goes.
        error: what the test has failed with.
    """
    trial = Trial.of_test(item, item.stash[STAGE])
    record = Record(shelf, seed=trial.seed, order=trial.order, schedule=False)
    ways: Mapping[str, str] = {"doubt": _DOUBT}
    try:
        attempt = trial.final(Fifo(), record)
    except (Exception, pytest.skip.Exception, pytest.fail.Exception):  # noqa: BLE001  the test's
        record.drop()
        attempt = trial.broken_by(error)
    else:
        if attempt.fails_as(breach_of(error)):
            ways = _ways(record, shelf)
        else:
            attempt = trial.broken_by(error)
    text = story(Shrunk(attempt, attempt), ways=ways, example="")
    tell(error, Story(text, attempt.choices, record.told))


def failure_of(item: pytest.Function, shelf: Shelf) -> BaseException | None:
    """Run a test as often as it is to be run; return the error of its smallest failing run.

    Args:
        item: the test.
        shelf: where the trace of that run goes.

    Returns:
        The error, which tells the story of the run; None when all runs held.
    """
    stage = item.stash[STAGE]
    settings = stage.settings
    trial = Trial.of_test(item, stage)
    if settings.schedule is not None:
        attempt = trial.attempt(Schedule(settings.schedule))
        if attempt.breach is None:
            return None
        return _told(trial, shelf, Shrunk(attempt, attempt), "")
    search = search_of(settings.strategy, seed=settings.seed, depth=settings.depth)
    exploration = explore(trial, search, runs=settings.runs)
    if exploration.interrupted:
        raise KeyboardInterrupt
    if exploration.found is None:
        stage.held = _held(exploration)
        return None
    shrunk = shrink(exploration.found.attempt, tries=_TRIES, seconds=_SECONDS)
    if shrunk.interrupted:
        raise KeyboardInterrupt
    return _told(trial, shelf, shrunk, found_in(exploration.found, search.label, settings.runs))


def _told(trial: Trial, shelf: Shelf, shrunk: Shrunk, found: str) -> BaseException:
    """Run the smallest run once more, to write it down; return its error, which tells of it."""
    breach, best = shrunk.first.breach, shrunk.best
    assert breach is not None
    record = Record(shelf, seed=trial.seed, order=trial.order, choices=best.choices)
    ways: Mapping[str, str] = {"doubt": _DOUBT}
    if trial.final(Schedule(best.choices), record).fails_as(breach):
        ways = _ways(record, shelf)
    error = trial.errors[breach.name]
    mark = _mark(trial.stage.settings, best.choices)
    text = story(shrunk, found=found, ways=ways, example=mark)
    tell(error, Story(text, best.choices, record.told))
    return error


def _held(exploration: Exploration) -> list[tuple[str, str]]:
    """Return what runs in which all held have shown, by name."""
    runs, orders = counted(exploration.runs, "run"), counted(exploration.orders, "order")
    seed = exploration.program.seed
    lines = [line("held", f"{runs}, {orders} · {exploration.label} · seed {seed}")]
    if exploration.verdict:
        lines.append(line("", exploration.verdict))
    lines += [
        line("", f"{each.name}: in {counted(each.runs, 'run')}") for each in exploration.situations
    ]
    return [
        ("glasshive-runs", str(exploration.runs)),
        ("glasshive-orders", str(exploration.orders)),
        ("glasshive-verdict", exploration.verdict),
        ("glasshive-held", "\n".join(lines)),
    ]


def _ways(record: Record, shelf: Shelf) -> Mapping[str, str]:
    """Return what else to do with a run, by label."""
    if not record.kept:
        return {"trace": record.told} if record.told else {}
    again = ["pytest", shelf.test, "--glasshive-replay", record.told]
    return {"trace": record.told, "again": shlex.join(again)}


def _mark(settings: Settings, choices: Mapping[int, int]) -> str:
    """Return the mark that makes a run a test of its own."""
    if len(choices) > _PASTED:
        return ""
    said = {"seed": settings.seed, "order": settings.order}
    plain = {"seed": 0, "order": "timed"}
    names = [f"{name}={value!r}" for name, value in said.items() if value != plain[name]]
    names.append(f"schedule={dict(choices)!r}")
    return f"@pytest.mark.glasshive({', '.join(names)})"
