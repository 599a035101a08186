"""Which job an event belongs to, found without knowing what a job is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.errors import Complaint, InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ROOT", "SAME", "Job", "Jobs", "Spelling"]

ROOT = "request_id"
"""The field that names a whole job, where the head of a trace names no other."""
SAME = ("job_id", "subject")
"""Fields that name a part of one, where the head of a trace names no others."""

_ID = re.compile(rb'_id":("(?:[^"\\]|\\.)*"|-?\d+)')
_SUBJECT = re.compile(rb'"subject":("(?:[^"\\]|\\.)*"|-?\d+)')
_FEW = 2_000
"""Names among which a near one is looked for."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The fields of payloads that name jobs.

    A trace's head says so with `"jobs": {"root": "order_id", "same": ["line_id"]}`, which
    `@scenario(jobs="order_id", parts=["line_id"])` has written there; without it they are `ROOT`
    and `SAME`.

    Args:
        root: names a whole job, wherever it goes.
        same: name a part of a job, such as the work that one actor does for it.
    """

    root: str = ROOT
    same: tuple[str, ...] = SAME

    @classmethod
    def of(cls, header: Mapping[str, Any]) -> Spelling:
        """Return what the head of a trace says, or what holds where it says nothing."""
        said = header.get("jobs")
        if not isinstance(said, dict):
            return cls()
        root, same = said.get("root"), said.get("same")
        return cls(
            root if isinstance(root, str) else ROOT,
            tuple(map(str, same)) if isinstance(same, list) else SAME,
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One job, by all its names."""

    name: str
    """What a whole job is called: the value of the root field."""
    names: tuple[str, ...]
    """This and what its parts are called, in the order in which they came up."""


class _Numbers(dict[bytes, int]):
    """The number of each id, by what a line says: its field, a quotation mark, and its value."""

    def __init__(self) -> None:
        super().__init__()
        self.keys_of_ids: list[tuple[str, str]] = []
        """Field and value by number."""

    def __missing__(self, said: bytes) -> int:
        field, _, value = said.partition(b'":')
        text = value.decode()
        if text[0] == '"':
            text = msgspec.json.decode(value) if "\\" in text else text[1:-1]
        number = self[said] = len(self.keys_of_ids)
        self.keys_of_ids.append((field.decode(), text))
        return number


class Jobs:
    """Gathers the ids that lines carry, and works out which of them name the same job.

    An id is the value of a field whose name ends in `_id`, or of `subject` in a change of state.
    The root field names a job. A part's name that stands in one payload with exactly one root
    belongs to that root; where no root stands in the whole trace, every id is a job of its own.

    Args:
        spelling: the fields that count.
    """

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self._numbers = _Numbers()
        self._together: dict[tuple[int, ...], None] = {}
        self._jobs: list[Job] = []
        self._by_name: dict[str, tuple[int, ...]] = {}
        self._of_id: list[tuple[int, ...]] = []

    # -- while a trace is read ------------------------------------------------------------

    def found_in(self, line: bytes, *, state: bool) -> tuple[int, ...]:
        """Return the ids that a line carries, as numbers.

        Args:
            line: the line.
            state: whether it is a change of state.
        """
        # A quotation mark within a text has a backslash before it, so none is mistaken for a key.
        numbers = self._numbers
        found = [
            numbers[line[line.rfind(b'"', 0, match.start()) + 1 : match.end()]]
            for match in _ID.finditer(line)
        ]
        if state:
            found += [numbers[b'subject":' + value] for value in _SUBJECT.findall(line)]
        if len(found) == 1:
            return (found[0],)
        ids = tuple(dict.fromkeys(found))
        if len(ids) > 1:
            self._together[ids] = None
        return ids

    # -- when it has been read ------------------------------------------------------------

    def resolve(self) -> None:
        """Work out the jobs from all ids."""
        keys = self._numbers.keys_of_ids
        root, same = self._spelling.root, self._spelling.same
        rooted = any(field == root for field, _ in keys)
        counts = {root, *same} if rooted else {field for field, _ in keys}
        roots: dict[str, dict[str, None]] = {}
        for field, value in keys:
            if field in counts and (field == root or not rooted):
                roots.setdefault(value, {value: None})
        if rooted:
            for ids in self._together:
                pairs = [keys[number] for number in ids]
                own = {value: None for field, value in pairs if field == root}
                if len(own) == 1:
                    for field, value in pairs:
                        if field in same:
                            roots.setdefault(value, {}).update(own)
        for field, value in keys:
            if field in counts:
                roots.setdefault(value, {value: None})
        self._settle(roots)
        self._of_id = [self._by_name[value] if field in counts else () for field, value in keys]

    def _settle(self, roots: Mapping[str, Mapping[str, None]]) -> None:
        """Number the jobs in the order in which they came up."""
        numbers: dict[str, int] = {}
        names: list[list[str]] = []
        for name, own in roots.items():
            for each in own:
                if each not in numbers:
                    numbers[each] = len(names)
                    names.append([each])
                if name != each:
                    names[numbers[each]].append(name)
            self._by_name[name] = tuple(numbers[each] for each in own)
        self._jobs = [Job(each[0], tuple(dict.fromkeys(each))) for each in names]

    def of(self, ids: Iterable[int]) -> tuple[int, ...]:
        """Return the numbers of the jobs that ids name."""
        found = [job for number in ids for job in self._of_id[number]]
        return tuple(found) if len(found) < 2 else tuple(dict.fromkeys(found))  # noqa: PLR2004

    def __len__(self) -> int:
        return len(self._jobs)

    def __getitem__(self, number: int) -> Job:
        return self._jobs[number]

    def named(self, name: str, path: object) -> tuple[int, ...]:
        """Return the numbers of the jobs that a name belongs to.

        Args:
            name: the job's, or one of a part of it.
            path: of the trace, for the error.

        Raises:
            InputError: when there is none of this name.
        """
        if name in self._by_name:
            return self._by_name[name]
        known = list(self._by_name)
        if not known:
            remedy = "no payload of this trace carries an id"
        elif len(known) > _FEW:
            remedy = "the table jobs of `glasshive trace query` has them all"
        else:
            remedy = nearest(name, known)
            if remedy.startswith("known:"):
                shown = ", ".join(each.name for each in self._jobs[:5])
                more = " …" if len(self._jobs) > 5 else ""  # noqa: PLR2004
                remedy = f"known: {shown}{more}"
        raise InputError(
            Complaint(f"job {name!r}", f"there is none of this name in {path}", remedy)
        )
