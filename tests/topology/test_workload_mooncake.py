from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glasshive.errors import InputError
from topology.workload import Survey, open_workload

if TYPE_CHECKING:
    from pathlib import Path

FIRST = '{"timestamp": 27, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2]}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mooncake.jsonl"


def replay(path: Path, *lines: str, end: str = "\n") -> list[tuple[float, int, int]]:
    path.write_text("\n".join(lines) + end)
    return [
        (arrival.time, arrival.request.prompt_tokens, arrival.request.max_tokens)
        for arrival in open_workload(path, model="llama")
    ]


def complaint(path: Path, *lines: str, end: str = "\n") -> str:
    with pytest.raises(InputError) as caught:
        replay(path, *lines, end=end)
    return str(caught.value)


def row(timestamp: str = "0", prompt: str = "1", output: str = "1") -> str:
    return f'{{"timestamp": {timestamp}, "input_length": {prompt}, "output_length": {output}}}'


def test_rows_are_read_and_their_milliseconds_counted_from_the_first(path: Path) -> None:
    assert replay(path, FIRST, row("3027", "7322", "490"), row("3027.5", "5", "6")) == [
        (0.0, 6758, 500),
        (3.0, 7322, 490),
        (3.0005, 5, 6),
    ]


def test_a_last_line_without_a_line_break_is_read(path: Path) -> None:
    assert replay(path, FIRST, end="") == [(0.0, 6758, 500)]


def test_rows_without_an_output_are_skipped_and_counted(path: Path) -> None:
    path.write_text("\n".join([row(output="0"), row("2000", "3", "4")]))
    assert open_workload(path, model="llama").survey() == Survey(
        requests=1, prompt_tokens=3, output_tokens=4, seconds=2.0, skipped=1
    )


def test_a_missing_field_is_refused_with_the_near_one(path: Path) -> None:
    line = '{"timestamp": 0, "input_lenght": 1, "output_length": 1}'
    assert complaint(path, line) == (
        f"{path}, line 1: there is no field 'input_length'; "
        "did you mean 'input_lenght' or 'output_length'?"
    )


@pytest.mark.parametrize("value", ["-1", "true", "null", '"0"', "[0]", "1000000000000001"])
def test_a_bad_timestamp_is_refused(path: Path, value: str) -> None:
    assert complaint(path, row(timestamp=value)) == (
        f"{path}, line 1: timestamp is {value!r}; write milliseconds from the start"
    )


def test_a_row_earlier_than_the_one_before_it_is_refused(path: Path) -> None:
    assert complaint(path, row("3000"), row("2500")) == (
        f"{path}, line 2: the row is 0.5 s earlier than the row before it; sort the rows by time"
    )


@pytest.mark.parametrize("value", ["-5", "10000001", "9" * 30])
def test_a_negative_or_absurd_count_of_tokens_is_refused(path: Path, value: str) -> None:
    assert complaint(path, row(prompt=value)) == (
        f"{path}, line 1: input_length is {value!r}; write a number from 0 to 10000000"
    )


@pytest.mark.parametrize("value", ["4.5", "true", "null", '"four"'])
def test_a_count_that_is_no_whole_number_is_refused(path: Path, value: str) -> None:
    assert complaint(path, row(output=value)) == (
        f"{path}, line 1: output_length is {value!r}; write a whole number of tokens"
    )


def test_a_file_cut_in_the_middle_of_a_line_is_refused(path: Path) -> None:
    assert complaint(path, FIRST, FIRST[:39], end="") == (
        f"{path}, line 2: the JSON breaks off after 'input_length\": 6758,'; "
        "the file ends inside this line: copy it again, or remove the line"
    )


@pytest.mark.parametrize("text", ["[1, 2]", "{} {}", "timestamp", "{'timestamp': 0}", "NaN"])
def test_a_line_that_is_no_json_object_is_refused(path: Path, text: str) -> None:
    assert complaint(path, FIRST, text) == (
        f"{path}, line 2: {text!r} is no readable JSON object; write one object on each line"
    )


def test_a_line_nested_beyond_all_measure_is_refused(path: Path) -> None:
    nested = '{"a":' * 100_000
    assert complaint(path, FIRST, nested) == (
        f"{path}, line 2: '{nested[:40]}…' is no readable JSON object; "
        "write one object on each line"
    )
