"""`glasshive trace query`: a trace, asked in SQL."""

from __future__ import annotations

import csv
import json
import sys
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from glasshive.cli.trace.options import as_json, columns, emit, opened, trace_file, width
from glasshive.cli.trace.table import table
from glasshive.trace.database import query

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["command"]


@click.command("query", short_help="Ask in SQL: SELECT … FROM events, messages, jobs, states.")
@trace_file
@click.argument("sql", metavar="SELECT")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with a line of headings.")
@width
@as_json
def command(file: Path, sql: str, *, as_csv: bool, width: int | None, as_json: bool) -> None:
    """Ask a trace in SQL: SELECT … FROM events, messages, jobs or states.

    SELECT type, count(*), avg(seconds) FROM messages GROUP BY type

    Payloads are JSON, for SQLite's ->> operator: SELECT data ->> 'job_id' FROM messages. With
    --json each row is an object on a line of its own.
    """
    with opened(file) as index, query(index, sql) as answer:
        if as_json:
            for row in answer.rows:
                click.echo(json.dumps(dict(zip(answer.columns, map(_plain, row), strict=True))))
        elif as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(answer.columns)
            writer.writerows(map(_plain, row) for row in answer.rows)
        else:
            rows = [list(map(_shown, row)) for row in answer.rows]
            emit(table(answer.columns, rows, columns(width) if width or sys.stdout.isatty() else 0))


def _plain(value: Any) -> Any:
    """Return a value as JSON can have it, which knows neither bytes nor the infinite."""
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value


def _shown(value: Any) -> str | None:
    # Numbers are copied into other commands, so no commas stand in them.
    return (
        f"{value:.10g}"
        if isinstance(value, float)
        else None
        if value is None
        else str(_plain(value))
    )
