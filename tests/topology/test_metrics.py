from __future__ import annotations

import json
import math
from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.messages import Request
from actors.receipt import Receipt
from actors.tokens import Cancelled, Completed, Failed
from topology.metrics import Metrics, Objectives, Statistics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from actors.tokens import Outcome
    from topology.metrics import Summary

NO_SAMPLES = Statistics(0)


def receipt(
    submitted_at: float,
    token_times: Sequence[float],
    *,
    ended_at: float | None = None,
    outcome: Outcome | None = None,
    prompt_tokens: int = 10,
) -> Receipt:
    last = token_times[-1] if token_times else submitted_at
    return Receipt(
        request=Request(
            request_id="request-1",
            model="llama",
            prompt="request 1",
            prompt_tokens=prompt_tokens,
            max_tokens=100,
        ),
        submitted_at=submitted_at,
        accepted_at=submitted_at,
        token_times=array("d", token_times),
        answers=[["bee"] * len(token_times)],
        ended_at=last if ended_at is None else ended_at,
        outcome=Completed() if outcome is None else outcome,
        attempts=1,
    )


def summary_of(receipts: Iterable[Receipt], objectives: Objectives | None = None) -> Summary:
    metrics = Metrics() if objectives is None else Metrics(objectives)
    for each in receipts:
        metrics.add(each)
    return metrics.summary()


def all_equal(value: float, count: int) -> Statistics:
    return Statistics(count, value, value, value, value, value)


def linear_percentile(samples: Sequence[float], percent: float) -> float:
    ordered = sorted(samples)
    position = (len(ordered) - 1) * percent / 100
    below = math.floor(position)
    above = math.ceil(position)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


gaps = st.lists(st.integers(0, 1000), max_size=6)
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(
    [Completed(), Failed("no worker"), Cancelled()]
)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    # Whole 64ths of a second: their sums and differences are exact.
    submitted = draw(st.integers(0, 10_000))
    times = []
    now = submitted
    for gap in draw(gaps):
        now += gap
        times.append(now / 64)
    return receipt(
        submitted / 64,
        times,
        ended_at=(now + draw(st.integers(0, 100))) / 64,
        outcome=draw(outcomes),
        prompt_tokens=draw(st.integers(0, 100)),
    )


def test_ttft_is_from_the_submission_to_the_first_token() -> None:
    assert summary_of([receipt(2.0, [2.5, 3.0])]).ttft == all_equal(0.5, count=1)


def test_end_to_end_is_from_the_submission_to_the_last_token() -> None:
    summary = summary_of([receipt(2.0, [2.5, 3.0], ended_at=9.0)])
    assert summary.end_to_end == all_equal(1.0, count=1)


def test_itl_pools_the_gaps_of_all_requests() -> None:
    summary = summary_of([receipt(0.0, [1.0, 1.25, 1.75]), receipt(0.0, [1.0, 2.0])])
    # The gaps are 0.25, 0.5 and 1.
    assert (summary.itl.count, summary.itl.mean) == (3, 1.75 / 3)
    assert (summary.itl.p50, summary.itl.max) == (0.5, 1.0)


def test_tpot_is_one_sample_for_each_request() -> None:
    summary = summary_of([receipt(0.0, [1.0, 1.25, 1.75]), receipt(0.0, [1.0, 2.0])])
    # The first took 0.75 s for two more tokens, the second 1 s for one more.
    assert (summary.tpot.count, summary.tpot.mean) == (2, (0.375 + 1.0) / 2)


def test_a_single_token_gives_no_tpot_and_no_itl() -> None:
    summary = summary_of([receipt(0.0, [1.5])])
    assert summary.ttft == all_equal(1.5, count=1)
    assert summary.end_to_end == all_equal(1.5, count=1)
    assert summary.tpot == NO_SAMPLES
    assert summary.itl == NO_SAMPLES


def test_a_percentile_is_the_sample_at_its_rank() -> None:
    summary = summary_of(receipt(0.0, [float(second)]) for second in range(101))
    assert summary.ttft == Statistics(count=101, mean=50.0, p50=50.0, p90=90.0, p99=99.0, max=100.0)


def test_a_percentile_between_two_ranks_lies_on_a_line_between_their_samples() -> None:
    ttft = summary_of([receipt(0.0, [1.0]), receipt(0.0, [3.0])]).ttft
    assert (ttft.p50, ttft.p90, ttft.p99) == pytest.approx((2.0, 2.8, 2.98))


