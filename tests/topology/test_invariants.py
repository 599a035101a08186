"""Each invariant is silent while all is well, and speaks when what it forbids happens."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import pytest

from actors import Cancelled, Completed, Failed, Generation, Receipt, Request
from actors.batch import Sequence
from actors.registry import Job
from glasshive import Run, Simulation
from glasshive.trace import Event
from topology import Blueprint, Colony
from topology.invariants import (
    INVARIANTS,
    KEPT,
    CancelMeansSilence,
    Conservation,
    EveryJobEnds,
    GaplessTokens,
    LegalRegistries,
    NoOversubscription,
    OneEndPerStream,
    SameText,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BLUEPRINT = Blueprint.grid(hives=1, workers_per_hive=1, max_num_seqs=2)
MODEL = BLUEPRINT.models[0].name
REQUEST = Request("request-1", MODEL, "hum", 1, 4, ignore_eos=True)
TEXTS = [Generation(MODEL, "hum", 0).token(index) for index in range(4)]
AT_QUEEN = Event(index=0, time=1.0, kind="deliver", actor="queen", peer="keeper-1")
AT_KEEPER = Event(index=0, time=2.5, kind="deliver", actor="keeper-1")


@pytest.fixture
def colony() -> Iterator[Colony]:
    with Simulation() as simulation, Colony(BLUEPRINT, Run(simulation)) as colony:
        yield colony


def receipt(texts: list[str], outcome: Any = None, *, indices: list[int] | None = None) -> Receipt:
    return Receipt(
        request=REQUEST,
        submitted_at=0.0,
        accepted_at=0.0,
        token_times=array("d", [1.0] * len(texts)),
        texts=texts,
        ended_at=3.0,
        outcome=outcome or Completed(),
        attempts=1,
        indices=array("q", indices or range(len(texts))),
    )


def test_there_are_eight_each_with_a_name_and_a_sentence_of_its_own() -> None:
    assert len({each.name for each in INVARIANTS}) == 8
    assert len({each.statement for each in INVARIANTS}) == 8


def test_a_second_end_of_a_stream_is_a_violation(colony: Colony) -> None:
    rule = OneEndPerStream(colony.bees)
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.ended(AT_KEEPER, "queen/job-1")
    assert rule.violations == []
    rule.ended(AT_KEEPER, "queen/job-1")
    assert rule.violations == ["keeper-1 got a second end of queen/job-1 at 2.500000 s"]


def test_a_stream_that_is_opened_twice_may_end_twice(colony: Colony) -> None:
    rule = OneEndPerStream(colony.bees)
    for _ in range(2):
        rule.opened(AT_QUEEN, "queen/job-1")
    for _ in range(2):
        rule.item(AT_KEEPER, "queen/job-1")
        rule.ended(AT_KEEPER, "queen/job-1")
    rule.at_rest()
    assert rule.violations == []


def test_a_token_after_the_end_is_a_violation(colony: Colony) -> None:
    rule = OneEndPerStream(colony.bees)
    rule.opened(AT_QUEEN, "queen/job-1")
    rule.ended(AT_KEEPER, "queen/job-1")
    rule.item(AT_KEEPER, "queen/job-1")
    assert rule.violations == ["keeper-1 got a token of queen/job-1 after its end, 2.500000 s"]


def test_a_stream_without_an_end_is_a_violation_at_rest(colony: Colony) -> None:
    rule = OneEndPerStream(colony.bees)
    rule.opened(AT_QUEEN, "queen/job-1")
    assert rule.violations == []
    rule.at_rest()
    assert rule.violations == ["the stream of queen/job-1 was opened and never ended"]


@pytest.mark.parametrize(
    ("indices", "found"),
    [([0, 2], "index 2 where 1"), ([0, 0], "index 0 where 1"), ([1, 0], "index 1 where 0")],
    ids=["gap", "repeat", "swap"],
)
def test_a_gap_a_repeat_and_a_swap_are_violations(
    colony: Colony, indices: list[int], found: str
) -> None:
    rule = GaplessTokens(colony.bees)
    rule.receipt(receipt(TEXTS[:2], indices=indices))
    assert rule.violations == [f"request-1 got {found} was next"]


def test_another_text_and_a_text_cut_short_are_violations(colony: Colony) -> None:
    rule = SameText(colony.bees)
    rule.receipt(receipt(TEXTS))
    rule.receipt(receipt(TEXTS[:1], Failed("cut")))
    assert rule.violations == []
    rule.receipt(receipt([*TEXTS[:3], " wasp"]))
    rule.receipt(receipt(TEXTS[:3]))
    assert rule.violations == [
        f"request-1: token 3 is ' wasp' instead of {TEXTS[3]!r}",
        "request-1 is complete with 3 tokens instead of 4",
    ]


def test_a_worker_that_goes_on_after_the_cancel_was_acknowledged_is_a_violation(
    colony: Colony,
) -> None:
    rule = CancelMeansSilence(colony.bees)
    rule.receipt(receipt([], Cancelled()))
    assert rule.violations == []
    job = colony.submit("hum", max_tokens=50, ignore_eos=True)
    colony.run_until(lambda: colony.tokens_of(job) > 0)
    rule.receipt(receipt([], Cancelled()))
    assert rule.violations == [
        "worker-1 still runs request-1, whose cancel was acknowledged at 3.000000 s"
    ]


@pytest.mark.parametrize(
    "path",
    [
        ("Queued", "Completed"),
        ("Queued", "Running", "Queued"),
        ("Queued", "Running", "Failed", "Completed"),
        ("Running",),
        ("Queued", None),
    ],
)
def test_a_transition_that_is_not_in_the_book_is_a_violation(
    colony: Colony, path: tuple[str | None, ...]
) -> None:
    rule = LegalRegistries(colony.bees)
    steps = list(zip((None, *path), path, strict=False))
    for before, after in steps[:-1]:
        rule.changed("hive-1/job-9", before, after)
    assert rule.violations == []
    rule.changed("hive-1/job-9", *steps[-1])
    assert len(rule.violations) == 1


def test_a_change_that_does_not_start_where_the_last_one_ended_is_a_violation(
    colony: Colony,
) -> None:
    rule = LegalRegistries(colony.bees)
    rule.changed("hive-1/job-9", None, "Queued")
    rule.changed("hive-1/job-9", "Running", "Completed")
    assert rule.violations == ["hive-1/job-9 was Queued and is said to have been Running"]


def test_a_job_that_is_still_held_at_rest_is_a_violation(colony: Colony) -> None:
    rule = LegalRegistries(colony.bees)
    colony.submit("hum").wait()
    rule.at_rest()
    assert [violation.partition(" still")[0] for violation in rule.violations] == [
        "queen",
        "hive-1",
        "worker-1",
    ]


def test_more_sequences_than_slots_and_more_bytes_than_vram_are_violations(
    colony: Colony,
) -> None:
    rule = NoOversubscription(colony.bees)
    batch = colony.bees.workers["worker-1"].batch
    running = dict(batch.running)
    for number in range(3):
        batch.running[f"x{number}"] = Sequence(
            Job("worker-1/job-1", "request-1"),
            Generation(MODEL, "hum", 0),
            4,
            REQUEST,
            kv_bytes=30 << 30,
        )
    rule.changed("worker-1/job-1", "Queued", "Running")
    batch.running.clear()
    batch.running.update(running)
    assert rule.violations[0] == "worker-1 runs 3 of at most 2 sequences"
    assert rule.violations[1].startswith("worker-1 holds ")
    assert len(rule.violations) == 2


def test_a_token_too_few_or_too_many_is_a_violation(colony: Colony) -> None:
    fewer, more = Conservation(colony.bees), Conservation(colony.bees)

    def changed(event: Event, _: Any) -> None:
        for rule in (fewer, more):
            rule.changed(event.data["subject"], event.data["before"], event.data["after"])

    colony.runtime.watch(changed, kinds=["state"])
    job = colony.ask(REQUEST)
    job.wait()
    fewer.receipt(receipt(TEXTS[:3]))
    more.receipt(receipt([*TEXTS, " wasp"]))
    fewer.at_rest()
    more.at_rest()
    assert fewer.violations == ["request-1: keepers got 1 tokens fewer than workers generated"]
    assert more.violations == ["request-1: keepers got 1 tokens more than workers generated"]


def test_tokens_of_a_request_that_was_cut_short_are_dropped_and_accounted_for(
    colony: Colony,
) -> None:
    job = colony.submit("hum", max_tokens=40, ignore_eos=True)
    colony.run_until(lambda: colony.tokens_of(job) >= 5)
    colony.crash("worker-1")
    job.wait()
    colony.close()
    (rule,) = (each for each in colony.invariants if isinstance(each, Conservation))
    assert rule.violations == []
    assert rule.generated == rule.delivered + rule.dropped
    assert rule.delivered >= 5


def test_a_request_without_a_receipt_and_one_with_two_are_violations(colony: Colony) -> None:
    rule = EveryJobEnds(colony.bees)
    rule.asked("request-0")
    rule.asked("request-1")
    rule.receipt(receipt(TEXTS))
    rule.receipt(receipt(TEXTS))
    rule.at_rest()
    assert rule.violations == [
        "request-1 has a second receipt",
        "request-0 was asked and has not ended in the time it had",
    ]


def test_a_request_that_takes_longer_than_promised_is_a_violation(colony: Colony) -> None:
    rule = EveryJobEnds(colony.bees)
    late = receipt(TEXTS)
    late.ended_at = late.submitted_at + colony.promise + 1
    rule.asked("request-1")
    rule.receipt(late)
    assert rule.violations == ["request-1 took 601 s of the 600 s it had"]


def test_streams_of_bees_that_crashed_owe_nobody_an_end(colony: Colony) -> None:
    rule = OneEndPerStream(colony.bees)
    rule.opened(AT_QUEEN, "hive-1/job-1")
    rule.opened(AT_QUEEN, "queen/job-1")
    colony.bees.crashed.add("hive-1")
    rule.at_rest()
    colony.bees.crashed.clear()
    assert rule.violations == ["the stream of queen/job-1 was opened and never ended"]


def test_an_invariant_is_settled_only_when_the_colony_has_come_to_rest() -> None:
    with Simulation() as simulation:
        colony = Colony(BLUEPRINT, Run(simulation))
        assert not any(rule.settled for rule in colony.invariants)
        colony.close()
        assert all(rule.settled for rule in colony.invariants)


def test_a_flood_of_violations_is_counted_and_not_kept(colony: Colony) -> None:
    rule = EveryJobEnds(colony.bees)
    for number in range(KEPT + 5):
        rule.broken(f"number {number}")
    assert len(rule.violations) == KEPT + 1
    assert rule.violations[-1] == "and 5 more"
