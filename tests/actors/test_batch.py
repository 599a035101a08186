from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors import Request
from actors.batch import Batch, Sequence
from actors.generation import Generation
from actors.registry import Job

if TYPE_CHECKING:
    from actors import TokenResponse


def sequence(number: int, kv_bytes: int = 0, length: int = 5, *, priority: int = 0) -> Sequence:
    request = Request(f"request-{number}", "llama", "", 7, max_tokens=5, priority=priority)
    job: Job[TokenResponse] = Job(f"job-{number}", request.request_id)
    return Sequence(job, Generation("llama", "", 0), length, request, kv_bytes)


def numbers(sequences: list[Sequence]) -> list[int]:
    return [int(each.job.job_id.removeprefix("job-")) for each in sequences]


def test_sequences_join_in_order_up_to_the_number_of_slots() -> None:
    batch = Batch(max_num_seqs=2, kv_bytes=0)
    for number in (1, 2, 3):
        batch.add(sequence(number))
    assert numbers(batch.join()) == [1, 2]
    assert numbers(batch.join()) == []
    batch.remove("job-1")
    assert numbers(batch.join()) == [3]


def test_one_that_does_not_fit_holds_up_those_behind_it() -> None:
    batch = Batch(max_num_seqs=9, kv_bytes=100)
    for number, kv_bytes in ((1, 60), (2, 50), (3, 10)):
        batch.add(sequence(number, kv_bytes))
    assert numbers(batch.join()) == [1]
    batch.remove("job-1")
    assert numbers(batch.join()) == [2, 3]
    assert batch.free_vram_bytes == 40


def test_one_that_takes_all_the_vram_runs_alone() -> None:
    batch = Batch(max_num_seqs=9, kv_bytes=100)
    batch.add(sequence(1, 100))
    assert numbers(batch.join()) == [1]
    assert batch.free_vram_bytes == 0


def test_one_that_would_wait_for_ever_is_not_taken() -> None:
    batch = Batch(max_num_seqs=9, kv_bytes=100)
    with pytest.raises(AssertionError):
        batch.add(sequence(1, 101))


def test_removing_one_that_waits_gives_back_no_vram() -> None:
    batch = Batch(max_num_seqs=1, kv_bytes=100)
    batch.add(sequence(1, 60))
    batch.remove("job-1")
    assert batch.free_vram_bytes == 100
    assert batch.join() == []


def test_removing_one_that_is_not_there_changes_nothing() -> None:
    batch = Batch(max_num_seqs=1, kv_bytes=100)
    batch.remove("job-1")
    assert batch.free_vram_bytes == 100


def test_a_sequence_that_max_tokens_cuts_ends_for_its_length() -> None:
    assert sequence(1, length=5).stop_reason == "length"
    assert sequence(1, length=4).stop_reason == "stop"


def test_a_sequence_has_its_prompt_to_read_and_all_that_was_generated() -> None:
    each = sequence(1)
    assert (each.generated, each.prefill_tokens) == (0, 7)
    each.generated = 3
    assert each.prefill_tokens == 10


def test_one_of_a_higher_priority_joins_before_those_that_came_earlier() -> None:
    batch = Batch(max_num_seqs=9, kv_bytes=0)
    for number, priority in ((1, 0), (2, 5), (3, -1), (4, 5), (5, 0)):
        batch.add(sequence(number, priority=priority))
    assert numbers(batch.join()) == [2, 4, 1, 5, 3]


def test_what_runs_is_not_interrupted_for_a_higher_priority() -> None:
    batch = Batch(max_num_seqs=1, kv_bytes=0)
    batch.add(sequence(1))
    batch.join()
    batch.add(sequence(2, priority=9))
    assert batch.join() == []
    assert list(batch.running) == ["job-1"]


@given(
    max_num_seqs=st.integers(1, 4),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 100), st.integers(0, 2)),
            st.tuples(st.just("remove"), st.integers(0, 20), st.just(0)),
            st.just(("join", 0, 0)),
        )
    ),
)
def test_slots_and_vram_are_never_oversubscribed_and_only_a_higher_priority_overtakes(
    max_num_seqs: int, steps: list[tuple[str, int, int]]
) -> None:
    batch = Batch(max_num_seqs, kv_bytes=100)
    waiting: dict[int, int] = {}
    added = 0
    for what, value, priority in steps:
        if what == "add":
            batch.add(sequence(added, value, priority=priority))
            waiting[added] = priority
            added += 1
        elif what == "remove":
            batch.remove(f"job-{value}")
            waiting.pop(value, None)
        else:
            joined = numbers(batch.join())
            assert joined == sorted(waiting, key=lambda each: (-waiting[each], each))[: len(joined)]
            for number in joined:
                del waiting[number]
        taken = sum(each.kv_bytes for each in batch.running.values())
        assert len(batch.running) <= max_num_seqs
        assert batch.free_vram_bytes == 100 - taken >= 0
        assert numbers(list(batch.waiting.values())) == sorted(
            waiting, key=lambda each: (-waiting[each], each)
        )
