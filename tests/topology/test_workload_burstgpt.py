from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glasshive.errors import InputError
from topology.workload import Survey, open_workload

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type"
HEADER_OF_RELEASE_2 = (
    "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "burstgpt.csv"


def write(path: Path, *lines: str, end: str = "\n") -> None:
    path.write_text("\n".join(lines) + end)


def complaint(path: Path, *rows: str, end: str = "\n", **models: str) -> str:
    write(path, HEADER, *rows, end=end)
    with pytest.raises(InputError) as caught:
        list(open_workload(path, model="llama", models=models or None))
    return str(caught.value)


def test_rows_of_release_1_are_read(path: Path) -> None:
    write(
        path,
        HEADER,
        "5,ChatGPT,472,18,490,Conversation log",
        "45,GPT-4,1087,230,1317,API log",
    )
    first, second = open_workload(path, model="llama")
    assert (first.time, first.request.prompt_tokens, first.request.max_tokens) == (0.0, 472, 18)
    assert (second.time, second.request.prompt_tokens) == (40.0, 1087)
    assert second.request.max_tokens == 230


def test_rows_of_release_2_are_read(path: Path) -> None:
    write(
        path,
        HEADER_OF_RELEASE_2,
        "19440110.0,1722ac82-0a46-4bf0-aa08-89794e7a2b3f,43,GPT-4,906,446,1352,Conversation log",
        "19440161.25,,2,ChatGPT,36,29,65,API log",
    )
    first, second = open_workload(path, model="llama")
    assert (first.time, first.request.prompt_tokens, first.request.max_tokens) == (0.0, 906, 446)
    assert (second.time, second.request.prompt_tokens) == (51.25, 36)
    assert second.request.max_tokens == 29


def test_rows_of_failed_requests_are_skipped_and_counted(path: Path) -> None:
    write(
        path,
        HEADER,
        "5,ChatGPT,100,0,100,API log",
        "6,ChatGPT,200,20,220,API log",
        "7,ChatGPT,300,0,300,API log",
        "8,ChatGPT,400,40,440,API log",
    )
    workload = open_workload(path, model="llama")
    assert [(arrival.time, arrival.request.request_id) for arrival in workload] == [
        (1.0, "request-1"),
        (3.0, "request-2"),
    ]
    assert workload.survey() == Survey(
        requests=2, prompt_tokens=600, output_tokens=60, seconds=3.0, skipped=2
    )


def test_all_requests_ask_for_the_one_model_unless_models_are_given(path: Path) -> None:
    write(path, HEADER, "5,ChatGPT,1,1,2,API log", "6,GPT-4,1,1,2,API log")
    workload = open_workload(path, model="llama")
    assert [arrival.request.model for arrival in workload] == ["llama", "llama"]


def test_requests_ask_for_the_model_that_stands_for_theirs(path: Path) -> None:
    write(path, HEADER, "5,ChatGPT,1,1,2,API log", "6,GPT-4,1,1,2,API log")
    models = {"ChatGPT": "small", "GPT-4": "large"}
    workload = open_workload(path, model="llama", models=models)
    assert [arrival.request.model for arrival in workload] == ["small", "large"]


def test_a_model_that_nothing_stands_for_is_refused(path: Path) -> None:
    row = "5,GPT-4,1,1,2,API log"
    assert complaint(path, row, ChatGPT="small", GPT4="large") == (
        f"{path}, line 2: no model is given for 'GPT-4'; did you mean 'GPT4'?"
    )


@pytest.mark.parametrize("timestamp", ["noon", "-5", "", "nan", "5e3", "5:00"])
def test_a_bad_timestamp_is_refused(path: Path, timestamp: str) -> None:
    assert complaint(path, f"{timestamp},ChatGPT,472,18,490,API log") == (
        f"{path}, line 2: Timestamp is {timestamp!r}; write seconds from the start, like 45.0"
    )


def test_a_row_earlier_than_the_one_before_it_is_refused(path: Path) -> None:
    rows = ("45,ChatGPT,1,1,2,API log", "5,ChatGPT,1,1,2,API log")
    assert complaint(path, *rows) == (
        f"{path}, line 3: the row is 40.0 s earlier than the row before it; sort the rows by time"
    )


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("5,ChatGPT,-472,18,490,API log", "Request tokens is '-472'"),
        ("5,ChatGPT,472,-18,490,API log", "Response tokens is '-18'"),
        ("5,ChatGPT,472,10000001,490,API log", "Response tokens is '10000001'"),
    ],
)
def test_a_negative_or_absurd_count_of_tokens_is_refused(path: Path, row: str, field: str) -> None:
    assert complaint(path, row) == f"{path}, line 2: {field}; write a number from 0 to 10000000"


def test_a_count_that_is_no_whole_number_is_refused(path: Path) -> None:
    assert complaint(path, "5,ChatGPT,472.0,18,490,API log") == (
        f"{path}, line 2: Request tokens is '472.0'; write a whole number of tokens"
    )


def test_a_file_cut_in_the_middle_of_a_row_is_refused(path: Path) -> None:
    assert complaint(path, "5,ChatGPT,472,18,490,API log", "45,ChatGPT,10", end="") == (
        f"{path}, line 3: the row has 3 fields and the header 6; "
        "the file ends inside this line: copy it again, or remove the line"
    )


def test_a_header_without_a_column_is_refused_with_the_near_one(path: Path) -> None:
    write(path, HEADER.replace("Response tokens", "Response token"), "5,ChatGPT,1,1,2,API log")
    with pytest.raises(InputError) as caught:
        list(open_workload(path, model="llama"))
    assert str(caught.value) == (
        f"{path}, line 1: there is no column 'Response tokens'; "
        "did you mean 'Response token' or 'Request tokens'?"
    )
