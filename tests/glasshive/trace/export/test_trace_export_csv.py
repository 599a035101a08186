"""A reader of CSV reads what is exported as CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.glasshive.trace.export.conftest import Told


@pytest.fixture(scope="module")
def rows(told: Told) -> list[dict[str, str]]:
    text = told.export("csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_each_event_is_a_row_with_its_number_and_time(
    rows: list[dict[str, str]], told: Told
) -> None:
    assert [(int(row["index"]), float(row["time"])) for row in rows] == [
        (event.index, event.time) for event in told.events
    ]


def test_a_row_says_whose_event_it_is_and_of_which_message(
    rows: list[dict[str, str]], told: Told
) -> None:
    columns = ("kind", "actor", "peer", "type", "message", "cause")
    for row, event in zip(rows, told.events, strict=True):
        values = [getattr(event, name) for name in columns]
        assert [row[name] for name in columns] == [
            "" if value is None else str(value) for value in values
        ]


def test_a_row_has_its_data_as_json(rows: list[dict[str, str]], told: Told) -> None:
    for row, event in zip(rows, told.events, strict=True):
        assert (json.loads(row["data"]) if row["data"] else None) == event.data
