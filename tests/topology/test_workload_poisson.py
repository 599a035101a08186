from __future__ import annotations

import itertools
import math
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.errors import InputError
from topology.workload import (
    Constant,
    Exponential,
    Poisson,
    Rate,
    Survey,
    Uniform,
    busy_hour,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from topology.workload import Lengths

TEN = Constant(10)

ENDLESS = "without end; give the rate its seconds, or the workload a limit"

any_rates = st.lists(st.builds(Rate, st.floats(0, 5), st.floats(0.1, 20)), min_size=1, max_size=4)


def poisson(
    *rates: Rate,
    prompt: Lengths = TEN,
    output: Lengths = TEN,
    seed: int = 1,
    limit: int | None = None,
) -> Poisson:
    return Poisson(*rates, prompt=prompt, output=output, model="llama", seed=seed, limit=limit)


def times(workload: Poisson) -> list[float]:
    return [arrival.time for arrival in workload]


def lengths(workload: Poisson) -> list[tuple[int, int]]:
    return [(arrival.request.prompt_tokens, arrival.request.max_tokens) for arrival in workload]


@given(any_rates, st.integers())
def test_arrivals_come_in_order_and_before_the_end(rates: list[Rate], seed: int) -> None:
    arrivals = times(poisson(*rates, seed=seed))
    assert arrivals == sorted(arrivals)
    assert all(0 <= time <= math.fsum(rate.seconds for rate in rates) + 1e-9 for time in arrivals)


@given(any_rates, st.integers())
def test_a_workload_is_the_same_each_time_it_is_iterated(rates: list[Rate], seed: int) -> None:
    workload = poisson(*rates, prompt=Exponential(50), seed=seed)
    assert list(workload) == list(workload)


def test_the_gaps_have_the_mean_and_the_spread_of_an_exponential() -> None:
    arrivals = times(poisson(Rate(4.0), limit=20_000))
    gaps = [later - earlier for earlier, later in itertools.pairwise([0.0, *arrivals])]
    error = 4 * 0.25 / math.sqrt(20_000)
    assert statistics.mean(gaps) == pytest.approx(0.25, abs=error)
    assert statistics.stdev(gaps) == pytest.approx(0.25, abs=math.sqrt(2) * error)


def test_each_rate_holds_for_its_seconds() -> None:
    workload = poisson(Rate(2.0, 1000), Rate(0.0, 1000), Rate(8.0, 1000))
    arrivals = times(workload)
    slow = sum(time <= 1000 for time in arrivals)
    none = sum(1000 < time <= 2000 for time in arrivals)
    fast = sum(2000 < time <= 3000 for time in arrivals)
    # A Poisson count of mean m has the standard deviation √m: four of them.
    assert slow == pytest.approx(2000, abs=4 * math.sqrt(2000))
    assert none == 0
    assert fast == pytest.approx(8000, abs=4 * math.sqrt(8000))
    assert slow + fast == len(arrivals)


def test_splitting_a_rate_in_two_changes_no_arrival() -> None:
    whole = times(poisson(Rate(3.0, 100)))
    assert times(poisson(Rate(3.0, 30), Rate(3.0, 70))) == pytest.approx(whole, abs=1e-9)


def test_twice_the_rate_brings_the_same_requests_in_half_the_time() -> None:
    slow = poisson(Rate(1.0, 200), prompt=Uniform(1, 99), output=Uniform(1, 99))
    fast = poisson(Rate(2.0, 100), prompt=Uniform(1, 99), output=Uniform(1, 99))
    assert lengths(fast) == lengths(slow)
    assert times(fast) == pytest.approx([time / 2 for time in times(slow)])


def test_another_distribution_of_outputs_leaves_times_and_prompts_alone() -> None:
    short = poisson(Rate(1.0, 100), prompt=Uniform(1, 99), output=Constant(1))
    long = poisson(Rate(1.0, 100), prompt=Uniform(1, 99), output=Exponential(500))
    assert times(short) == times(long)
    assert [prompt for prompt, _ in lengths(short)] == [prompt for prompt, _ in lengths(long)]


def test_another_seed_is_another_workload() -> None:
    assert times(poisson(Rate(1.0, 50), seed=1)) != times(poisson(Rate(1.0, 50), seed=2))


def test_a_limit_keeps_the_first_requests() -> None:
    assert times(poisson(Rate(1.0, 100), limit=7)) == times(poisson(Rate(1.0, 100)))[:7]


def test_requests_are_numbered_and_generate_exactly_their_length() -> None:
    first, second = poisson(Rate(1.0), prompt=Constant(12), output=Constant(34), limit=2)
    assert (first.request.request_id, first.request.prompt) == ("request-1", "request 1")
    assert (second.request.request_id, second.request.prompt) == ("request-2", "request 2")
    assert second.request.model == "llama"
    assert (second.request.prompt_tokens, second.request.max_tokens) == (12, 34)
    assert second.request.ignore_eos


def test_a_survey_counts_what_an_iteration_yields() -> None:
    workload = poisson(Rate(1.0), prompt=Constant(12), output=Constant(34), limit=50)
    assert workload.survey() == Survey(
        requests=50, prompt_tokens=600, output_tokens=1700, seconds=times(workload)[-1]
    )


def test_a_busy_hour_is_busiest_in_its_middle() -> None:
    arrivals = times(busy_hour(model="llama", seed=1, peak_per_second=2.0))
    thirds = [sum(1200 * i <= time < 1200 * (i + 1) for time in arrivals) for i in range(3)]
    # Shares of the peak, summed over each third's four steps of 300 seconds.
    for count, share in zip(thirds, (1.95, 3.65, 2.35), strict=True):
        expected = 2.0 * 300 * share
        assert count == pytest.approx(expected, abs=4 * math.sqrt(expected))


def test_a_busy_hour_can_be_squeezed() -> None:
    hour = times(busy_hour(model="llama", seed=1, peak_per_second=1.0))
    minute = times(busy_hour(model="llama", seed=1, peak_per_second=60.0, seconds=60.0))
    assert [60 * time for time in minute] == pytest.approx(hour)


def test_a_seed_means_the_same_workload_whatever_the_hash_seed() -> None:
    script = (
        "from topology.workload import busy_hour\n"
        "for arrival in busy_hour(model='llama', seed=7, peak_per_second=0.05):\n"
        "    print(arrival)\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("0", "1")
    ]
    assert runs[0] == runs[1]
    assert runs[0].startswith("Arrival(time=")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Rate(-1.0), "Rate: per_second is -1.0; give 0 or more requests per second"),
        (
            lambda: Rate(math.nan),
            "Rate: per_second is nan; give 0 or more requests per second",
        ),
        (lambda: Rate(1.0, 0.0), "Rate: seconds is 0.0; give more than 0 seconds"),
        (poisson, "Poisson: no rate is given; give at least one Rate"),
        (
            lambda: poisson(Rate(1.0)),
            f"Poisson: 1.0 requests per second {ENDLESS}",
        ),
        (
            lambda: poisson(Rate(0.0), limit=1),
            f"Poisson: 0.0 requests per second {ENDLESS}",
        ),
        (
            lambda: poisson(Rate(1.0, 5.0), limit=0),
            "limit: 0 requests are no workload; give 1 or more",
        ),
    ],
)
def test_a_process_that_makes_no_sense_is_refused(
    make: Callable[[], object], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == sentence
