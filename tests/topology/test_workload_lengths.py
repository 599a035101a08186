from __future__ import annotations

import math
import statistics
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshive.errors import InputError
from topology.workload import Constant, Exponential, Lognormal, Uniform

if TYPE_CHECKING:
    from collections.abc import Callable

    from topology.workload import Lengths

DRAWS = 20_000

any_lengths = st.one_of(
    st.builds(Constant, st.integers(1, 1000)),
    st.integers(1, 1000).flatmap(
        lambda low: st.builds(Uniform, st.just(low), st.integers(low, 2000))
    ),
    st.builds(Exponential, st.floats(1, 1000)),
    st.builds(Lognormal, st.floats(1, 1000), st.floats(0, 1000), st.integers(1000, 2000)),
)


def draws(lengths: Lengths, seed: int, count: int) -> list[int]:
    random = Random(seed)
    return [lengths.draw(random) for _ in range(count)]


@given(any_lengths, st.integers())
def test_every_length_is_a_whole_number_of_at_least_one_token(lengths: Lengths, seed: int) -> None:
    drawn = draws(lengths, seed, 20)
    assert all(type(length) is int for length in drawn)
    assert min(drawn) >= 1


@given(any_lengths, st.integers())
def test_a_seed_draws_the_same_lengths_again(lengths: Lengths, seed: int) -> None:
    assert draws(lengths, seed, 20) == draws(lengths, seed, 20)


def test_constant_lengths_are_all_the_same() -> None:
    assert draws(Constant(7), seed=1, count=3) == [7, 7, 7]


def test_uniform_lengths_take_every_value_from_low_to_high() -> None:
    assert set(draws(Uniform(3, 6), seed=1, count=200)) == {3, 4, 5, 6}


def test_exponential_lengths_have_the_mean_and_the_spread_of_an_exponential() -> None:
    drawn = draws(Exponential(mean=100), seed=1, count=DRAWS)
    # Four standard errors: mean / √n for the mean, about √2 · mean / √n for the deviation.
    error = 4 * 100 / math.sqrt(DRAWS)
    assert statistics.mean(drawn) == pytest.approx(100, abs=error)
    assert statistics.stdev(drawn) == pytest.approx(100, abs=math.sqrt(2) * error)


def test_half_of_the_lognormal_lengths_lie_below_the_median() -> None:
    drawn = draws(Lognormal(median=500, sigma=0.8, most=100_000), seed=1, count=DRAWS)
    # The standard error of a median is 1 / (2 · density · √n); ln x has density 0.4 / sigma there.
    error = 4 * 0.8 / (2 * 0.4 * math.sqrt(DRAWS))
    assert math.log(statistics.median(drawn)) == pytest.approx(math.log(500), abs=error)


def test_the_lognormal_tail_is_cut_off_at_the_longest_length() -> None:
    assert max(draws(Lognormal(median=500, sigma=2.0, most=1024), seed=1, count=1000)) == 1024


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Constant(0), "Constant: tokens is 0; give at least 1 token"),
        (lambda: Uniform(0, 5), "Uniform: low is 0 and high is 5; give 1 <= low <= high tokens"),
        (lambda: Uniform(6, 5), "Uniform: low is 6 and high is 5; give 1 <= low <= high tokens"),
        (lambda: Exponential(0), "Exponential: mean is 0; give a mean of at least 1 token"),
        (
            lambda: Exponential(math.nan),
            "Exponential: mean is nan; give a mean of at least 1 token",
        ),
        (
            lambda: Lognormal(median=20, sigma=1, most=10),
            "Lognormal: median is 20 and most is 10; give 1 <= median <= most tokens",
        ),
        (
            lambda: Lognormal(median=20, sigma=-1, most=100),
            "Lognormal: sigma is -1; give a sigma of 0 or more",
        ),
    ],
)
def test_lengths_that_make_no_sense_are_refused(make: Callable[[], Lengths], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == sentence
