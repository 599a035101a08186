from __future__ import annotations

from random import Random

import pytest

from glasshive.explore.confidence import bounds


def test_nothing_is_known_before_the_first_run() -> None:
    assert bounds(0, 0) == (0.0, 1.0)


def test_one_success_leaves_all_but_the_last_fortieth() -> None:
    # The mixture gives a success 1/2, so that probabilities stay for which 1 - p >= 0.05 / 2.
    low, high = bounds(0, 1, confidence=0.95)
    assert low == 0.0
    assert high == pytest.approx(0.975, abs=1e-12)


def test_two_failures_leave_the_square_root_of_three_eighths_of_the_doubt() -> None:
    # The mixture gives two failures 1/2 * 3/4, so that p * p >= 0.1 * 3 / 8.
    low, high = bounds(2, 2, confidence=0.9)
    assert low == pytest.approx((0.1 * 3 / 8) ** 0.5, abs=1e-12)
    assert high == 1.0


def test_a_failure_and_a_success_are_known_of_as_of_a_success_and_a_failure() -> None:
    low, high = bounds(30, 100)
    mirrored = bounds(70, 100)
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-12)
    assert low < 0.3 < high


def test_the_true_probability_stays_inside_at_every_number_of_runs() -> None:
    random = Random(1)
    left = 0
    for _ in range(100):
        failures = 0
        for runs in range(1, 121):
            failures += random.random() < 0.1
            low, high = bounds(failures, runs, confidence=0.8)
            if not low <= 0.1 <= high:
                left += 1
                break
    # 20 % at most in the long run; an interval that is right at one number of runs only leaves the
    # truth in far more of 100 such sequences.
    assert 1 <= left <= 20


@pytest.mark.parametrize(("failures", "runs", "confidence"), [(2, 1, 0.9), (-1, 1, 0.9), (0, 1, 1)])
def test_what_cannot_be_is_refused(failures: int, runs: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"failures in|confidence lies"):
        bounds(failures, runs, confidence)
