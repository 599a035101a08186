from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from actors import Request
from actors.batch import Batch, Sequence
from actors.generation import Generation
from actors.registry import Job

if TYPE_CHECKING:
    from actors import TokenResponse


def sequence(number: int, kv_bytes: int = 0, length: int = 5) -> Sequence:
    request = Request(f"request-{number}", "llama", "", 0, max_tokens=5)
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


@given(
    max_num_seqs=st.integers(1, 4),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 100)),
            st.tuples(st.just("remove"), st.integers(0, 20)),
            st.just(("join", 0)),
        )
    ),
)
def test_slots_and_vram_are_never_oversubscribed_and_nobody_overtakes(
    max_num_seqs: int, steps: list[tuple[str, int]]
) -> None:
    batch = Batch(max_num_seqs, kv_bytes=100)
    added = 0
    joined: list[int] = []
    for what, value in steps:
        if what == "add":
            batch.add(sequence(added, value))
            added += 1
        elif what == "remove":
            batch.remove(f"job-{value}")
        else:
            joined += numbers(batch.join())
        taken = sum(each.kv_bytes for each in batch.running.values())
        assert len(batch.running) <= max_num_seqs
        assert batch.free_vram_bytes == 100 - taken >= 0
    assert joined == sorted(joined)
