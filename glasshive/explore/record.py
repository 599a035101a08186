"""A trace as a run that can be repeated, and what the repetition has shown."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from glasshive.errors import Complaint, InputError
from glasshive.explore.program import Program
from glasshive.scenario.find import find
from glasshive.schedule import Fifo, Schedule
from glasshive.trace import TraceWriter
from glasshive.trace.parting import part
from glasshive.trace.reader import TraceReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasshive.scenario.breach import Kind
    from glasshive.schedule import Strategy
    from glasshive.trace.parting import Difference, FirstDifference

__all__ = ["Broken", "Ending", "Record", "Repeated"]

_CLOSING = (b'"kind":"drop"', b'"kind":"unread"')
"""Events that a run ends with, wherever it is ended."""


class Broken(NamedTuple):
    """What did not hold, as a trace's last line tells it; `str` says it in words."""

    kind: Kind
    name: str
    """The invariant's name, the claim, or the error's type."""
    example: str

    def __str__(self) -> str:
        first, _, more = self.example.strip().partition("\n")
        return f"{self.name}: {first}{' …' if more else ''}" if first else self.name


class Ending(NamedTuple):
    """How a run ended, as its trace tells it; `str` says it in words."""

    status: str
    broken: tuple[Broken, ...]

    def fails_as(self, other: Ending) -> bool:
        """Return whether something did not hold that did not hold in another run either."""
        names = {(each.kind, each.name) for each in other.broken}
        return any((each.kind, each.name) in names for each in self.broken)

    def __str__(self) -> str:
        return f"{self.status}, {self.broken[0]}" if self.broken else self.status


class _Claim(msgspec.Struct):
    claim: str
    held: bool
    detail: str = ""


class _Invariant(msgspec.Struct):
    name: str
    violations: list[str] = []


class _End(msgspec.Struct):
    """What a repetition reads of the last line."""

    status: str
    error: str | None = None
    claims: list[_Claim] = []
    invariants: list[_Invariant] = []

    @property
    def ending(self) -> Ending:
        broken = [
            Broken("invariant", each.name, each.violations[0])
            for each in self.invariants
            if each.violations
        ]
        broken += [
            Broken("claim", each.claim, each.detail) for each in self.claims if not each.held
        ]
        if self.error is not None:
            kind, _, message = self.error.partition(": ")
            broken.append(Broken("error", kind, message))
        return Ending(self.status, tuple(broken))


