"""How often a test is run and what decides in it: what its mark and the command line say."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest

from glasshive.errors import Complaint, InputError, nearest
from glasshive.schedule.searches import search_of
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["MARK", "Replayed", "Settings", "settings_of"]

MARK = "glasshive"
"""The mark's name."""

_KNOWN = ("seed", "runs", "strategy", "order", "depth", "schedule")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a test's runs are made."""

    seed: int = 0
    """What all that is drawn at random follows."""
    runs: int = 1
    """How many runs there are at most."""
    strategy: str = "pos"
    """The search that decides, by its name."""
    order: Literal["timed", "any"] = "timed"
    """The order of delivery."""
    depth: int = 3
    """Of the bugs that "pct" looks for."""
    schedule: Mapping[int, int] | None = field(default=None, hash=False)
    """The decisions of the one run that there is, where they are fixed."""

    @property
    def plain(self) -> bool:
        """Whether there is one run, in which nobody decides but the rates."""
        return self.schedule is None and self.runs == 1


def settings_of(item: pytest.Item) -> Settings:
    """Return a test's settings: what the command line says, then its mark, the nearest first.

    Args:
        item: the test.

    Raises:
        pytest.Collector.CollectError: for a mark that will not do.
    """
    said: dict[str, Any] = {}
    of_parameters = getattr(getattr(item, "callspec", None), "marks", ())
    nearest_first = [mark for mark in of_parameters if mark.name == MARK]
    for mark in (*nearest_first, *item.iter_markers(MARK)):
        if mark.args:
            raise _usage(item, f"takes names, as in {MARK}(seed=7), not {mark.args[0]!r}")
        for name in mark.kwargs:
            if name not in _KNOWN:
                raise _usage(item, f"knows no {name!r}; {nearest(name, _KNOWN)}")
        said = {**mark.kwargs, **said}
    for name in ("seed", "runs"):
        value = item.config.getoption(f"glasshive_{name}")
        if value is not None:
            said[name] = value
    _check(item, said)
    settings = Settings(**said)
    if "strategy" in said:
        try:
            search_of(settings.strategy, seed=settings.seed, depth=settings.depth)
        except InputError as error:
            raise _usage(item, str(error)) from None
    return settings


class Replayed:
    """A trace of a test, which is to be run again as it was decided.

    Args:
        trace: the file.

    Raises:
        InputError: when there is no such file, or it is no trace of a test.
    """

    def __init__(self, trace: Path) -> None:
        header = TraceReader(trace, forgive_cut=True).header
        self._where = str(trace)
        if "test" not in header:
            remedy = "give a trace that a failing test has written"
            raise InputError(Complaint(self._where, "is a trace of no test", remedy))
        try:
            head = msgspec.convert(header, _Head, str_keys=True)
        except msgspec.ValidationError as error:
            what = f"is a trace whose first line is damaged ({error})"
            raise InputError(Complaint(self._where, what, "write the trace again")) from None
        self.test = head.test
        """The test's id."""
        self.settings = Settings(
            seed=head.seed, order=head.order, schedule=head.choices if head.schedule else None
        )
        """What decides in its run."""

    def complaint(self, selected: Sequence[str]) -> Complaint | None:
        """Return what is wrong with the tests that are to be run so, if they are not its one test.

        Args:
            selected: the tests that use the fixture, by their ids.
        """
        if list(selected) == [self.test]:
            return None
        which = f"are {len(selected)} tests that use the fixture"
        if len(selected) == 1:
            which = f"is {selected[0]}"
        return Complaint(
            self._where,
            f"is a trace of {self.test}, and selected {which}",
            f"select it alone: pytest {shlex.quote(self.test)}",
        )


class _Head(msgspec.Struct):
    """What a repetition reads of a trace's first line."""

    test: str
    seed: int
    order: Literal["timed", "any"]
    choices: dict[int, int]
    schedule: str = ""


def _check(item: pytest.Item, said: Mapping[str, Any]) -> None:
    for name, least in (("seed", None), ("runs", 1), ("depth", 1)):
        value = said.get(name, 1)
        if type(value) is not int or (least is not None and value < least):
            more = "" if least is None else f", {least} or more"
            raise _usage(item, f"{name}={value!r}: it is an integer{more}")
    if said.get("order", "any") not in {"timed", "any"}:
        raise _usage(item, f"order={said['order']!r}: it is 'timed' or 'any'")
    schedule = said.get("schedule")
    if schedule is not None and not (
        isinstance(schedule, dict)
        and all(type(each) is int and each >= 0 for pair in schedule.items() for each in pair)
    ):
        raise _usage(item, f"schedule={schedule!r}: it is options by decision, as in {{62: 1}}")


def _usage(item: pytest.Item, what: str) -> pytest.Collector.CollectError:
    return pytest.Collector.CollectError(f"{item.nodeid}: the mark {MARK!r} {what}")