def test_only_completed_requests_give_samples_and_throughput() -> None:
    summary = summary_of(
        [
            receipt(0.0, [1.0, 2.0], prompt_tokens=7),
            receipt(0.0, [3.0, 7.0, 8.0], outcome=Failed("worker-1 is down"), prompt_tokens=100),
            receipt(0.0, [4.0], outcome=Cancelled(), prompt_tokens=100),
        ]
    )
    assert summary.ttft == all_equal(1.0, count=1)
    assert summary.prompt_tokens == 7
    assert summary.request_throughput == 1 / 8
    assert summary.output_throughput == 2 / 8


def test_requests_and_tokens_are_counted_by_outcome() -> None:
    summary = summary_of(
        [
            receipt(0.0, [1.0, 2.0]),
            receipt(0.0, [1.0]),
            receipt(0.0, [3.0, 7.0, 8.0], outcome=Failed("worker-1 is down")),
            receipt(0.0, [], outcome=Cancelled()),
        ]
    )
    assert summary.requests == {"Cancelled": 1, "Completed": 2, "Failed": 1}
    assert summary.output_tokens == {"Cancelled": 0, "Completed": 3, "Failed": 3}


def test_tokens_of_every_answer_to_a_request_are_counted() -> None:
    several = receipt(0.0, [1.0, 2.0])
    several.answers = [["bee", "hive"], ["bee"], ["bee", "hive"]]

    assert summary_of([several]).output_tokens == {"Completed": 5}


def test_the_run_lasts_from_the_first_submission_to_the_last_end() -> None:
    summary = summary_of(
        [
            receipt(3.0, [4.0]),
            receipt(1.0, [2.0], ended_at=6.0),
            receipt(2.0, [], ended_at=5.0, outcome=Cancelled()),
        ]
    )
    assert summary.seconds == 5.0
    assert summary.request_throughput == 2 / 5


def test_a_completed_request_without_a_token_counts_and_gives_no_sample() -> None:
    summary = summary_of([receipt(0.0, [], ended_at=2.0)], Objectives(ttft=10.0))
    assert summary.requests == {"Completed": 1}
    assert summary.request_throughput == 0.5
    assert summary.ttft == NO_SAMPLES
    assert summary.end_to_end == NO_SAMPLES
    assert summary.goodput == 0.0


def test_no_receipt_gives_none_instead_of_numbers() -> None:
    summary = summary_of([], Objectives(ttft=1.0))
    assert (summary.seconds, summary.requests, summary.output_tokens) == (None, {}, {})
    assert summary.request_throughput is None
    assert summary.output_throughput is None
    assert summary.goodput is None
    assert summary.itl == Statistics(0, None, None, None, None, None)


def test_a_run_in_which_no_time_passed_has_no_throughput() -> None:
    summary = summary_of([receipt(1.0, [1.0])], Objectives(ttft=1.0))
    assert summary.seconds == 0.0
    assert summary.request_throughput is None
    assert summary.goodput is None


# Requests of 8 seconds' run: (TTFT, TPOT, end-to-end) of (1, 1, 3), (2, 0.5, 2.5) and (4, 2, 8).
THREE = ((1.0, 2.0, 3.0), (2.0, 2.5), (4.0, 6.0, 8.0))


@pytest.mark.parametrize(
    ("objectives", "good"),
    [
        (Objectives(ttft=2.0), 2),
        (Objectives(ttft=1.9), 1),
        (Objectives(tpot=1.0), 2),
        (Objectives(tpot=0.4), 0),
        (Objectives(end_to_end=2.5), 1),
        (Objectives(ttft=1.5, tpot=0.75), 0),
        (Objectives(ttft=2.0, tpot=1.0, end_to_end=2.9), 1),
        (Objectives(ttft=4.0, tpot=2.0, end_to_end=8.0), 3),
    ],
)
def test_goodput_counts_requests_that_met_every_objective(
    objectives: Objectives, good: int
) -> None:
    assert summary_of([receipt(0.0, times) for times in THREE], objectives).goodput == good / 8


def test_a_single_token_meets_every_tpot() -> None:
    assert summary_of([receipt(0.0, [2.0])], Objectives(tpot=0.001)).goodput == 0.5


