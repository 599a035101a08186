"""Sequences of events are found where they are, each once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.errors import InputError
from glasshive.trace import Event
from glasshive.trace.index import Seen
from glasshive.trace.pattern import matches, read_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def events(text: str) -> list[Seen]:
    """Return events from words such as `a1@2.5`: its letter, the job, the second it is at."""
    found = []
    for index, word in enumerate(text.split()):
        what, _, at = word.partition("@")
        time = float(at) if at else float(index)
        data = {"jobs": list(what[1:])}
        event = Event(index, time, "note", what[0], type=what[0], data=data)
        found.append(Seen(event, data, tuple(what[1:])))
    return found


def found(pattern: str, trace: str | Iterable[Seen]) -> list[tuple[int, ...]]:
    seen = events(trace) if isinstance(trace, str) else trace
    return list(matches(read_pattern(pattern), seen))


A, B, C = ("type == 'a'", "type == 'b'", "type == 'c'")


@pytest.mark.parametrize(
    ("pattern", "trace", "expected"),
    [
        (A, "a b a", [(0,), (2,)]),
        (f"{A} then {B}", "a c b b", [(0, 2)]),
        (f"{A} then {B}", "b a", []),
        (f"{A} then {B}", "a a b", [(0, 2), (1, 2)]),
        (f"{A} then {B} then {C}", "a c b c", [(0, 2, 3)]),
        (f"{A} then {A}", "a a a", [(0, 1), (1, 2)]),
        (f"{A} then within 2 s {B}", "a@0 b@2 a@5 b@7.1", [(0, 1)]),
        (f"{A} then within 2s {B}", "a@0 b@2", [(0, 1)]),
        (f"{A} then within 2000 ms {B}", "a@0 b@2", [(0, 1)]),
        (f"{A} then within 2 {B}", "a@0 b@2", [(0, 1)]),
        (f"{A} then within 1 s {B} then within 1 s {C}", "a@0 b@1 c@2", [(0, 1, 2)]),
        (f"{A} then {B} same job", "a1 b2 a2 b1 b2", [(0, 3), (2, 4)]),
        (f"{A} then {B} same data.jobs", "a1 b2 b1", [(0, 2)]),
        (f"{A} then {B} same job", "a12 b3 b2 b1", [(0, 2)]),
        (f"{A} then {B} same job, actor", "a1 b1", []),
        (f"{A} then {B} same job then {C} same job", "a1 b1 c2 c1", [(0, 1, 3)]),
        (f"{A} then no {B}", "a c", [(0,)]),
        (f"{A} then no {B}", "a c b", []),
        (f"{A} then no within 2 s {B}", "a@0 b@3 a@4 b@6 a@7", [(0,), (4,)]),
        (f"{A} then no {B} same job", "a1 a2 b1", [(1,)]),
        (f"{A} then {B} then no within 1 s {C}", "a@0 b@1 c@3", [(0, 1)]),
        (f"{A} or {B} then {C}", "a b c", [(0, 2), (1, 2)]),
    ],
)
def test_a_sequence_is_found(pattern: str, trace: str, expected: list[tuple[int, ...]]) -> None:
    assert found(pattern, trace) == expected


@given(st.lists(st.sampled_from(["a1", "a2", "b1", "b2", "b12"]), max_size=12))
def test_a_pair_is_the_first_event_of_the_same_job_after_each(words: list[str]) -> None:
    trace = events(" ".join(words))
    expected = []
    for one in trace:
        if one.event.type != "a":
            continue
        later = trace[one.event.index + 1 :]
        for other in later:
            if other.event.type == "b" and set(one.jobs) & set(other.jobs):
                expected.append((one.event.index, other.event.index))
                break
    assert sorted(found(f"{A} then {B} same job", trace)) == expected
    alone = {(one.event.index,) for one in trace if one.event.type == "a"}
    paired = {(pair[0],) for pair in expected}
    assert set(found(f"{A} then no {B} same job", trace)) == alone - paired


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        (f"{A} {B}", 13, "'type' stands where the step should end; go on with: then EXPR"),
        (f"{A} then", 17, "the end stands where a field or a value is missing"),
        (f"{A} then within s {B}", 25, "'s' is no span of time; write within 2 s"),
        (f"{A} then within -1 s {B}", 25, "'-1' is no span of time"),
        (f"{A} then {B} same", 34, "the end stands where a field is missing"),
        (f"{A} then {B} same 5", 35, "'5' stands where a field is missing"),
        (f"{A} then no {B} then {C}", 33, "'then' stands after what must not happen"),
    ],
)
def test_an_error_points_at_the_place(text: str, place: int, what: str) -> None:
    with pytest.raises(InputError) as error:
        read_pattern(text)
    assert str(error.value).startswith(f"PATTERN {text!r}, character {place}: {what}")


def test_only_what_looks_into_payloads_wants_them() -> None:
    assert not read_pattern(f"{A} then {B} same job").wants_payload
    assert read_pattern(f"{A} then {B} same data.jobs").wants_payload
    assert read_pattern(f"data.x and {A} then {B}").wants_payload
    assert read_pattern(f"{A} then data.x then {B}").wants_payload


def test_find_shows_each_sequence(trace: Callable[..., Any], crash: Path) -> None:
    pattern = (
        'kind == "deliver" and type == "Submit" then within 2 s '
        'kind == "deliver" and type == "Accepted" same job'
    )
    said = trace("find", crash, pattern)
    assert (said.code, said.out[-1]) == (0, "found 7 times")
    pairs = [json.loads(line)["events"] for line in trace("find", crash, pattern, "--json").out]
    assert pairs[:2] == [[37, 40], [44, 47]]
    assert said.out[0].split()[1:3] == ["37", "deliver"]
    assert trace("find", crash, 'type == "Cancel"').out == ["found nothing"]


def test_a_bad_pattern_is_told(trace: Callable[..., Any], crash: Path) -> None:
    said = trace("find", crash, "type = 1")
    assert said.code == 2
    assert said.err.startswith("error: PATTERN 'type = 1', character 6: '=' begins nothing here")
