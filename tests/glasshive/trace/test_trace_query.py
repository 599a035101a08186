"""A trace in tables of SQL."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from glasshive.trace.database import TABLES, query
from glasshive.trace.passage import passage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glasshive.trace.index import Index


def rows(index: Index, sql: str) -> list[tuple[Any, ...]]:
    with query(index, sql) as answer:
        return list(answer.rows)


@pytest.mark.parametrize("table", TABLES)
def test_each_table_has_its_columns(crashed: Index, table: str) -> None:
    with query(crashed, f"SELECT * FROM {table}") as answer:  # noqa: S608  our own words
        assert answer.columns == TABLES[table]
        assert list(answer.rows)


def test_events_are_the_lines_of_the_trace(crashed: Index) -> None:
    found = rows(crashed, "SELECT event, time, kind, actor, peer, type, message, cause FROM events")
    assert found == [
        (e.index, e.time, e.kind, e.actor, e.peer, e.type, e.message, e.cause)
        for e in crashed.events()
    ]


def test_an_events_data_is_its_message_where_its_line_holds_none(crashed: Index) -> None:
    sql = "SELECT kind, job, data ->> 'job_id' FROM events WHERE message = 13"
    assert rows(crashed, sql) == [
        ("send", "request-1", "queen/job-1"),
        ("deliver", "request-1", "queen/job-1"),
    ]


def test_a_message_is_one_row_with_its_ends(indexed: Callable[..., Index]) -> None:
    send = {"kind": "send", "actor": "a", "peer": "b", "type": "T", "data": {"job_id": "j"}}
    end = {"actor": "b", "peer": "a", "type": "T"}
    index = indexed(
        {**send, "message": 1},
        {**send, "message": 2},
        {**send, "kind": "duplicate", "message": 2, "cause": 1, "data": None},
        {**end, "kind": "deliver", "message": 2, "cause": 2},
        {**end, "kind": "deliver", "message": 2, "cause": 1},
        {**end, "kind": "drop", "message": 1, "cause": 0, "data": {"reason": "loss"}},
    )
    assert rows(index, "SELECT * FROM messages") == [
        (1, "T", "a", "b", "j", 0, 0.0, None, None, None, 5, "loss", 1, '{"job_id":"j"}'),
        (2, "T", "a", "b", "j", 1, 1.0, 3, 3.0, 2.0, None, None, 2, '{"job_id":"j"}'),
    ]


def test_jobs_say_what_came_of_them(crashed: Index) -> None:
    way = passage(crashed, "request-2")[0]
    sql = "SELECT parts, began, ended, events, state FROM jobs WHERE job = 'request-2'"
    ((parts, began, ended, events, state),) = rows(crashed, sql)
    assert tuple(json.loads(parts)) == way.job.names
    assert (began, ended) == (crashed.time[way.events[0]], crashed.time[way.events[-1]])
    assert (events, state) == (len(way.events), "Completed")


def test_states_are_the_changes_of_registries(crashed: Index) -> None:
    sql = "SELECT before, after, job FROM states WHERE subject = 'queen/job-2' ORDER BY time"
    assert rows(crashed, sql) == [
        (None, "Queued", "request-2"),
        ("Queued", "Running", "request-2"),
        ("Running", "Completed", "request-2"),
        ("Completed", None, "request-2"),
    ]


def test_tables_can_be_joined(crashed: Index) -> None:
    sql = """
        SELECT count(*) FROM messages JOIN events ON events.event = messages.arrival
        WHERE events.actor = messages.receiver AND events.cause = messages.send
    """
    ((joined,),) = rows(crashed, sql)
    assert joined == rows(crashed, "SELECT count(*) FROM messages WHERE arrival > 0")[0][0] > 400


def test_query_prints_a_table_csv_or_json(trace: Callable[..., Any], crash: Path) -> None:
    sql = "SELECT event, round(time, 6) AS time, before FROM states LIMIT 2"
    shown = [line.split() for line in trace("query", crash, sql).out]
    assert shown == [["event", "time", "before"], ["38", "1.001", "-"], ["45", "1.004", "-"]]
    assert list(csv.reader(trace("query", crash, sql, "--csv").out)) == [
        ["event", "time", "before"],
        ["38", "1.001", ""],
        ["45", "1.004", ""],
    ]
    assert [json.loads(line) for line in trace("query", crash, sql, "--json").out] == [
        {"event": 38, "time": 1.001, "before": None},
        {"event": 45, "time": 1.004, "before": None},
    ]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("", "SQL: asks for nothing; write a SELECT"),
        ("SELEC 1", 'SQL: is refused (near "SELEC": syntax error); the tables are events, '),
        ("SELECT x FROM states", "no such column: x); events has event, time, kind, "),
        ("SELECT * FROM evnts", "no such table: evnts); the tables are events, messages, jobs"),
        ("SELECT 1; SELECT 2", "You can only execute one statement at a time"),
        ("SELECT json('{') FROM states", "SQL: is refused (malformed JSON)"),
        ("DROP TABLE events", "SQL: would change something; only SELECT is allowed"),
        ("DELETE FROM states", "SQL: would change something; only SELECT is allowed"),
        ("ATTACH 'x.db' AS y", "SQL: would change something; only SELECT is allowed"),
        ("PRAGMA user_version = 1", "SQL: would change something; only SELECT is allowed"),
    ],
)
def test_bad_sql_is_told(trace: Callable[..., Any], crash: Path, sql: str, error: str) -> None:
    said = trace("query", crash, sql)
    assert said.code == 2
    assert error in said.err
    assert "Traceback" not in said.err
