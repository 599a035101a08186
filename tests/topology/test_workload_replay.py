from __future__ import annotations

import gzip
import itertools
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.errors import InputError
from topology.workload import Survey, open_workload

if TYPE_CHECKING:
    from pathlib import Path

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
BURSTGPT = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "workload"


def write_seconds(path: Path, *seconds: int) -> None:
    path.write_text(AZURE + "".join(f"2023-11-16 18:15:{second:02},374,44\n" for second in seconds))


def times(path: Path, *, limit: int | None = None, speed_up: float = 1.0) -> list[float]:
    workload = open_workload(path, model="llama", limit=limit, speed_up=speed_up)
    return [arrival.time for arrival in workload]


def complaint(path: Path, *, limit: int | None = None, speed_up: float = 1.0) -> str:
    with pytest.raises(InputError) as caught:
        times(path, limit=limit, speed_up=speed_up)
    return str(caught.value)


ONE_REQUEST = [
    AZURE + "2023-11-16 18:15:46.6805900,374,44\n",
    "GeneratedTokens,TIMESTAMP,ContextTokens\n44,2023-11-16 18:15:46.6805900,374\n",
    BURSTGPT + "5,ChatGPT,374,44,418,API log\n",
    '{"timestamp": 0, "input_length": 374, "output_length": 44, "hash_ids": []}\n',
]


@pytest.mark.parametrize("text", ONE_REQUEST)
@pytest.mark.parametrize("packed", [False, True])
def test_the_format_is_known_by_the_first_line(path: Path, text: str, packed: bool) -> None:
    data = text.replace("\n", "\r\n").encode("utf-8-sig")
    path.write_bytes(gzip.compress(data) if packed else data)
    (arrival,) = open_workload(path, model="llama")
    assert (arrival.request.prompt_tokens, arrival.request.max_tokens) == (374, 44)


def test_an_unknown_format_is_refused_and_the_known_ones_named(path: Path) -> None:
    path.write_text("time,prompt,output\n0,374,44\n")
    assert complaint(path) == (
        f"{path}, line 1: 'time,prompt,output' begins no known format; "
        "Azure LLM inference trace begins with TIMESTAMP,ContextTokens,GeneratedTokens; "
        "BurstGPT begins with Timestamp,Model,Request tokens,Response tokens; "
        "Mooncake has a JSON object on each line"
    )


def test_a_binary_file_is_refused(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n")
    assert complaint(path) == (
        f"{path}, line 1: byte 1 of the line is 0x89, which is not UTF-8; save the file as UTF-8"
    )


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert complaint(path) == f"{path}: the file is empty; give a file with requests"


@pytest.mark.parametrize("header", [AZURE, AZURE.rstrip(), BURSTGPT])
def test_a_file_with_nothing_but_a_header_is_refused(path: Path, header: str) -> None:
    path.write_text(header)
    sentence = f"{path}: there is no row after the header; add a request"
    assert complaint(path) == sentence
    with pytest.raises(InputError) as caught:
        open_workload(path, model="llama").survey()
    assert str(caught.value) == sentence


def test_a_missing_file_is_refused_when_it_is_opened(path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_workload(path, model="llama")
    assert str(caught.value) == (
        f"{path}: the file cannot be read: No such file or directory; "
        "give the path of a workload file"
    )


def test_requests_are_numbered_and_generate_exactly_their_length(path: Path) -> None:
    write_seconds(path, 1, 2)
    first, second = open_workload(path, model="llama")
    assert (first.request.request_id, first.request.prompt) == ("request-1", "request 1")
    assert (second.request.request_id, second.request.prompt) == ("request-2", "request 2")
    assert second.request.model == "llama"
    assert second.request.ignore_eos


def test_two_requests_may_arrive_at_once(path: Path) -> None:
    write_seconds(path, 1, 1)
    assert times(path) == [0.0, 0.0]


def test_a_workload_can_be_iterated_again(path: Path) -> None:
    write_seconds(path, 1, 2)
    workload = open_workload(path, model="llama")
    assert list(workload) == list(workload)


def test_a_speed_up_divides_the_times(path: Path) -> None:
    write_seconds(path, 10, 12, 20)
    assert times(path, speed_up=4.0) == [0.0, 0.5, 2.5]


def test_a_limit_keeps_the_first_requests_and_reads_no_further(path: Path) -> None:
    write_seconds(path, 10, 12, 20)
    with path.open("a") as file:
        file.write("not a row\n")
    assert times(path, limit=2) == [0.0, 2.0]
    assert open_workload(path, model="llama", limit=2).survey() == Survey(
        requests=2, prompt_tokens=748, output_tokens=88, seconds=2.0
    )


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(path: Path, limit: int) -> None:
    write_seconds(path, 1)
    sentence = f"limit: {limit} requests are no workload; give 1 or more"
    assert complaint(path, limit=limit) == sentence


@pytest.mark.parametrize("speed_up", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_up_that_is_no_pace_is_refused(path: Path, speed_up: float) -> None:
    write_seconds(path, 1)
    assert complaint(path, speed_up=speed_up) == (
        f"speed_up: {speed_up} is no pace; give a number above 0"
    )


def test_a_row_is_read_when_its_arrival_is_asked_for(path: Path) -> None:
    write_seconds(path, 1, 2)
    with path.open("a") as file:
        file.write("not a row\n")
    arrivals = iter(open_workload(path, model="llama"))
    assert [arrival.time for arrival in itertools.islice(arrivals, 2)] == [0.0, 1.0]
    with pytest.raises(InputError) as caught:
        next(arrivals)
    assert str(caught.value) == (
        f"{path}, line 4: the row has 1 field and the header 3; "
        "write the 3 fields that the header names"
    )


def test_a_file_is_replayed_in_a_fraction_of_its_size(path: Path) -> None:
    write_seconds(path, *itertools.repeat(1, 50_000))
    workload = open_workload(path, model="llama")
    tracemalloc.start()
    try:
        assert sum(1 for _ in workload) == 50_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < path.stat().st_size / 4


@given(
    text=st.sampled_from(ONE_REQUEST),
    cut=st.tuples(st.integers(0, 120), st.integers(0, 120)).map(sorted),
    written=st.binary(max_size=8) | st.text(max_size=8).map(str.encode),
    packed=st.booleans(),
)
def test_a_damaged_file_is_replayed_or_refused_with_its_name(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    cut: list[int],
    written: bytes,
    packed: bool,
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    whole = gzip.compress(text.encode()) if packed else text.encode()
    path.write_bytes(whole[: cut[0]] + written + whole[cut[1] :])
    refusal = None
    try:
        requests = sum(1 for _ in open_workload(path, model="llama"))
    except InputError as error:
        refusal = str(error)
    else:
        assert requests <= 1
    assert refusal is None or refusal.startswith(str(path))