def test_failed_requests_are_not_good() -> None:
    failed = receipt(0.0, [1.0], outcome=Failed("worker-1 is down"))
    assert summary_of([failed], Objectives(ttft=5.0)).goodput == 0.0


def test_there_is_no_goodput_without_an_objective() -> None:
    assert summary_of([receipt(0.0, [1.0])]).goodput is None


def test_a_summary_may_be_made_before_the_last_receipt() -> None:
    metrics = Metrics()
    metrics.add(receipt(0.0, [1.0, 2.0]))
    assert metrics.summary().ttft.count == 1
    metrics.add(receipt(0.0, [3.0, 4.0]))
    ttft = metrics.summary().ttft
    assert (ttft.count, ttft.mean, ttft.max) == (2, 2.0, 3.0)


def test_the_table_has_a_row_for_each_metric() -> None:
    summary = summary_of([receipt(0.0, [1.0, 1.5])])
    assert summary.columns == ("metric", "count", "mean", "p50", "p90", "p99", "max")
    assert summary.rows == [
        ("TTFT", 1, 1.0, 1.0, 1.0, 1.0, 1.0),
        ("ITL", 1, 0.5, 0.5, 0.5, 0.5, 0.5),
        ("TPOT", 1, 0.5, 0.5, 0.5, 0.5, 0.5),
        ("end-to-end", 1, 1.5, 1.5, 1.5, 1.5, 1.5),
    ]


def test_the_facts_are_json() -> None:
    facts = summary_of([receipt(0.0, [2.0])], Objectives(ttft=1.0)).facts()
    two = {"count": 1, "mean": 2.0, "p50": 2.0, "p90": 2.0, "p99": 2.0, "max": 2.0}
    none = {"count": 0, "mean": None, "p50": None, "p90": None, "p99": None, "max": None}
    assert json.loads(json.dumps(facts, allow_nan=False)) == {
        "seconds": 2.0,
        "requests": {"Completed": 1},
        "output_tokens": {"Completed": 1},
        "prompt_tokens": 10,
        "request_throughput": 0.5,
        "output_throughput": 0.5,
        "goodput": 0.0,
        "ttft": two,
        "itl": none,
        "tpot": none,
        "end_to_end": two,
    }


@given(st.lists(receipts(), max_size=12))
def test_the_metrics_agree_with_their_definitions(given_receipts: list[Receipt]) -> None:
    summary = summary_of(given_receipts, Objectives(ttft=5.0, tpot=4.0, end_to_end=20.0))
    completed = [
        (each.submitted_at, each.token_times.tolist())
        for each in given_receipts
        if isinstance(each.outcome, Completed) and each.token_times
    ]
    several = [times for _, times in completed if len(times) > 1]
    expected = {
        "ttft": [times[0] - start for start, times in completed],
        "end_to_end": [times[-1] - start for start, times in completed],
        "itl": [times[i + 1] - times[i] for times in several for i in range(len(times) - 1)],
        "tpot": [(times[-1] - times[0]) / (len(times) - 1) for times in several],
    }
    for name, samples in expected.items():
        found = getattr(summary, name)
        assert found.count == len(samples)
        if samples:
            assert found.mean == pytest.approx(sum(samples) / len(samples))
            assert found.p50 == pytest.approx(linear_percentile(samples, 50))
            assert found.p90 == pytest.approx(linear_percentile(samples, 90))
            assert found.p99 == pytest.approx(linear_percentile(samples, 99))
            assert found.max == max(samples)
    good = sum(
        times[0] - start <= 5.0
        and (times[-1] - times[0]) / max(1, len(times) - 1) <= 4.0
        and times[-1] - start <= 20.0
        for start, times in completed
    )
    if summary.seconds:
        assert summary.goodput == good / summary.seconds


@given(st.lists(receipts(), max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_receipts_changes_no_digit(
    given_receipts: list[Receipt], random: Random
) -> None:
    shuffled = random.sample(given_receipts, len(given_receipts))
    objectives = Objectives(ttft=5.0)
    assert summary_of(shuffled, objectives) == summary_of(given_receipts, objectives)


@given(st.permutations([0.1, 0.2, 0.3, 0.7, 1e-9, 1e9, 3.3]))
def test_the_order_of_samples_changes_no_digit_of_the_mean(samples: list[float]) -> None:
    assert Statistics.of(array("d", samples)).mean == 1000000004.600000001 / 7