class _Head(msgspec.Struct):
    """What a repetition reads of the first line."""

    scenario: str
    parameters: dict[str, int | float | str | bool | None] = {}
    seed: int = 0
    runtime: str = "simulated"
    order: Literal["timed", "any"] = "timed"
    choices: dict[int, int] = {}
    schedule: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A repetition of a run beside the record of it."""

    events: int
    """Events of the record that a repetition can have."""
    same_events: int
    """How many were the same, from the first on."""
    head: tuple[Difference, ...]
    """What differs in the heads of the traces, which makes no other run by itself."""
    event: FirstDifference | None
    """The first event that was not the same."""
    end: tuple[Difference, ...]
    """What differs in the last lines, when all events are the same."""
    ending: Ending
    """How the repetition ended."""

    @property
    def same(self) -> bool:
        """Whether every event was the same, and the end."""
        return self.event is None and not self.end


class Record:
    """A trace of a simulated run of a scenario, which is looked through to its end.

    Args:
        path: the file, compressed or not.

    Raises:
        InputError: when there is no such file, it is no such trace, it is damaged, or its scenario
            is found no more. A file that was cut short will do; `cut` then says so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = TraceReader(path, forgive_cut=True)
        head = self._read_head()
        self.choices = head.choices
        """The decisions that were not plain, as far as a schedule made them."""
        self.first = self._reader.first
        """The event of the run with which the record begins; its own number there is 0."""
        self._schedule = head.schedule or ("Schedule" if head.choices else "")
        self.events = self._look_through()
        """Events that a repetition can have: all, but those with which an interrupted run ends."""
        self.ending: Ending | None = None
        """How the run ended; None for a file that was cut short."""
        self.digest: str | None = None
        if self._reader.end is not None:
            self.ending = self._read_end(self._reader.end)
            self.digest = str(self._reader.end.get("digest"))
        self.program = self._program(head)
        """What was run."""

    @property
    def cut(self) -> Complaint | None:
        """What is missing at the end of the record, or None where it is whole."""
        if self._reader.cut is not None:
            return self._reader.cut
        if self.ending is not None and self.ending.status == "interrupted":
            what = f"is of a run that was interrupted; {self.events:,} events can be compared"
            return Complaint(str(self.path), what, "let the run end, and write the trace again")
        return None

    @property
    def strategy(self) -> Strategy:
        """What decides in a repetition."""
        return Schedule(self.choices) if self._schedule else Fifo()

    def repeat(self) -> Repeated:
        """Run it again, without a word, and compare event by event.

        Raises:
            InputError: when the scenario finds its input wrong, or there is no room for a trace.
            KeyboardInterrupt: when it was interrupted.
        """
        with tempfile.TemporaryDirectory(prefix="glasshive-") as folder:
            # As much room as the record takes, or somewhat more.
            file = Path(folder) / f"again.jsonl{'.gz' if self._is_compressed() else ''}"
            attempt = self.program.attempt(self.strategy, trace=file)
            if attempt.status == "interrupted":
                raise KeyboardInterrupt
            if self.first:
                file = _without_the_beginning(file, self.first)
            again = TraceReader(file)
            for _ in again.lines():
                pass
            assert again.end is not None
            ending = self._read_end(again.end)
            if self.cut is None:
                parting = part(self._reader, again)
            else:
                parting = part(_Beginning(self.path, self.events), _Beginning(file, self.events))
        if parting is None:
            return Repeated(self.events, self.events, (), None, (), ending)
        # A trace of an earlier version does not say by what else than its choices it was decided.
        head = tuple(each for each in parting.header if each.at != "schedule")
        return Repeated(self.events, parting.same, head, parting.event, parting.end, ending)

    def _read_head(self) -> _Head:
        header = self._reader.header
        where = str(self.path)
        if "scenario" not in header:
            remedy = "give a trace that `glasshive run --trace` or `glasshive explore` wrote"
            raise InputError(Complaint(where, "is a trace of no scenario", remedy))
        try:
            head = msgspec.convert(header, _Head, str_keys=True)
        except msgspec.ValidationError as error:
            what = f"is a trace whose first line is damaged ({error})"
            raise InputError(Complaint(where, what, "write the trace again")) from None
        if head.runtime != "simulated":
            what = "is a trace of a live run, which no thread runs the same way again"
            remedy = "replay a trace of a simulated one"
            raise InputError(Complaint(where, what, remedy))
        if head.schedule not in ("", "Schedule"):
            what = f"is a trace of a run that {head.schedule} decided, and does not say how"
            remedy = "write one with a Schedule of that run's choices"
            raise InputError(Complaint(where, what, remedy))
        return head

    def _program(self, head: _Head) -> Program:
        try:
            scenario = find(head.scenario)
        except InputError as error:
            first = error.complaints[0]
            what = (
                f"is a run of {head.scenario!r}, which cannot be had here ({first.where}: "
                f"{first.what})"
            )
            remedy = "replay it where that scenario is found, such as the folder it was written in"
            raise InputError(Complaint(str(self.path), what, remedy)) from None
        try:
            return Program.of(scenario, head.parameters, seed=head.seed, order=head.order)
        except InputError as error:
            raise InputError(
                *(
                    Complaint(
                        str(self.path),
                        f"is a run that the scenario does not take any more ({each.where}: "
                        f"{each.what})",
                        "write the trace again",
                    )
                    for each in error.complaints
                )
            ) from None

    def _look_through(self) -> int:
        """Read the file to its end, and return how many of its events a repetition can have."""
        count = last = 0
        for line in self._reader.lines():
            count += 1
            if not any(kind in line for kind in _CLOSING):
                last = count
        end = self._reader.end
        return last if end is not None and end.get("status") == "interrupted" else count

    def _read_end(self, end: dict[str, Any]) -> Ending:
        try:
            return msgspec.convert(end, _End).ending
        except msgspec.ValidationError as error:
            what = f"does not say how the run ended ({error})"
            raise InputError(Complaint(str(self.path), what, "write the trace again")) from None

    def _is_compressed(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(2) == b"\x1f\x8b"


def _without_the_beginning(path: Path, first: int) -> Path:
    """Write a trace again as a flight recorder does, from an event on, and return its path."""
    kept = path.with_name(f"kept-{path.name}")
    reader = TraceReader(path)
    writer = TraceWriter.open(kept, reader.header, first)
    for event in reader:
        # As it stands in its line: a writer would sort the fields of what is no object any more.
        data = None if event.data is None else msgspec.Raw(msgspec.json.encode(event.data))
        writer.write(replace(event, data=data))
    writer.finish(reader.end or {})
    return kept


class _Beginning(TraceReader):
    """The first events of a trace, as if there were no others.

    Args:
        path: the file.
        events: how many.
    """

    def __init__(self, path: Path, events: int) -> None:
        super().__init__(path, forgive_cut=True)
        self._events = events

    def lines(self) -> Iterator[bytes]:
        """Yield the line of each of these events."""
        yield from islice(super().lines(), self._events)
        self.end = None
