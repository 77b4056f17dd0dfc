"""Intervals of medians: known values, the order of values, and coverage."""

import numpy as np
import pytest

from grokking_phases.analysis.intervals import median_interval


def test_one_value_is_its_own_interval_and_no_value_gives_nan():
    assert median_interval([3.0]) == (3, 3, 3)
    assert np.isnan(median_interval([])).all()


def test_the_order_does_not_matter_and_the_same_values_give_the_same_interval():
    assert median_interval([1, 5, 2, 9]) == median_interval([9, 2, 5, 1])
    median, low, high = median_interval([1, 5, 2, 9, 4])
    assert (median, low, high) == (4, 1, 9)


@pytest.mark.parametrize("n", [6, 7, 10, 40])
def test_the_interval_holds_the_true_median_at_least_as_often_as_it_says(n):
    drawn = np.random.default_rng(0).normal(size=(2000, n))
    covered = [low <= 0 <= high for _, low, high in map(median_interval, drawn)]
    assert np.mean(covered) >= 0.94


def test_infinite_values_are_later_than_all_others():
    assert median_interval([1, 2, np.inf]) == (2, 1, np.inf)
    assert median_interval([-np.inf] * 5 + [np.inf]) == (-np.inf, -np.inf, np.inf)
