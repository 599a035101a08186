"""A trace as tables of SQL: events, messages, jobs, states."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from glasshive.errors import Complaint, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glasshive.trace.index import Index, Seen

__all__ = ["TABLES", "Answer", "query"]

TABLES: dict[str, tuple[str, ...]] = {
    "events": (
        *("event", "time", "kind", "actor", "peer", "type", "message", "cause", "job"),
        "data",
    ),
    "messages": (
        *("message", "type", "sender", "receiver", "job", "send", "sent", "arrival", "arrived"),
        *("seconds", "loss", "reason", "copies", "data"),
    ),
    "jobs": ("job", "parts", "began", "ended", "events", "messages", "state"),
    "states": ("event", "time", "actor", "subject", "before", "after", "job", "data"),
}
"""The columns of each table; docs/traces.md says what is in them."""

_ALLOWED = frozenset(
    [sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE]
)
_COPIES = frozenset(["send", "duplicate"])
_NEVER = (None, None)


class Answer:
    """What a query has found.

    Args:
        columns: their names.
        rows: the values, read as they are wanted.
    """

    def __init__(self, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
        self.columns = columns
        self.rows = rows


@contextmanager
def query(index: Index, sql: str) -> Iterator[Answer]:
    """Ask a trace in SQL, as SQLite knows it; only the tables that it names are made.

    Args:
        index: the trace.
        sql: one SELECT.

    Raises:
        InputError: when it is no query that SQLite understands, or it would change something.
    """
    words = {word.lower() for word in re.findall(r"\w+", sql)}
    with tempfile.TemporaryDirectory(prefix="glasshive-") as folder:
        database = sqlite3.connect(Path(folder) / "trace.db", isolation_level=None)
        try:
            _fill(database, index, words & set(TABLES))
            database.set_authorizer(_allow)
            yield _asked(database, sql)
        finally:
            database.close()


def _allow(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _asked(database: sqlite3.Connection, sql: str) -> Answer:
    try:
        cursor = database.execute(sql)
        if cursor.description is None:
            raise _wrong("asks for nothing", "write a SELECT")
        # The first row tells of most that is wrong with a query that could be read.
        first = cursor.fetchone()
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        raise _refused(error) from None
    columns = tuple(column[0] for column in cursor.description)
    return Answer(columns, _rows(first, cursor))


def _rows(first: Any, cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    try:
        yield from chain([first] if first is not None else [], cursor)
    except sqlite3.Error as error:
        raise _refused(error) from None


def _refused(error: Exception) -> InputError:
    text = str(error)
    if "not authorized" in text or "prohibited" in text:
        return _wrong("would change something", "only SELECT is allowed")
    if text.startswith("no such column"):
        tables = "; ".join(f"{name} has {', '.join(each)}" for name, each in TABLES.items())
        return _wrong(f"is refused ({text})", tables)
    return _wrong(f"is refused ({text})", f"the tables are {', '.join(TABLES)}")


def _wrong(what: str, remedy: str) -> InputError:
    return InputError(Complaint("SQL", what, remedy))


def _fill(database: sqlite3.Connection, index: Index, tables: set[str]) -> None:
    """Make tables, and write the trace into them."""
    database.execute("PRAGMA journal_mode=OFF")
    database.execute("PRAGMA synchronous=OFF")
    # Changes of state are few, and the table of jobs wants the last one of each.
    wanted = tables | ({"states"} if "jobs" in tables else set())
    for name in wanted:
        key = " INTEGER PRIMARY KEY" if name == "events" else ""
        first, *rest = TABLES[name]
        columns = ", ".join([f'"{first}"{key}', *(f'"{column}"' for column in rest)])
        database.execute(f"CREATE TABLE {name} ({columns})")
    database.execute("BEGIN")
    if "messages" in wanted:
        _insert(database, "messages", _messages(index))
    if "events" in wanted:
        _insert(database, "events", map(_event, index.all_seen()))
    if "states" in wanted:
        state = index.kinds.index("state")
        numbers = [number for number, kind in enumerate(index.kind) if kind == state]
        _insert(database, "states", filter(None, map(_state, index.all_seen(numbers))))
    if "jobs" in wanted:
        _insert(database, "jobs", _jobs(database, index))
    database.execute("COMMIT")


def _insert(database: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(TABLES[table]))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608  our own words


def _event(seen: Seen) -> tuple[Any, ...]:
    event = seen.event
    return (
        event.index,
        event.time,
        event.kind,
        event.actor,
        event.peer,
        event.type,
        event.message,
        event.cause,
        _one(seen.jobs),
        _json(event.data if event.data is not None else seen.payload),
    )


def _state(seen: Seen) -> tuple[Any, ...] | None:
    event, data = seen.event, seen.event.data
    if not isinstance(data, dict):
        return None
    subject, before, after = (_text(data.get(key)) for key in ("subject", "before", "after"))
    head = (event.index, event.time, event.actor, subject, before, after)
    return (*head, _one(seen.jobs), _json(data))


def _messages(index: Index) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each message that was sent."""
    ends: dict[int, int] = {}
    losses: dict[int, int] = {}
    copies: dict[int, int] = {}
    for number, kind in enumerate(index.kind):
        cause = index.cause[number]
        if cause < 0 or index.kind_of(cause) not in _COPIES:
            continue
        send = index.cause[cause] if index.kind_of(cause) == "duplicate" else cause
        what = index.kinds[kind]
        if what == "deliver":
            ends.setdefault(send, number)
        elif what == "drop":
            losses.setdefault(send, number)
        elif what == "duplicate":
            copies[send] = copies.get(send, 1) + 1
    time = index.time
    for seen in index.all_seen():
        event = seen.event
        if event.kind != "send":
            continue
        arrival, loss = ends.get(event.index), losses.get(event.index)
        arrived = None if arrival is None else time[arrival]
        dropped = None if loss is None else index.event(loss).data
        yield (
            event.message,
            event.type,
            event.actor,
            event.peer,
            _one(seen.jobs),
            event.index,
            event.time,
            arrival,
            arrived,
            None if arrived is None else arrived - event.time,
            loss,
            _text(dropped.get("reason")) if isinstance(dropped, dict) else None,
            copies.get(event.index, 1),
            _json(seen.payload),
        )


def _jobs(database: sqlite3.Connection, index: Index) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each job; its state is the last one of its first part that has any."""
    last = dict(
        database.execute(
            "SELECT subject, after FROM states WHERE after IS NOT NULL ORDER BY event"
        ).fetchall()
    )
    times: dict[int, list[float]] = {}
    counts: dict[int, list[int]] = {}
    send = index.kinds.index("send")
    for number, kind in enumerate(index.kind):
        for job in index.jobs_of(number):
            span = times.setdefault(job, [index.time[number]] * 2)
            span[1] = index.time[number]
            count = counts.setdefault(job, [0, 0])
            count[0] += 1
            count[1] += kind == send
    for number in range(len(index.jobs)):
        name, names = index.jobs[number].name, index.jobs[number].names
        state = next((last[each] for each in names if each in last), None)
        yield (name, _json(names), *times.get(number, _NEVER), *counts.get(number, _NEVER), state)


def _one(jobs: tuple[str, ...]) -> str | None:
    """Return a job's name, or several with commas between."""
    return ",".join(jobs) or None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str | None) else _json(value)


def _json(value: Any) -> str | None:
    text = None
    with suppress(UnicodeEncodeError):
        text = None if value is None else msgspec.json.encode(value).decode()
    return text
