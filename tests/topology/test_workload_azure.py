from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.errors import InputError
from topology.workload import (
    Arrival,
    Poisson,
    Rate,
    Uniform,
    Workload,
    open_workload,
    write_azure,
)
from topology.workload.arrival import numbered_request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 24 * 3600

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"


class TwoRequests(Workload):
    def __iter__(self) -> Iterator[Arrival]:
        yield Arrival(0.0, numbered_request(1, "llama", prompt_tokens=374, output_tokens=44))
        late = DAY + 3661.0000005
        yield Arrival(late, numbered_request(2, "llama", prompt_tokens=396, output_tokens=109))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "azure.csv"


def replay(path: Path, *rows: str, end: str = "\n") -> list[tuple[float, int, int]]:
    path.write_text("\n".join([HEADER, *rows]) + end)
    return [
        (arrival.time, arrival.request.prompt_tokens, arrival.request.max_tokens)
        for arrival in open_workload(path, model="llama")
    ]


def complaint(path: Path, *rows: str, end: str = "\n") -> str:
    with pytest.raises(InputError) as caught:
        replay(path, *rows, end=end)
    return str(caught.value)


def test_rows_with_seven_decimals_no_zone_and_no_last_line_break_are_read(path: Path) -> None:
    assert replay(
        path,
        "2023-11-16 18:15:46.6805900,374,44",
        "2023-11-16 18:15:50.9951690,396,109",
        end="",
    ) == [(0.0, 374, 44), (4.314579, 396, 109)]


def test_a_tenth_of_a_microsecond_is_kept(path: Path) -> None:
    arrivals = replay(path, "2023-11-16 23:59:59.9999999,1,1", "2023-11-17 00:00:00.0000001,1,1")
    assert arrivals == [(0.0, 1, 1), (0.0000002, 1, 1)]


def test_rows_with_a_zone_are_read(path: Path) -> None:
    assert replay(
        path,
        "2024-05-10 00:00:00.009930+00:00,2162,5",
        "2024-05-10T02:00:01.009930+02:00,2399,6",
        "2024-05-10 00:00:02Z,7,8",
    ) == [(0.0, 2162, 5), (1.0, 2399, 6), (1.99007, 7, 8)]


@pytest.mark.parametrize(
    "timestamp",
    ["yesterday", "", "18:15:46", "2023-13-01 00:00:00", "2023-02-29 00:00:00", "1700158546.68"],
)
def test_a_bad_timestamp_is_refused(path: Path, timestamp: str) -> None:
    assert complaint(path, f"{timestamp},374,44") == (
        f"{path}, line 2: TIMESTAMP is {timestamp!r}; write a time like 2023-11-16 18:15:46.6805900"
    )


def test_a_row_earlier_than_the_one_before_it_is_refused(path: Path) -> None:
    rows = ("2023-11-16 18:15:46.5,374,44", "2023-11-16 18:15:46.25,396,109")
    assert complaint(path, *rows) == (
        f"{path}, line 3: the row is 0.25 s earlier than the row before it; sort the rows by time"
    )


@pytest.mark.parametrize("count", ["-1", "-374", "10000001", "9" * 30])
def test_a_negative_or_absurd_count_of_tokens_is_refused(path: Path, count: str) -> None:
    assert complaint(path, f"2023-11-16 18:15:46.6805900,{count},44") == (
        f"{path}, line 2: ContextTokens is {count!r}; write a number from 0 to 10000000"
    )


def test_the_largest_count_of_tokens_is_accepted(path: Path) -> None:
    row = "2023-11-16 18:15:46.6805900,10000000,44"
    assert replay(path, row) == [(0.0, 10_000_000, 44)]


@pytest.mark.parametrize("count", ["many", "4.5", "4e1", "", "+4", "1_000", "٤", "--4"])
def test_a_count_that_is_no_whole_number_is_refused(path: Path, count: str) -> None:
    assert complaint(path, f"2023-11-16 18:15:46.6805900,374,{count}") == (
        f"{path}, line 2: GeneratedTokens is {count!r}; write a whole number of tokens"
    )


def test_a_long_wrong_value_is_quoted_in_short(path: Path) -> None:
    assert complaint(path, f"2023-11-16 18:15:46.6805900,{'9' * 5000},44") == (
        f"{path}, line 2: ContextTokens is '{'9' * 40}…'; write a number from 0 to 10000000"
    )


def test_a_file_cut_before_its_last_number_is_refused(path: Path) -> None:
    row = "2023-11-16 18:15:46.6805900,374,"
    assert complaint(path, row, end="") == (
        f"{path}, line 2: GeneratedTokens is ''; "
        "the file ends inside this line: copy it again, or remove the line"
    )


def test_a_header_without_a_column_is_refused_with_the_near_one(path: Path) -> None:
    path.write_text("TIMESTAMP,ContextToken,GeneratedTokens\n2023-11-16 18:15:46,374,44\n")
    with pytest.raises(InputError) as caught:
        list(open_workload(path, model="llama"))
    assert str(caught.value) == (
        f"{path}, line 1: there is no column 'ContextTokens'; "
        "did you mean 'ContextToken' or 'GeneratedTokens'?"
    )


def test_a_written_workload_looks_like_the_published_traces(path: Path) -> None:
    write_azure(path, TwoRequests())
    assert path.read_bytes() == (
        b"TIMESTAMP,ContextTokens,GeneratedTokens\n"
        b"2000-01-01 00:00:00.0000000,374,44\n"
        b"2000-01-02 01:01:01.0000005,396,109\n"
    )


@given(st.integers(), st.floats(0.1, 50))
def test_a_written_workload_replays_its_gaps_and_lengths(
    tmp_path_factory: pytest.TempPathFactory, seed: int, per_second: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    workload = Poisson(
        Rate(per_second),
        prompt=Uniform(1, 9999),
        output=Uniform(1, 999),
        model="llama",
        seed=seed,
        limit=20,
    )
    write_azure(path, workload)
    original = list(workload)
    replayed = list(open_workload(path, model="llama"))
    assert [arrival.request for arrival in replayed] == [arrival.request for arrival in original]
    start = original[0].time
    assert [arrival.time for arrival in replayed] == pytest.approx(
        [arrival.time - start for arrival in original], abs=1.1e-7
    )


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "azure.csv"
    with pytest.raises(InputError) as caught:
        write_azure(path, TwoRequests())
    assert str(caught.value) == (
        f"{path}: the file cannot be written: No such file or directory; "
        "give a path in a directory that exists and can be written to"
    )
