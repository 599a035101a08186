"""Which events of a trace are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from glasshive.errors import Complaint, InputError, nearest
from glasshive.trace.event import Event
from glasshive.trace.index import Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glasshive.trace.expression import Expression
    from glasshive.trace.index import Index

__all__ = ["Selection", "outlines", "select"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What an event must fulfil to be wanted: every part of it that is given.

    Args:
        jobs: it belongs to one of these, by any of their names.
        actors: it is of one of these, or of a message to or from one.
        types: it is of a message of one of these classes.
        begin: seconds of the run, the first that counts.
        end: seconds of the run, the last that counts.
        where: what it fulfils.
    """

    jobs: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    begin: float = -inf
    end: float = inf
    where: Expression | None = None

    @property
    def everything(self) -> bool:
        """Whether every event is wanted."""
        return self == Selection()


def select(index: Index, selection: Selection) -> list[int]:
    """Return the events that are wanted.

    Args:
        index: the trace.
        selection: what they fulfil.

    Raises:
        InputError: for a job, an actor or a class that the trace does not have.
    """
    path = index.path
    jobs = {number for name in selection.jobs for number in index.jobs.named(name, path)}
    actors = _numbers(index, selection.actors, "actor", sorted({*index.actor, *index.peer} - {-1}))
    types = _numbers(index, selection.types, "type", sorted({*index.type} - {-1}))
    chosen: list[int] | range = range(len(index))
    if selection.begin > -inf or selection.end < inf:
        time = index.time
        chosen = [n for n in chosen if selection.begin <= time[n] <= selection.end]
    if types:
        chosen = [n for n in chosen if index.type[n] in types]
    if actors:
        chosen = [n for n in chosen if index.actor[n] in actors or index.peer[n] in actors]
    if jobs:
        chosen = [n for n in chosen if not jobs.isdisjoint(index.jobs_of(n))]
    where = selection.where
    if where is None:
        return list(chosen)
    holds = where.holds
    return [seen.event.index for seen in _seen(index, chosen, where) if holds(seen)]


def _seen(index: Index, chosen: list[int] | range, where: Expression) -> Iterator[Seen]:
    return index.all_seen(chosen) if where.wants_payload else outlines(index, chosen)


def outlines(index: Index, numbers: Iterable[int]) -> Iterator[Seen]:
    """Yield events without their payloads, which need not be read for them.

    Args:
        index: the trace.
        numbers: which.
    """
    return (_without_payload(index, number) for number in numbers)


def _without_payload(index: Index, number: int) -> Seen:
    message, cause, name = index.message[number], index.cause[number], index.name
    event = Event(
        number,
        index.time[number],
        index.kind_of(number),
        name(index.actor[number]) or "",
        cause if cause >= 0 else None,
        message if message >= 0 else None,
        name(index.peer[number]),
        name(index.type[number]),
    )
    return Seen(event, None, index.job_names(number))


def _numbers(index: Index, names: tuple[str, ...], what: str, known: list[int]) -> set[int]:
    """Return what stands for some names in the arrays.

    Raises:
        InputError: for each that does not come up in the trace.
    """
    found = {name: index.number_of(name) for name in names}
    complaints = [
        Complaint(
            f"{what} {name!r}",
            f"there is none of this name in {index.path}",
            nearest(name, [index.names[each] for each in known]),
        )
        for name, number in found.items()
        if number not in known
    ]
    if complaints:
        raise InputError(*complaints)
    return {number for number in found.values() if number is not None}
