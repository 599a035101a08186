"""Distributions draw what they promise, and refuse what cannot be."""

from __future__ import annotations

import math
import statistics
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.latency import (
    LONGEST,
    Constant,
    Empirical,
    Latency,
    LogNormal,
    Normal,
    Uniform,
    latency_of,
)

DRAWS = 20_000


def drawn(latency: Latency) -> list[float]:
    random = Random(1)
    return [latency.draw(random) for _ in range(DRAWS)]


def test_a_constant_is_constant() -> None:
    assert set(drawn(Constant(0.25))) == {0.25}


def test_a_uniform_latency_fills_its_bounds_evenly() -> None:
    values = drawn(Uniform(1.0, 3.0))
    assert 1.0 <= min(values) < 1.01
    assert 2.99 < max(values) <= 3.0
    # Its deviation is 2/sqrt(12); five standard errors of the mean are 0.0204.
    assert statistics.fmean(values) == pytest.approx(2.0, abs=0.021)


def test_a_normal_latency_has_its_mean_and_never_goes_below_zero() -> None:
    assert statistics.fmean(drawn(Normal(5.0, 1.0))) == pytest.approx(5.0, abs=0.036)
    values = drawn(Normal(0.0, 1.0))
    assert min(values) == 0.0
    # The mean of max(0, Z) is 1/sqrt(2 pi).
    assert statistics.fmean(values) == pytest.approx(1 / math.sqrt(2 * math.pi), abs=0.021)


def test_a_log_normal_latency_has_its_median_and_its_tail() -> None:
    values = sorted(drawn(LogNormal(median=0.1, sigma=0.5)))
    assert values[DRAWS // 2] == pytest.approx(0.1, rel=0.03)
    # exp(0.5 * 2.326) = 3.2 medians, as its docstring says.
    assert values[int(DRAWS * 0.99)] == pytest.approx(0.32, rel=0.06)


def test_an_empirical_latency_draws_its_samples_and_no_others() -> None:
    values = drawn(Empirical((0.1, 0.2, 0.2)))
    assert set(values) == {0.1, 0.2}
    assert values.count(0.1) / DRAWS == pytest.approx(1 / 3, abs=0.017)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Constant(-1.0), "seconds is a number of seconds, zero or more, not -1.0"),
        (lambda: Uniform(2.0, 1.0), "low is at most high"),
        (lambda: Normal(1.0, math.nan), "deviation is a number of seconds"),
        (lambda: LogNormal(0.0, 1.0), "median is above zero"),
        (lambda: LogNormal(1.0, -1.0), "sigma is zero or more"),
        (lambda: LogNormal(1.0, 10.1), "sigma is at most 10"),
        (lambda: LogNormal(31_536_001.0, 1.0), "median is at most 31,536,000 seconds"),
        (lambda: Constant(1e300), "seconds is at most 31,536,000 seconds"),
        (lambda: Uniform(0.0, 1e300), "high is at most 31,536,000 seconds"),
        (lambda: Normal(1e300, 0.0), "mean is at most 31,536,000 seconds"),
        (lambda: Normal(0.0, 1e300), "deviation is at most 31,536,000 seconds"),
        (lambda: Empirical((0.1, 1e300)), "a sample is at most 31,536,000 seconds"),
        (lambda: Empirical(()), "there is at least one sample"),
        (lambda: Empirical((0.1, math.inf)), "a sample is a number of seconds"),
        (lambda: latency_of(math.inf), "a link's latency is a number of seconds"),
    ],
)
def test_what_cannot_be_is_refused_by_name(make: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()


@pytest.mark.parametrize(
    "latency",
    [
        Constant(LONGEST),
        Uniform(0.0, LONGEST),
        Normal(LONGEST, LONGEST),
        LogNormal(LONGEST, 10.0),
        Empirical((LONGEST,)),
    ],
    ids=lambda latency: type(latency).__name__,
)
def test_nothing_that_is_drawn_is_longer_than_a_year(latency: Latency) -> None:
    assert min(drawn(latency)) >= 0.0
    assert max(drawn(latency)) <= LONGEST == 365 * 24 * 3600


def test_a_draw_within_the_bounds_is_what_pythons_own_would_be() -> None:
    assert LogNormal(0.1, 0.5).draw(Random(7)) == Random(7).lognormvariate(math.log(0.1), 0.5)
    assert Normal(5.0, 1.0).draw(Random(7)) == Random(7).gauss(5.0, 1.0)


def test_many_samples_are_no_more_work_than_their_number() -> None:
    # With words for a complaint about each, all samples were written down for every one of them.
    written: list[int] = []

    class Loud(float):
        def __repr__(self) -> str:
            written.append(1)
            return "0.5"

    Empirical((Loud(0.5),) * 100)
    assert written == []


@pytest.mark.parametrize("wrong", ["fast", None, True, [1.0]])
def test_what_is_no_latency_at_all_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a latency is a number of seconds or a distribution"):
        latency_of(wrong)


times = st.floats(0, 100)
latencies = st.one_of(
    st.builds(Constant, times),
    st.builds(lambda low, more: Uniform(low, low + more), times, times),
    st.builds(Normal, times, times),
    st.builds(LogNormal, st.floats(0.001, 10), st.floats(0, 2)),
    st.builds(Empirical, st.lists(times, min_size=1).map(tuple)),
)


@given(latencies)
def test_any_latency_is_written_down_and_read_back(latency: Latency) -> None:
    assert msgspec.json.decode(msgspec.json.encode(latency), type=Latency) == latency
